// A Java of its own: for what a process does only once, such as loading the library.

package mn.emongolia.core

import java.io.File
import java.util.concurrent.TimeUnit

/** What the tests run with, in its order. */
fun testClassPath(): List<String> =
    (System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")).split(File.pathSeparator)

/** How a program of a Java of its own ended, and what it said on both outputs. */
data class Ended(val code: Int, val said: String)

/** One that goes on for too long is killed. */
fun java(classPath: List<String>, vararg arguments: String): Ended {
    val program = File(System.getProperty("java.home"), "bin/java").path
    val output = File.createTempFile("java-", ".out")
    val child = ProcessBuilder(program, "-cp", classPath.joinToString(File.pathSeparator), *arguments)
        .redirectErrorStream(true)
        .redirectOutput(output)
        .apply { environment().remove("LD_LIBRARY_PATH") } // cargo says there where the library is
        .start()
    try {
        val ended = child.waitFor(3 * PATIENCE.inWholeSeconds, TimeUnit.SECONDS)
        check(ended) { "it goes on: ${arguments.toList()}\n${output.readText()}" }
        return Ended(child.exitValue(), output.readText().trim())
    } finally {
        child.destroyForcibly()
        output.delete()
    }
}
