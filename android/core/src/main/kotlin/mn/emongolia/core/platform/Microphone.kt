// The phone's microphone as Opus packets, for the gateway's recogniser.
//
// Guarantees: it records only while it is collected from, and stops by itself when the citizen has spoken.

package mn.emongolia.core.platform

import android.media.AudioFormat
import android.media.AudioRecord
import android.media.MediaCodec
import android.media.MediaFormat
import android.media.MediaRecorder
import java.nio.ByteOrder
import kotlin.math.sqrt
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn

/** What recognisers are made for. */
private const val SAMPLES_PER_SECOND = 16_000

/** One packet's worth: 20 ms. */
private const val FRAME_SAMPLES = SAMPLES_PER_SECOND / 50
private const val FRAME_MICROSECONDS = 20_000L
private const val BYTES_PER_SAMPLE = 2

/** Transparent for speech of one channel. */
private const val BITS_PER_SECOND = 24_000

/** The encoder answers within a frame; longer than that and the microphone would skip. */
private const val ENCODED_WITHIN_US = 10_000L

/** From Android 10 on, with `RECORD_AUDIO`: without it collecting throws [SecurityException]. */
public class Microphone : AudioSource {
    override fun packets(): Flow<ByteArray> = flow {
        val record = open()
        try {
            record.startRecording()
            val encoder = MediaCodec.createEncoderByType(MediaFormat.MIMETYPE_AUDIO_OPUS)
            try {
                encoder.configure(format(), null, null, MediaCodec.CONFIGURE_FLAG_ENCODE)
                encoder.start()
                encode(record, encoder)
            } finally {
                encoder.release()
            }
        } finally {
            record.release() // stops it, too
        }
    }.flowOn(Dispatchers.IO)

    private suspend fun FlowCollector<ByteArray>.encode(record: AudioRecord, encoder: MediaCodec) {
        val frame = ShortArray(FRAME_SAMPLES)
        val ear = SilenceAfterSpeech()
        var at = 0L
        while (!ear.isOver) {
            currentCoroutineContext().ensureActive()
            val read = record.read(frame, 0, frame.size)
            check(read >= 0) { "the microphone says $read" }
            ear.hear(frame, read)
            val slot = encoder.dequeueInputBuffer(ENCODED_WITHIN_US)
            if (slot < 0) continue
            val input = checkNotNull(encoder.getInputBuffer(slot)).order(ByteOrder.nativeOrder())
            input.asShortBuffer().put(frame, 0, read)
            encoder.queueInputBuffer(slot, 0, read * BYTES_PER_SAMPLE, at, 0)
            at += FRAME_MICROSECONDS
            drain(encoder)
        }
    }

    private suspend fun FlowCollector<ByteArray>.drain(encoder: MediaCodec) {
        val told = MediaCodec.BufferInfo()
        while (true) {
            val slot = encoder.dequeueOutputBuffer(told, 0)
            if (slot == MediaCodec.INFO_TRY_AGAIN_LATER) return
            if (slot < 0) continue // the format was told
            val packet = ByteArray(told.size)
            checkNotNull(encoder.getOutputBuffer(slot)).get(packet)
            encoder.releaseOutputBuffer(slot, false)
            val isSound = told.flags and MediaCodec.BUFFER_FLAG_CODEC_CONFIG == 0
            if (isSound && packet.isNotEmpty()) emit(packet)
        }
    }

    private fun open(): AudioRecord {
        val (mono, pcm) = AudioFormat.CHANNEL_IN_MONO to AudioFormat.ENCODING_PCM_16BIT
        val least = AudioRecord.getMinBufferSize(SAMPLES_PER_SECOND, mono, pcm)
        val half = SAMPLES_PER_SECOND / 2 * BYTES_PER_SAMPLE // of a second, for a thread that was held up
        val record =
            AudioRecord(MediaRecorder.AudioSource.VOICE_RECOGNITION, SAMPLES_PER_SECOND, mono, pcm, maxOf(least, half))
        if (record.state == AudioRecord.STATE_INITIALIZED) return record
        record.release()
        throw SecurityException("no microphone") // how it says that it is not allowed
    }

    private fun format() = MediaFormat.createAudioFormat(MediaFormat.MIMETYPE_AUDIO_OPUS, SAMPLES_PER_SECOND, 1).apply {
        setInteger(MediaFormat.KEY_BIT_RATE, BITS_PER_SECOND)
    }
}

/** Whether somebody has spoken and is silent since. Who never speaks is waited for. */
internal class SilenceAfterSpeech {
    private var floor = Double.MAX_VALUE
    private var spoken = Duration.ZERO
    private var silent = Duration.ZERO

    val isOver: Boolean get() = spoken >= A_WORD && silent >= A_PAUSE

    /** [frame] holds 16-bit samples of one channel. */
    fun hear(frame: ShortArray, size: Int) {
        if (size == 0) return
        val loudness = sqrt((0 until size).sumOf { frame[it].toDouble() * frame[it] } / size)
        floor = minOf(loudness, floor * FLOOR_RISE).coerceAtLeast(QUIETEST)
        val length = (size * 1000.0 / SAMPLES_PER_SECOND).milliseconds
        if (loudness > floor * OVER_FLOOR) {
            spoken += length
            silent = Duration.ZERO
        } else {
            silent += length
        }
    }

    private companion object {
        /** Shorter is a click. */
        val A_WORD = 200.milliseconds

        /** Longer than between the words of a name. */
        val A_PAUSE = 1200.milliseconds

        /** A microphone in a silent room, of 32 768. */
        const val QUIETEST = 60.0

        /** Speech is some 10 dB above the room. */
        const val OVER_FLOOR = 3.0

        /** A room that becomes louder is followed within seconds: a factor of three in about eleven. */
        const val FLOOR_RISE = 1.002
    }
}
