import Foundation

/// What a citizen does in the browser, and what the phone's operating system does with pushes. Over TLS; redirects are
/// followed by hand, on the sandbox's origin only.
extension Sandbox {
    /// Pages between the authorisation address and the callback; more is a loop.
    private static let hops = 6

    /// Signs the citizen in at ДАН and agrees; gives the callback address the browser ends at.
    public func approve(_ authorization: String, as regnum: String? = nil) async throws -> String {
        try await decide(authorization, "approve", regnum)
    }

    /// Opens the page and refuses.
    public func deny(_ authorization: String) async throws -> String {
        try await decide(authorization, "deny", nil)
    }

    /// One push message for this device token, if one comes within so many seconds.
    public func push(for token: String, within seconds: Int = 20) async throws -> Data? {
        let answer = try await call(URL(string: "\(config.origin)/push/\(token)?wait=\(seconds)")!).send()
        switch answer.status {
        case 200: return answer.body
        case 204: return nil
        default: throw Surprise("the push stand-in: \(answer.status) \(answer.text)")
        }
    }

    private func decide(_ authorization: String, _ decision: String, _ regnum: String?) async throws -> String {
        let whoever = config.citizens.first { $0.regnum == regnum } ?? citizen
        var next = call(URL(string: authorization)!)
        for _ in 0..<Self.hops {
            let here = next.url
            let answer = try await next.send()
            if let location = answer.headers["location"], let there = URL(string: location, relativeTo: here) {
                guard origin(of: there) == origin(of: here) else { return there.absoluteString }
                next = call(there.absoluteURL)
                continue
            }
            guard let transaction = hiddenField("transaction", of: answer.text) else {
                throw Surprise("the login page: \(answer.status) \(answer.text)")
            }
            next = call(URL(string: "/dan/login", relativeTo: here)!.absoluteURL)
            next.method = "POST"
            next.headers = ["Content-Type": "application/x-www-form-urlencoded"]
            next.body = form([
                ("transaction", transaction), ("regnum", whoever.regnum), ("code", whoever.code),
                ("decision", decision),
            ])
        }
        throw Surprise("the sign-in has more pages than there should be")
    }

    private func call(_ url: URL) -> Call {
        Call(url: url, authority: config.ca_pem)
    }
}

private func origin(of url: URL) -> [String?] {
    [url.scheme, url.host, url.port.map(String.init)]
}

private func hiddenField(_ name: String, of page: String) -> String? {
    guard let start = page.range(of: "name=\"\(name)\" value=\"") else { return nil }
    return page[start.upperBound...].firstIndex(of: "\"").map { String(page[start.upperBound..<$0]) }
}

/// `application/x-www-form-urlencoded`, everything but letters and digits in percent.
private func form(_ fields: [(String, String)]) -> Data {
    let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
    let encoded = fields.map { "\($0)=\($1.addingPercentEncoding(withAllowedCharacters: plain)!)" }
    return Data(encoded.joined(separator: "&").utf8)
}
