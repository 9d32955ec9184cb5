import EMongoliaBindings

/// Signing in, and who is signed in.
public struct Auth: Sendable {
    private let core: EMongoliaBindings.Auth

    init(_ core: EMongoliaBindings.Auth) {
        self.core = core
    }

    /// Begins a sign-in: open the address in `ASWebAuthenticationSession`, never in a web view.
    public func beginSignIn() async throws -> AuthorizationRequest {
        try await cancelling { try await core.beginSignIn(cancellation: $0) }
    }

    /// As ``beginSignIn()``, for a citizen who is signed in and proves anew who they are: at most so long ago, in one of
    /// these ways (several separated by spaces; nil: any), as ``CoreError/StepUpRequired(maxAgeS:acr:)`` says. Go on with
    /// ``completeSignIn(callback:)``.
    public func stepUp(within maxAge: Duration, acr: String? = nil) async throws -> AuthorizationRequest {
        try await cancelling { try await core.stepUp(maxAgeS: maxAge.seconds, acr: acr, cancellation: $0) }
    }

    /// Takes the address the browser came back to, whole. It is good once, whatever comes of it. Committed.
    public func completeSignIn(callback: String) async throws -> Citizen {
        try await calling { try await core.completeSignIn(callbackUrl: callback) }
    }

    /// Where the session stands, from the device.
    public func session() async throws -> SessionState {
        try await calling { try await core.session() }
    }

    /// The citizen's own record, from the device.
    public func citizen() async throws -> Citizen {
        try await calling { try await core.citizen() }
    }
}
