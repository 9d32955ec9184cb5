import EMongoliaCore
import EMongoliaTestSupport
import Testing

@Test func smoke() async throws {
    let core = try await Phone().startWithKeys()
    try await core.lifeCycle.want(.closed)
}
