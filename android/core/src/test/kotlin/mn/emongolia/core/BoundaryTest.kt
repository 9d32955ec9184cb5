package mn.emongolia.core

import java.net.InetAddress
import java.net.ServerSocket
import java.net.SocketTimeoutException
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import mn.emongolia.ffi.Cancellation
import mn.emongolia.ffi.CoreException
import mn.emongolia.ffi.FfiConverterString
import mn.emongolia.ffi.FfiConverterTypeSecretStore
import mn.emongolia.ffi.InternalException
import mn.emongolia.ffi.RustBuffer
import mn.emongolia.ffi.UniffiCallbackInterfaceSecretStoreMethod0
import mn.emongolia.ffi.UniffiLib
import mn.emongolia.ffi.UniffiRustCallStatus
import mn.emongolia.ffi.UniffiVTableCallbackInterfaceSecretStore
import mn.emongolia.ffi.uniffiCallbackInterfaceSecretStore
import mn.emongolia.ffi.uniffiRustCallAsync
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

/** The boundary between the two languages: what happens when either side does what it should not. */
class BoundaryTest {
    /** A configuration that is no buffer: the library panics, in the scaffolding that ships. */
    @Test
    fun `a panic in the library becomes an error and the library goes on`() = withCore { core ->
        val status = UniffiRustCallStatus()

        UniffiLib.uniffi_emongolia_ffi_fn_constructor_emongolia_open(noBuffer(), 0, 0, RustBuffer.alloc(0u), RustBuffer.alloc(0u), status)

        assertTrue("caught as a panic, not as an error of ours", status.isPanic())
        val panic = InternalException(FfiConverterString.lift(status.error_buf))
        assertTrue(panic.message!!, panic.message!!.isNotEmpty())
        val told = failureOf { calling { throw panic } } as CoreFailure.Unexpected
        assertEquals(PANIC, told.code)
        assertFalse(told.message!!, panic.message!! in told.message!!)
        assertEquals(emptyList<SearchHit>(), core.catalogue.search("үнэмлэх").value.items)
    }

    /** A secret that is no buffer: the library panics on a thread of its own, while a coroutine waits for it to resume. */
    @Test
    fun `a panic inside an asynchronous call becomes an error and the library goes on`() = test {
        Phone().use { phone ->
            val core = phone.start() // nobody ever signed in: whoever resumes asks for the keys
            core.lifeCycle.reach(LifeState.BACKGROUND)

            val told = BrokenSecrets().use { failureOf { core.lifeCycle.reach(LifeState.FOREGROUND) } }

            assertEquals(PANIC, (told as CoreFailure.Unexpected).code)
            core.lifeCycle.reach(LifeState.FOREGROUND)
            assertEquals(emptyList<SearchHit>(), core.catalogue.search("үнэмлэх").value.items)
            core.stop()
            assertTrue("${told.reference} stands in the log", phone.log.any { told.reference in it.message })
        }
    }

    /** Until it is closed, what any secret store gives arrives as no buffer. */
    private class BrokenSecrets : AutoCloseable {
        private val get = object : UniffiCallbackInterfaceSecretStoreMethod0 {
            override fun callback(
                uniffiHandle: Long,
                name: RustBuffer.ByValue,
                uniffiOutReturn: RustBuffer,
                uniffiCallStatus: UniffiRustCallStatus,
            ) {
                RustBuffer.free(name)
                uniffiOutReturn.setValue(noBuffer())
            }
        }
        private val whole = uniffiCallbackInterfaceSecretStore.vtable
        private val broken = UniffiVTableCallbackInterfaceSecretStore.UniffiByValue(
            whole.uniffiFree,
            whole.uniffiClone,
            get,
            whole.put,
            whole.delete,
        )

        init {
            UniffiLib.uniffi_emongolia_ffi_fn_init_callback_vtable_secretstore(broken)
        }

        override fun close() = UniffiLib.uniffi_emongolia_ffi_fn_init_callback_vtable_secretstore(whole)
    }

    /** The future is made, polled and given back by the generated code; what it ends with is no error of ours. */
    @Test
    fun `an argument that can't be read fails an asynchronous call as a panic does`() = withCore { core ->
        val garbage = RustBuffer.alloc(3u).also { it.len = 3 }
        val nothing = RustBuffer.alloc(0u)

        val failure = failureOf {
            calling {
                callOf(core) {
                    val future = callWithHandle { UniffiLib.uniffi_emongolia_ffi_fn_method_emongolia_handle_push(it, garbage, 0, nothing) }
                    uniffiRustCallAsync(
                        future,
                        UniffiLib::ffi_emongolia_ffi_rust_future_poll_rust_buffer,
                        UniffiLib::ffi_emongolia_ffi_rust_future_complete_rust_buffer,
                        UniffiLib::ffi_emongolia_ffi_rust_future_free_rust_buffer,
                        { it },
                        CoreException.ErrorHandler,
                    )
                }
            }
        }

        assertEquals(PANIC, (failure as CoreFailure.Unexpected).code)
        assertEquals(emptyList<SearchHit>(), core.catalogue.search("үнэмлэх").value.items)
    }

