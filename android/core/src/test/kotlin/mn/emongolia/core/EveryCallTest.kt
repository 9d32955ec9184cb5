package mn.emongolia.core

import java.io.File
import java.time.Instant
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import mn.emongolia.ffi.Actor as FfiActor
import mn.emongolia.ffi.ActorKind as FfiActorKind
import mn.emongolia.ffi.AuthorizationRequest as FfiAuthorizationRequest
import mn.emongolia.ffi.BundleItem as FfiBundleItem
import mn.emongolia.ffi.BundleItemState as FfiBundleItemState
import mn.emongolia.ffi.BundleKind as FfiBundleKind
import mn.emongolia.ffi.BundlePrerequisite as FfiBundlePrerequisite
import mn.emongolia.ffi.BundleReason as FfiBundleReason
import mn.emongolia.ffi.BundleStanding as FfiBundleStanding
import mn.emongolia.ffi.Citizen as FfiCitizen
import mn.emongolia.ffi.CitizenSummary as FfiCitizenSummary
import mn.emongolia.ffi.Confirmation as FfiConfirmation
import mn.emongolia.ffi.ConfirmationLine as FfiConfirmationLine
import mn.emongolia.ffi.Draft as FfiDraft
import mn.emongolia.ffi.DraftFile as FfiDraftFile
import mn.emongolia.ffi.DraftSummary as FfiDraftSummary
import mn.emongolia.ffi.Fee as FfiFee
import mn.emongolia.ffi.FieldKind as FfiFieldKind
import mn.emongolia.ffi.FieldState as FfiFieldState
import mn.emongolia.ffi.FieldValue as FfiFieldValue
import mn.emongolia.ffi.FormState as FfiFormState
import mn.emongolia.ffi.LocalisedText as FfiLocalisedText
import mn.emongolia.ffi.Message as FfiMessage
import mn.emongolia.ffi.MessageKind as FfiMessageKind
import mn.emongolia.ffi.RegisteredAddress as FfiRegisteredAddress
import mn.emongolia.ffi.Relation as FfiRelation
import mn.emongolia.ffi.Represented as FfiRepresented
import mn.emongolia.ffi.RequestDetail as FfiRequestDetail
import mn.emongolia.ffi.RequestProgress as FfiRequestProgress
import mn.emongolia.ffi.RequestStanding as FfiRequestStanding
import mn.emongolia.ffi.RequestStatus as FfiRequestStatus
import mn.emongolia.ffi.RequestStep as FfiRequestStep
import mn.emongolia.ffi.RequestSummary as FfiRequestSummary
import mn.emongolia.ffi.RequestTask as FfiRequestTask
import mn.emongolia.ffi.RequestTaskKind as FfiRequestTaskKind
import mn.emongolia.ffi.ServiceBundle as FfiServiceBundle
import mn.emongolia.ffi.SetAside as FfiSetAside
import mn.emongolia.ffi.WhoActs as FfiWhoActs
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test

private const val BIRTH = "9d6f121f4160d028d9bc1a27"
private const val CARD_ORDER = "d762ba0d0152646ba745997e"
private const val INSURANCE = "34f1655fd0e2e0f62c1da8c1"
private const val VACCINE = "7830930c0c3cf2cafcf97d6b"
private const val VISA = "fdc852c089e7f12b122a6793"

