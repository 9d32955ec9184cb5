package mn.emongolia.core.platform

import kotlin.math.PI
import kotlin.math.sin
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

/** When somebody has spoken, without a microphone. */
class MicrophoneTest {
    private val ear = SilenceAfterSpeech()

    /** A tone of this loudness, in frames of 20 ms; gives after how many of them it was over. */
    private fun hear(amplitude: Int, ms: Int): Int? {
        val frame = ShortArray(320) { (amplitude * sin(2 * PI * 200 * it / 16_000)).toInt().toShort() }
        for (number in 1..ms / 20) {
            ear.hear(frame, frame.size)
            if (ear.isOver) return number
        }
        return null
    }

    private fun assertGoesOn(amplitude: Int, ms: Int) {
        hear(amplitude, ms)
        assertFalse(ear.isOver)
    }

    @Test
    fun `who has spoken and is silent is done after a pause`() {
        assertGoesOn(amplitude = 50, ms = 500)
        assertGoesOn(amplitude = 8000, ms = 900)

        val frames = hear(amplitude = 50, ms = 5000)

        assertTrue("$frames", frames == 60)
    }

    @Test
    fun `a breath between two words is no end, and a click is no word`() {
        assertGoesOn(amplitude = 50, ms = 200)
        assertGoesOn(amplitude = 8000, ms = 100)
        assertGoesOn(amplitude = 50, ms = 5000)
        assertGoesOn(amplitude = 8000, ms = 400)
        assertGoesOn(amplitude = 50, ms = 1000)
        assertGoesOn(amplitude = 8000, ms = 400)
        assertGoesOn(amplitude = 50, ms = 1180)
        assertTrue(hear(amplitude = 50, ms = 40) != null)
    }

    @Test
    fun `a loud room is not taken for speech, and speech in it is heard`() {
        assertGoesOn(amplitude = 1500, ms = 1000)
        assertGoesOn(amplitude = 15_000, ms = 900)

        assertTrue(hear(amplitude = 1500, ms = 2000) != null)
    }

    @Test
    fun `who says nothing is waited for`() {
        assertGoesOn(amplitude = 0, ms = 10_000)
        ear.hear(ShortArray(0), 0)
        assertFalse(ear.isOver)
    }
}
