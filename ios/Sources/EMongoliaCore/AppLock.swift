import EMongoliaBindings

/// The app lock: shuts what is personal without signing out, and opens it again.
///
/// Locks by itself after a while untouched or in the background. While it is locked, all that is personal is
/// ``CoreError/Locked``; what is public goes on, and pushes are kept. No PIN may be logged.
public struct AppLock: Sendable {
    private let core: EMongoliaBindings.AppLock

    init(_ core: EMongoliaBindings.AppLock) {
        self.core = core
    }

    /// From memory, at once: for the main thread too. `.changed(area: .session)` tells when to ask again.
    public func status() throws -> LockStatus {
        try answering { try core.status() }
    }

    /// Sets the first PIN; `Invalid` if it is none or easily guessed. Only for a citizen. Committed.
    public func set(pin: String) async throws {
        try await calling { try await core.changePin(current: nil, new: pin) }
    }

    /// A wrong `current` counts as a try. Committed.
    public func change(pin current: String, to new: String) async throws {
        try await calling { try await core.changePin(current: current, new: new) }
    }

    /// From then on nothing locks; biometry goes as well. A wrong `current` counts as a try. Committed.
    public func remove(pin current: String) async throws {
        try await calling { try await core.changePin(current: current, new: nil) }
    }

    /// Opens by the PIN, without a request. `Invalid`: a wrong one (``LockStatus/triesText(in:)`` tells what follows);
    /// `Busy`: not yet; `SignInRequired`: only a sign-in helps. Committed.
    public func unlock(pin: String) async throws {
        try await calling { try await core.unlock(pin: pin) }
    }

    /// Opens by the platform's prompt. `Cancelled`: it was closed; `Invalid`: it is not set up, or others are enrolled. The
    /// PIN opens all the same. Committed.
    public func unlockByBiometry() async throws {
        try await calling { try await core.unlock(pin: nil) }
    }

    /// Lets the platform's biometry open it too, besides the PIN, or no longer. Committed.
    public func setBiometric(_ on: Bool) async throws {
        try await calling { try await core.setBiometric(on: on) }
    }

    /// Locks. `NotAvailable`: no PIN is set. Committed.
    public func lock() async throws {
        try await calling { try await core.lock() }
    }

    /// The citizen does something: it stays open for a while from now on.
    public func touch() throws {
        try answering { try core.touch() }
    }
}
