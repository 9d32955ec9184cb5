// One object for each area of the core: calls go in, are converted, and come out.

package mn.emongolia.core

import kotlin.time.Duration
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import mn.emongolia.ffi.Auth as FfiAuth
import mn.emongolia.ffi.Bundles as FfiBundles
import mn.emongolia.ffi.Catalogue as FfiCatalogue
import mn.emongolia.ffi.Inbox as FfiInbox
import mn.emongolia.ffi.Outbox as FfiOutbox
import mn.emongolia.ffi.Push as FfiPush
import mn.emongolia.ffi.Requests as FfiRequests

/** Signing in, and who is signed in. */
public class Session internal constructor(private val auth: FfiAuth) {
    internal fun giveBack(): Unit = auth.close()

    /** Open the address in the platform's browser. Any process of this installation can complete it. Abandonable. */
    public suspend fun begin(): AuthorizationRequest = calling { auth.beginSignIn(null) }.toCore()

    /**
     * As [begin], for a citizen who is signed in and proves anew who they are: at most so long ago, in one of these ways
     * (several separated by spaces; null: any). Go on with [complete]. Abandonable.
     */
    public suspend fun stepUp(maxAge: Duration, acr: String? = null): AuthorizationRequest =
        calling { auth.stepUp(maxAge.toFfiSeconds(), acr, null) }.toCore()

    /** As the core asks for it. */
    public suspend fun stepUp(asked: CoreFailure.StepUpRequired): AuthorizationRequest = stepUp(asked.maxAge, asked.acr)

    /** Takes the address the browser came back to, whole. It is good once, whatever comes of it. Committed. */
    public suspend fun complete(callbackUrl: String): Citizen = calling { auth.completeSignIn(callbackUrl) }.toCore()

    /** Where the session stands, from the device. */
    public suspend fun state(): SessionState = calling { auth.session() }.toCore()

    /** The citizen's own record, from the device. */
    public suspend fun citizen(): Citizen = calling { auth.citizen() }.toCore()
}

/** The catalogue of public services. */
public class Catalogue internal constructor(private val catalogue: FfiCatalogue) {
    internal fun giveBack(): Unit = catalogue.close()

    /** One page by the Mongolian alphabet. */
    public suspend fun services(filter: ServiceFilter = ServiceFilter(), after: String? = null): Aged<Page<Service>> =
        calling { catalogue.services(filter.toFfi(), after) }.toCore()

    /**
     * One page of services that answer [query], in whatever form, script or spelling, best first. From memory, at once: for
     * the main thread too. While that is being filled the page says so, and `Changed(CATALOGUE)` tells when to ask again.
     */
    public fun search(query: String, filter: ServiceFilter = ServiceFilter(), after: String? = null): Aged<SearchPage> =
        calling { catalogue.search(query, filter.toFfi(), after) }.toCore()

    /** What was probably asked for aloud: the recogniser's hypotheses, in its order. No service is started. As [search]. */
    public fun searchSpoken(
        hypotheses: List<Hypothesis>,
        filter: ServiceFilter = ServiceFilter(),
    ): Aged<SpokenResults> = calling { catalogue.searchSpoken(hypotheses.map { it.toFfi() }, filter.toFfi()) }.toCore()

    /** Waits until searches are answered from what is stored now. */
    public suspend fun searchable(): Unit = calling { catalogue.searchable() }

    /** The citizen's favourites, newest first; none when nobody is signed in. */
    public suspend fun favourites(after: String? = null): Aged<Page<Service>> =
        calling { catalogue.favourites(after) }.toCore()

    /** Keeps a service on this phone until sign-out. [CoreFailure.SignInRequired] when nobody is signed in. Committed. */
    public suspend fun addFavourite(id: String): Unit = calling { catalogue.addFavourite(id) }

    /** Lets go of a favourite, if it is one. Committed. */
    public suspend fun removeFavourite(id: String): Unit = calling { catalogue.removeFavourite(id) }

    /** What the citizen searched for, newest first, at most 20; nothing when nobody is signed in. Personal: never log it. */
    public suspend fun recentSearches(): List<String> = calling { catalogue.recentSearches() }

    /** Keeps what was searched for: once a hit is opened or the query is sent, not at every letter. Committed. */
    public suspend fun rememberSearch(query: String): Unit = calling { catalogue.rememberSearch(query) }

