// Opus packets as one Ogg stream, page by page while they come (RFC 3533, RFC 7845).
//
// Guarantees: every page is whole by itself; the last one says that it is the last; a malformed packet is refused.

package mn.emongolia.core.platform

import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** One channel. A packet waits for the next, since the last has to be marked. */
internal class OggOpus(private val serial: Int) {
    private var number = 0
    private var samples = 0L
    private var waiting: ByteArray? = null

    /** How much sound was taken. */
    val length: Duration get() = lengthOf(samples)

    /** What goes before all sound. */
    fun begin(): ByteArray {
        val head = little(19).put("OpusHead".encodeToByteArray()).put(1).put(1)
            .putShort(PRE_SKIP).putInt(RECORDED_AT).putShort(0).put(0)
        val tags = little(16).put("OpusTags".encodeToByteArray()).putInt(0).putInt(0)
        return page(FIRST, 0, head.array()) + page(0, 0, tags.array())
    }

    /** The page of the packet before. Throws [IllegalArgumentException] for what is no packet. */
    fun add(packet: ByteArray): ByteArray {
        val taken = samplesOf(packet)
        val page = waiting?.let { page(0, samples, it) } ?: ByteArray(0)
        waiting = packet
        samples += taken
        return page
    }

    /** The last page. */
    fun end(): ByteArray = page(LAST, samples, waiting ?: ByteArray(0))

    private fun page(flags: Byte, position: Long, packet: ByteArray): ByteArray {
        val segments = packet.size / WHOLE + 1
        val page = little(HEADER + segments + packet.size)
            .put("OggS".encodeToByteArray()).put(0).put(flags)
            .putLong(position).putInt(serial).putInt(number++).putInt(0).put(segments.toByte())
        repeat(segments - 1) { page.put(WHOLE.toByte()) }
        page.put((packet.size % WHOLE).toByte()).put(packet)
        return page.array().also { little(it).putInt(CHECKSUM_AT, checksum(it)) }
    }

    companion object {
        /** What the encoder adds in front, at 48 kHz: libopus' own. */
        private const val PRE_SKIP: Short = 312

        /** Speech needs no more; only told, the stream itself counts at 48 kHz. */
        const val RECORDED_AT = 16_000
        private const val SAMPLES_PER_MS = 48

        private const val FIRST: Byte = 2
        private const val LAST: Byte = 4
        private const val HEADER = 27
        private const val CHECKSUM_AT = 22

        /** A segment of this length goes on in the next. */
        private const val WHOLE = 255

        /** A page has at most 255 segments; one of Opus' packets of 120 ms always fits. */
        private const val LONGEST_PACKET = 254 * WHOLE
        private const val LONGEST_SAMPLES = 120L * SAMPLES_PER_MS

        private fun little(bytes: ByteArray) = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)

        private fun little(size: Int) = little(ByteArray(size))

        /** CRC-32 with the polynomial 0x04c11db7, neither reflected nor inverted. */
        fun checksum(bytes: ByteArray): Int = bytes.fold(0) { sum, byte ->
            (0 until 8).fold(sum xor (byte.toInt() and 0xff shl 24)) { crc, _ ->
                if (crc < 0) crc shl 1 xor 0x04c11db7 else crc shl 1
            }
        }

        /** How much sound is in it. Throws [IllegalArgumentException] for what is no packet. */
        fun lengthOf(packet: ByteArray): Duration = lengthOf(samplesOf(packet))

        private fun lengthOf(samples: Long) = (samples.toDouble() / SAMPLES_PER_MS).milliseconds

        /** From the first bytes (RFC 6716 §3.1, §3.2). */
        private fun samplesOf(packet: ByteArray): Long {
            require(packet.isNotEmpty() && packet.size <= LONGEST_PACKET) { "no packet" }
            val toc = packet[0].toInt() and 0xff
            val frames = when (toc and 3) {
                0 -> 1
                1, 2 -> 2
                else -> packet.getOrElse(1) { 0 }.toInt() and 0x3f
            }
            val kind = toc shr 3
            val tenths = when { // of a millisecond: SILK, hybrid, CELT
                kind < 12 -> intArrayOf(100, 200, 400, 600)[kind and 3]
                kind < 16 -> intArrayOf(100, 200)[kind and 1]
                else -> intArrayOf(25, 50, 100, 200)[kind and 3]
            }
            val samples = frames.toLong() * tenths * SAMPLES_PER_MS / 10
            require(samples in 1..LONGEST_SAMPLES) { "no packet" }
            return samples
        }
    }
}
