import EMongoliaCore
import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// A P-256 key in memory. The cryptography is the platform's: CryptoKit on Apple's, OpenSSL's libcrypto elsewhere.
public final class SoftwareDeviceKey: DeviceKey, @unchecked Sendable {
    private let lock = NSLock()
    private var key: P256Key?
    private var failure: PortError?

    public init() {}

    /// From now on, until nil.
    public func fail(with error: PortError?) {
        lock.withLock { failure = error }
    }

    /// False before the first use and after `delete`.
    public var exists: Bool { lock.withLock { key != nil } }

    public func publicKey() throws -> Data {
        try with { try $0.publicKey() }
    }

    public func signEs256(message: Data) throws -> Data {
        try with { try $0.sign(message) }
    }

    public func wrap(key: Data) throws -> Data {
        try with { try $0.seal(key) }
    }

    public func unwrap(wrapped: Data) throws -> Data {
        try with { try $0.open(wrapped) }
    }

    public func delete() throws {
        try lock.withLock {
            if let failure { throw failure }
            key = nil
        }
    }

    private func with<T>(_ use: (P256Key) throws -> T) throws -> T {
        try lock.withLock {
            if let failure { throw failure }
            let key = try self.key ?? P256Key()
            self.key = key
            return try use(key)
        }
    }
}

/// AES-GCM's nonce and tag (NIST SP 800-38D).
private let nonceLength = 12
private let tagLength = 16

#if canImport(CryptoKit)
import CryptoKit

private final class P256Key {
    private let signing = P256.Signing.PrivateKey()
    private let wrapping = SymmetricKey(size: .bits256)

    init() throws {}

    func publicKey() throws -> Data { signing.publicKey.x963Representation }

    func sign(_ message: Data) throws -> Data { try signing.signature(for: message).derRepresentation }

    func seal(_ plain: Data) throws -> Data { try AES.GCM.seal(plain, using: wrapping).combined! }

    func open(_ sealed: Data) throws -> Data {
        do {
            return try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: wrapping)
        } catch {
            throw PortError.Invalidated  // another key's: it will not come back
        }
    }
}
#else

private final class P256Key {
    private let pair: OpaquePointer
    private let wrapping: [UInt8]
    private let crypto: LibCrypto

    init() throws {
        crypto = try LibCrypto.loaded.get()
        guard let pair = crypto.newKey(LibCrypto.prime256v1), crypto.generate(pair) == 1 else {
            throw failed("generate")
        }
        self.pair = pair
        var random = SystemRandomNumberGenerator()
        wrapping = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    deinit {
        crypto.freeKey(pair)
    }

    func publicKey() throws -> Data {
        var point = [UInt8](repeating: 0, count: 65)
        let written = point.withUnsafeMutableBufferPointer { buffer in
            var end = buffer.baseAddress
            return crypto.publicPoint(pair, &end)
        }
        guard written == 65 else { throw failed("public key") }
        return Data(point)
    }

    func sign(_ message: Data) throws -> Data {
        let message = [UInt8](message)
        var digest = [UInt8](repeating: 0, count: 32)
        _ = crypto.sha256(message, message.count, &digest)
        var signature = [UInt8](repeating: 0, count: Int(crypto.signatureSize(pair)))
        var length: UInt32 = 0
        guard crypto.sign(0, digest, 32, &signature, &length, pair) == 1 else { throw failed("sign") }
        return Data(signature.prefix(Int(length)))
    }

    func seal(_ plain: Data) throws -> Data {
        var random = SystemRandomNumberGenerator()
        let nonce = (0..<nonceLength).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        var sealed = [UInt8](repeating: 0, count: plain.count)
        var tag = [UInt8](repeating: 0, count: tagLength)
        let done = crypto.withCipher { context in
            var length: Int32 = 0
            return crypto.encryptInit(context, crypto.aes256gcm(), nil, wrapping, nonce) == 1
                && crypto.encryptUpdate(context, &sealed, &length, [UInt8](plain), Int32(plain.count)) == 1
                && crypto.encryptFinal(context, &sealed, &length) == 1
                && crypto.control(context, LibCrypto.getTag, Int32(tagLength), &tag) == 1
        }
        guard done else { throw failed("seal") }
        return Data(nonce + sealed + tag)
    }

    func open(_ wrapped: Data) throws -> Data {
        let bytes = [UInt8](wrapped)
        guard bytes.count >= nonceLength + tagLength else { throw failed("too short") }
        let nonce = Array(bytes.prefix(nonceLength))
        let sealed = Array(bytes.dropFirst(nonceLength).dropLast(tagLength))
        var tag = Array(bytes.suffix(tagLength))
        var plain = [UInt8](repeating: 0, count: sealed.count)
        let done = crypto.withCipher { context in
            var length: Int32 = 0
            return crypto.decryptInit(context, crypto.aes256gcm(), nil, wrapping, nonce) == 1
                && crypto.decryptUpdate(context, &plain, &length, sealed, Int32(sealed.count)) == 1
                && crypto.control(context, LibCrypto.setTag, Int32(tagLength), &tag) == 1
                && crypto.decryptFinal(context, &plain, &length) == 1
        }
        guard done else { throw PortError.Invalidated }  // another key's: it will not come back
        return Data(plain)
    }
}

/// What is needed of OpenSSL 3, which Foundation's networking brings along anyway; without its headers.
private struct LibCrypto: @unchecked Sendable {
    /// NID_X9_62_prime256v1, EVP_CTRL_AEAD_GET_TAG, EVP_CTRL_AEAD_SET_TAG: openssl/obj_mac.h, openssl/evp.h.
    static let prime256v1: Int32 = 415
    static let getTag: Int32 = 0x10
    static let setTag: Int32 = 0x11