/** What the errand does not need: together they call everything that is exported. */
class EveryCallTest {
    @Test
    fun `the catalogue is paged, filtered and refreshed`() = signedIn { (core) ->
        assertTrue(core.catalogue.refresh().changed)
        core.sync(PATIENCE)

        val first = core.catalogue.services().value
        val second = core.catalogue.services(after = first.next).value
        assertEquals(50, first.items.size)
        assertTrue(first.items.intersect(second.items.toSet()).isEmpty())
        val organisation = core.catalogue.organisations().value.items.first { it.serviceCount > 0 }
        val filtered = core.catalogue.services(ServiceFilter(organisation = organisation.id)).value.items
        assertEquals(organisation.name, filtered.first().organisation)
        val references = core.catalogue.services(ServiceFilter(kind = ServiceKind.REFERENCE, online = true)).value.items
        assertTrue(references.all { it.kind == ServiceKind.REFERENCE && it.online } && references.isNotEmpty())
        val capital = core.catalogue.administrativeUnits("MN").value.items.single { it.kind == AdministrativeUnitKind.CAPITAL }
        assertEquals("Улаанбаатар", capital.name.mn.substringBefore(' '))
        assertTrue(core.catalogue.administrativeUnits(capital.code).value.items.any { it.kind == AdministrativeUnitKind.DISTRICT })
    }

    @Test
    fun `an expiring licence makes a bundle with its reasons, and it is begun, marked, hidden and taken back`() = signedIn { (core) ->
        core.sync(PATIENCE)
        assertFalse(core.bundles.refresh().more)

        val driver = core.bundles.page(BundleFilter.SUGGESTED).value.items.single()
        assertEquals("driver" to BundleStanding.OFFERED, driver.code to driver.standing)
        assertTrue("1234 УБӨ" in driver.reason.text.mn && driver.reason.sources.size == 2 && driver.reason.asOf != null)
        assertEquals(driver.items.first().due, driver.due)
        assertEquals(5_000L to true, driver.knownCostMnt to (driver.unknownCosts > 0))
        assertEquals(true, driver.prerequisites.single { it.code == "id_card" }.atHand)
        assertEquals(16, core.bundles.page().value.items.size)

        core.bundles.start("driver")
        core.bundles.mark("driver", "tax")
        val begun = core.bundles.bundle("driver").value
        assertEquals(BundleStanding.STARTED to 1, begun.standing to begun.done)
        assertEquals(BundleItemState.DONE, begun.items.single { it.code == "tax" }.state)
        core.bundles.dismiss("driver")
        assertEquals(emptyList<ServiceBundle>(), core.bundles.page(BundleFilter.SUGGESTED).value.items)
        core.bundles.mark("driver", "tax", done = false)
        core.bundles.start("driver")
        assertEquals(0, core.bundles.page(BundleFilter.SUGGESTED).value.items.single().done)
        assertEquals(CoreFailure.NotFound(), failureOf { core.bundles.mark("driver", "no_such_step") })
        assertTrue(listOf(driver, driver.reason, driver.items[0], driver.prerequisites[0]).all { "$it".endsWith("(***)") })
    }

    @Test
    fun `every query of the shared list has the hits that the list says, as in Rust and Swift`() = signedIn { (core) ->
        core.catalogue.refresh()
        core.catalogue.searchable()

        val list = File(System.getProperty("basedir"), "../../tests/journeys/searches.tsv").readLines()
        val found = list.map { line ->
            val query = line.substringBefore('\t')
            val ids = core.catalogue.search(query).value.items.take(3).map { it.service.id }
            "$query\t${ids.ifEmpty { listOf("-") }.joinToString(",")}"
        }

        assertTrue(list.size >= 12)
        assertEquals(list, found)
    }

