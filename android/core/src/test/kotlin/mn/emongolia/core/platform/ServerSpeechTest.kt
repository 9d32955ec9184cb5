package mn.emongolia.core.platform

import java.net.URI
import java.time.Instant
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.emptyFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.onCompletion
import kotlinx.coroutines.flow.receiveAsFlow
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import mn.emongolia.core.Phone
import mn.emongolia.core.PinSet
import mn.emongolia.core.Sandbox
import mn.emongolia.core.Settings
import mn.emongolia.core.SpeechEvent
import mn.emongolia.core.SpeechFailure
import mn.emongolia.core.SpeechRequest
import mn.emongolia.core.SpeechSupport
import mn.emongolia.core.Transcript
import mn.emongolia.core.test
import org.junit.After
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

private const val ANDROID_10 = 29
private const val ANDROID_9 = 28

/** 20 ms of Opus; what it holds is nobody's business here. */
private fun packet(number: Int) = byteArrayOf(0xf8.toByte(), 0xff.toByte(), number.toByte())

private fun seconds(count: Int) = AudioSource { (0 until count * 50).asFlow().map(::packet) }

/** Sound over TLS to the real sandbox. */
class ServerSpeechTest {
    private val sandbox = Sandbox()
    private val phone = Phone(sandbox)
    private val settings = phone.settings()
    private val words = listOf(Transcript("ӨРГӨДӨЛ үлдээх", 0.75f), Transcript("өргөдөл үлээх"))

    @After
    fun end() {
        assertEquals(emptyList<Any>(), sandbox.violations())
        phone.close()
        sandbox.close()
    }

    private fun recogniser(
        audio: AudioSource = seconds(1),
        settings: Settings = this.settings,
        sdk: Int = ANDROID_10,
        now: Instant = Instant.now(),
    ) = ServerSpeechRecogniser(settings, audio, sdk) { now }

    private fun failed(reason: SpeechFailure) = listOf(SpeechEvent.Failed(reason))

    private suspend fun endOf(recogniser: ServerSpeechRecogniser, request: SpeechRequest = SpeechRequest()) =
        recogniser.listen(request).toList().last()

    @Test
    fun `what the server hears comes with its confidences, signed out`() = test {
        sandbox.say(*words.toTypedArray())

        val events = recogniser().listen().toList()

        assertEquals(listOf(SpeechEvent.Ready, SpeechEvent.Heard(words)), events)
        assertEquals(1, sandbox.exchanges("recogniseSpeech"))
        assertEquals("nothing else was asked", 0, sandbox.exchanges("issueToken"))
    }

    @Test
    fun `no more is given than was wanted, and nothing understood is nothing heard`() = test {
        sandbox.say(*words.toTypedArray())

        assertEquals(SpeechEvent.Heard(words.take(1)), endOf(recogniser(), SpeechRequest(most = 1)))
        assertEquals(SpeechEvent.Failed(SpeechFailure.NOTHING_HEARD), endOf(recogniser()))
    }

    @Test
    fun `sound is sent while it is spoken, until the citizen is done`() = test {
        sandbox.say(words[0])
        val microphone = Channel<ByteArray>(Channel.UNLIMITED)
        val stopped = Channel<Unit>(Channel.UNLIMITED)
        val recogniser = recogniser({ microphone.receiveAsFlow().onCompletion { stopped.send(Unit) } })
        val events = Channel<SpeechEvent>(Channel.UNLIMITED)
        val listening = launch { recogniser.listen().collect(events::send) }
        microphone.send(packet(1))
        assertEquals(SpeechEvent.Ready, events.receive())

        recogniser.finish()

        assertEquals(SpeechEvent.Heard(words.take(1)), events.receive())
        stopped.receive()
        listening.join()
        recogniser.finish() // nobody listens any more
    }

