// The platform's objects as the core calls them.
//
// Guarantees: whatever one of them throws, an Error too, arrives as a PortException: the generated code catches only
// exceptions, and an Error would come back to the core as a value.

package mn.emongolia.core

import java.time.Instant
import mn.emongolia.ffi.BiometricKey as FfiBiometricKey
import mn.emongolia.ffi.DeviceKey as FfiDeviceKey
import mn.emongolia.ffi.LogLevel as FfiLogLevel
import mn.emongolia.ffi.LogRecord as FfiLogRecord
import mn.emongolia.ffi.LogSink as FfiLogSink
import mn.emongolia.ffi.PortException
import mn.emongolia.ffi.SecretStore as FfiSecretStore

internal class LentSecrets(private val store: SecretStore) : FfiSecretStore {
    override fun get(name: String): ByteArray? = lent { store.get(name) }

    override fun put(name: String, value: ByteArray): Unit = lent { store.put(name, value) }

    override fun delete(name: String): Unit = lent { store.delete(name) }
}

internal class LentDeviceKey(private val key: DeviceKey) : FfiDeviceKey {
    override fun publicKey(): ByteArray = lent { key.publicKey() }

    override fun signEs256(message: ByteArray): ByteArray = lent { key.signEs256(message) }

    override fun wrap(key: ByteArray): ByteArray = lent { this.key.wrap(key) }

    override fun unwrap(wrapped: ByteArray): ByteArray = lent { key.unwrap(wrapped) }

    override fun delete(): Unit = lent { key.delete() }
}

internal class LentBiometricKey(private val key: BiometricKey) : FfiBiometricKey {
    override fun wrap(key: ByteArray): ByteArray = lent { this.key.wrap(key) }

    override fun unwrap(wrapped: ByteArray): ByteArray = lent { key.unwrap(wrapped) }

    override fun delete(): Unit = lent { key.delete() }
}

internal class LentLog(private val sink: LogSink) : FfiLogSink {
    override fun write(batch: List<FfiLogRecord>): Unit = lent { sink.write(batch.map { it.toCore() }) }
}

private fun FfiLogRecord.toCore() = LogRecord(
    level = when (level) {
        FfiLogLevel.ERROR -> LogLevel.ERROR
        FfiLogLevel.WARN -> LogLevel.WARN
        FfiLogLevel.INFO -> LogLevel.INFO
        FfiLogLevel.DEBUG -> LogLevel.DEBUG
    },
    target = target,
    message = message,
    at = Instant.ofEpochMilli(atMs),
)

private inline fun <T> lent(call: () -> T): T = try {
    call()
} catch (failure: PortFailure) {
    throw when (failure) {
        is PortFailure.Unavailable -> PortException.Unavailable()
        is PortFailure.Invalidated -> PortException.Invalidated()
        is PortFailure.Cancelled -> PortException.Cancelled()
        is PortFailure.Failed -> PortException.Failed(failure.code)
    }
} catch (surprise: Throwable) {
    // Its name, never its text: nobody knows what is in that.
    throw PortException.Failed("unexpected_${surprise.javaClass.simpleName}")
}