    @Test
    fun `a hit says where and why, a filter hides, and what nobody offers is refused with a number to call`() = signedIn { (core) ->
        core.catalogue.refresh()

        val hit = core.catalogue.search("төрсний бүртгэлийнхээ").value.items.first { it.service.id == BIRTH }
        assertTrue(hit.highlights.map { hit.service.name.mn.substring(it).lowercase() }.any { it.startsWith("төрсн") })
        assertEquals("төрсний", hit.why.first().asked)
        val lavlagaa = core.catalogue.search("лавлагаа")
        assertEquals(50, lavlagaa.value.items.size)
        val second = core.catalogue.search("лавлагаа", after = lavlagaa.value.next).value.items
        assertTrue(second.isNotEmpty() && second.none { it in lavlagaa.value.items })
        val hidden = core.catalogue.search("төрсний бүртгэл", ServiceFilter(kind = ServiceKind.PAYMENT, area = "84", free = true)).value
        assertEquals(emptyList<SearchHit>() to true, hidden.items to hidden.hiddenByFilter)
        val payments = core.catalogue.search("төлбөр төлөх", ServiceFilter(kind = ServiceKind.PAYMENT)).value.items
        assertTrue(payments.isNotEmpty() && payments.all { it.service.kind == ServiceKind.PAYMENT })
        val refused = core.catalogue.search("өнөөдөр юу идэх вэ").value
        assertEquals(emptyList<SearchHit>() to "1111", refused.items to refused.refusal?.helpLine)
        assertFalse("$refused ${hit.why} ${Hypothesis("Өвөл")}".contains("өв", ignoreCase = true))
    }

    @Test
    fun `what was said is one service, a choice or nothing`() = signedIn { (core) ->
        core.catalogue.refresh()
        fun said(vararg texts: String) = core.catalogue.searchSpoken(texts.map { Hypothesis(it, 0.9f) }).value

        val vague = said("үнэмлэх", "өнөмлөг")
        assertEquals("үнэмлэх", vague.heard)
        assertTrue((vague.outcome as SpokenOutcome.Choices).hits.size in 2..3)
        val clear = said("төрсний бүртгэлийн лавлагаа").outcome
        val offered = if (clear is SpokenOutcome.One) listOf(clear.hit) else (clear as SpokenOutcome.Choices).hits
        assertEquals(BIRTH, offered.first().service.id)
        assertEquals("1111", (said("өнөөдөр юу идэх вэ").outcome as SpokenOutcome.Nothing).refusal?.helpLine)
        assertEquals(SpokenOutcome.Nothing(null), core.catalogue.searchSpoken(emptyList()).value.outcome)
    }

    @Test
    fun `favourites and recent searches are kept until they are let go`() = signedIn { (core) ->
        core.catalogue.refresh()

        core.catalogue.addFavourite(BIRTH)
        core.catalogue.addFavourite(VACCINE)
        core.catalogue.removeFavourite(VACCINE)
        listOf("Өвлийн нүүрс", "үнэмлэх", "Паспорт").forEach { core.catalogue.rememberSearch(it) }
        core.catalogue.forgetSearch("ҮНЭМЛЭХ")

        val kept = core.catalogue.favourites().value.items.single()
        assertEquals(BIRTH to true, kept.id to kept.favourite)
        assertTrue(core.catalogue.search("төрсний бүртгэл").value.items.single { it.service.id == BIRTH }.service.favourite)
        assertEquals(listOf("Паспорт", "Өвлийн нүүрс"), core.catalogue.recentSearches())
        core.catalogue.forgetSearches()
        assertEquals(emptyList<String>(), core.catalogue.recentSearches())
    }

