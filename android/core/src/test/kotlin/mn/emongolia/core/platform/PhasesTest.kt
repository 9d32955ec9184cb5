package mn.emongolia.core.platform

import android.app.Activity
import android.net.ConnectivityManager
import android.net.Network
import android.net.NetworkCapabilities
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Test
import sun.misc.Unsafe

/** Android's own class, without the looper that its constructor wants. */
internal fun activity(rotates: Boolean = false): Activity {
    val unsafe = Unsafe::class.java.getDeclaredField("theUnsafe").apply { isAccessible = true }.get(null) as Unsafe
    val made = unsafe.allocateInstance(Activity::class.java) as Activity
    Activity::class.java.getDeclaredField("mChangingConfigurations").apply { isAccessible = true }.setBoolean(made, rotates)
    return made
}

/** What Android tells, in its own order. */
class PhasesTest {
    private val moves = mutableListOf<Boolean>()
    private val phases = AppPhases { moves += it }

    @Test
    fun `an activity that opens another and comes back leaves the app in front`() {
        val (list, detail) = activity() to activity()

        phases.onActivityStarted(list)
        phases.onActivityStarted(detail)
        phases.onActivityStopped(list)
        phases.onActivityStarted(list)
        phases.onActivityStopped(detail)

        assertEquals(listOf(true), moves)
    }

    @Test
    fun `the last one that stops takes the app away, and the next that starts brings it back`() {
        val only = activity()
        assertFalse(phases.inFront)

        repeat(2) {
            phases.onActivityStarted(only)
            phases.onActivityStopped(only)
        }

        assertEquals(listOf(true, false, true, false), moves)
    }

    @Test
    fun `an activity that is rotated goes nowhere, and may still be left afterwards`() {
        phases.onActivityStarted(activity())
        phases.onActivityStopped(activity(rotates = true))
        phases.onActivityStarted(activity())
        assertEquals(listOf(true), moves)

        phases.onActivityStopped(activity())

        assertEquals(listOf(true, false), moves)
    }

    @Test
    fun `a network is told when it comes and once more when it reaches the internet`() {
        var arrivals = 0
        val callback: ConnectivityManager.NetworkCallback = NetworkArrivals { arrivals++ }
        val behindAPage = NetworkCapabilities()
        val open = NetworkCapabilities().addCapability(NetworkCapabilities.NET_CAPABILITY_VALIDATED)
        val (home, mobile) = Network(1) to Network(2)
        fun arrivalsAfter(said: () -> Unit): Int {
            said()
            return arrivals
        }

        assertEquals(1, arrivalsAfter { callback.onAvailable(home) })
        assertEquals(1, arrivalsAfter { callback.onCapabilitiesChanged(home, behindAPage) })
        assertEquals(2, arrivalsAfter { callback.onCapabilitiesChanged(home, open) })
        assertEquals("its signal is weaker now", 2, arrivalsAfter { callback.onCapabilitiesChanged(home, open) })
        assertEquals(3, arrivalsAfter { callback.onAvailable(mobile) })
        assertEquals(4, arrivalsAfter { callback.onCapabilitiesChanged(mobile, open) })
    }
}
