package mn.emongolia.core

/** Tries to load the library twice, and says how that failed. */
fun main() {
    val failures = List(2) {
        try {
            CoreLibrary.shipped.load()
            "loaded"
        } catch (failure: LibraryFailure) {
            failure.javaClass.simpleName
        }
    }
    println(failures.joinToString(" "))
}
