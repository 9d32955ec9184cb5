// Whether the app is in front, as Android tells it of its activities.
//
// Guarantees: in front from the first activity that starts until the last one has stopped; an activity that opens another,
// or that is made anew for another configuration, takes the app nowhere.

package mn.emongolia.core.platform

import android.app.Activity
import android.app.Application
import android.os.Bundle

/** Registered before the first activity; all of it happens on the main thread. */
internal class AppPhases(private val moved: (inFront: Boolean) -> Unit) : Application.ActivityLifecycleCallbacks {
    private var started = 0

    var inFront = false
        private set

    override fun onActivityStarted(activity: Activity) {
        started++
        move(true)
    }

    /** The next activity has started by now; one that is rotated starts anew at once. */
    override fun onActivityStopped(activity: Activity) {
        started--
        if (started == 0 && !activity.isChangingConfigurations) move(false)
    }

    private fun move(front: Boolean) {
        if (front == inFront) return
        inFront = front
        moved(front)
    }

    override fun onActivityCreated(activity: Activity, savedInstanceState: Bundle?) = Unit

    override fun onActivityResumed(activity: Activity) = Unit

    override fun onActivityPaused(activity: Activity) = Unit

    override fun onActivitySaveInstanceState(activity: Activity, outState: Bundle) = Unit

    override fun onActivityDestroyed(activity: Activity) = Unit
}