    @Test
    fun `a text that is none is refused by name`() = withCore { core ->
        val half = "Ө\uD800"

        assertEquals(CoreFailure.Invalid("text", "text.malformed"), failureOf { core.catalogue.search(half) })
    }

    /** A peer that takes the connection and never says a word: it sees when the core lets go. */
    @Test
    fun `cancelling a coroutine drops the core's work`() = test {
        ServerSocket(0, 1, InetAddress.getByName("127.0.0.1")).use { silent ->
            Phone().use { phone ->
                val core = phone.start(settings = phone.settings("https://127.0.0.1:${silent.localPort}"))
                val call = launch(Dispatchers.Default) { core.catalogue.refresh() }
                val connection = withContext(Dispatchers.IO) { silent.accept() }
                connection.soTimeout = 500
                do {
                    val byte = connection.heard() // the ClientHello, and then silence
                } while (byte != null)
                val clock = TimeSource.Monotonic.markNow()

                call.cancelAndJoin()
                connection.soTimeout = 5_000
                val end = connection.heard()

                assertEquals("the connection has ended", -1, end)
                assertTrue("at once: ${clock.elapsedNow()}", clock.elapsedNow() < 3.seconds)
                assertEquals(emptyList<SearchHit>(), core.catalogue.search("үнэмлэх").value.items)
                connection.close()
                core.stop()
            }
        }
    }

    /** A byte, -1 at the end, null when nothing comes in time. */
    private fun java.net.Socket.heard(): Int? = try {
        getInputStream().read()
    } catch (_: SocketTimeoutException) {
        null
    } catch (_: java.net.SocketException) {
        -1 // reset
    }

    @Test
    fun `a handle calls off every call it was given to and will be given to`() = withCore { core ->
        val raw = Cancellation()
        val waiting = async(start = CoroutineStart.UNDISPATCHED) {
            runCatching { callOf(core) { while (true) nextEvent(raw) } }.exceptionOrNull() // what opening had to tell comes first
        }
        raw.cancel()

        assertTrue("${waiting.await()}", waiting.await() is CoreException.Cancelled)
        val later = runCatching { callOf(core) { sync(1_000u, raw) } }.exceptionOrNull()
        assertTrue("$later", later is CoreException.Cancelled)
        raw.close()
    }

    @Test
    fun `after a stop every call says that it is not available, and another stop is none`() = test {
        Phone().use { phone ->
            val core = phone.start()
            core.stop()
            core.stop()

            val calls = listOf<suspend () -> Any?>(
                { core.session.state() },
                { core.session.begin() },
                { core.session.stepUp(5.minutes) },
                { core.lock.status() },
                { core.lock.unlock("480251") },
                { core.lock.touch() },
                { core.catalogue.search("үнэмлэх") },
                { core.requests.page() },
                { core.inbox.unread() },
                { core.outbox.page() },
                { core.push.register("fcm:1") },
                { core.sync(1.seconds) },
                { core.handlePush(byteArrayOf(1), 1.seconds) },
                { core.signOut() },
                { core.networkAvailable() },
            )

            for (call in calls) assertEquals(CoreFailure.NotAvailable(), failureOf(call))
        }
    }

    @Test
    fun `calls that are under way when the core is stopped end, each with a value or a failure`() = test {
        Phone().use { phone ->
            val core = phone.start()
            val ends = List(50) { async(Dispatchers.Default) { runCatching { repeat(20) { core.catalogue.search("өргөдөл") } } } }

            core.stop()

            for (end in ends.awaitAll()) end.onFailure { assertTrue("$it", it is CoreFailure) }
        }
    }

    private class Throwing(private val failure: Throwable?, private val inner: SecretStore) : SecretStore {
        override fun get(name: String) = failure?.let { throw it } ?: inner.get(name)

        override fun put(name: String, value: ByteArray) = failure?.let { throw it } ?: inner.put(name, value)

        override fun delete(name: String) = failure?.let { throw it } ?: inner.delete(name)
    }

    @Test
    fun `a secret store that throws, whatever it throws, is a typed failure without its text`() = test {
        val surprises = listOf(
            IllegalStateException("Б.Өлзийт УХ99112233"),
            StackOverflowError("Б.Өлзийт УХ99112233"),
            PortFailure.Failed("ERR_KS_7"),
        )
        for (surprise in surprises) Phone().use { phone ->
            val failure = failureOf { phone.start(phone.platform(secrets = Throwing(surprise, phone.secrets))) }

            assertEquals("keystore.failed", (failure as CoreFailure.Unexpected).code)
            assertFalse(phone.log.any { "Өлзийт" in it.message })
        }
    }

