// Whom the shell's own connections trust: exactly whom the core trusts.
//
// Guarantees: the configured authorities alone, TLS 1.3 alone; a pin is looked for in the path that was verified, not
// among what was sent. Pins that have all expired leave the authorities to judge, as in the core.

package mn.emongolia.core.platform

import java.io.ByteArrayInputStream
import java.net.InetAddress
import java.net.Socket
import java.security.GeneralSecurityException
import java.security.KeyStore
import java.security.MessageDigest
import java.security.cert.CertPathBuilder
import java.security.cert.CertStore
import java.security.cert.Certificate
import java.security.cert.CertificateException
import java.security.cert.CertificateFactory
import java.security.cert.CollectionCertStoreParameters
import java.security.cert.PKIXBuilderParameters
import java.security.cert.PKIXCertPathBuilderResult
import java.security.cert.X509CertSelector
import java.security.cert.X509Certificate
import java.time.Instant
import javax.net.ssl.SSLContext
import javax.net.ssl.SSLSocket
import javax.net.ssl.SSLSocketFactory
import javax.net.ssl.TrustManagerFactory
import javax.net.ssl.X509TrustManager
import mn.emongolia.core.PinSet

/** For connections to this host; its name in the certificate is checked by whoever makes them. */
internal fun pinnedSockets(roots: List<ByteArray>, pins: List<PinSet>, host: String, now: () -> Instant): SSLSocketFactory {
    val authorities = KeyStore.getInstance(KeyStore.getDefaultType()).apply { load(null) }
    val reader = CertificateFactory.getInstance("X.509")
    for ((index, der) in roots.withIndex()) {
        authorities.setCertificateEntry("$index", reader.generateCertificate(ByteArrayInputStream(der)))
    }
    val platform = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm()).apply { init(authorities) }
        .trustManagers.filterIsInstance<X509TrustManager>().first()
    val ours = pins.filter { it.host.equals(host, ignoreCase = true) }
    val context = SSLContext.getInstance("TLS")
    context.init(null, arrayOf(PinnedTrust(platform, authorities, ours, now)), null)
    return NewestTls(context.socketFactory)
}

private class PinnedTrust(
    private val platform: X509TrustManager,
    private val authorities: KeyStore,
    private val pins: List<PinSet>,
    private val now: () -> Instant,
) : X509TrustManager {
    override fun checkServerTrusted(chain: Array<X509Certificate>, authType: String) {
        platform.checkServerTrusted(chain, authType)
        val valid = pins.filter { it.expires > now() }.flatMap(PinSet::spkiSha256)
        if (valid.isEmpty()) return
        val keys = verifiedPath(chain).map { MessageDigest.getInstance("SHA-256").digest(it.publicKey.encoded) }
        if (keys.none { key -> valid.any(key::contentEquals) }) throw CertificateException("no pinned key in the path")
    }

    /** From the server's own certificate to the authority that vouches for it. */
    private fun verifiedPath(chain: Array<X509Certificate>): List<Certificate> {
        val sought = X509CertSelector().apply { certificate = chain.first() }
        val parameters = PKIXBuilderParameters(authorities, sought).apply {
            isRevocationEnabled = false // leaf life and pins have to do, as in the core
            addCertStore(CertStore.getInstance("Collection", CollectionCertStoreParameters(chain.toList())))
        }
        try {
            val found = CertPathBuilder.getInstance("PKIX").build(parameters) as PKIXCertPathBuilderResult
            return found.certPath.certificates + found.trustAnchor.trustedCert
        } catch (failure: GeneralSecurityException) {
            throw CertificateException("no path to an authority", failure)
        }
    }

    override fun checkClientTrusted(chain: Array<X509Certificate>, authType: String): Nothing =
        throw CertificateException("nobody is served here")

    override fun getAcceptedIssuers(): Array<X509Certificate> = platform.acceptedIssuers
}

private class NewestTls(private val inner: SSLSocketFactory) : SSLSocketFactory() {
    private fun Socket.newest() = apply { (this as SSLSocket).enabledProtocols = arrayOf("TLSv1.3") }

    override fun getDefaultCipherSuites(): Array<String> = inner.defaultCipherSuites

    override fun getSupportedCipherSuites(): Array<String> = inner.supportedCipherSuites

    override fun createSocket(): Socket = inner.createSocket().newest()

    override fun createSocket(socket: Socket, host: String, port: Int, autoClose: Boolean): Socket =
        inner.createSocket(socket, host, port, autoClose).newest()

    override fun createSocket(host: String, port: Int): Socket = inner.createSocket(host, port).newest()

    override fun createSocket(host: String, port: Int, from: InetAddress, fromPort: Int): Socket =
        inner.createSocket(host, port, from, fromPort).newest()

    override fun createSocket(host: InetAddress, port: Int): Socket = inner.createSocket(host, port).newest()

    override fun createSocket(host: InetAddress, port: Int, from: InetAddress, fromPort: Int): Socket =
        inner.createSocket(host, port, from, fromPort).newest()
}
