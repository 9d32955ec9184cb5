package mn.emongolia.core

import java.io.File
import java.security.MessageDigest
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

class CoreLibraryTest {
    private val folder = System.getProperty("jna.library.path")

    /** `cargo xtask size` notes the hash of what it weighs. */
    @Test
    fun `the library that is loaded is the very file that was weighed, and no other of that name`() {
        CoreLibrary.shipped.load()

        val given = File(folder, System.mapLibraryName("emongolia_ffi")).canonicalPath
        val loaded = File("/proc/self/maps").readLines().filter { "emongolia_ffi" in it }.map { it.substring(it.indexOf('/')) }
        assertEquals(setOf(given), loaded.toSet())
        assertEquals(System.getProperty("library.weighed"), sha256(File(loaded.first())))
    }

    private fun sha256(file: File) =
        MessageDigest.getInstance("SHA-256").digest(file.readBytes()).joinToString("") { "%02x".format(it) }

    @Test
    fun `the library is refused by adapters of another version`() {
        val adapters = CoreLibrary("9.9.9") { mn.emongolia.ffi.version() }

        val refused = assertThrows(LibraryFailure.WrongVersion::class.java) { adapters.load() }

        assertEquals("9.9.9" to CORE_VERSION, refused.wanted to refused.found)
    }

    @Test
    fun `a library that does not say its interface is refused as another`() {
        val silent = CoreLibrary("$CORE_VERSION+2b6f7f0347a27c0e") { CORE_VERSION }

        assertThrows(LibraryFailure.OtherInterface::class.java) { silent.load() }
    }

    @Test
    fun `a library of another build is refused as another interface, the second time too`() {
        val builds = mapOf<String, OtherBuild.() -> Unit>(
            "the digest of the interface" to { text("interfaceDigest") },
            "the contract" to { number("uniffiCheckContractApiVersion") },
            "a function" to { function("uniffi_emongolia_ffi_fn_method_outbox_of_tomorrow") },
        )

        for ((what, change) in builds) {
            assertEquals(what, Ended(0, "OtherInterface OtherInterface"), loadTwice(OtherBuild().apply(change).classes()))
        }
        assertEquals("nothing", Ended(0, "loaded loaded"), loadTwice(OtherBuild().classes()))
    }

    @Test
    fun `no library at all is told as missing, the second time too`() {
        assertEquals(Ended(0, "Missing Missing"), loadTwice(emptyMap(), libraries = "/nowhere"))
    }

    /** With these classes in place of those that were compiled. */
    private fun loadTwice(classes: Map<String, ByteArray>, libraries: String = folder): Ended {
        val others = kotlin.io.path.createTempDirectory("classes-").toFile()
        try {
            for ((name, bytes) in classes) File(others, name).apply { parentFile.mkdirs() }.writeBytes(bytes)
            val classPath = listOf(others.path) + testClassPath()
            return java(classPath, "-Djna.library.path=$libraries", "mn.emongolia.core.LoadTwiceKt")
        } finally {
            others.deleteRecursively()
        }
    }
}
