#if canImport(Security) && canImport(CryptoKit)
import CryptoKit
import Foundation
import Security

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Sound to the gateway over `URLSession`, sent while it comes.
///
/// Guarantees: ``PinnedTrust`` judges before a byte of sound leaves; no cookies, no cache, no redirects.
public final class URLSessionSpeechTransport: SpeechTransport {
    /// Recognisers answer within a second or two of the last word.
    private static let patience: TimeInterval = 15

    private let gateway: String
    private let trust: PinnedTrust

    /// The core's own configuration: address, authorities, pins.
    public init(_ config: CoreConfig) {
        gateway = config.gateway
        trust = PinnedTrust(config)
    }

    public func recognise(language: String, audio: AsyncThrowingStream<Data, any Error>) async throws -> SpeechAnswer {
        var address = URLComponents(string: "\(gateway)/v1/speech")
        address?.queryItems = [URLQueryItem(name: "language", value: language)]
        guard let url = address?.url else { throw SpeechFailure.unavailable }
        var request = URLRequest(url: url, timeoutInterval: Self.patience)
        request.httpMethod = "POST"
        request.setValue("audio/ogg; codecs=opus", forHTTPHeaderField: "Content-Type")
        request.setValue("application/json", forHTTPHeaderField: "Accept")
        let configuration = URLSessionConfiguration.ephemeral
        configuration.tlsMinimumSupportedProtocolVersion = .TLSv13
        let upload = try SpeechUpload(trust)
        let session = URLSession(configuration: configuration, delegate: upload, delegateQueue: nil)
        defer { session.invalidateAndCancel() }
        let task = session.uploadTask(withStreamedRequest: request)
        task.resume()
        return try await withTaskCancellationHandler {
            for try await chunk in audio where !upload.write(chunk) { break }
            upload.close()
            return try await upload.answer()
        } onCancel: {
            session.invalidateAndCancel()
        }
    }
}

/// One request: its sound on the one side, its answer on the other.
private final class SpeechUpload: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    private struct State {
        var body = Data()
        var refused = false
        var tooMuch = false
        var end: Result<SpeechAnswer, SpeechFailure>?
        var waiter: CheckedContinuation<SpeechAnswer, any Error>?
    }

    private let trust: PinnedTrust
    private let input: InputStream
    private let output: OutputStream
    private let state = Guarded(State())

    init(_ trust: PinnedTrust) throws {
        self.trust = trust
        var ends: (input: InputStream?, output: OutputStream?)
        // All of it fits: writing never waits.
        Stream.getBoundStreams(
            withBufferSize: ServerSpeechRecogniser.largest, inputStream: &ends.input, outputStream: &ends.output)
        guard let input = ends.input, let output = ends.output else { throw SpeechFailure.unavailable }
        (self.input, self.output) = (input, output)
        output.open()
    }

    /// False: nobody reads any more.
    func write(_ chunk: Data) -> Bool {
        chunk.withUnsafeBytes { bytes in
            guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return true }
            return output.write(start, maxLength: chunk.count) == chunk.count
        }
    }

    func close() {
        output.close()
    }

    func answer() async throws -> SpeechAnswer {
        try await withCheckedThrowingContinuation { continuation in
            let end = state.with { state in
                if state.end == nil { state.waiter = continuation }
                return state.end
            }
            if let end { continuation.resume(with: end.mapError { $0 }) }
        }
    }

    func urlSession(
        _ session: URLSession, didReceive challenge: URLAuthenticationChallenge,
        completionHandler: @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
    ) {
        let space = challenge.protectionSpace
        guard let server = space.serverTrust, holds(server, for: space.host) else {
            state.with { $0.refused = true }
            return completionHandler(.cancelAuthenticationChallenge, nil)
        }
        completionHandler(.useCredential, URLCredential(trust: server))
    }

    /// Host and dates are in the policy that the system brings along.
    private func holds(_ server: SecTrust, for host: String) -> Bool {
        let roots = trust.roots.compactMap { SecCertificateCreateWithData(nil, NSData(data: $0) as CFData) }
        guard SecTrustSetAnchorCertificates(server, NSArray(array: roots) as CFArray) == errSecSuccess,
            SecTrustSetAnchorCertificatesOnly(server, true) == errSecSuccess, SecTrustEvaluateWithError(server, nil),
            let path = SecTrustCopyCertificateChain(server) as? [SecCertificate]
        else { return false }
        let der = path.map { Data(referencing: SecCertificateCopyData($0) as NSData) }
        return trust.holds(der, for: host, at: Date()) { Data(SHA256.hash(data: $0)) }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, needNewBodyStream completionHandler: @escaping @Sendable (InputStream?) -> Void
    ) {
        completionHandler(input)
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)  // nobody else is to hear it
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let tooMuch = state.with { state in
            state.body.append(data)
            state.tooMuch = state.body.count > SpeechAnswer.largest
            return state.tooMuch
        }
        if tooMuch { dataTask.cancel() }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        let status = (task.response as? HTTPURLResponse)?.statusCode
        let (end, waiter) = state.with { state in
            let end: Result<SpeechAnswer, SpeechFailure> =
                if state.refused { .failure(.untrusted) }
                else if state.tooMuch { .failure(.unavailable) }
                else if let status, error == nil { .success(SpeechAnswer(status: status, body: state.body)) }
                else { .failure(.offline) }
            state.end = end
            defer { state.waiter = nil }
            return (end, state.waiter)
        }
        waiter?.resume(with: end.mapError { $0 })
    }
}
#endif