    @Test
    fun `a store that is not to be had yet lets the core start and nobody sign in`() = test {
        Phone().use { phone ->
            val core = phone.start(phone.platform(secrets = Throwing(PortFailure.Unavailable(), phone.secrets)))

            assertEquals(CoreFailure.Locked(), failureOf { core.session.begin() })
            core.stop()
        }
    }

    /** Blocks in its first `get` until it is let go on. */
    private class Blocking(private val inner: SecretStore) : SecretStore by inner {
        val begun = CountDownLatch(1)
        val goOn = CountDownLatch(1)

        override fun get(name: String): ByteArray? {
            begun.countDown()
            check(goOn.await(PATIENCE.inWholeSeconds, TimeUnit.SECONDS))
            return inner.get(name)
        }
    }

    @Test
    fun `an open that was cancelled leaves no core behind`() = test {
        Phone().use { phone ->
            val handles = FfiConverterTypeSecretStore.handleMap.size
            val blocking = Blocking(phone.secrets)
            val opening = async(Dispatchers.Default) { phone.start(phone.platform(secrets = blocking)) }
            withContext(Dispatchers.IO) { blocking.begun.await() }

            opening.cancel()
            blocking.goOn.countDown()
            opening.join()

            assertTrue(opening.isCancelled)
            assertTrue("${FfiConverterTypeSecretStore.handleMap.size}", FfiConverterTypeSecretStore.handleMap.size <= handles)
            phone.start().stop() // its files are free again
        }
    }

    @Test
    fun `a device key that throws fails the sign-in and not the process`() = test {
        Sandbox().use { sandbox ->
            Phone(sandbox).use { phone ->
                val key = object : DeviceKey by phone.deviceKey {
                    override fun signEs256(message: ByteArray): ByteArray = throw NoSuchMethodError("Б.Өлзийт")
                }
                val core = phone.start(phone.platform(deviceKey = key))

                val failure = failureOf { core.session.complete(sandbox.signInInBrowser(core.session.begin().url)) }

                assertTrue("$failure", failure is CoreFailure.Unexpected)
                assertEquals(SessionState.SignedOut, core.session.state())
                core.stop()
            }
        }
    }

    @Test
    fun `a log that throws harms nobody`() = test {
        Phone().use { phone ->
            val platform = Platform(phone.secrets, phone.deviceKey) { throw OutOfMemoryError("not really") }
            val core = phone.start(platform)

            failureOf { core.catalogue.refresh() }

            assertEquals(emptyList<SearchHit>(), core.catalogue.search("үнэмлэх").value.items)
            core.stop()
        }
    }

    @Test
    fun `two cores in one process are two`() = test {
        val (one, other) = Phone(mode = ProcessMode.EXTENSION) to Phone(mode = ProcessMode.EXTENSION)
        val (first, second) = one.start() to other.start()
        failureOf { first.session.begin() } // makes the keys
        failureOf { second.session.begin() }
        first.push.register("fcm:first")

        assertEquals(1 to 0, first.outbox.page().items.size to second.outbox.page().items.size)
        first.stop()
        assertEquals(CoreFailure.NotAvailable(), failureOf { first.outbox.page() })
        assertEquals(emptyList<OutboxOperation>(), second.outbox.page().items)

        second.stop()
        one.close()
        other.close()
    }

    /** Each write changes the outbox, and each change is heard before the next. */
    @Test
    fun `ten thousand events cross one by one`() = withCore(Phone(mode = ProcessMode.EXTENSION)) { core ->
        failureOf { core.session.begin() } // makes the keys
        var heard = 0
        val listening = launch(start = CoroutineStart.UNDISPATCHED) { core.events().collect { heard++ } }

        while (heard < 10_000) {
            val before = heard
            core.push.register("fcm:token-$heard")
            while (heard == before) kotlinx.coroutines.yield()
        }

        listening.cancelAndJoin()
        assertTrue(heard >= 10_000)
    }
}

/** One byte at no address: whoever takes it for a buffer panics. */
private fun noBuffer() = RustBuffer.create(capacity = 1u, len = 1u, data = null)

/** The generated object below an adapter's: tests alone go there. */
internal suspend fun <T> callOf(core: EMongolia, call: suspend mn.emongolia.ffi.Emongolia.() -> T): T {
    val field = EMongolia::class.java.getDeclaredField("core").apply { isAccessible = true }
    return (field.get(core) as mn.emongolia.ffi.Emongolia).call()
}
