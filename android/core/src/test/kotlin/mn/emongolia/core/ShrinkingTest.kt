package mn.emongolia.core

import java.io.File
import java.nio.file.Files
import java.util.Base64
import java.util.zip.ZipFile
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test

private const val APP = "mn.emongolia.shrunk.AppKt"

/**
 * ProGuard stands in for R8: both read the same rules, and both remove and rename what no rule names. It does not optimise
 * here: 7.10 makes coroutines of Kotlin 2.4 that the Java machine refuses.
 */
class ShrinkingTest {
    private val folder: File = Files.createTempDirectory("shrunk-").toFile()
    private val rules = File("consumer-rules.pro").readText()

    @After
    fun end() {
        folder.deleteRecursively()
    }

    @Test
    fun `an app that shrinks with our rules runs`() {
        val app = shrunk(rules)

        assertTrue("renamed, so shrunk", ZipFile(app).use { it.getEntry("mn/emongolia/core/EMongolia.class") } == null)
        assertEquals(Ended(0, "listed 1, refused true, kept true"), run(app))
    }

    /** Natives that are renamed are not found. */
    @Test
    fun `without any part of our rules it does not get beyond loading the library`() {
        val parts = rules.split("\n\n").filter { "-keep class" in it }
        assertEquals(2, parts.size)

        for (missing in parts) {
            val ended = run(shrunk(rules.replace(missing, "-dontwarn java.awt.**")))

            assertNotEquals(missing, 0, ended.code)
            assertTrue("$missing\n${ended.said}", "Caused by: java.lang.UnsatisfiedLinkError" in ended.said)
        }
    }

    /** As an app does it: everything goes in, `main` alone is kept, and libraries bring their own rules. */
    private fun shrunk(consumerRules: String): File {
        val app = File(folder, "app.jar")
        val classPath = testClassPath()
        fun jar(name: String) = classPath.single { File(it).name.startsWith(name) && it.endsWith(".jar") }
        val libraries = listOf("kotlin-stdlib-", "kotlinx-coroutines-core-jvm-", "jna-").map(::jar)
        val (classes, tests) = listOf("classes", "test-classes").map { name -> classPath.single { File(it).name == name } }
        val coroutines = ZipFile(libraries[1]).use { jar ->
            jar.getInputStream(jar.getEntry("META-INF/proguard/coroutines.pro")).reader().readText()
        }
        val configuration = File(folder, "app.pro")
        configuration.writeText(
            """
            -injars '$classes'
            -injars '$tests'(mn/emongolia/shrunk/**.class,mn/emongolia/core/Software*.class)
            ${libraries.joinToString("\n") { "-injars '$it'(!META-INF/**,!module-info.class)" }}
            -outjars '$app'
            -libraryjars <java.home>/jmods/java.base.jmod(!**.jar;!module-info.class)
            -libraryjars <java.home>/jmods/java.logging.jmod(!**.jar;!module-info.class)
            -libraryjars '${jar("android-all-")}'(android/**.class,org/json/**.class)
            -keep class $APP { public static void main(java.lang.String[]); }
            -dontwarn org.jetbrains.annotations.**
            -dontwarn android.**
            -dontnote **
            -dontoptimize
            """.trimIndent() + "\n$coroutines\n$consumerRules",
        )
        app.delete()
        val ended = java(classPath, "-Dfile.encoding=UTF-8", "proguard.ProGuard", "@$configuration")
        assertEquals(ended.said, 0, ended.code)
        return app
    }

    private fun run(app: File): Ended {
        val authority = Base64.getEncoder().encodeToString(Phone.AUTHORITY)
        val libraries = "-Djna.library.path=${System.getProperty("jna.library.path")}"
        return java(listOf(app.path), libraries, "-Dfile.encoding=UTF-8", APP, File(folder, "утас").path, authority)
    }
}
