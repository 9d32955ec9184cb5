package mn.emongolia.core

import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test

private val CYRILLIC = Regex("[А-Яа-яӨөҮүЁё]")
private val LATIN = Regex("[A-Za-z]")

class ErrorTextsTest {
    private val failures = listOf(
        CoreFailure.SignInRequired(),
        CoreFailure.Locked(),
        CoreFailure.Forbidden(),
        CoreFailure.Offline(),
        CoreFailure.Timeout(),
        CoreFailure.Busy(null),
        CoreFailure.Busy(30.seconds),
        CoreFailure.Busy(1.hours),
        CoreFailure.Invalid("forUsage", "form.required"),
        CoreFailure.NotFound(),
        CoreFailure.Cancelled(),
        CoreFailure.NotAvailable(),
        CoreFailure.Unexpected("net.body_too_large", "0a1b2c3d"),
    )

    @Test
    fun `every failure is in the list`() {
        val all = CoreFailure::class.java.declaredClasses.toSet()

        assertEquals(all, failures.map { it.javaClass }.toSet())
    }

    @Test
    fun `every failure is told in Mongolian with Cyrillic letters and in English with Latin ones`() {
        for (failure in failures) {
            val (mn, en) = Language.entries.map { ErrorTexts.of(failure, it) }
            for (text in listOf(mn.title, mn.message)) {
                val words = text.replace("0a1b2c3d", "")
                assertTrue(text, CYRILLIC in words && LATIN !in words)
            }
            for (text in listOf(en.title, en.message)) assertTrue(text, LATIN in text && CYRILLIC !in text)
            assertEquals(mn.remedy, en.remedy)
        }
    }

    @Test
    fun `a citizen hears no code, but the reference`() {
        val failure = CoreFailure.Unexpected("net.body_too_large", "0a1b2c3d")

        for (language in Language.entries) {
            val text = ErrorTexts.of(failure, language).message
            assertTrue(text, "0a1b2c3d" in text)
            assertFalse(text, "body_too_large" in text)
        }
    }

    @Test
    fun `how long to wait is said when it is known`() {
        assertTrue("30" in ErrorTexts.of(CoreFailure.Busy(30.seconds), Language.MN).message)
        assertNotEquals(
            ErrorTexts.of(CoreFailure.Busy(null), Language.EN),
            ErrorTexts.of(CoreFailure.Busy(30.seconds), Language.EN),
        )
    }

    @Test
    fun `a long wait is told in minutes, never too few`() {
        fun wait(seconds: Int) = Language.entries.map { ErrorTexts.of(CoreFailure.Busy(seconds.seconds), it).message }

        assertEquals(listOf("90 секундын дараа дахин оролдоно уу.", "Try again in 90 seconds."), wait(90))
        assertEquals(listOf("2 минутын дараа дахин оролдоно уу.", "Try again in 2 minutes."), wait(91))
        assertEquals(listOf("61 минутын дараа дахин оролдоно уу.", "Try again in 61 minutes."), wait(3601))
    }

    /** A read can be offline, and whoever never signed in is asked to as well. */
    @Test
    fun `nothing is promised that the failure does not know`() {
        val (mn, en) = Language.entries.map { language ->
            listOf(CoreFailure.Offline(), CoreFailure.SignInRequired()).map { ErrorTexts.of(it, language).message }
        }

        assertFalse("$mn", mn.any { "лгээ" in it || "лгэх" in it || "өөрөө" in it } || "дахин" in mn[1])
        assertFalse("$en", en.any { "sen" in it || "by itself" in it } || "again" in en[1])
    }

    @Test
    fun `every reason has both languages, an unknown one its general words`() {
        for (code in ErrorTexts.reasons) {
            val (mn, en) = Language.entries.map { ErrorTexts.ofReason(code, it) }
            assertTrue("$code: $mn", CYRILLIC in mn && LATIN !in mn)
            assertTrue("$code: $en", LATIN in en && CYRILLIC !in en)
        }
        assertEquals(ErrorTexts.ofReason("registration_number", Language.MN), ErrorTexts.ofReason("registration_number.month", Language.MN))
        assertEquals(ErrorTexts.ofReason(null, Language.EN), ErrorTexts.ofReason("nothing.known", Language.EN))
    }
}
