// Small secrets, each sealed in a file of its own in the app's private folder.
//
// Guarantees: a write is whole and durable, or did not happen; a name tells nothing but itself; what can't be opened is
// never taken for absent.

package mn.emongolia.core.platform

import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.StandardCopyOption
import java.nio.file.StandardOpenOption
import mn.emongolia.core.PortFailure
import mn.emongolia.core.SecretStore

/** For a phone: `FileSecretStore(File(context.noBackupFilesDir, "secrets"), SecretCipher(KeystoreSealingKey()))`. */
public class FileSecretStore internal constructor(
    private val folder: File,
    private val cipher: SecretCipher,
    private val sync: (folder: File) -> Unit,
) : SecretStore {
    public constructor(folder: File, cipher: SecretCipher) : this(folder, cipher, ::syncFolder)

    override fun get(name: String): ByteArray? {
        val sealed = files {
            try {
                Files.readAllBytes(file(name).toPath())
            } catch (_: NoSuchFileException) { // FileNotFoundException says also: too many open, not allowed
                return null
            }
        }
        return cipher.open(sealed, name)
    }

    @Synchronized
    override fun put(name: String, value: ByteArray) {
        val sealed = cipher.seal(value, name)
        files {
            if (!folder.isDirectory) {
                if (!folder.mkdirs()) throw IOException("no folder")
                sync(folder.absoluteFile.parentFile)
            }
            val draft = File(folder, ".draft")
            FileOutputStream(draft).use {
                it.write(sealed)
                it.fd.sync()
            }
            Files.move(
                draft.toPath(),
                file(name).toPath(),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING,
            )
            sync(folder)
        }
    }

    @Synchronized
    override fun delete(name: String) {
        files { if (Files.deleteIfExists(file(name).toPath())) sync(folder) }
    }

    /** Hex: a name may hold anything, a file's name not. */
    private fun file(name: String) = File(folder, name.encodeToByteArray().joinToString("") { "%02x".format(it) })

    /** Its text holds paths; its class does not. */
    private inline fun <T> files(call: () -> T): T = try {
        call()
    } catch (failure: IOException) {
        throw PortFailure.Failed("files_${failure.javaClass.simpleName}", failure)
    }
}

/** A name is durable once its folder is (fsync(2)). */
private fun syncFolder(folder: File) {
    FileChannel.open(folder.toPath(), StandardOpenOption.READ).use { it.force(true) }
}
