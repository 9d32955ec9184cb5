// The native library: found, of the version that these adapters were written for, with the interface they compiled.
//
// Guarantees: anything else is a LibraryFailure at load, never a crash at some later call.

package mn.emongolia.core

/** The version of the core that these adapters go with. The library must say the same. */
public const val CORE_VERSION: String = "0.1.0"

/** Why the library can't be used: the app was put together wrongly, and must not go on. */
public sealed class LibraryFailure(message: String, cause: Throwable? = null) : Exception(message, cause) {
    /** There is none for this processor, or it can't be linked. */
    public class Missing(cause: Throwable) : LibraryFailure("the native library can't be loaded", cause)

    /** It is another version. */
    public class WrongVersion(public val wanted: String, public val found: String) :
        LibraryFailure("these adapters go with core $wanted, the native library is $found")

    /** It says the right version, but its functions are not those that were compiled (UniFFI's checksums). */
    public class OtherInterface(cause: Throwable) : LibraryFailure("the native library has another interface", cause)
}

/** Loads the library once. Blocks on the first call; takes milliseconds. */
public class CoreLibrary internal constructor(private val wanted: String, private val version: () -> String) {
    /** Throws a [LibraryFailure]. The first use of the bindings checks contract version and checksums. */
    public fun load() {
        val found = try {
            version()
        } catch (failure: LinkageError) {
            throw failure.told()
        } catch (failure: RuntimeException) {
            throw LibraryFailure.OtherInterface(failure)
        }
        if (found != wanted) throw LibraryFailure.WrongVersion(wanted, found)
    }

    /** A failed check arrives wrapped, at first as ExceptionInInitializerError and then as NoClassDefFoundError. */
    private fun LinkageError.told(): LibraryFailure {
        val causes = generateSequence<Throwable>(this) { it.cause }
        return when {
            causes.any { it is UnsatisfiedLinkError } -> LibraryFailure.Missing(this)
            causes.any { it is RuntimeException } -> LibraryFailure.OtherInterface(this)
            else -> LibraryFailure.Missing(this)
        }
    }

    public companion object {
        /** The one that ships with these adapters. */
        public val shipped: CoreLibrary = CoreLibrary(CORE_VERSION) { mn.emongolia.ffi.version() }
    }
}
