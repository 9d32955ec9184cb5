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

    /** Its functions are not those that were compiled: one is not there, or the digest of all says so. */
    public class OtherInterface(cause: Throwable? = null) : LibraryFailure("the native library has another interface", cause)
}

/** Said by JNA, which finds a library and functions in it by the same exception. */
private const val NO_SUCH_FUNCTION = "Error looking up function"

/** Between the version that the library says and the digest of its interface. */
private const val AND = '+'

/** Loads the library once. Blocks on the first call; takes milliseconds. */
public class CoreLibrary internal constructor(private val wanted: String, private val said: () -> String) {
    /** Kept: a class whose initializer failed says only the first time why. */
    private val refusal: LibraryFailure? by lazy {
        try {
            judge(said())
        } catch (failure: LinkageError) {
            failure.told()
        } catch (failure: RuntimeException) {
            LibraryFailure.OtherInterface(failure)
        }
    }

    private fun judge(found: String): LibraryFailure? {
        val (version, itsVersion) = wanted.substringBefore(AND) to found.substringBefore(AND)
        return when {
            found == wanted -> null
            version != itsVersion -> LibraryFailure.WrongVersion(version, itsVersion)
            else -> LibraryFailure.OtherInterface()
        }
    }

    /** Throws a [LibraryFailure]. */
    public fun load() {
        refusal?.let { throw it }
    }

    /** What the check of the bindings throws arrives as the cause of an ExceptionInInitializerError. */
    private fun LinkageError.told(): LibraryFailure {
        val causes = generateSequence<Throwable>(this) { it.cause }
        val other = causes.any { it is RuntimeException || it is UnsatisfiedLinkError && NO_SUCH_FUNCTION in it.message.orEmpty() }
        return if (other) LibraryFailure.OtherInterface(this) else LibraryFailure.Missing(this)
    }

    public companion object {
        /** The one that ships with these adapters. */
        public val shipped: CoreLibrary = CoreLibrary(CORE_VERSION + AND + mn.emongolia.ffi.interfaceDigest()) {
            mn.emongolia.ffi.uniffiEnsureInitialized() // nothing else compares the contract's version
            mn.emongolia.ffi.version()
        }
    }
}