    @Test
    fun `after ten seconds nobody listens any more, and what was said is recognised`() = test {
        sandbox.say(words[0])
        val stopped = Channel<Unit>(Channel.UNLIMITED)
        val endless = AudioSource {
            flow {
                for (number in generateSequence(0, Int::inc)) emit(packet(number))
            }.onCompletion { stopped.send(Unit) }
        }

        assertEquals(SpeechEvent.Heard(words.take(1)), endOf(recogniser(endless)))
        stopped.receive()
    }

    @Test
    fun `who stops collecting stops microphone and line, and may listen again`() = test {
        val stopped = Channel<Unit>(Channel.UNLIMITED)
        val endless = AudioSource {
            flow {
                emit(packet(1))
                awaitCancellation()
            }.onCompletion { stopped.send(Unit) }
        }
        val recogniser = recogniser(endless)
        val ready = Channel<SpeechEvent>(Channel.UNLIMITED)
        val listening = launch { recogniser.listen().collect(ready::send) }
        ready.receive()
        assertEquals(failed(SpeechFailure.BUSY), recogniser.listen().toList())

        listening.cancelAndJoin()

        stopped.receive()
        sandbox.say(words[0])
        val again = launch { recogniser.listen().collect(ready::send) }
        assertEquals(SpeechEvent.Ready, ready.receive())
        recogniser.finish()
        assertEquals(SpeechEvent.Heard(words.take(1)), ready.receive())
        again.join()
    }

    @Test
    fun `who waits for the answer can stop waiting`() = test {
        sandbox.fault("recogniseSpeech", "delay", more = mapOf("ms" to 120_000))
        val recogniser = recogniser()
        val ready = Channel<SpeechEvent>(Channel.UNLIMITED)
        val listening = launch { recogniser.listen().collect(ready::send) }
        ready.receive()
        while (sandbox.faultsWaiting() > 0) kotlinx.coroutines.yield()

        listening.cancelAndJoin() // before the two minutes, or the test is over time
    }

    @Test
    fun `whom the settings do not name hears nothing`() = test {
        val host = URI(settings.gateway).host
        val never = Instant.parse("2100-01-01T00:00:00Z")
        val other = listOf(PinSet(host, listOf(ByteArray(32) { 7 }), never))
        val before = sandbox.exchanges("recogniseSpeech")

        for (wrong in listOf(settings.copy(roots = listOf(Phone.AUTHORITY)), settings.copy(pins = other))) {
            assertEquals(SpeechEvent.Failed(SpeechFailure.UNTRUSTED), endOf(recogniser(settings = wrong)))
        }

        assertEquals(before, sandbox.exchanges("recogniseSpeech"))
    }

    @Test
    fun `pins of other hosts and pins that expired leave the authorities to judge, and one good pin is enough`() = test {
        val host = URI(settings.gateway).host
        val never = Instant.parse("2100-01-01T00:00:00Z")
        val wrong = listOf(ByteArray(32) { 7 })

        for (pins in listOf(
            listOf(PinSet("gateway.example.mn", wrong, never)),
            listOf(PinSet(host, wrong, Instant.parse("2020-01-01T00:00:00Z"))),
            listOf(PinSet(host, wrong, never)) + settings.pins,
            emptyList(),
        )) {
            sandbox.say(words[0])
            assertEquals(SpeechEvent.Heard(words.take(1)), endOf(recogniser(settings = settings.copy(pins = pins))))
        }
    }

    @Test
    fun `what goes wrong on the way and at the server has its reason`() = test {
        for ((fault, reason) in listOf(
            ("drop_reply" to emptyMap<String, Any>()) to SpeechFailure.OFFLINE,
            ("cut" to emptyMap<String, Any>()) to SpeechFailure.OFFLINE,
            ("status" to mapOf("status" to 503, "retry_after" to 1)) to SpeechFailure.BUSY,
            ("status" to mapOf("status" to 429, "retry_after" to 1)) to SpeechFailure.BUSY,
            ("status" to mapOf("status" to 500)) to SpeechFailure.UNAVAILABLE,
            ("garbage" to emptyMap<String, Any>()) to SpeechFailure.UNAVAILABLE,
            ("flood" to mapOf("bytes" to 10_000_000)) to SpeechFailure.UNAVAILABLE,
        )) {
            sandbox.fault("recogniseSpeech", fault.first, more = fault.second)

            assertEquals("$fault", SpeechEvent.Failed(reason), endOf(recogniser()))
        }
        assertEquals(SpeechEvent.Failed(SpeechFailure.OFFLINE), endOf(recogniser(settings = settings.copy(gateway = Phone.NOBODY))))
    }

