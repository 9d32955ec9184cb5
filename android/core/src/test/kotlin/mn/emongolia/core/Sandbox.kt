// The real sandbox as a process of its own, with its control, and what a citizen does in the browser.

package mn.emongolia.core

import java.io.ByteArrayInputStream
import java.io.File
import java.net.URI
import java.net.URLEncoder
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Files
import java.security.KeyStore
import java.security.cert.CertificateFactory
import java.util.Base64
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManagerFactory
import kotlin.time.Duration
import org.json.JSONArray
import org.json.JSONObject

/** The citizen of the demo: Ө twice in the name, Ө in the registration number. */
const val REGNUM = "УӨ88052317"

/** «Зээлийн мэдээллийн сангийн лавлагаа», with the sandbox's own fee. */
const val CREDIT = "223abc561181cd4ab6b55626"

class Sandbox : AutoCloseable {
    val folder: File = Files.createTempDirectory("sandbox-").toFile()
    private var process: Process = start()
    private val config = JSONObject(File(folder, "sandbox.json").readText())
    private val authority: ByteArray = Base64.getDecoder().decode(config.getString("ca_der_base64"))
    val publishedApi: String = config.getString("published_api")
    private val browser: HttpClient = HttpClient.newBuilder().sslContext(trusting(authority)).build()
    private val clerk: HttpClient = HttpClient.newHttpClient()

    fun settings(folder: File, language: Language = Language.MN): Settings = Settings(
        stateDir = File(folder, "төлөв"),
        cacheDir = File(folder, "cache"),
        gateway = config.getString("origin"),
        issuer = config.getString("issuer"),
        clientId = config.getString("client_id"),
        redirectUri = config.getString("redirect_uri"),
        roots = listOf(authority),
        documentKeys = documentKeys(),
        pins = listOf(pins()),
        language = language,
    )

    /** `kill -9`; [start] brings it back on its data, at the same addresses. */
    fun kill() {
        process.destroyForcibly().waitFor()
    }

    fun restart() {
        process = start()
    }

    private fun start(): Process {
        val program = System.getProperty("sandbox.program")
        val process = ProcessBuilder(program, "--data", folder.path, "--until-stdin-closes")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start()
        val said = process.inputStream.bufferedReader().readLine() ?: error("the sandbox said nothing")
        check(JSONObject(said).getBoolean("ready"))
        return process
    }

    /** Signs in at ДАН's page and agrees: gives the address that the browser ends at. */
    fun signInInBrowser(authorization: String, regnum: String = REGNUM, decision: String = "approve"): String {
        val citizens = config.getJSONArray("citizens").objects()
        val code = citizens.single { it.getString("regnum") == regnum }.getString("code")
        val origin = URI(config.getString("origin"))
        var request = HttpRequest.newBuilder(URI(authorization)).build()
        repeat(HOPS) {
            val here = request.uri()
            val answer = browser.send(request, HttpResponse.BodyHandlers.ofString())
            val location = answer.headers().firstValue("location")
            request = if (location.isPresent) {
                val next = here.resolve(location.get())
                if (next.scheme != origin.scheme || next.authority != origin.authority) return next.toString()
                HttpRequest.newBuilder(next).build()
            } else {
                val transaction = answer.body().substringAfter("name=\"transaction\" value=\"", "").substringBefore('"')
                check(transaction.isNotEmpty()) { "not the login page: ${answer.body()}" }
                form(
                    here.resolve("/dan/login"),
                    mapOf("transaction" to transaction, "regnum" to regnum, "code" to code, "decision" to decision),
                )
            }
        }
        error("more pages than there should be")
    }

    /** A browser on the portal's page: what its QR code holds and the number beside it, or nulls; and the whole page. */
    inner class PortalBrowser {
        private var cookie: String? = null

        fun look(): Triple<String?, Int?, String> {
            val request = HttpRequest.newBuilder(URI("${config.getString("origin")}/web/sign-in"))
            cookie?.let { request.header("Cookie", it) }
            val answer = browser.send(request.build(), HttpResponse.BodyHandlers.ofString())
            answer.headers().firstValue("set-cookie").ifPresent { cookie = it.substringBefore(';') }
            val page = answer.body()
            val address = page.substringAfter("<a href=\"", "").substringBefore('"')
            val number = page.substringAfter("<output>", "").substringBefore('<').toIntOrNull()
            return Triple(address.takeIf { it.startsWith(config.getString("origin")) }, number, page)
        }
    }