    /** Forgets one recent search, if it is one. Committed. */
    public suspend fun forgetSearch(query: String): Unit = calling { catalogue.forgetSearch(query) }

    /** Forgets all recent searches. Committed. */
    public suspend fun forgetSearches(): Unit = calling { catalogue.forgetSearches() }

    /** What is known of one service; fetched once if the network allows, then kept. Abandonable. */
    public suspend fun service(id: String): Aged<ServiceDetail> = calling { catalogue.service(id, null) }.toCore()

    /** One page by the Mongolian alphabet. */
    public suspend fun organisations(after: String? = null): Aged<Page<Organisation>> =
        calling { catalogue.organisations(after) }.toCore()

    /** One page of the units inside another (`MN` for the aimags and the capital), by code. */
    public suspend fun administrativeUnits(parent: String, after: String? = null): Aged<Page<AdministrativeUnit>> =
        calling { catalogue.administrativeUnits(parent, after) }.toCore()

    /** Asks the gateway for newer services. Abandonable: what was stored stays. */
    public suspend fun refresh(): Refreshed = calling { catalogue.refresh(null) }.toCore()
}

/** Services that belong to one occasion. Which of them fit is found on this phone; nobody is told. */
public class Bundles internal constructor(private val bundles: FfiBundles) {
    internal fun giveBack(): Unit = bundles.close()

    /** One page from the device: what fits the citizen first, and of that what is due first. */
    public suspend fun page(filter: BundleFilter = BundleFilter.ALL, after: String? = null): Aged<Page<ServiceBundle>> =
        calling { bundles.page(filter.toFfi(), after) }.toCore()

    /** One bundle, from the device. */
    public suspend fun bundle(code: String): Aged<ServiceBundle> = calling { bundles.bundle(code) }.toCore()

    /** The citizen begins: requests count from here on. What is done begins anew. Also takes a dismissal back. Committed. */
    public suspend fun start(code: String): Unit = calling { bundles.start(code) }

    /** The citizen does not want to see it; what was done stays known. Committed. */
    public suspend fun dismiss(code: String): Unit = calling { bundles.dismiss(code) }

    /** The citizen says that an item is done, or takes that back. Begins the bundle. Committed. */
    public suspend fun mark(code: String, item: String, done: Boolean = true): Unit =
        calling { bundles.mark(code, item, done) }

    /** Asks for newer bundles and, when somebody is signed in, for what the registers say. Abandonable. */
    public suspend fun refresh(): Refreshed = calling { bundles.refresh(null) }.toCore()
}

/** Requests to the state. */
public class Requests internal constructor(private val requests: FfiRequests) {
    internal fun giveBack(): Unit = requests.close()

    /**
     * What the service asks for, as it stands with what was typed so far, by the form's names. [CoreFailure.NotFound]: it
     * can't be applied for in the app; `form.not_understood`: not in this version of the app. Abandonable.
     */
    public suspend fun form(service: String, values: Map<String, String> = emptyMap()): Aged<FormState> =
        calling { requests.form(service, values, null) }.toCore()

    /**
     * Checks what was typed, by the form's names, and keeps it, sealed, as what the citizen is shown before anything
     * is sent. [CoreFailure.Invalid] names the first field that can't be, [form] tells all; [CoreFailure.StepUpRequired]:
     * the citizen proves first who they are. Committed.
     */
    public suspend fun confirm(service: String, values: Map<String, String>): Confirmation =
        calling { requests.confirm(service, values) }.toCore()

    /**
     * Begins to fill in the form of a service, for one of [people] or (null) the citizen, and gives the draft's id. It stays
     * on this phone, over days and without a session, until its request has arrived or it is thrown away.
     * [CoreFailure.Invalid] `person.not_represented`, `person.not_for_them`. Committed.
     */
    public suspend fun beginDraft(service: String, person: String? = null): String =
        calling { requests.beginDraft(service, person) }

    /** One draft as it stands, on the newest version of its form that is on the phone. Committed. */
    public suspend fun draft(id: String): Draft = calling { requests.draft(id) }.toCore()

    /** Puts in one answer as typed, or (null) takes it away. On disk when this returns. Committed. */
    public suspend fun answer(draft: String, field: String, typed: String?): Draft =
        calling { requests.answer(draft, field, typed) }.toCore()