    @Test
    fun `every kind of field is asked, and each value that can't be is named`() = signedIn { (core) ->
        core.sync(PATIENCE)
        suspend fun kinds(service: String, vararg answers: Pair<String, String>): Map<String, FieldKind> =
            core.requests.form(service, mapOf(*answers)).value.fields.associate { it.name to it.kind }
        val birth = kinds(BIRTH, "beneficiary" to "child")
        val insurance = kinds(INSURANCE)
        val card = kinds(CARD_ORDER, "reason" to "lost", "delivery" to "door")

        assertEquals(listOf("self", "child"), (birth.getValue("beneficiary") as FieldKind.OneOf).options.map { it.value })
        assertEquals(FieldKind.RegistrationNumber, birth.getValue("childRegnum"))
        assertEquals(FieldKind.Year(1995, 2099), insurance.getValue("startYear"))
        assertEquals(FieldKind.YesNo, kinds(VACCINE).getValue("showPassportNumber"))
        assertEquals(FieldKind.Money(1, 10_000_000_000), kinds(CREDIT, "usage" to "loan").getValue("loanAmount"))
        assertEquals(FieldKind.Date, card.getValue("lostOn"))
        assertEquals(FieldKind.Text(maxLength = 500, multiline = true), card.getValue("lostHow"))
        assertEquals(FieldKind.Phone, card.getValue("deliveryPhone"))
        assertEquals(FieldKind.File(listOf("image/jpeg", "image/png"), 5_000_000), card.getValue("photo"))
        assertEquals(FieldKind.Signature(500_000), card.getValue("signature"))
        assertEquals(FieldKind.CompanyNumber, kinds(VISA, "purpose" to "work").getValue("employerRegnum"))
        val wrong = mapOf("startYear" to "Өнгөрсөн", "endYear" to "2020", "forUsage" to "Үйлдвэр")
        val refused = failureOf { core.requests.confirm(INSURANCE, wrong) }
        assertEquals(CoreFailure.Invalid("startYear", "form.not_a_number"), refused)
        assertEquals(CoreFailure.NotFound(), failureOf { core.requests.form(core.catalogue.services().value.items.first { !it.online }.id) })
    }

    @Test
    fun `a form tells how it stands with what was typed`() = signedIn { (core) ->
        core.sync(PATIENCE)
        val typed = mapOf("reason" to "lost", "lostOn" to "2026.1.19", "delivery" to "door", "deliveryAddress/soum" to "Өлзийт")

        val form = core.requests.form(CARD_ORDER, typed).value

        val field = form.fields.associateBy { it.name }
        assertEquals("Хүлээн авах", form.sections.last().title?.mn)
        assertEquals("2026 оны 1 дүгээр сарын 19", field.getValue("lostOn").shown?.mn)
        assertEquals("2026.1.19", field.getValue("lostOn").value)
        val door = field.getValue("deliveryAddress/door")
        assertEquals("Хүргүүлэх хаяг" to "Тоот", door.group?.mn to door.title.mn)
        assertEquals("form.required" to true, door.problem?.code to door.required)
        assertEquals(Prefill("WS100101_getCitizenIDCardInfo", "/addressDetail"), door.prefill)
        assertTrue(field.getValue("photo").help!!.mn.startsWith("Цагаан дэвсгэртэй"))
        assertTrue(field.getValue("citizen/firstname").problem!!.message.mn.isNotBlank())
        assertFalse(form.complete || "Өлзийт" in form.toString())
    }

    @Test
    fun `numbers, choices and yes come back as they were sent`() = signedIn { (core) ->
        core.requests.form(INSURANCE)
        core.requests.form(VACCINE)
        val years = mapOf("startYear" to "2019", "endYear" to "2020", "forUsage" to "Үйлдвэр")
        core.outbox.settle(core.requests.submit(core.requests.confirm(INSURANCE, years).id), PATIENCE)
        val passport = mapOf("language" to "mn", "showPassportNumber" to "true", "forUsage" to "Өргөө")
        core.outbox.settle(core.requests.submit(core.requests.confirm(VACCINE, passport).id), PATIENCE)
        core.requests.refresh()

        val sent = core.requests.page().value.items.associate { it.service to core.requests.detail(it.id!!).value.form }

        assertEquals(FieldValue.WholeNumber(2019), sent.getValue(INSURANCE)["startYear"])
        assertEquals(FieldValue.YesNo(true), sent.getValue(VACCINE)["showPassportNumber"])
    }

