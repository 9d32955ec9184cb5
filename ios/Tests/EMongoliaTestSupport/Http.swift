import Foundation

/// One exchange over `curl`: it takes the sandbox's own authority, which Foundation on Linux can't be given.
struct Exchange {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: Data

    var text: String { String(decoding: body, as: UTF8.self) }
}

struct Call {
    var url: URL
    var method = "GET"
    var headers: [String: String] = [:]
    var body: Data?
    /// PEM file of the authority to trust. Nil: the address is on the loopback and not TLS.
    var authority: String?
    /// Seconds; a long poll takes more.
    var limit = 60

    func send() async throws -> Exchange {
        var arguments = ["curl", "--silent", "--show-error", "--include", "--noproxy", "*", "--request", method]
        arguments += ["--max-time", String(limit)]
        if let authority { arguments += ["--cacert", authority, "--tlsv1.3"] }
        for (name, value) in headers { arguments += ["--header", "\(name): \(value)"] }
        if body != nil { arguments += ["--data-binary", "@-"] }
        arguments.append(url.absoluteString)
        return try Exchange(said: try await Programs.run(arguments, input: body ?? Data()))
    }
}

extension Exchange {
    /// Status line, headers, an empty line, body (RFC 9112 §2.1).
    init(said: Data) throws {
        guard let end = said.range(of: Data("\r\n\r\n".utf8)) else { throw Surprise("curl gave no headers") }
        let head = String(decoding: said[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        guard let status = head[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Surprise("no status in \(head[0])")
        }
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[line[..<colon].lowercased()] = value
        }
        self.init(status: status, headers: headers, body: Data(said[end.upperBound...]))
    }
}