    /**
     * The citizen agrees that what a register says, by its operation, is put into forms, here and from now on, or does not
     * (any more): what it filled in here is then taken out. Committed.
     */
    public suspend fun prefill(draft: String, operation: String, agreed: Boolean): Draft =
        calling { requests.prefill(draft, operation, agreed) }.toCore()

    /** One page of drafts that wait for the citizen, the last one changed first. */
    public suspend fun drafts(before: String? = null): Page<DraftSummary> = calling { requests.drafts(before) }.toCore()

    /** As [drafts], of one person; null: the citizen. */
    public suspend fun draftsOf(person: String?, before: String? = null): Page<DraftSummary> =
        calling { requests.draftsOf(person, before) }.toCore()

    /** Throws a draft away, with its files. Committed. */
    public suspend fun discardDraft(id: String): Unit = calling { requests.discardDraft(id) }

    /** As [confirm], of a draft. `form.changed`: the form has a new version, look at the draft again. Committed. */
    public suspend fun confirmDraft(id: String): Confirmation = calling { requests.confirmDraft(id) }.toCore()

    /**
     * Reads a file in and answers a question with it; [progress] is told how many bytes of it are here.
     * [CoreFailure.Invalid] if it can't be taken, before it is opened if its size is known. What the file throws is
     * thrown. A cancelled coroutine stops the reading, and what came in until then makes way for the next file of this
     * question.
     */
    public suspend fun attach(
        draft: String,
        field: String,
        file: PickedFile,
        progress: (stored: Long) -> Unit = {},
    ): Draft {
        val size = file.size()
        val id = calling { requests.attach(draft, field, file.name, file.mediaType, size.toULong()) }
        var stored = 0UL
        file.pieces().collect { piece ->
            stored = calling { requests.append(id, stored, piece) }
            progress(stored.toLong())
        }
        return answer(draft, field, id)
    }

    /** The bytes of a file, to show it, a megabyte at a time. */
    public fun content(file: DraftFile): Flow<ByteArray> = flow {
        var offset = 0UL
        while (true) {
            val piece = calling { requests.read(file.id, offset) }
            if (piece.isEmpty()) break
            emit(piece)
            offset += piece.size.toULong()
        }
    }

    /**
     * Puts what was confirmed into the outbox and gives its id there; again, the same one. [CoreFailure.StepUpRequired]: the
     * proof has become too old since. Committed.
     */
    public suspend fun submit(confirmation: String): String = calling { requests.submit(confirmation) }

    /**
     * Has the invoice of a request asked for and gives the outbox's id of that; however often, it is one invoice.
     * `payment.not_due`: nothing is to be paid. Committed.
     */
    public suspend fun requestPayment(id: String): String = calling { requests.requestPayment(id) }

    /** As [requestPayment], for what [submit] gave and has not arrived: right behind it, and called off with it. Committed. */
    public suspend fun payOnArrival(submission: String): String = calling { requests.payOnArrival(submission) }

    /**
     * How the payment of a request stands, from the device. [CoreFailure.NotFound]: as far as is known here, nothing is to
     * be paid.
     */
    public suspend fun payment(id: String): Payment = calling { requests.payment(id) }.toCore()

    /** Has the gateway ask QPay now. Committed. */
    public suspend fun checkPayment(id: String): Payment = calling { requests.checkPayment(id) }.toCore()

    /** The citizen is back from a bank's app: it is asked, now and a few times more, whether they paid. Committed. */
    public suspend fun backFromBank(id: String): Unit = calling { requests.backFromBank(id) }

    /** One page of what was paid, newest first, from the device. */
    public suspend fun receipts(before: String? = null): Page<Receipt> = calling { requests.receipts(before) }.toCore()

    /** One page, newest first; what waits on this phone heads the first page. */
    public suspend fun page(before: String? = null): Aged<Page<RequestSummary>> =
        calling { requests.page(before) }.toCore()

    /** One request as it stands, from the device; fetched if it is not there. Abandonable. */
    public suspend fun detail(id: String): Aged<RequestDetail> = calling { requests.detail(id, null) }.toCore()

    /**
     * Those for whom the citizen may act, as the registers say; with a service, for whom that is too. From the device; fetched
     * if it was never.
     */
    public suspend fun people(service: String? = null): Aged<List<Represented>> =
        calling { requests.people(service) }.toCore()