    @Test
    fun `what a clerk asks leads to the exact question`() = signedIn { (core, sandbox) ->
        core.requests.form(INSURANCE)
        val years = mapOf("startYear" to "2019", "endYear" to "2020", "forUsage" to "Үйлдвэр")
        core.outbox.settle(core.requests.submit(core.requests.confirm(INSURANCE, years).id), PATIENCE)
        sandbox.ask(sandbox.requests().single().getString("id"), listOf("forUsage"), "Бүтнээр бичнэ үү")
        core.requests.refresh()

        val progress = core.requests.page().value.items.single().progress

        assertEquals(listOf(RequestTaskKind.CORRECT to "forUsage"), progress.tasks.map { it.kind to it.name })
        assertEquals(WhoActs.CITIZEN to "Бүтнээр бичнэ үү", progress.whoActs to progress.message?.mn)
        val id = core.requests.page().value.items.single().id!!
        assertEquals(core.requests.amend(id), core.requests.amend(id))
        val amending = core.requests.draft(core.requests.amend(id))
        assertEquals(id to true, amending.request to amending.open!!.isNotEmpty())
        assertEquals(listOf(id), core.requests.drafts().items.map { it.request })
        core.outbox.settle(core.requests.withdraw(id, "Өөр газраас авсан")!!, PATIENCE)
        val withdrawn = core.requests.detail(id).value.summary
        assertEquals(RequestStanding.At(RequestStatus.REJECTED), withdrawn.standing)
        assertEquals(false to null, withdrawn.progress.mayBeWithdrawn to withdrawn.progress.underWay)
    }

    @Test
    fun `over the published API a lost answer is looked for and not sent again`() =
        signedIn(published = true) { (core, sandbox) ->
            core.requests.form(VACCINE)
            sandbox.fault("publishedCreate", "drop_reply")
            sandbox.fault("publishedList", "status", times = 99, more = mapOf("status" to 503))
            val confirmation = core.requests.confirm(VACCINE, mapOf("language" to "mn", "forUsage" to "Үүр"))
            val operation = core.requests.submit(confirmation.id)
            core.outbox.settle(operation, PATIENCE)
            assertEquals(RequestStanding.BeingChecked(operation), core.requests.page().value.items.single().standing)

            sandbox.clearFaults()
            core.outbox.flush(PATIENCE)

            assertEquals(OperationState.DONE, core.outbox.operation(operation).state)
            assertEquals(1, sandbox.requests().size)
        }

    @Test
    fun `whom a citizen acts for is told by the registers, and requests and drafts by person`() = signedIn { (core) ->
        core.sync(PATIENCE)

        val people = core.requests.people().value

        assertEquals(listOf(Relation.CHILD, Relation.PARENT, Relation.COMPANY), people.map { it.relation })
        assertEquals(listOf("Э.Өлзий"), core.requests.people(BIRTH).value.map { it.name })
        assertEquals("Represented(***)", people.first().toString())
        assertEquals(emptyList<RequestSummary>(), core.requests.pageOf(people.first().id).value.items)
        assertEquals(emptyList<RequestSummary>(), core.requests.pageOf(null).value.items)
        val draft = core.requests.draft(core.requests.beginDraft(BIRTH, people.first().id))
        assertEquals("Э.Өлзий", draft.person?.name)
        assertEquals(listOf(draft.id), core.requests.draftsOf(people.first().id).items.map { it.id })
        assertEquals(emptyList<DraftSummary>(), core.requests.draftsOf(null).items)
        assertEquals("on_behalf_of/reason", draft.form.fields.last { it.required }.name)
    }

    @Test
    fun `what is stuck can be tried again and called off`() = signedIn { (core, sandbox) ->
        core.requests.form(VACCINE)
        sandbox.fault("createRequest", "status", times = 2, more = mapOf("status" to 422))
        val confirmation = core.requests.confirm(VACCINE, mapOf("language" to "mn", "forUsage" to "Үүр"))
        val operation = core.requests.submit(confirmation.id)
        assertEquals(OperationState.WEDGED, core.outbox.settle(operation, PATIENCE).state)
        assertEquals(operation, core.outbox.page().items.single().id)
        assertEquals(RequestStanding.NeedsAttention(operation), core.requests.page().value.items.single().standing)

        core.outbox.retry(operation)
        core.outbox.flush(PATIENCE)
        assertEquals(OperationState.WEDGED, core.outbox.operation(operation).state)
        core.outbox.callOff(operation)

        assertEquals(emptyList<OutboxOperation>(), core.outbox.page().items)
        assertEquals(OperationState.CANCELLED, core.outbox.page(all = true).items.single().state)
        assertEquals(0, sandbox.requests().size)
    }

