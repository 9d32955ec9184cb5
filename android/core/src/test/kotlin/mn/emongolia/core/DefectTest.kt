package mn.emongolia.core

import kotlinx.coroutines.yield
import mn.emongolia.ffi.InternalException
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Test

/** What the generated code knows only as a text. */
class DefectTest {
    @Test
    fun `it becomes a failure whose reference stands in the log, beside the redacted text`() {
        val phone = Phone()
        withCore(phone) {
            val panic = InternalException("panicked over Өө at 99112233")

            val told = failureOf { calling { throw panic } } as CoreFailure.Unexpected

            assertEquals(PANIC, told.code)
            val line = phone.heard("[${told.reference}] panic: ")
            assertEquals(LogLevel.ERROR to "[${told.reference}] panic: panicked over Өө at ‹…›", line.level to line.message)
            assertFalse("Өө" in told.message!!)
        }
    }

    /** Lines arrive in batches, from a thread of the core's own. */
    private suspend fun Phone.heard(word: String): LogRecord {
        while (true) {
            synchronized(log) { log.find { word in it.message } }?.let { return it }
            yield()
        }
    }
}