    static let loaded = Result { try LibCrypto() }

    typealias Bytes = UnsafePointer<UInt8>?
    typealias Buffer = UnsafeMutablePointer<UInt8>?
    typealias Length = UnsafeMutablePointer<Int32>?
    typealias Init = @convention(c) (OpaquePointer?, OpaquePointer?, OpaquePointer?, Bytes, Bytes) -> Int32
    typealias Update = @convention(c) (OpaquePointer?, Buffer, Length, Bytes, Int32) -> Int32
    typealias Final = @convention(c) (OpaquePointer?, Buffer, Length) -> Int32

    let newKey: @convention(c) (Int32) -> OpaquePointer?
    let freeKey: @convention(c) (OpaquePointer?) -> Void
    let generate: @convention(c) (OpaquePointer?) -> Int32
    let publicPoint: @convention(c) (OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    let signatureSize: @convention(c) (OpaquePointer?) -> Int32
    let sign: @convention(c) (Int32, Bytes, Int32, Buffer, UnsafeMutablePointer<UInt32>?, OpaquePointer?) -> Int32
    let sha256: @convention(c) (Bytes, Int, Buffer) -> OpaquePointer?
    let newContext: @convention(c) () -> OpaquePointer?
    let freeContext: @convention(c) (OpaquePointer?) -> Void
    let aes256gcm: @convention(c) () -> OpaquePointer?
    let encryptInit: Init
    let encryptUpdate: Update
    let encryptFinal: Final
    let decryptInit: Init
    let decryptUpdate: Update
    let decryptFinal: Final
    let control: @convention(c) (OpaquePointer?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32

    init() throws {
        guard let library = dlopen("libcrypto.so.3", RTLD_NOW) else { throw failed("libcrypto.so.3 is missing") }
        func function<F>(_ name: String, _: F.Type = F.self) throws -> F {
            guard let symbol = dlsym(library, name) else { throw failed("libcrypto has no \(name)") }
            return unsafeBitCast(symbol, to: F.self)
        }
        newKey = try function("EC_KEY_new_by_curve_name")
        freeKey = try function("EC_KEY_free")
        generate = try function("EC_KEY_generate_key")
        publicPoint = try function("i2o_ECPublicKey")
        signatureSize = try function("ECDSA_size")
        sign = try function("ECDSA_sign")
        sha256 = try function("SHA256")
        newContext = try function("EVP_CIPHER_CTX_new")
        freeContext = try function("EVP_CIPHER_CTX_free")
        aes256gcm = try function("EVP_aes_256_gcm")
        encryptInit = try function("EVP_EncryptInit_ex")
        encryptUpdate = try function("EVP_EncryptUpdate")
        encryptFinal = try function("EVP_EncryptFinal_ex")
        decryptInit = try function("EVP_DecryptInit_ex")
        decryptUpdate = try function("EVP_DecryptUpdate")
        decryptFinal = try function("EVP_DecryptFinal_ex")
        control = try function("EVP_CIPHER_CTX_ctrl")
    }

    func withCipher(_ use: (OpaquePointer) -> Bool) -> Bool {
        guard let context = newContext() else { return false }
        defer { freeContext(context) }
        return use(context)
    }
}
#endif

private func failed(_ code: String) -> PortError {
    .Failed(code: code)
}