    @Test
    fun `a notice comes, is read, and is deleted`() = signedIn { (core, sandbox) ->
        sandbox.notice(REGNUM, "Мэдэгдэл", "Үнэмлэхийн хугацаа дуусч байна, Өлзий минь.")
        core.networkAvailable()
        assertTrue(core.inbox.refresh().changed)
        val notice = core.inbox.page(MessageFilter.OF_PERSON).value.items.single()
        assertEquals(emptyList<Message>(), core.inbox.page(MessageFilter.OF_PERSON, person = "ӨЛ14231111").value.items)
        assertEquals(MessageKind.NOTICE to false, notice.kind to notice.read)

        core.outbox.settle(core.inbox.markRead(notice.id), PATIENCE)
        assertTrue(core.inbox.message(notice.id).value.read)
        core.outbox.settle(core.inbox.delete(notice.id), PATIENCE)

        assertEquals(CoreFailure.NotFound(), failureOf { core.inbox.message(notice.id) })
        assertEquals(0, core.inbox.unread())
    }

    @Test
    fun `the citizen's own record is complete, and a session that was revoked says so`() = signedIn { (core, sandbox) ->
        val citizen = core.session.citizen()
        assertEquals(listOf("Боржигон", "Өлзийбаатар", "913400128805"), citizen.run { listOf(clanName, familyName, civilId) })
        assertTrue("хороо" in citizen.address!!.formatted!!)

        sandbox.revokeSessions()
        val refused = failureOf { core.requests.refresh() }

        assertEquals(CoreFailure.SignInRequired(), refused)
        assertEquals("Ө.Эрдэнэбат", (core.session.state() as SessionState.Expired).citizen.name)
    }

    @Test
    fun `a session that ends soon is told of, with its end, and goes on until then`() = signedIn { (core, sandbox) ->
        val told = async(start = CoroutineStart.UNDISPATCHED) { core.events().first { it is Event.SessionEnding } }
        sandbox.shortenSessions(28.days)
        core.requests.refresh()
        assertTrue("weeks are left", core.session.state() is SessionState.Active)
        sandbox.shortenSessions(6.days)
        val before = Instant.now()

        core.requests.refresh()

        val state = core.session.state() as SessionState.ExpiringSoon
        assertEquals(Event.SessionEnding(state.endsAt), told.await())
        assertTrue("$state", state.endsAt > before && state.endsAt < before.plusSeconds(7.days.inWholeSeconds))
        assertEquals("Ө.Эрдэнэбат", state.citizen.name)
        core.inbox.refresh()
    }

    @Test
    fun `a server that asks for patience, and one that answers nonsense, are told apart`() = signedIn { (core, sandbox) ->
        sandbox.fault("listInbox", "status", times = 9, more = mapOf("status" to 429, "retry_after" to 30))
        assertEquals(CoreFailure.Busy(30.seconds), failureOf { core.inbox.refresh() })

        sandbox.fault("listRequests", "garbage", times = 9)
        val nonsense = failureOf { core.requests.refresh() } as CoreFailure.Unexpected

        assertNotEquals("", nonsense.reference)
    }

