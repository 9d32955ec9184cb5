package mn.emongolia.core

import java.io.File
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds
import mn.emongolia.ffi.CoreException
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** A code and a reference in one: none of its letters is a citizen's. */
private const val SAMPLE = "0a1b2c3d"

/** How a reason is written in Rust: named with its field, given by a refused value, kept with an operation. */
private val REASONS_IN_RUST = listOf(
    Regex("""(?:Error|Public)::invalid\((?:"[a-z_]+"|[^",]+), "([a-z_.]+)"\)"""),
    Regex("""=> pin\("(lock\.[a-z_]+)"\)"""),
    Regex(""""(form\.[a-z_]+)""""),
    Regex("""reason: "([a-z_]+\.[a-z_]+)""""),
    Regex("""=> "((?:callback|registration_number)\.[a-z_]+)""""),
    Regex("""(?:Wedged\(|_UNKNOWN: &str = |wedge\([^"\n]*)"([a-z_]+)""""),
)

/** Mistakes of whoever writes an app: no citizen causes one. */
private val NEVER_TOLD = setOf(
    "config.no_roots", "config.pin_without_reserve", "config.no_document_keys", "config.document_key_of_tls",
    "config.point_length", "page.cursor_unknown",
)

private val CYRILLIC = Regex("[А-Яа-яӨөҮүЁё]")
private val LATIN = Regex("[A-Za-z]")

class ErrorTextsTest {
    private val failures = listOf(
        CoreFailure.SignInRequired(),
        CoreFailure.StepUpRequired(300.seconds, "urn:mn:dan:signature"),
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

    /** As they are generated: one that the library gets is here, and needs words, before anybody remembers it. */
    @Test
    fun `every error of the library has words in every language`() {
        val kinds = CoreException::class.java.declaredClasses.filter(CoreException::class.java::isAssignableFrom)
        assertTrue("$kinds", kinds.size >= 12 && CoreException.Offline::class.java in kinds)

        for (kind in kinds) for (language in Language.entries) {
            val told = ErrorTexts.of((sample(kind) as CoreException).toCore(), language)

            val (wanted, other) = when (language) {
                Language.MN -> CYRILLIC to LATIN
                Language.EN -> LATIN to CYRILLIC
            }
            for (text in listOf(told.title, told.message)) {
                val words = text.replace(SAMPLE, "")
                assertTrue("${kind.simpleName}, $language: $text", wanted in words && other !in words)
            }
        }
    }

    /** By its one constructor that was written, whatever it asks for. */
    private fun sample(kind: Class<*>): Any {
        val constructor = kind.declaredConstructors.single { !it.isSynthetic }.apply { isAccessible = true }
        val arguments = constructor.parameterTypes.map { type ->
            when (type) {
                String::class.java -> SAMPLE as Any
                UInt::class.java -> 30u as Any
                Int::class.javaPrimitiveType -> 30 as Any // a UInt that is never null
                else -> error("a sample of $type, for ${kind.simpleName}")
            }
        }
        return constructor.newInstance(*arguments.toTypedArray())
    }

    /** What the core gives as a reason stands in its sources. */
    @Test
    fun `every reason that the core gives has words of its own`() {
        val sources = listOf("../../core/src", "../../bindings/ffi/src").flatMap { folder ->
            File(folder).walk().filter { it.extension == "rs" && "tests" !in it.invariantSeparatorsPath.substringAfter(folder) }
        }.map { it.readText().substringBefore("#[cfg(test)]\nmod unit {").substringBefore("#[cfg(test)]\nmod tests {") }
        val given = REASONS_IN_RUST.map { pattern ->
            sources.flatMap { source -> pattern.findAll(source).map { it.groupValues[1] } }.toSet()
        }

        for ((pattern, found) in REASONS_IN_RUST.zip(given)) assertTrue("nothing is written like $pattern", found.isNotEmpty())
        for (code in given.flatten().toSet() - NEVER_TOLD) for (language in Language.entries) {
            assertNotEquals(code, ErrorTexts.ofReason("nothing.known", language), ErrorTexts.ofReason(code, language))
        }
    }

    @Test
    fun `a citizen hears no code, but the reference`() {
        val failure = CoreFailure.Unexpected("net.body_too_large", "0a1b2c3d")

        for (language in Language.entries) {
            val text = ErrorTexts.of(failure, language).message
            assertTrue(text, "0a1b2c3d" in text)
            assertFalse(text, "body_too_large" in text)
            val nameless = ErrorTexts.of(CoreFailure.Unexpected(PANIC, ""), language).message
            assertTrue(nameless, nameless.endsWith(".") && ":" !in nameless)
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

    @Test
    fun `beside a wrong PIN stands what follows, and nothing where none can be tried`() {
        fun told(left: Int, recoverable: Boolean, language: Language) = ErrorTexts.ofTries(
            LockStatus(isSet = true, isOpen = false, biometric = false, recoverable, left, 30.seconds),
            language,
        )

        for (recoverable in listOf(true, false)) {
            val (mn, en) = Language.entries.map { told(7, recoverable, it)!! }
            assertTrue(mn, "7" in mn && CYRILLIC in mn && LATIN !in mn)
            assertTrue(en, "7" in en && LATIN in en && CYRILLIC !in en)
        }
        assertTrue("устана" in told(1, false, Language.MN)!! && "устана" !in told(1, true, Language.MN)!!)
        assertEquals(null, told(0, true, Language.EN))
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
