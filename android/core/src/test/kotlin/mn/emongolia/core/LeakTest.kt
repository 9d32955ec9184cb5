package mn.emongolia.core

import java.io.File
import mn.emongolia.ffi.FfiConverterTypeBiometricKey
import mn.emongolia.ffi.FfiConverterTypeDeviceKey
import mn.emongolia.ffi.FfiConverterTypeLogSink
import mn.emongolia.ffi.FfiConverterTypeSecretStore
import mn.emongolia.ffi.RustBuffer
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** Memory, files, threads and handles stay flat over many rounds; and the measure sees it when they do not. */
class LeakTest {
    /** The heap is resident from the start, so that what grows is native. Kilobytes. */
    private fun resident(): Long {
        System.gc()
        return File("/proc/self/status").readLines().single { it.startsWith("VmRSS:") }.filter(Char::isDigit).toLong()
    }

    private fun files() = File("/proc/self/fd").list()!!.size

    private fun nativeThreads() = File("/proc/self/task").listFiles()!!.count { File(it, "comm").read().startsWith("emongolia") }

    /** A thread may end between the listing and the look. */
    private fun File.read() = runCatching { readText() }.getOrDefault("")

    private fun handles() =
        FfiConverterTypeSecretStore.handleMap.size + FfiConverterTypeDeviceKey.handleMap.size +
            FfiConverterTypeBiometricKey.handleMap.size + FfiConverterTypeLogSink.handleMap.size

    @Test
    fun `cores that are opened, used and stopped leave nothing`() = test {
        suspend fun round() = Phone().use { phone ->
            val core = phone.start()
            core.catalogue.search("үнэмлэх")
            core.requests.page()
            core.stop()
        }
        repeat(WARM_UP) { round() }
        val before = listOf(handles(), nativeThreads(), files())
        val memory = resident()

        repeat(ROUNDS) { round() }

        val after = listOf(handles(), nativeThreads(), files())
        // Fewer is fine: what earlier tests left to the garbage collector goes in between.
        assertTrue("$before $after", after.zip(before).all { (now, then) -> now <= then })
        val grown = resident() - memory
        assertTrue("$grown kB over $ROUNDS rounds", grown < FLAT_KB)
    }

    @Test
    fun `a core that nobody stops is seen by the measure`() = test {
        val before = listOf(handles(), files())
        val phones = List(3) { Phone() }
        val cores = phones.map { it.start() }

        val during = listOf(handles(), files())
        assertTrue("$before $during", during.zip(before).all { (now, then) -> now > then })

        cores.forEach { it.stop() }
        phones.forEach { it.close() }
    }

    @Test
    fun `calls by the thousand leave nothing`() = withCatalogue { core ->
        suspend fun rounds(count: Int) = repeat(count) { assertEquals(ROWS, core.catalogue.services().value.items.size) }
        rounds(CALLS)
        val memory = resident()

        rounds(CALLS)

        val grown = resident() - memory
        assertTrue("$grown kB over $CALLS calls", grown < FLAT_KB)
    }

    @Test
    fun `one buffer of such a page that each call does not free is seen by the measure`() = withCatalogue { core ->
        val size = core.catalogue.services().value.items.sumOf { it.texts() }
        val leaked = mutableListOf<RustBuffer.ByValue>()
        suspend fun rounds(count: Int) = repeat(count) { core.catalogue.services() }
        rounds(CALLS)
        val memory = resident()

        repeat(CALLS) {
            rounds(1)
            leaked += RustBuffer.alloc(size.toULong()).also { it.data!!.setMemory(0, size, 1) }
        }

        val grown = resident() - memory
        leaked.forEach { RustBuffer.free(it) }
        assertTrue("$grown kB of $size bytes each", grown > FLAT_KB)
    }

    /** At least so many bytes is a row as it crosses. */
    private fun Service.texts(): Long =
        listOf(id, name.mn, organisation.mn).sumOf { it.encodeToByteArray().size.toLong() }

    private fun withCatalogue(block: suspend (EMongolia) -> Unit) = test {
        Sandbox().use { sandbox ->
            Phone(sandbox).use { phone ->
                val core = phone.start()
                core.catalogue.refresh()
                block(core)
                core.stop()
            }
        }
    }

    private companion object {
        /** Compilers and caches of the Java are done growing by then. */
        const val WARM_UP = 60
        const val ROUNDS = 120
        const val CALLS = 4_000

        /** A full page. */
        const val ROWS = 50

        /** Twice what rounds without a leak were seen to vary by; 120 leaked cores or a page for each call are above. */
        const val FLAT_KB = 12_000L
    }
}
