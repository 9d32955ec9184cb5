import EMongoliaTestSupport
import Foundation
import Testing

@testable import EMongoliaCore

/// Citizen identity card reference: free; its form asks who will receive it.
private let identityCard = "ac8a53815d8d42a6acdb791f"
/// With the sandbox's own fee.
private let credit = "223abc561181cd4ab6b55626"

/// What the notification extension says of a push, beside an app on the same files.
@Suite(.serialized) struct NotificationTests {
    @Test("The extension shows what came, closes the core, and leaves the files to the app")
    func shown() async throws {
        let phone = try await Notified()
        try await phone.notice("Үерийн аюул", "Өндөрлөг газар руу гарна уу")

        let shown = await phone.show(try await phone.push())
        let foreign = await phone.work.show(["aps": ["alert": "Ү"]], within: patience)

        #expect(shown == .init(title: "Үерийн аюул", body: "Өндөрлөг газар руу гарна уу", unread: 1))
        #expect(foreign == nil)
        try await phone.app.lifeCycle.want(.running)
        #expect(try await phone.app.inbox.unread() == 1)
        try await phone.stop()
    }

    @Test("A clerk's step is two pushes: its words are shown once, whichever comes first", arguments: [
        ["inbox", "requests"], ["requests", "inbox"],
    ])
    func aClerksStep(order: [String]) async throws {
        let phone = try await Notified { app, _ in
            let operation = try await app.requests.submit(try await confirm(app, identityCard, "Өргөө"))
            #expect(try await settled(app, operation).state == .done)
        }
        let request = try #require(try await phone.sandbox.requests().first)
        try await phone.sandbox.advance(request.id, to: "PROCESSING", note: "Өргөдлийг хүлээж авлаа.")
        let pushes = try await [phone.push(), phone.push()]

        var shown: [String: NotificationWork.Shown] = [:]
        for area in order { shown[area] = await phone.show(try #require(pushes.first { area == named($0) })) }

        #expect(shown["inbox"]?.title.contains(request.number) == true && shown["requests"] == nil)
        try await phone.stop()
    }

    @Test("A change without a message says nothing of one that was left unread")
    func withoutAMessage() async throws {
        var invoice = ""
        let phone = try await Notified { app, sandbox in
            _ = try await app.requests.payOnArrival(try await app.requests.submit(try await confirm(app, credit, "Үүр")))
            _ = try await app.outbox.flush(within: patience)
            try await sync(app)
            let id = try #require(try await app.requests.page().items.first?.id)
            _ = try await settled(app, try await app.requests.requestPayment(id))
            invoice = try #require(try await app.requests.payment(id).invoice).id
            try await sandbox.notice(to: sandbox.citizen.regnum, title: "Үерийн аюул", body: "Өнгөрсөн долоо хоногт")
            _ = try await app.inbox.refresh()
        }
        try await phone.sandbox.pay(invoice, 1_000)
        let push = try await phone.push()
        #expect(named(push) == "requests", "a part of the fee came: no clerk, no message")

        #expect(await phone.show(push) == nil)
        try await phone.stop()
    }

    @Test("What the app has pulled already is not shown again")
    func pulledAlready() async throws {
        let phone = try await Notified()
        try await phone.notice("Үерийн аюул", "Өндөрлөг газар руу гарна уу")
        try await phone.app.lifeCycle.during { _ = try await phone.app.inbox.refresh() }

        #expect(await phone.show(try await phone.push()) == nil)
        try await phone.stop()
    }

    @Test("An old message does not become news because a newer one was read on another phone")
    func readElsewhere() async throws {
        let phone = try await Notified { app, sandbox in
            for title in ["Өнгөрсөн долоо хоног", "Өчигдөр"] {
                try await sandbox.notice(to: sandbox.citizen.regnum, title: title, body: "Анхаарна уу")
            }
            try await sync(app)
        }
        let other = try await Phone(phone.sandbox).start()
        try await signIn(other, phone.sandbox)
        try await sync(other)
        let newest = try #require(try await other.inbox.page(.unread).items.first)
        #expect(newest.title.mn == "Өчигдөр")
        _ = try await settled(other, try await other.inbox.markRead(newest.id))
        try await other.lifeCycle.want(.closed)

        #expect(await phone.show(Data(#"{"v":1,"area":"inbox"}"#.utf8)) == nil)

        try await phone.app.lifeCycle.want(.running)
        #expect(try await phone.app.inbox.page(.unread).items.map(\.title.mn) == ["Өнгөрсөн долоо хоног"])
        try await phone.stop()
    }

    @Test("While the app is locked nothing is shown, and what the push hints at comes with the unlock")
    func locked() async throws {
        let phone = try await Notified { app, _ in try await app.lock.set(pin: "480251") }
        try await phone.app.lock.lock()
        try await phone.app.lifeCycle.want(.suspended)
        try await phone.notice("Үерийн аюул", "Өндөрлөг газар руу гарна уу")

        #expect(await phone.show(try await phone.push()) == nil)

        try await phone.app.lifeCycle.want(.running)
        let changes = phone.app.changes(of: .inbox)
        try await phone.app.lock.unlock(pin: "480251")
        var titles: [String] = []
        for await _ in changes {
            titles = try await phone.app.inbox.page(.unread).items.map(\.title.mn)
            if !titles.isEmpty { break }
        }
        #expect(titles == ["Үерийн аюул"])
        try await phone.stop()
    }

    @Test("A push that can't be pulled now leaves the notification as it came")
    func offline() async throws {
        let phone = try Phone(mode: .extension)
        let work = NotificationWork(phone.config, secrets: phone.secrets, deviceKey: phone.deviceKey)

        #expect(await work.show(payload: Data(#"{"v":1,"area":"inbox"}"#.utf8), within: patience) == nil)
        #expect(await work.show(payload: Data("Өөр зурвас".utf8), within: patience) == nil)
    }

    /// The area that the gateway's bytes name.
    private func named(_ push: Data) -> String? {
        (try? JSONSerialization.jsonObject(with: push) as? [String: Any])?["area"] as? String
    }
}

/// A phone whose app is signed in, hears pushes, and is in the background.
private struct Notified {
    let sandbox: Sandbox
    let app: EMongolia
    let work: NotificationWork

    /// `before` comes before pushes do.
    init(_ before: (EMongolia, Sandbox) async throws -> Void = { _, _ in }) async throws {
        sandbox = try await Sandbox()
        let phone = try Phone(sandbox)
        app = try await phone.start()
        work = NotificationWork(phone.configured(.extension), secrets: phone.secrets, deviceKey: phone.deviceKey)
        try await signIn(app, sandbox)
        try await sync(app)
        try await before(app, sandbox)
        _ = try await settled(app, try await app.push.register(deviceToken: Data(repeating: 0xA7, count: 32)))
        try await app.lifeCycle.want(.suspended)
    }

    func notice(_ title: String, _ body: String) async throws {
        try await sandbox.notice(to: sandbox.citizen.regnum, title: title, body: body)
    }

    func push() async throws -> Data {
        try #require(try await sandbox.push(for: String(repeating: "a7", count: 32)))
    }

    /// As APNs brings it.
    func show(_ push: Data) async -> NotificationWork.Shown? {
        await work.show([PushPayload.key: push.base64EncodedString()], within: patience)
    }

    func stop() async throws {
        try await app.lifeCycle.want(.closed)
        try await sandbox.stop()
    }
}
