import EMongoliaTestSupport
import Foundation
import Testing

@testable import EMongoliaCore

@Suite(.serialized) struct ReadmeTests {
    private let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test("The README shows the page that is compiled here, word for word")
    func theSamePage() throws {
        let readme = try String(contentsOf: package.appendingPathComponent("README.md"), encoding: .utf8)
        let page = try String(
            contentsOf: package.appendingPathComponent("Tests/EMongoliaCoreTests/ReadmePage.swift"), encoding: .utf8)

        #expect(readme.contains("```swift\n\(page)```"))
    }

    @Test("What the README shows works against the real sandbox, from a screen") @MainActor
    func thePageWorks() async throws {
        let sandbox = try await Sandbox()
        let phone = try Phone(sandbox)
        let heard = Changes()
        let core = try await openCore(
            phone.config, phone.secrets, phone.deviceKey, phone.finger, SoftwareNetwork(), phone.log
        ) { await heard.add($0) }
        let screen = Screen()
        let showing = Task {
            await keepFresh(core, .requests) {
                screen.requests = try await core.requests.page().items.count
            } tell: { screen.told.append($0) }
        }
        let time = SoftwareTime()
        let phases = follow(core, time) { Issue.record("\($0)") }
        // The browser is in front meanwhile, and iOS tells of the way back when it likes.
        let browser = { (address: URL) async throws in
            phases.changed(to: .background)
            await phases.settled()
            return URL(string: try await sandbox.approve(address.absoluteString))!
        }
        try await sync(core)

        let name = try await signIn(core, browser: browser)
        phases.changed(to: .active)
        let operation = try await apply(core, for: "иргэний үнэмлэхийн") { form in
            Dictionary(uniqueKeysWithValues: form.fields.map { ($0.name, "Өргөө") })
        } agreed: { confirmation in
            confirmation.lines.contains { $0.value.mn == "Өргөө" }
        }
        while screen.requests != 1 { await Task.yield() }
        phases.changed(to: .inactive)
        await phases.settled()
        #expect(try await core.auth.citizen().name == name)
        phases.changed(to: .background)
        await phases.settled()
        let suspended = await refusal { try await core.auth.citizen() }
        let hint = Data(#"{"v":1,"area":"inbox"}"#.utf8).base64EncodedString()
        _ = try await pushArrived(core, [PushPayload.key: hint])
        #expect(try await pushArrived(core, ["aps": ["alert": "Ү"]]) == false)
        let stillSuspended = await refusal { try await core.auth.citizen() }
        phases.changed(to: .active)
        await phases.settled()

        #expect(try await core.auth.citizen().name == name)
        #expect(suspended.flatMap(told)?.remedy == .tryAgain && stillSuspended == suspended)
        #expect(time.givenBack == [1, 2])
        #expect(try await settled(core, try #require(operation)).state == .done)
        #expect(try await sandbox.requests().count == 1)
        #expect(await heard.events.contains(.changed(area: .catalogue)))
        var asked = 0
        let citizen = try await proven(core, browser: browser) {
            asked += 1
            if asked == 1 { throw CoreError.StepUpRequired(maxAgeS: 60, acr: nil) }
            return try await core.auth.citizen()
        }
        #expect(citizen.name == name && asked == 2)
        phases.changed(to: .active)
        await phases.settled()
        try await core.lifeCycle.want(.closed)
        await showing.value
        #expect(screen.told.allSatisfy { $0.remedy != .callForHelp }, "nothing worse than nobody signed in, or suspended")
        try await sandbox.stop()
    }

    @Test("The README's lock screen stays until it is open, or the citizen leaves it; who must wait is told how long") @MainActor
    func theLockScreen() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        let browser = { (address: URL) async throws in URL(string: try await sandbox.approve(address.absoluteString))! }
        _ = try await signIn(core, browser: browser)
        try await core.lock.set(pin: "480251")
        try await core.lock.lock()
        var hints: [String?] = []
        try await unlock(core, browser: browser) { hint in
            hints.append(hint)
            return hint == nil ? "975310" : "480251"
        }
        #expect(hints.count == 2 && hints[1]?.contains("9") == true)

        try await core.lock.lock()
        hints = []
        await #expect(throws: CancellationError.self) {
            try await unlock(core, browser: browser) { hint in
                hints.append(hint)
                if hints.count == 5 { throw CancellationError() }
                return hints.count < 4 ? "975310" : "480251"
            }
        }
        #expect(hints.last??.contains("секундын дараа") == true)
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("The README tells of what a file throws as of a file, and of nothing where the screen has gone")
    func whatIsTold() {
        #expect(told(CancellationError()) == nil)
        #expect(told(CoreError.Offline) == CoreError.Offline.text(in: .mn))
        #expect(told(CocoaError(.fileReadNoSuchFile))?.message == ErrorText.reason("attachment", in: .mn))
    }

    @Test("Only the adapters import what was generated")
    func onlyTheAdapters() throws {
        let sources = package.appendingPathComponent("Sources")
        let walk = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var importing: Set<String> = []
        for case let file as URL in walk where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            if text.contains("import EMongoliaBindings") || text.contains("import EMongoliaFFI") {
                importing.insert(file.deletingLastPathComponent().lastPathComponent)
            }
        }
        #expect(importing == ["EMongoliaCore"])
    }
}

private actor Changes {
    private(set) var events: [Event] = []

    func add(_ event: Event) { events.append(event) }
}

@MainActor private final class Screen {
    var requests = 0
    var told: [ErrorText] = []
}
