import Foundation

/// A browser on the sandbox's portal: one cookie, and what stands on the page.
public final class PortalBrowser {
    private let sandbox: Sandbox
    private var cookie: String?

    public init(_ sandbox: Sandbox) {
        self.sandbox = sandbox
    }

    public struct Page: Sendable {
        /// What the QR code holds, and the number beside it; only while the page waits for a phone.
        public let address: String?
        public let number: UInt32?
        public let html: String
    }

    /// As the page does every few seconds by itself.
    public func look() async throws -> Page {
        let origin = sandbox.config.origin
        var call = Call(url: URL(string: "\(origin)/web/sign-in")!, authority: sandbox.config.ca_pem)
        if let cookie { call.headers["Cookie"] = cookie }
        let answer = try await call.send()
        guard answer.status == 200 else { throw Surprise("the portal: \(answer.status) \(answer.text)") }
        if let line = answer.headers["set-cookie"] { cookie = String(line.prefix { $0 != ";" }) }
        let address = between("<a href=\"", "\"", answer.text).flatMap { $0.hasPrefix(origin) ? $0 : nil }
        return Page(
            address: address, number: between("<output>", "<", answer.text).flatMap(UInt32.init), html: answer.text)
    }

    private func between(_ start: String, _ end: String, _ text: String) -> String? {
        guard let start = text.range(of: start), let end = text[start.upperBound...].range(of: end) else { return nil }
        return String(text[start.upperBound..<end.lowerBound])
    }
}