    @Test
    fun `a language the server does not know is none`() = test {
        assertEquals(SpeechEvent.Failed(SpeechFailure.LANGUAGE), endOf(recogniser(), SpeechRequest("kk-KZ")))
        assertEquals(SpeechSupport.UNAVAILABLE, recogniser().support("kk-KZ"))
        assertEquals(SpeechSupport.ONLINE_ONLY, recogniser().support("mn"))
        assertEquals(SpeechSupport.UNAVAILABLE, recogniser(sdk = ANDROID_9).support("mn-MN"))
    }

    @Test
    fun `a microphone that fails fails the listening, at its beginning and in its midst`() = test {
        fun microphone(packets: Int, failure: Throwable) = AudioSource {
            flow {
                repeat(packets) { emit(packet(it)) }
                throw failure
            }
        }

        assertEquals(failed(SpeechFailure.PERMISSION), recogniser(microphone(0, SecurityException("Ө"))).listen().toList())
        assertEquals(failed(SpeechFailure.MICROPHONE), recogniser(microphone(0, IllegalStateException("Ү"))).listen().toList())
        assertEquals(SpeechEvent.Failed(SpeechFailure.MICROPHONE), endOf(recogniser(microphone(3, IllegalStateException("Ү")))))
        assertEquals(failed(SpeechFailure.NOTHING_HEARD), recogniser({ emptyFlow() }).listen().toList())
        val noOpus = AudioSource { listOf(ByteArray(0), packet(1)).asFlow() }
        assertEquals(SpeechEvent.Failed(SpeechFailure.MICROPHONE), endOf(recogniser(noOpus)))
    }
}

class OggOpusTest {
    @Test
    fun `the checksum is that of the standard`() {
        assertEquals(0x89a1897fu.toInt(), OggOpus.checksum("123456789".encodeToByteArray()))
    }

    @Test
    fun `a packet of any length is one, and its page says where it ends`() {
        for (size in listOf(2, 254, 255, 256, 510, 1275)) {
            val ogg = OggOpus(7)
            ogg.begin()
            val packet = ByteArray(size) { 1 }.also { it[0] = 0xf8.toByte() }

            assertEquals(0, ogg.add(packet).size)
            val page = ogg.end()

            assertArrayEquals("OggS".encodeToByteArray() + byteArrayOf(0, 4) + byteArrayOf(0xc0.toByte(), 3), page.copyOf(8)) // 960
            assertEquals(size / 255 + 1, page[26].toInt())
            assertArrayEquals(packet, page.copyOfRange(page.size - size, page.size))
        }
    }

    @Test
    fun `sound is measured by its packets, and what is none is refused`() {
        for ((bytes, ms) in listOf(listOf(0xf8, 1) to 20.0, listOf(0xe0, 1) to 2.5, listOf(0x18, 1) to 60.0, listOf(0xfb, 6, 1) to 120.0)) {
            val length = OggOpus.lengthOf(bytes.map(Int::toByte).toByteArray())
            assertTrue("$bytes: $length", length.inWholeMicroseconds == (ms * 1000).toLong())
        }
        for (none in listOf(listOf(), listOf(0xfb), listOf(0xfb, 7, 1))) {
            assertThrows(IllegalArgumentException::class.java) { OggOpus.lengthOf(none.map(Int::toByte).toByteArray()) }
        }
    }
}
