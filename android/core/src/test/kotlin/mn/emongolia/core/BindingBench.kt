package mn.emongolia.core

import java.io.File
import java.sql.Connection
import java.sql.DriverManager
import java.sql.ResultSet
import java.time.LocalDate
import java.util.Locale
import kotlin.time.Duration
import kotlin.time.DurationUnit
import kotlin.time.TimeSource
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

private const val QUERY = "иргэний үнэмлэх"

/** Both are compiled by then. */
private const val WARM_UP = 300
private const val MEASURED = 500

/**
 * What crossing the binding costs: the same errands through the core and over JDBC, in one process, on the same rows.
 * No test: `cargo xtask bench binding` runs it and writes the ratios down.
 */
class BindingBench {
    private class Row(val what: String, val core: Duration, val jdbc: Duration)

    @Test
    fun measure() = test {
        Sandbox().use { sandbox ->
            Phone(sandbox).use { phone ->
                var started = TimeSource.Monotonic.markNow()
                CoreLibrary.shipped.load()
                val load = started.elapsedNow()
                val database = File(phone.folder, "jdbc.db")
                started = TimeSource.Monotonic.markNow()
                DriverManager.getConnection("jdbc:sqlite:$database").close()
                val jdbcLoad = started.elapsedNow()

                val core = phone.start()
                core.sync(PATIENCE)
                val services = all(core)
                val details = services.associate { it.id to core.catalogue.service(it.id).value }
                val jdbc = DriverManager.getConnection("jdbc:sqlite:$database").apply { fill(services, details) }
                write(listOf(Row("library load and first call", load, jdbcLoad)) + warm(core, jdbc, services))
                jdbc.close()
                core.stop()
            }
        }
    }

    private suspend fun warm(core: EMongolia, jdbc: Connection, services: List<Service>): List<Row> {
        val id = services.first { it.online }.id
        assertEquals(core.catalogue.services().value.items.size, jdbc.list().size)
        assertEquals(core.catalogue.service(id).value.service.name.mn, jdbc.detail(id))
        assertTrue(core.catalogue.search(QUERY).value.items.isNotEmpty() && jdbc.search(QUERY).isNotEmpty())
        return listOf(
            Row("list of 50", median { core.catalogue.services() }, median { jdbc.list() }),
            Row("one detail", median { core.catalogue.service(id) }, median { jdbc.detail(id) }),
            Row("one search", median { core.catalogue.search(QUERY) }, median { jdbc.search(QUERY) }),
        )
    }

    private suspend fun median(call: suspend () -> Any?): Duration {
        repeat(WARM_UP) { call() }
        val times = List(MEASURED) {
            val started = TimeSource.Monotonic.markNow()
            call()
            started.elapsedNow()
        }
        return times.sorted()[MEASURED / 2]
    }

    private suspend fun all(core: EMongolia): List<Service> {
        val all = mutableListOf<Service>()
        var after: String? = null
        do {
            val page = core.catalogue.services(after = after).value
            all += page.items
            after = page.next
        } while (after != null)
        return all
    }

    /** What a plain app would do: one table, an index for the order, the text of the search beside it in lower case. */
    private fun Connection.fill(services: List<Service>, details: Map<String, ServiceDetail>) {
        autoCommit = false
        createStatement().use {
            it.execute(
                "CREATE TABLE service (id TEXT PRIMARY KEY, position INTEGER, name_mn TEXT, name_en TEXT, org_mn TEXT, " +
                    "org_en TEXT, kind TEXT, fee TEXT, duration TEXT, online INTEGER, description TEXT, text TEXT)",
            )
            it.execute("CREATE INDEX service_position ON service (position)")
        }
        prepareStatement("INSERT INTO service VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").use { insert ->
            services.forEachIndexed { position, service ->
                val text = "${service.name.mn} ${service.organisation.mn}".lowercase(Locale.ROOT)
                val values = with(service) {
                    listOf(id, position, name.mn, name.en, organisation.mn, organisation.en, "$kind", "$fee", "$duration", online)
                } + listOf(details[service.id]?.description?.mn, text)
                values.forEachIndexed { column, value -> insert.setObject(column + 1, value) }
                insert.addBatch()
            }
            insert.executeBatch()
        }
        commit()
        autoCommit = true
    }

    private fun Connection.list(): List<Service> =
        prepareStatement("SELECT * FROM service ORDER BY position LIMIT 50").use { it.executeQuery().services() }

    private fun Connection.detail(id: String): String = prepareStatement("SELECT * FROM service WHERE id = ?").use {
        it.setString(1, id)
        it.executeQuery().services().single().name.mn
    }

    private fun Connection.search(query: String): List<Service> {
        val words = query.lowercase(Locale.ROOT).split(' ')
        val wanted = words.joinToString(" AND ") { "text LIKE ?" }
        return prepareStatement("SELECT * FROM service WHERE $wanted ORDER BY position LIMIT 50").use {
            words.forEachIndexed { at, word -> it.setString(at + 1, "%$word%") }
            it.executeQuery().services()
        }
    }

    private fun ResultSet.services(): List<Service> = buildList {
        while (next()) {
            add(
                Service(
                    id = getString("id"),
                    name = LocalisedText(getString("name_mn"), getString("name_en")),
                    organisation = LocalisedText(getString("org_mn"), getString("org_en")),
                    kind = ServiceKind.valueOf(getString("kind")),
                    fee = if (getString("fee") == "Free") Fee.Free else Fee.Unknown,
                    duration = ServiceDuration.Unknown,
                    online = getBoolean("online"),
                    sample = false,
                    favourite = false,
                ),
            )
        }
    }

    private fun write(rows: List<Row>) {
        fun told(time: Duration) = "%.2f ms".format(Locale.ROOT, time.toDouble(DurationUnit.MILLISECONDS))
        val table = rows.joinToString("\n|") { row -> // the margin of what follows
            "| %s | %s | %s | %.1f |".format(Locale.ROOT, row.what, told(row.core), told(row.jdbc), row.core / row.jdbc)
        }
        File(System.getProperty("bench.out")).writeText(
            """
            |# What crossing the binding costs
            |
            |Written by `cargo xtask bench binding`: Kotlin on the JVM through the library that ships, against the same rows
            |over JDBC (SQLite, one table, no sealing, no ages, no network behind it), in one process; medians of $MEASURED
            |after $WARM_UP. Times are those of one machine and tell nothing; ratios are what is to be watched.
            |
            |Measured ${LocalDate.now()}, ${System.getProperty("bench.library")} library.
            |
            || errand | core | JDBC | ratio |
            ||---|---|---|---|
            |$table
            |
            """.trimMargin(),
        )
    }
}