    /** A record that is a citizen's own prints as stars, in the core's own words, wherever it was made. */
    @Test
    fun `what is personal is masked by the core's own display`() {
        val text = FfiLocalisedText("Нууц Ө", null)
        val task = FfiRequestTask(FfiRequestTaskKind.ATTACH, "Нууц", text)
        val progress =
            FfiRequestProgress(text, text, FfiWhoActs.CITIZEN, text, "Нууц", false, text, listOf(task), text, 1u, null, true)
        val person = FfiRepresented("Нууц", FfiRelation.CHILD, "Нууц")
        val standing = FfiRequestStanding.At(FfiRequestStatus.EDIT)
        val summary = FfiRequestSummary(null, "26-000001", "Нууц", text, standing, 1, 1, person, progress)
        val actor = FfiActor(FfiActorKind.CLERK, "Нууц")
        val step = FfiRequestStep(FfiRequestStatus.EDIT, 1, text, actor, text)
        val address = FfiRegisteredAddress("11", "Нууц")
        val line = FfiConfirmationLine(text, text)
        val reason = FfiBundleReason(text, listOf("Нууц"), 1)
        val item = FfiBundleItem(
            "Нууц", "Нууц", text, reason, FfiBundleItemState.TODO, FfiFee.Free, "Нууц",
            online = true, sample = false, after = emptyList(), needs = emptyList(),
        )
        val needed = FfiBundlePrerequisite("Нууц", text, FfiFee.Unknown, true, sample = false)
        val file = FfiDraftFile("Нууц", "Нууц", "Нууц", "image/png", 1u, 1u, 0u)
        val aside = FfiSetAside(text, text, text)
        val personal = listOf(
            file,
            aside,
            FfiDraftSummary("Нууц", "Нууц", 1, 1, 1u, person, "Нууц"),
            FfiDraft(
                "Нууц", FfiFormState("Нууц", 1u, emptyList(), false), listOf(aside), listOf("Нууц"), emptyList(), listOf(file), 1,
                1, false, person, "Нууц", text, listOf("Нууц"),
            ),
            reason,
            item,
            needed,
            FfiServiceBundle(
                "Нууц", FfiBundleKind.BUNDLE, text, true, FfiBundleStanding.DONE, reason,
                listOf(item), listOf(needed), 0, 1u, null, 0u, 1u,
            ),
            FfiAuthorizationRequest("https://Нууц", "Нууц", 1),
            FfiCitizenSummary("Нууц", "Нууц"),
            FfiCitizen("Нууц", "Нууц", null, null, null, null, null, null, null, address),
            address,
            FfiFieldState("Нууц", text, null, null, FfiFieldKind.YesNo, true, "Нууц", text, null, null, null),
            FfiConfirmation("Нууц", "Нууц", 1u, listOf(line), "Нууц", 1),
            line,
            summary,
            progress,
            person,
            task,
            FfiRequestDetail(summary, mapOf("Нууц" to FfiFieldValue.Text("Нууц")), listOf(step), text),
            FfiFieldValue.Text("Нууц"),
            FfiFieldValue.WholeNumber(42),
            FfiFieldValue.YesNo(true),
            FfiFieldValue.Other("Нууц"),
            step,
            actor,
            FfiMessage("Нууц", FfiMessageKind.NOTICE, text, text, text, 1, null, person, read = false, pending = false),
        )

        for (value in personal) {
            val told = value.toString()
            assertTrue(told, told.endsWith("(***)"))
            assertFalse(told, "Нууц" in told)
        }
    }

    @Test
    fun `the adapters' own values mask the same`() = signedIn { (core) ->
        core.requests.form(VACCINE)
        val confirmation = core.requests.confirm(VACCINE, mapOf("language" to "mn", "forUsage" to "Үүр"))
        val asked = core.requests.form(VACCINE, mapOf("forUsage" to "Үүр")).value.fields.first()
        val personal =
            listOf(core.session.citizen(), core.session.citizen().address, core.session.begin(), confirmation, confirmation.lines[0], asked)

        for (value in personal) assertTrue("$value", "$value".endsWith("(***)"))
        assertEquals("Active(citizen=CitizenSummary(***))", SessionState.Active(CitizenSummary("Нууц", null)).toString())
    }
}