    /** As [page], of one person; null: the citizen. */
    public suspend fun pageOf(person: String?, before: String? = null): Aged<Page<RequestSummary>> =
        calling { requests.pageOf(person, before) }.toCore()

    /**
     * Begins to answer what a request asks: a draft, filled in with what was sent, or with a question for each document. One
     * that was begun before is that one. [CoreFailure.Invalid] `request.not_asked`: it asks nothing; `request.not_here`:
     * what it asks can't be answered in the app; `request.under_way`: something of it is on its way. Committed.
     */
    public suspend fun amend(id: String): String = calling { requests.amend(id) }

    /**
     * Takes a request back and gives the outbox's id of that. One that was not sent yet, named by its operation, is called
     * off: null. [CoreFailure.Invalid] `request.already_decided`: nobody can take it back. Committed.
     */
    public suspend fun withdraw(id: String, reason: String? = null): String? = calling { requests.withdraw(id, reason) }

    /** The citizen has looked at this: what comes after it is new. Committed. */
    public suspend fun seen(request: RequestDetail) {
        request.summary.id?.let { id -> calling { requests.seen(id, request.history.size.toUInt()) } }
    }

    /** Asks the gateway for news. Abandonable: each page pulled stays. */
    public suspend fun refresh(): Refreshed = calling { requests.refresh(null) }.toCore()
}

/** What institutions sent. */
public class Inbox internal constructor(private val inbox: FfiInbox) {
    internal fun giveBack(): Unit = inbox.close()

    /** One page, newest first, from the device. Of one person: [person], one of [Requests.people], or (null) the citizen. */
    public suspend fun page(
        filter: MessageFilter = MessageFilter.ALL,
        before: String? = null,
        person: String? = null,
    ): Aged<Page<Message>> = calling { inbox.page(filter.toFfi(), before, person) }.toCore()

    /** One message, from the device. */
    public suspend fun message(id: String): Aged<Message> = calling { inbox.message(id) }.toCore()

    /** How many are unread, from the device. */
    public suspend fun unread(): Int = calling { inbox.unread() }.toInt()

    /** Marks a message read here at once and there eventually; gives the outbox's id of that. Committed. */
    public suspend fun markRead(id: String): String = calling { inbox.markRead(id) }

    /** Deletes a message here at once and there eventually; gives the outbox's id of that. Committed. */
    public suspend fun delete(id: String): String = calling { inbox.delete(id) }

    /** Asks the gateway for news. Abandonable: each page pulled stays. */
    public suspend fun refresh(): Refreshed = calling { inbox.refresh(null) }.toCore()
}

/** Writes on their way. */
public class Outbox internal constructor(private val outbox: FfiOutbox) {
    internal fun giveBack(): Unit = outbox.close()

    /** What is on its way or stuck, newest first; with [all], also what is done or called off. */
    public suspend fun page(all: Boolean = false, before: String? = null): Page<OutboxOperation> =
        calling { outbox.page(all, before) }.toCore()

    /** One operation. */
    public suspend fun operation(id: String): OutboxOperation = calling { outbox.operation(id) }.toCore()

    /** Tries a wedged operation again. Committed. */
    public suspend fun retry(id: String): Unit = calling { outbox.retry(id) }

    /** Calls one off: possible while no byte of it has left, or once the other side has refused it. Committed. */
    public suspend fun callOff(id: String): Unit = calling { outbox.callOff(id) }

    /** Waits until it was tried once, at most so long, and says how it stands. Abandonable: it goes on. */
    public suspend fun settle(id: String, within: Duration): OutboxOperation =
        calling { outbox.settle(id, within.toFfiMs(), null) }.toCore()

    /** Lets everything that waits be tried now, and waits for that, at most so long. Abandonable: it goes on. */
    public suspend fun flush(within: Duration): FlushOutcome =
        calling { outbox.flush(within.toFfiMs(), null) }.toCore()
}

/** Where pushes reach this phone. */
public class Push internal constructor(private val push: FfiPush) {
    internal fun giveBack(): Unit = push.close()

    /** Tells the gateway the platform's token, through the outbox, and gives its id there. Committed. */
    public suspend fun register(token: String): String = calling { push.register(token) }
}
