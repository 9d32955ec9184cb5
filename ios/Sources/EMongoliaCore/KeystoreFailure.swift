/// What Apple's frameworks say of a key or a secret, as the core has to understand it. Numbers, so that it is tested where
/// those frameworks are not.
///
/// Guarantees: only what will never work again is `Invalidated`, since the core then sets what it sealed aside and asks to
/// sign in, or turns biometry off; only what time or an unlock mends is `Unavailable`, since the core then waits.
struct KeystoreFailure: Equatable {
    /// What was asked for.
    enum Work: String, Equatable, CaseIterable {
        /// Small secrets: the Keychain.
        case secret = "keychain"
        /// Finding, making, deleting the enclave's key.
        case key = "enclave"
        /// Using the key that was found.
        case use = "enclave.use"
        /// Opening what was sealed to the key.
        case unwrap = "enclave.unwrap"
        /// Opening what was sealed to the key that asks for a finger or a face.
        case prompt = "biometry"
    }

    /// Who speaks: a `CFError` domain, whose text nobody reads.
    static let security = "NSOSStatusErrorDomain"
    static let token = "CryptoTokenKit"
    static let authentication = "com.apple.LocalAuthentication"

    let work: Work
    let domain: String
    let code: Int

    init(_ work: Work, status: Int32) {
        self.init(work, Self.security, Int(status))
    }

    init(_ work: Work, _ domain: String, _ code: Int) {
        self.work = work
        self.domain = domain
        self.code = code
    }

    var told: PortError {
        switch meaning {
        case .later: .Unavailable
        case .never: .Invalidated
        case .closed: .Cancelled
        case .unknown: .Failed(code: "\(work.rawValue).\(source)\(code)")
        }
    }

    private enum Meaning {
        case later
        case never
        /// The prompt ended without the right finger or face.
        case closed
        case unknown
    }

    private var meaning: Meaning {
        switch domain {
        case Self.security: ofSecurity
        case Self.token: ofToken
        case Self.authentication: ofAuthentication
        default: .unknown
        }
    }

    /// SecBase.h.
    private var ofSecurity: Meaning {
        switch code {
        case -25308,  // errSecInteractionNotAllowed: not unlocked since the phone started
            -25291:  // errSecNotAvailable: no keychain yet
            return .later
        case -26275:  // errSecDecode: what is stored no longer opens
            return .never
        case -25293:  // errSecAuthFailed: without a prompt nobody's permission is asked, so none can be given again
            return work == .prompt ? .closed : usesKey ? .never : .unknown
        case -25300:  // errSecItemNotFound: gone since it was found
            return usesKey ? .never : .unknown
        case -50:  // errSecParam, "failed to aes-gcm decrypt": sealed to another key
            return work == .unwrap || work == .prompt ? .never : .unknown
        case -128:  // errSecUserCanceled
            return work == .prompt ? .closed : .unknown
        default:
            return .unknown
        }
    }

    /// TKError.h: the enclave speaks as a token.
    private var ofToken: Meaning {
        switch code {
        case -3,  // corruptedData: the enclave does not know its own key any more
            -6:  // objectNotFound
            return usesKey ? .never : .unknown
        case -4,  // canceledByUser
            -5:  // authenticationFailed
            return work == .prompt ? .closed : .later
        case -2,  // communicationError
            -7,  // tokenNotFound
            -9:  // authenticationNeeded
            return .later
        default:
            return .unknown
        }
    }

    /// LAError.h.
    private var ofAuthentication: Meaning {
        switch code {
        case -9,  // appCancel
            -4,  // systemCancel
            -2:  // userCancel
            return work == .prompt ? .closed : .later
        case -1,  // authenticationFailed
            -3:  // userFallback: the PIN is ours to ask for
            return work == .prompt ? .closed : .unknown
        case -5,  // passcodeNotSet
            -7:  // biometryNotEnrolled: the key went with the last finger
            return work == .prompt ? .never : .unknown
        case -1004:  // notInteractive: locked
            return .later
        case -6,  // biometryNotAvailable
            -8:  // biometryLockout
            return work == .prompt ? .later : .unknown
        default:
            return .unknown
        }
    }

    private var usesKey: Bool {
        switch work {
        case .use, .unwrap, .prompt: true
        case .secret, .key: false
        }
    }

    /// Stands before the number in a code for the log.
    private var source: String {
        switch domain {
        case Self.security: ""
        case Self.token: "token"
        case Self.authentication: "authentication"
        default: "other"
        }
    }
}
