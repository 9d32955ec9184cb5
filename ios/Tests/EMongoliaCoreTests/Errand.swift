import EMongoliaBindings
import EMongoliaCore
import EMongoliaTestSupport
import Foundation
import Testing

/// Citizen identity card reference: free, issued at once; its form asks who will receive it.
private let identityCard = "ac8a53815d8d42a6acdb791f"
/// Residence address reference: free; how long it takes is not known.
private let residenceAddress = "b7a16b60dab000113be58e49"
/// Birth record reference: its form lets one choose for whom.
/// Has a child, a mother and a company in the registers.
private let hasAFamily = "УӨ88052317"
private let birthRecord = "9d6f121f4160d028d9bc1a27"
/// Invented, and personal.
private let recipient = "Өрнөх Үүр банк, Өргөө салбар"
private let secondRecipient = "Үлгэрийн Өлгий цэцэрлэг"
private let note = "Лавлагаа бэлэн боллоо, Өлзийт өдөр хүргэе."

/// The errand of `cargo demo`, from Swift, against the real sandbox over TLS.
@Suite(.serialized) struct Errand {
    @Test("A citizen's whole errand: a lost reply, a clerk, a push, a valley without a network; all happens once")
    func wholeErrand() async throws {
        let sandbox = try await Sandbox()
        let phone = try Phone(sandbox)
        var core = try await phone.start()
        let heard = Heard(core.events())

        try await sync(core)
        try await findsServices(core)
        try await core.catalogue.searchable()
        try findsTheSame(core)
        try await signIn(core, sandbox)
        try await keepsWhatIsMine(core)
        await heard.until { $0.contains(.changed(area: .catalogue)) && $0.contains(.changed(area: .session)) }
        let token = "phone-of-\(UUID().uuidString)"
        #expect(try await settled(core, try await core.push.register(token: token)).state == .done)

        let confirmation = try await confirm(core, identityCard, recipient)
        _ = try await core.requests.form(of: residenceAddress)  // also looked at while there is a network
        #expect(try await sandbox.requests().isEmpty, "nothing is sent before it is submitted")

        try await sandbox.fault("createRequest", "drop_reply")
        let operation = try await core.requests.submit(confirmation)
        _ = try await settled(core, operation)
        #expect(try await core.outbox.flush(within: patience) == .drained)
        #expect(try await core.outbox.operation(operation).state == .done)
        #expect(try await sandbox.faultsWaiting() == 0, "a reply was dropped")
        #expect(try await core.requests.submit(confirmation) == operation, "confirmed once, submitted once")
        let request = try #require(try await sandbox.requests().first)
        #expect(try await sandbox.requests().count == 1)
        #expect(request.service_id == identityCard)

        try await clerkGrants(core, sandbox, request.id, token)

        await sandbox.kill()
        try await readsOffline(core, request)
        let second = try await core.requests.submit(try await confirm(core, residenceAddress, secondRecipient))
        let waiting = try #require(try await core.requests.page().items.first)
        #expect(waiting.standing == .waiting(operation: second) && waiting.id == nil)
        try await core.lifeCycle.want(.closed)
        await heard.untilFinished()

        try await sandbox.restart()
        core = try await phone.start()
        try await sync(core)
        #expect(try await core.outbox.operation(second).state == .done)
        let there = try await sandbox.requests()
        #expect(there.map(\.service_id).sorted() == [identityCard, residenceAddress].sorted(), "exactly one of each")
        #expect(Set(try await core.requests.page().items.compactMap(\.number)) == Set(there.map(\.number)))

        try await leavesNothing(core, phone)
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    private func findsServices(_ core: EMongolia) async throws {
        var services: [Service] = []
        var after: String?
        repeat {
            let page = try await core.catalogue.services(after: after)
            #expect(page.items.count <= 50 && page.asOfMs != nil)
            services += page.items
            after = page.next
        } while after != nil
        #expect(Set(services.map(\.id)).count == services.count && services.count > 300)

        for (query, word) in [("ИРГЭНИЙ ҮНЭМЛЭХ", "үнэмлэх"), ("төрсний бүртгэл", "төрсний")] {
            let hits = try core.catalogue.search(query).items.map(\.service)
            #expect(hits.contains { $0.name.mn.lowercased().contains(word) })
        }

        let card = try await core.catalogue.service(identityCard).value.service
        #expect(card.fee == .free && card.online)
        let address = try await core.catalogue.service(residenceAddress).value.service
        #expect(address.duration == .unknown, "what is not known is said to be unknown")
        let ofOrganisation = ServiceFilter(
            organisation: nil, kind: .reference, free: true, online: true, area: nil)
        #expect(try await core.catalogue.services(ofOrganisation).items.contains { $0.id == identityCard })

        let organisations = try await core.catalogue.organisations()
        #expect(organisations.items.count == 50 && organisations.next != nil)
        let aimags = try await core.catalogue.administrativeUnits().items
        #expect(aimags.count == 22 && aimags.contains { $0.kind == .capital && $0.name.mn == "Улаанбаатар" })
        #expect(try await core.catalogue.refresh().changed == false)
    }

    /// The list that Rust and Kotlin read too.
    private func findsTheSame(_ core: EMongolia) throws {
        let list = try String(contentsOfFile: Told.variable(Told.searches), encoding: .utf8)
        var found = ""
        for line in list.split(separator: "\n") {
            let query = line.prefix { $0 != "\t" }
            let ids = try core.catalogue.search(String(query)).items.prefix(3).map(\.service.id)
            found += "\(query)\t\(ids.isEmpty ? "-" : ids.joined(separator: ","))\n"
        }
        #expect(list.split(separator: "\n").count >= 12 && found == list)

        let hit = try #require(try core.catalogue.search("төрсний бүртгэлийнхээ").items.first { $0.service.id == birthRecord })
        let pieces = hit.highlights.map {
            (hit.service.name.mn as NSString).substring(
                with: NSRange(location: Int($0.start), length: Int($0.length)))
        }
        #expect(pieces.contains { $0.lowercased().hasPrefix("төрсн") } && hit.why.first?.asked == "төрсний")
        let refused = try core.catalogue.search("өнөөдөр юу идэх вэ")
        #expect(refused.items.isEmpty && refused.refusal?.helpLine == "1111")
        let first = try core.catalogue.search("лавлагаа")
        #expect(first.items.count == 50)
        #expect(try !core.catalogue.search("лавлагаа", after: first.next).items.isEmpty)
        let online = ServiceFilter(organisation: nil, kind: nil, free: false, online: true, area: nil)
        let wanted = try core.catalogue.search("лавлагаа", online).items
        #expect(!wanted.isEmpty && wanted.allSatisfy(\.service.online))

        let vague = try core.catalogue.search(spoken: [Hypothesis(text: "үнэмлэх", confidence: 0.9), Hypothesis(text: "өнөмлөг")])
        guard case .choices(let hits) = vague.outcome else { throw Surprise("\(vague.outcome)") }
        #expect((2...3).contains(hits.count) && vague.heard == "үнэмлэх")
        guard case .nothing(let refusal) = try core.catalogue.search(
            spoken: [Hypothesis(text: "өнөөдөр юу идэх вэ")]).outcome else { throw Surprise("something") }
        #expect(refusal?.helpLine == "1111")
    }

    private func keepsWhatIsMine(_ core: EMongolia) async throws {
        try await core.catalogue.addFavourite(identityCard)
        try await core.catalogue.addFavourite(birthRecord)
        try await core.catalogue.removeFavourite(birthRecord)
        for query in ["Өвлийн нүүрс", "үнэмлэх", "Паспорт"] { try await core.catalogue.rememberSearch(query) }
        try await core.catalogue.forgetSearch("ҮНЭМЛЭХ")

        let kept = try await core.catalogue.favourites().items
        #expect(kept.map(\.id) == [identityCard] && kept.allSatisfy(\.favourite))
        #expect(try await core.catalogue.recentSearches() == ["Паспорт", "Өвлийн нүүрс"])
        try await core.catalogue.forgetSearches()
        #expect(try await core.catalogue.recentSearches().isEmpty)
    }

    private func clerkGrants(
        _ core: EMongolia, _ sandbox: Sandbox, _ request: String, _ token: String
    ) async throws {
        let unread = try await core.inbox.unread()
        try await sandbox.advance(request, to: "PROCESSING")
        try await sandbox.advance(request, to: "GRANTED", note: note)
        let push = try #require(try await sandbox.push(for: token))
        let delivered: [AnyHashable: Any] = [PushPayload.key: push.base64EncodedString()]
        let payload = try #require(PushPayload.bytes(in: delivered))
        #expect(try await core.handlePush(payload, within: patience).changed)
        _ = try await core.requests.refresh()
        _ = try await core.inbox.refresh()

        let detail = try await core.requests.detail(request).value
        #expect(detail.summary.standing == .at(status: .granted))
        #expect(detail.history.last?.actor.kind == .clerk && detail.history.last?.note?.mn == note)
        #expect(detail.form["forUsage"] == .text(text: recipient))
        #expect(detail.summary.serviceName?.mn.contains("үнэмлэх") == true)
        #expect(detail.summary.progress.headline.mn == "Хүсэлтийг зөвшөөрсөн.")
        #expect(detail.summary.progress.whoActs == .organisation && detail.summary.progress.changedSinceSeen > 0)
        try await core.requests.seen(detail)
        #expect(try await core.requests.detail(request).value.summary.progress.changedSinceSeen == 0)

        let messages = try await core.inbox.page(.unread).items
        let message = try #require(messages.first { $0.requestId == request })
        #expect(try await core.inbox.unread() > unread)
        #expect(try await core.inbox.message(message.id).value == message)
        #expect(try await settled(core, try await core.inbox.markRead(message.id)).state == .done)
        #expect(try await core.inbox.message(message.id).value.read)
    }

    private func readsOffline(_ core: EMongolia, _ request: Sandbox.Request) async throws {
        let report = try await core.sync(within: patience)
        #expect(report.steps.contains { $0.outcome == .failed(error: .Offline) })

        let requests = try await core.requests.page()
        #expect(requests.items.map(\.number) == [request.number] && requests.asOfMs != nil)
        #expect(try await core.requests.detail(request.id).asOfMs != nil)
        let messages = try await core.inbox.page()
        #expect(!messages.items.isEmpty && messages.asOfMs != nil)
        #expect(try core.catalogue.search("төрсний").asOfMs != nil)
        #expect(try await core.catalogue.service(identityCard).asOfMs != nil)
        #expect(try await core.auth.citizen().name.isEmpty == false)
        await #expect(throws: CoreError.Offline) { try await core.catalogue.refresh() }
    }

    private func leavesNothing(_ core: EMongolia, _ phone: Phone) async throws {
        let citizen = try await core.auth.citizen()
        let personal = [citizen.registrationNumber, citizen.familyName, citizen.phone, recipient, note]
            .compactMap { $0 }
        #expect(personal.count == 5)
        try await sealed(phone, personal)

        #expect(try await core.signOut().revoked)

        #expect(try await core.auth.session() == .signedOut)
        #expect(phone.secrets.names.isEmpty && !phone.deviceKey.exists)
        try await sealed(phone, personal)
        await #expect(throws: CoreError.SignInRequired) { try await core.auth.citizen() }
        #expect(try await core.requests.page().items.isEmpty)
    }

    /// A byte search, with a control: a file of ours with the same words is found.
    private func sealed(_ phone: Phone, _ personal: [String]) async throws {
        let files = try phone.files()
        #expect(files.keys.contains("state.db"))
        let found = { (bytes: Data) in personal.filter { bytes.range(of: Data($0.utf8)) != nil } }
        for (name, bytes) in files { #expect(found(bytes).isEmpty, "in \(name)") }
        #expect(found(Data(personal.joined(separator: "\n").utf8)) == personal)
    }
}

@Suite(.serialized) struct AroundTheErrand {
    @Test("A bundle with its reasons is made on the phone, begun, marked, hidden and taken back")
    func bundles() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        try await signIn(core, sandbox)
        try await sync(core)
        #expect(try await core.bundles.refresh().more == false)

        let all = try await core.bundles.page()
        #expect(all.items.count == 16 && all.next == nil && all.asOfMs != nil)
        let suggested = try await core.bundles.page(.suggested).items
        #expect(suggested.allSatisfy { $0.suggested && !$0.reason.sources.isEmpty && $0.total > 0 })
        let first = try #require(all.items.first)
        let item = try #require(first.items.first)
        #expect(!item.reason.text.mn.isEmpty && "\(first) \(item)" == "ServiceBundle(***) BundleItem(***)")

        try await core.bundles.start(first.code)
        try await core.bundles.mark(item.code, of: first.code)
        let begun = try await core.bundles.bundle(first.code).value
        #expect(begun.done == first.done + 1 && begun.items.first { $0.code == item.code }?.state == .done)
        try await core.bundles.dismiss(first.code)
        #expect(try await core.bundles.bundle(first.code).value.standing == .dismissed)
        try await core.bundles.start(first.code)
        try await core.bundles.mark(item.code, of: first.code, done: false)
        #expect(try await core.bundles.bundle(first.code).value.done == first.done)
        await #expect(throws: CoreError.NotFound) { try await core.bundles.mark("no_such_step", of: first.code) }
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("A message is read and deleted here at once and there eventually")
    func messages() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        try await signIn(core, sandbox)
        for title in ["Үерийн аюул", "Өвлийн бэлтгэл"] {
            try await sandbox.notice(to: sandbox.citizen.regnum, title: title, body: "Анхаарна уу")
        }
        try await sync(core)
        let messages = try await core.inbox.page().items
        #expect(messages.map(\.title.mn) == ["Өвлийн бэлтгэл", "Үерийн аюул"])
        #expect(messages.allSatisfy { $0.kind == .notice })

        await sandbox.kill()
        try await core.inbox.delete(messages[0].id)
        try await core.inbox.markRead(messages[1].id)
        let offline = try await core.inbox.page().items
        #expect(offline.map(\.id) == [messages[1].id] && offline[0].read && offline[0].pending)
        await #expect(throws: CoreError.NotFound) { try await core.inbox.message(messages[0].id) }

        try await sandbox.restart()
        try core.networkAvailable()
        #expect(try await core.outbox.flush(within: patience) == .drained)
        try await sync(core)
        let after = try await core.inbox.page().items
        #expect(after.map(\.pending) == [false])
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("A citizen who says no at ДАН is not signed in, and a callback is good once")
    func refusal() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()

        let callback = try await sandbox.deny(try await core.auth.beginSignIn().url)

        guard case .signingIn = try await core.auth.session() else { throw Surprise("not signing in") }
        await #expect(throws: CoreError.self) { try await core.auth.completeSignIn(callback: callback) }
        #expect(try await core.auth.session() == .signedOut)
        await #expect(throws: CoreError.self) { try await core.auth.completeSignIn(callback: callback) }
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("Nothing of a citizen is printed, by itself or inside something else")
    func nothingIsPrinted() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        let asked = try await core.auth.beginSignIn()
        let citizen = try await core.auth.completeSignIn(callback: try await sandbox.approve(asked.url))
        try await sync(core)
        let confirmation = try await confirm(core, birthRecord, recipient)
        _ = try await settled(core, try await core.requests.submit(confirmation))
        let request = try #require(try await sandbox.requests().first).id
        try await sandbox.advance(request, to: "PROCESSING", note: note)
        _ = try await core.requests.refresh()
        _ = try await core.inbox.refresh()
        let detail = try await core.requests.detail(request).value
        let message = try #require(try await core.inbox.page(.ofPerson).items.first)
        #expect(try await core.inbox.page(.ofPerson, person: "ӨЛ14231111").items.isEmpty)
        let address = try #require(citizen.address)
        let line = try #require(confirmation.lines.first)
        let step = try #require(detail.history.last)
        let field = try #require(detail.form.values.first)
        guard case .active(let greeted) = try await core.auth.session() else { throw Surprise("not signed in") }

        let printed: [any CustomStringConvertible] = [
            asked, citizen, greeted, address, confirmation, line, detail, detail.summary, detail.summary.progress, step,
            step.actor, field, message,
        ]

        for value in printed { #expect(value.description.hasSuffix("(***)"), "\(type(of: value))") }
        #expect(Set(printed.map(\.description)).count == printed.count, "each by its own name")
        #expect("\(Set([field]))".contains("***"), "and inside something else")
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("What a clerk asks leads to the exact question")
    func aQuestionIsFound() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        let asked = try await core.auth.beginSignIn()
        _ = try await core.auth.completeSignIn(callback: try await sandbox.approve(asked.url))
        try await sync(core)
        _ = try await settled(core, try await core.requests.submit(try await confirm(core, birthRecord, recipient)))
        let request = try #require(try await sandbox.requests().first).id
        try await sandbox.ask(request, to: ["forUsage"], note: note)
        _ = try await core.requests.refresh()

        let progress: RequestProgress = try await core.requests.detail(request).value.summary.progress

        let task: RequestTask = try #require(progress.tasks.first)
        #expect(task.kind == RequestTaskKind.correct && task.name == "forUsage" && "\(task)" == "RequestTask(***)")
        #expect(progress.whoActs == WhoActs.citizen && progress.message?.mn == note)
        let draft = try await core.requests.amend(request)
        #expect(try await core.requests.amend(request) == draft)
        let amending = try await core.requests.draft(draft)
        #expect(amending.request == request && amending.open?.isEmpty == false)
        let operation = try #require(try await core.requests.withdraw(request, because: "Өөр газраас авсан"))
        _ = try await settled(core, operation)
        let withdrawn = try await core.requests.detail(request).value.summary
        #expect(withdrawn.standing == .at(status: .rejected) && !withdrawn.progress.mayBeWithdrawn)
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("Whom a citizen acts for is told by the registers, and requests and drafts by person")
    func peopleAreTold() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        let asked = try await core.auth.beginSignIn()
        _ = try await core.auth.completeSignIn(callback: try await sandbox.approve(asked.url, as: hasAFamily))
        try await sync(core)

        let people: AgedPeople = try await core.requests.people()

        let relations: [Relation] = people.value.map(\.relation)
        #expect(relations == [.child, .parent, .company])
        let child: Represented = try #require(try await core.requests.people(for: birthRecord).value.first)
        #expect(child.name == "Э.Өлзий" && "\(child)" == "Represented(***)")
        #expect(try await core.requests.page(of: child.id).items.isEmpty)
        #expect(try await core.requests.page(of: nil).items.isEmpty)
        let draft = try await core.requests.draft(try await core.requests.beginDraft(for: birthRecord, of: child.id))
        let hers = try await core.requests.drafts(of: child.id)
        #expect(hers.items.map(\.id) == [draft.id])
        #expect(try await core.requests.drafts(of: nil).items.isEmpty)
        #expect(draft.person == child && draft.form.fields.contains { $0.name == "on_behalf_of/reason" && $0.required })
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("What has not left the phone can be called off")
    func calledOff() async throws {
        let core = try await Phone(mode: .extension).startWithKeys()  // nobody sends
        let operation = try await core.push.register(token: "apns-token-1")
        #expect(try await core.outbox.operation(operation).state == .new)

        try await core.outbox.callOff(operation)

        #expect(try await core.outbox.operation(operation).state == .cancelled)
        #expect(try await core.outbox.page().items.isEmpty)
        #expect(try await core.outbox.page(all: true).items.map(\.id) == [operation])
        try await core.lifeCycle.want(.closed)
    }

    @Test("Over the published API a lost answer is looked for and not sent again")
    func beingChecked() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox, published: true).start()
        try await signIn(core, sandbox)
        try await sync(core)
        try await sandbox.fault("publishedCreate", "drop_reply")
        try await sandbox.fault("publishedList", "status", times: 99, ["status": 503])
        let operation = try await core.requests.submit(try await confirm(core, identityCard, recipient))
        _ = try await settled(core, operation)
        #expect(try await core.requests.page().items.first?.standing == .beingChecked(operation: operation))

        try await sandbox.clearFaults()
        #expect(try await core.outbox.flush(within: patience) == .drained)

        #expect(try await core.outbox.operation(operation).state == .done)
        #expect(try await sandbox.requests().count == 1)
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("A request the gateway will not take as it is waits for the citizen, who tries again or calls it off")
    func wedged() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        try await signIn(core, sandbox)
        try await sync(core)
        let heard = Heard(core.events())
        // Refused as it is, not for now: the outbox stops trying.
        try await sandbox.fault("createRequest", "status", times: 10, ["status": 422])
        let operation = try await core.requests.submit(try await confirm(core, identityCard, recipient))

        await heard.until { $0.contains(.operationNeedsAttention(operation: operation)) }
        let stuck = try await core.outbox.operation(operation)
        #expect(stuck.state == .wedged && stuck.problem != nil)
        let standing = try await core.requests.page().items.first?.standing
        #expect(standing == .needsAttention(operation: operation))
        #expect(try await core.outbox.page().items.map(\.id) == [operation])

        try await sandbox.clearFaults()
        try await core.outbox.retry(operation)
        #expect(try await core.outbox.flush(within: patience) == .drained)
        #expect(try await core.outbox.operation(operation).state == .done)
        #expect(try await sandbox.requests().count == 1)
        await #expect(throws: CoreError.self) { try await core.outbox.callOff(operation) }
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }
}
