import EMongoliaCore
import Foundation

/// Longer than anything here takes on a busy machine; reached only when something hangs.
public let patience: Duration = .seconds(60)

/// One installation: folders and keys that outlive restarts of the core.
public final class Phone: Sendable {
    public let secrets: SoftwareSecretStore
    public let deviceKey = SoftwareDeviceKey()
    public let finger = SoftwareBiometricKey()
    public let log = SoftwareLog()
    public let config: CoreConfig
    private let folder: Folder

    /// Told of this sandbox.
    public convenience init(_ sandbox: Sandbox, mode: ProcessMode? = nil, published: Bool = false) throws {
        let told = sandbox.config
        try self.init(
            gateway: told.origin, issuer: told.issuer, clientId: told.client_id, redirectUri: told.redirect_uri,
            authority: Data(base64Encoded: told.ca_der_base64)!, pins: try told.spki_pins.map(bytes(ofHex:)),
            documentKeys: told.document_keys.map { DocumentKey(kid: $0.kid, point: Data(base64Encoded: $0.point_base64)!) },
            mode: mode ?? .app, publishedApi: published ? told.published_api : nil)
    }

    /// Without a network: nobody listens on port 1.
    public convenience init(mode: ProcessMode? = nil) throws {
        let nobody = "https://127.0.0.1:1"
        try self.init(
            gateway: nobody, issuer: nobody, clientId: "mn.emongolia.app", redirectUri: "mn.emongolia:/callback",
            authority: Data(base64Encoded: Phone.someAuthority)!, pins: [],
            documentKeys: [4, 5].map { DocumentKey(kid: "doc-\($0)", point: Data(repeating: $0, count: 65)) },
            mode: mode ?? .app)
    }

    private init(
        gateway: String, issuer: String, clientId: String, redirectUri: String, authority: Data, pins: [Data],
        documentKeys: [DocumentKey], mode: ProcessMode, publishedApi: String? = nil
    ) throws {
        folder = try Folder()
        secrets = SoftwareSecretStore(beside: folder)
        config = CoreConfig(
            stateDir: folder.url.appendingPathComponent("төлөв").path,
            cacheDir: folder.url.appendingPathComponent("cache").path,
            gateway: gateway, issuer: issuer, clientId: clientId, redirectUri: redirectUri,
            roots: [authority],
            pins: pins.isEmpty ? [] : [PinSet(host: "localhost", spkiSha256: pins, expiresMs: 4_294_967_295_000)],
            documentKeys: documentKeys, language: .mn, mode: mode, publishedApi: publishedApi)
    }

    /// The same installation in another kind of process.
    public func configured(_ mode: ProcessMode) -> CoreConfig {
        CoreConfig(
            stateDir: config.stateDir, cacheDir: config.cacheDir, gateway: config.gateway, issuer: config.issuer,
            clientId: config.clientId, redirectUri: config.redirectUri, roots: config.roots, pins: config.pins,
            documentKeys: config.documentKeys, language: config.language, mode: mode,
            publishedApi: config.publishedApi)
    }

    /// Starts the core, as iOS starts the app.
    public func start(_ network: (any NetworkPath)? = nil) async throws -> EMongolia {
        try await EMongolia.open(
            config, secrets: secrets, deviceKey: deviceKey, biometric: finger, network: network, log: log)
    }

    /// With a store key, as after a sign-in that got no further than its beginning. Needs no network.
    public func startWithKeys() async throws -> EMongolia {
        let core = try await start()
        do {
            _ = try await core.auth.beginSignIn()
            throw Surprise("somebody answered")
        } catch CoreError.Offline {
            return core
        }
    }

    /// Every file of the installation, with its bytes.
    public func files() throws -> [String: Data] {
        let manager = FileManager.default
        guard let walk = manager.enumerator(at: folder.url, includingPropertiesForKeys: nil) else { return [:] }
        var files: [String: Data] = [:]
        for case let file as URL in walk {
            var isFolder: ObjCBool = false
            if manager.fileExists(atPath: file.path, isDirectory: &isFolder), !isFolder.boolValue {
                files[file.lastPathComponent] = try Data(contentsOf: file)
            }
        }
        return files
    }
}

private func bytes(ofHex text: String) throws -> Data {
    let nibbles = text.compactMap(\.hexDigitValue)
    guard nibbles.count == text.count, nibbles.count.isMultiple(of: 2) else { throw Surprise("no hex: \(text)") }
    let bytes = stride(from: 0, to: nibbles.count, by: 2).map { UInt8(nibbles[$0] << 4 | nibbles[$0 + 1]) }
    return Data(bytes)
}

extension Phone {
    /// DER, in base64: the core does not start without an authority to trust. It has certified nobody; its key is gone.
    fileprivate static let someAuthority =
        "MIIBeDCCAR+gAwIBAgIUIo1fCnBgC+c84gH0e0xhTjmCdU8wCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwGTm9ib2R5MCAXDTI2MTEy"
        + "MzAzNDYzMVoYDzIxMjYxMDMwMDM0NjMxWjARMQ8wDQYDVQQDDAZOb2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASzu1qG"
        + "w92wWFw+nQt+HwuwtjcrL1rKnwbK5AdeJEvdBN8hZZV0Dqd8n7gmvoYQhLzi6sK4Z/x4JlvSKc3vOIZgo1MwUTAdBgNVHQ4EFgQU"
        + "lUjgxT8c8RgNLhUQEogkRimcs3wwHwYDVR0jBBgwFoAUlUjgxT8c8RgNLhUQEogkRimcs3wwDwYDVR0TAQH/BAUwAwEB/zAKBggq"
        + "hkjOPQQDAgNHADBEAiBQ0HceKrbYUmRxrVgQsGziGDuGM2etpC7Kcvs1hBjqjgIgU7azVuMEWHDVvRlq5jp5TEayXLef4JD+N6qY"
        + "RvetsKs="
}
