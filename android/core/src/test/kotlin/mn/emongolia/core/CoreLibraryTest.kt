package mn.emongolia.core

import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class CoreLibraryTest {
    @Test
    fun `the library that ships is taken, and no other file of that name`() {
        CoreLibrary.shipped.load()

        val given = File(System.getProperty("jna.library.path"), System.mapLibraryName("emongolia_ffi")).canonicalPath
        val loaded = File("/proc/self/maps").readLines().filter { "emongolia_ffi" in it }.map { it.substring(it.indexOf('/')) }
        assertEquals(setOf(given), loaded.toSet())
    }

    @Test
    fun `the library is refused by adapters of another version`() {
        val adapters = CoreLibrary("9.9.9") { mn.emongolia.ffi.version() }

        val refused = assertThrows(LibraryFailure.WrongVersion::class.java) { adapters.load() }

        assertEquals("9.9.9" to CORE_VERSION, refused.wanted to refused.found)
    }

    @Test
    fun `another interface is refused, told at first and later`() {
        val mismatch = RuntimeException("UniFFI API checksum mismatch: try cleaning and rebuilding your project")
        val ways = listOf<() -> String>({ throw mismatch }, { throw ExceptionInInitializerError(mismatch) })

        for (way in ways) assertThrows(LibraryFailure.OtherInterface::class.java) { CoreLibrary("1", way).load() }
    }

    /** In a Java of its own: this one has the library already. */
    @Test
    fun `no library at all is told as missing, the second time too`() {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val path = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val child = ProcessBuilder(java, "-cp", path, "-Djna.library.path=/nowhere", "mn.emongolia.core.LoadTwiceKt")
            .redirectErrorStream(true)
            .apply { environment().remove("LD_LIBRARY_PATH") } // cargo says there where the library is
            .start()

        val said = child.inputStream.bufferedReader().readText()

        assertTrue(said, child.waitFor() == 0)
        assertEquals("Missing Missing", said.trim())
    }
}