    /** One push for this token, as a phone's system would hand it over. */
    fun pollPush(token: String): ByteArray? {
        val address = URI("${config.getString("origin")}/push/$token?wait=8")
        val answer = browser.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofByteArray())
        return answer.body().takeIf { answer.statusCode() == 200 }
    }

    fun requests(): List<JSONObject> = JSONArray(control("GET", "/control/requests")).objects()

    fun advance(id: String, status: String, note: Map<String, String>? = null) {
        val step = JSONObject().put("status", status)
        note?.let { step.put("note", JSONObject(it)) }
        control("POST", "/control/requests/$id/advance", step)
    }

    /** Hands a request back: questions to correct, by name. */
    fun ask(id: String, fields: List<String>, note: String) {
        val step = JSONObject().put("status", "EDIT").put("fields", JSONArray(fields)).put("note", JSONObject().put("mn", note))
        control("POST", "/control/requests/$id/advance", step)
    }

    fun notice(regnum: String, title: String, body: String) {
        val text = JSONObject().put("title", JSONObject().put("mn", title)).put("body", JSONObject().put("mn", body))
        control("POST", "/control/citizens/${URLEncoder.encode(regnum, Charsets.UTF_8)}/notices", text)
    }

    fun fault(operation: String, kind: String, times: Int = 1, after: Int = 0, more: Map<String, Any> = emptyMap()) {
        val fault = JSONObject(more).put("operation", operation).put("kind", kind).put("times", times).put("after", after)
        control("POST", "/control/faults", JSONObject().put("faults", JSONArray().put(fault)))
    }

    fun clearFaults() {
        control("DELETE", "/control/faults")
    }

    fun faultsWaiting(): Int = JSONObject(control("GET", "/control/faults")).getJSONArray("faults").length()

    /** For everything there; a phone follows what its answers say of the time. */
    fun advanceClock(by: Duration) {
        control("POST", "/control/clock", JSONObject().put("advance_ms", by.inWholeMilliseconds))
    }

    /** From now on this is the signed document of that name (`service/<id>`). */
    fun publish(document: String, version: Int, body: JSONObject) {
        control("POST", "/control/documents", JSONObject().put("document", document).put("version", version).put("body", body))
    }

    /** At a bank: all that is left of the invoice. */
    fun pay(invoice: String) {
        control("POST", "/control/pay", JSONObject().put("invoice", invoice))
    }

    fun revokeSessions() {
        control("POST", "/control/sessions/revoke", JSONObject())
    }

    /** Every session ends by itself so soon; phones hear of it at their next call. */
    fun shortenSessions(to: Duration) {
        control("POST", "/control/sessions/shorten", JSONObject().put("lasts_s", to.inWholeSeconds))
    }

    /** Is heard next, whatever is said. */
    fun say(vararg transcripts: Transcript) {
        val hypotheses = transcripts.map { JSONObject().put("text", it.text).putOpt("confidence", it.confidence?.toDouble()) }
        control("POST", "/control/speech", JSONObject().put("hypotheses", JSONArray(hypotheses)))
    }

    /** What was not as the description says. */
    fun violations(): List<JSONObject> = JSONObject(control("GET", "/control/exchanges")).getJSONArray("violations").objects()

    /** How often an operation was asked for since the sandbox started. */
    fun exchanges(operation: String): Int =
        JSONObject(control("GET", "/control/exchanges")).getJSONObject("hit").optInt(operation)

    private fun control(method: String, path: String, body: JSONObject? = null): String {
        val publisher = body?.let { HttpRequest.BodyPublishers.ofString(it.toString()) }
        val request = HttpRequest.newBuilder(URI(config.getString("control") + path))
            .header("X-Sandbox-Control", config.getString("control_token"))
            .header("Content-Type", "application/json")
            .method(method, publisher ?: HttpRequest.BodyPublishers.noBody())
            .build()
        val answer = clerk.send(request, HttpResponse.BodyHandlers.ofString())
        check(answer.statusCode() in 200..299) { "$method $path: ${answer.statusCode()} ${answer.body()}" }
        return answer.body()
    }

    private fun form(address: URI, fields: Map<String, String>): HttpRequest {
        fun encoded(text: String) = URLEncoder.encode(text, Charsets.UTF_8)
        val body = fields.entries.joinToString("&") { (name, value) -> "${encoded(name)}=${encoded(value)}" }
        return HttpRequest.newBuilder(address)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build()
    }

    private fun pins(): PinSet {
        val hashes = config.getJSONArray("spki_pins").let { all -> (0 until all.length()).map(all::getString) }
        val bytes = hashes.map { it.chunked(2).map { pair -> pair.toInt(16).toByte() }.toByteArray() }
        return PinSet(URI(config.getString("origin")).host, bytes, java.time.Instant.parse("2100-01-01T00:00:00Z"))
    }

    private fun documentKeys(): List<DocumentKey> = config.getJSONArray("document_keys").objects().map {
        DocumentKey(it.getString("kid"), Base64.getDecoder().decode(it.getString("point_base64")))
    }

    override fun close() {
        kill()
        folder.deleteRecursively()
    }

    private companion object {
        /** Pages between the authorisation address and the callback; more is a loop. */
        const val HOPS = 6

        fun trusting(authority: ByteArray): SSLContext {
            val store = KeyStore.getInstance(KeyStore.getDefaultType()).apply { load(null) }
            val certificate = CertificateFactory.getInstance("X.509").generateCertificate(ByteArrayInputStream(authority))
            store.setCertificateEntry("sandbox", certificate)
            val trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm()).apply { init(store) }
            return SSLContext.getInstance("TLS").apply { init(null, trust.trustManagers, null) }
        }
    }
}

fun JSONArray.objects(): List<JSONObject> = (0 until length()).map(::getJSONObject)
