package mn.emongolia.core.platform

import android.util.Log
import mn.emongolia.core.LogLevel
import mn.emongolia.core.LogRecord
import mn.emongolia.core.LogSink

/** Longer tags are refused by Android before API 26, and cut in many viewers. */
private const val TAG_LENGTH = 23

/** The core's log in Logcat. Never throws: a log that fails must not be what ends a citizen's errand. */
public class LogcatSink internal constructor(private val print: (Int, String, String) -> Unit) : LogSink {
    public constructor() : this({ priority, tag, message -> Log.println(priority, tag, message) })

    override fun write(batch: List<LogRecord>) {
        for (record in batch) {
            try {
                print(priority(record.level), record.target.take(TAG_LENGTH), record.message)
            } catch (_: Throwable) {
                // Nowhere is left to say it.
            }
        }
    }

    private fun priority(level: LogLevel): Int = when (level) {
        LogLevel.ERROR -> Log.ERROR
        LogLevel.WARN -> Log.WARN
        LogLevel.INFO -> Log.INFO
        LogLevel.DEBUG -> Log.DEBUG
    }
}
