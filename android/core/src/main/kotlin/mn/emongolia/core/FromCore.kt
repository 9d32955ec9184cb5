// Out of the core: every field and every variant is named, so that a new one does not compile until it is placed.

package mn.emongolia.core

import java.time.Instant
import java.time.LocalDate
import kotlin.time.Duration.Companion.seconds
import mn.emongolia.ffi.Actor as FfiActor
import mn.emongolia.ffi.ActorKind as FfiActorKind
import mn.emongolia.ffi.AdministrativeUnit as FfiAdministrativeUnit
import mn.emongolia.ffi.AdministrativeUnitKind as FfiAdministrativeUnitKind
import mn.emongolia.ffi.AdministrativeUnitPage as FfiAdministrativeUnitPage
import mn.emongolia.ffi.AgedBundle as FfiAgedBundle
import mn.emongolia.ffi.AgedForm as FfiAgedForm
import mn.emongolia.ffi.AgedMessage as FfiAgedMessage
import mn.emongolia.ffi.AgedPeople as FfiAgedPeople
import mn.emongolia.ffi.AgedRequestDetail as FfiAgedRequestDetail
import mn.emongolia.ffi.AgedServiceDetail as FfiAgedServiceDetail
import mn.emongolia.ffi.Area as FfiArea
import mn.emongolia.ffi.AuthorizationRequest as FfiAuthorizationRequest
import mn.emongolia.ffi.BankLink as FfiBankLink
import mn.emongolia.ffi.BundleItem as FfiBundleItem
import mn.emongolia.ffi.BundleItemState as FfiBundleItemState
import mn.emongolia.ffi.BundleKind as FfiBundleKind
import mn.emongolia.ffi.BundlePage as FfiBundlePage
import mn.emongolia.ffi.BundlePrerequisite as FfiBundlePrerequisite
import mn.emongolia.ffi.BundleReason as FfiBundleReason
import mn.emongolia.ffi.BundleStanding as FfiBundleStanding
import mn.emongolia.ffi.Choice as FfiChoice
import mn.emongolia.ffi.Citizen as FfiCitizen
import mn.emongolia.ffi.CitizenSummary as FfiCitizenSummary
import mn.emongolia.ffi.Confirmation as FfiConfirmation
import mn.emongolia.ffi.ConfirmationLine as FfiConfirmationLine
import mn.emongolia.ffi.Draft as FfiDraft
import mn.emongolia.ffi.DraftFile as FfiDraftFile
import mn.emongolia.ffi.DraftPage as FfiDraftPage
import mn.emongolia.ffi.DraftSummary as FfiDraftSummary
import mn.emongolia.ffi.Event as FfiEvent
import mn.emongolia.ffi.Fee as FfiFee
import mn.emongolia.ffi.FieldKind as FfiFieldKind
import mn.emongolia.ffi.FieldProblem as FfiFieldProblem
import mn.emongolia.ffi.FieldState as FfiFieldState
import mn.emongolia.ffi.FieldValue as FfiFieldValue
import mn.emongolia.ffi.FlushOutcome as FfiFlushOutcome
import mn.emongolia.ffi.FormSection as FfiFormSection
import mn.emongolia.ffi.FormState as FfiFormState
import mn.emongolia.ffi.Highlight as FfiHighlight
import mn.emongolia.ffi.Invoice as FfiInvoice
import mn.emongolia.ffi.LocalisedText as FfiLocalisedText
import mn.emongolia.ffi.LockStatus as FfiLockStatus
import mn.emongolia.ffi.MatchKind as FfiMatchKind
import mn.emongolia.ffi.MatchReason as FfiMatchReason
import mn.emongolia.ffi.Message as FfiMessage
import mn.emongolia.ffi.MessageKind as FfiMessageKind
import mn.emongolia.ffi.MessagePage as FfiMessagePage
import mn.emongolia.ffi.OperationPage as FfiOperationPage
import mn.emongolia.ffi.OperationState as FfiOperationState
import mn.emongolia.ffi.Organisation as FfiOrganisation
import mn.emongolia.ffi.OrganisationPage as FfiOrganisationPage
import mn.emongolia.ffi.OutboxOperation as FfiOutboxOperation
import mn.emongolia.ffi.Payment as FfiPayment
import mn.emongolia.ffi.PaymentState as FfiPaymentState
import mn.emongolia.ffi.Prefill as FfiPrefill
import mn.emongolia.ffi.PrefillOffer as FfiPrefillOffer
import mn.emongolia.ffi.Receipt as FfiReceipt
import mn.emongolia.ffi.ReceiptPage as FfiReceiptPage
import mn.emongolia.ffi.Refreshed as FfiRefreshed
import mn.emongolia.ffi.Refusal as FfiRefusal
import mn.emongolia.ffi.RegisteredAddress as FfiRegisteredAddress
import mn.emongolia.ffi.Relation as FfiRelation
import mn.emongolia.ffi.Represented as FfiRepresented
import mn.emongolia.ffi.RequestDetail as FfiRequestDetail
import mn.emongolia.ffi.RequestPage as FfiRequestPage
import mn.emongolia.ffi.RequestProgress as FfiRequestProgress
import mn.emongolia.ffi.RequestStanding as FfiRequestStanding
import mn.emongolia.ffi.RequestStatus as FfiRequestStatus
import mn.emongolia.ffi.RequestStep as FfiRequestStep
import mn.emongolia.ffi.RequestSummary as FfiRequestSummary
import mn.emongolia.ffi.RequestTask as FfiRequestTask
import mn.emongolia.ffi.RequestTaskKind as FfiRequestTaskKind
import mn.emongolia.ffi.SearchHit as FfiSearchHit
import mn.emongolia.ffi.SearchPage as FfiSearchPage
import mn.emongolia.ffi.Service as FfiService
import mn.emongolia.ffi.ServiceBundle as FfiServiceBundle
import mn.emongolia.ffi.ServiceDetail as FfiServiceDetail
import mn.emongolia.ffi.ServiceDuration as FfiServiceDuration
import mn.emongolia.ffi.ServiceKind as FfiServiceKind
import mn.emongolia.ffi.ServicePage as FfiServicePage
import mn.emongolia.ffi.SessionState as FfiSessionState
import mn.emongolia.ffi.SetAside as FfiSetAside
import mn.emongolia.ffi.SignedOut as FfiSignedOut
import mn.emongolia.ffi.SpokenOutcome as FfiSpokenOutcome
import mn.emongolia.ffi.SpokenResults as FfiSpokenResults
import mn.emongolia.ffi.StepOutcome as FfiStepOutcome
import mn.emongolia.ffi.SyncReport as FfiSyncReport
import mn.emongolia.ffi.SyncStep as FfiSyncStep
import mn.emongolia.ffi.WebSignIn as FfiWebSignIn
import mn.emongolia.ffi.WhoActs as FfiWhoActs

internal fun FfiAuthorizationRequest.toCore(): AuthorizationRequest = AuthorizationRequest(
    url = url,
    state = state,
    expiresAt = Instant.ofEpochMilli(expiresAtMs),
)

internal fun FfiSessionState.toCore(): SessionState = when (this) {
    FfiSessionState.SignedOut -> SessionState.SignedOut
    is FfiSessionState.SigningIn -> SessionState.SigningIn(Instant.ofEpochMilli(untilMs))
    is FfiSessionState.Active -> SessionState.Active(citizen.toCore())
    is FfiSessionState.Refreshing -> SessionState.Refreshing(citizen.toCore())
    is FfiSessionState.ExpiringSoon -> SessionState.ExpiringSoon(citizen.toCore(), Instant.ofEpochMilli(endsAtMs))
    is FfiSessionState.Expired -> SessionState.Expired(citizen.toCore())
    FfiSessionState.Locked -> SessionState.Locked
    FfiSessionState.Wiping -> SessionState.Wiping
}

internal fun FfiLockStatus.toCore(): LockStatus = LockStatus(
    isSet = set,
    isOpen = open,
    biometric = biometric,
    recoverable = recoverable,
    triesLeft = triesLeft.toInt(),
    wait = waitS.toLong().seconds,
)

internal fun FfiCitizenSummary.toCore(): CitizenSummary = CitizenSummary(
    name = name,
    registrationNumber = registrationNumber,
)

internal fun FfiCitizen.toCore(): Citizen = Citizen(
    subject = subject,
    name = name,
    givenName = givenName,
    familyName = familyName,
    clanName = clanName,
    registrationNumber = registrationNumber,
    civilId = civilId,
    birthDate = birthDate,
    phone = phone,
    address = address?.toCore(),
)

internal fun FfiRegisteredAddress.toCore(): RegisteredAddress = RegisteredAddress(
    areaCode = areaCode,
    formatted = formatted,
)

internal fun FfiServiceKind.toCore(): ServiceKind = when (this) {
    FfiServiceKind.REFERENCE -> ServiceKind.REFERENCE
    FfiServiceKind.CERTIFICATE -> ServiceKind.CERTIFICATE
    FfiServiceKind.APPLICATION -> ServiceKind.APPLICATION
    FfiServiceKind.ORDER -> ServiceKind.ORDER
    FfiServiceKind.PAYMENT -> ServiceKind.PAYMENT
    FfiServiceKind.REGISTRATION -> ServiceKind.REGISTRATION
    FfiServiceKind.INFORMATION -> ServiceKind.INFORMATION
    FfiServiceKind.OTHER -> ServiceKind.OTHER
}

internal fun FfiFee.toCore(): Fee = when (this) {
    FfiFee.Unknown -> Fee.Unknown
    FfiFee.Free -> Fee.Free
    is FfiFee.Amount -> Fee.Amount(mnt)
}

internal fun FfiServiceDuration.toCore(): ServiceDuration = when (this) {
    FfiServiceDuration.Unknown -> ServiceDuration.Unknown
    FfiServiceDuration.Immediate -> ServiceDuration.Immediate
    is FfiServiceDuration.WorkingDays -> ServiceDuration.WorkingDays(days.toInt())
}

internal fun FfiService.toCore(): Service = Service(
    id = id,
    name = name.toCore(),
    organisation = organisation.toCore(),
    kind = kind.toCore(),
    fee = fee.toCore(),
    duration = duration.toCore(),
    online = online,
    sample = sample,
    favourite = favourite,
)

internal fun FfiServiceDetail.toCore(): ServiceDetail = ServiceDetail(
    service = service.toCore(),
    description = description?.toCore(),
    requirements = requirements.map { it.toCore() },
    areaCodes = areaCodes,
)

internal fun FfiOrganisation.toCore(): Organisation = Organisation(
    id = id,
    name = name.toCore(),
    abbreviation = abbreviation,
    serviceCount = serviceCount.toInt(),
)

internal fun FfiAdministrativeUnitKind.toCore(): AdministrativeUnitKind = when (this) {
    FfiAdministrativeUnitKind.COUNTRY -> AdministrativeUnitKind.COUNTRY
    FfiAdministrativeUnitKind.CAPITAL -> AdministrativeUnitKind.CAPITAL
    FfiAdministrativeUnitKind.AIMAG -> AdministrativeUnitKind.AIMAG
    FfiAdministrativeUnitKind.SOUM -> AdministrativeUnitKind.SOUM
    FfiAdministrativeUnitKind.DISTRICT -> AdministrativeUnitKind.DISTRICT
    FfiAdministrativeUnitKind.BAG -> AdministrativeUnitKind.BAG
    FfiAdministrativeUnitKind.KHOROO -> AdministrativeUnitKind.KHOROO
}

internal fun FfiAdministrativeUnit.toCore(): AdministrativeUnit = AdministrativeUnit(
    code = code,
    kind = kind.toCore(),
    name = name.toCore(),
    parent = parent,
    postalCode = postalCode,
)

internal fun FfiArea.toCore(): Area = when (this) {
    FfiArea.CATALOGUE -> Area.CATALOGUE
    FfiArea.BUNDLES -> Area.BUNDLES
    FfiArea.REQUESTS -> Area.REQUESTS
    FfiArea.INBOX -> Area.INBOX
    FfiArea.OUTBOX -> Area.OUTBOX
    FfiArea.SESSION -> Area.SESSION
}

internal fun FfiEvent.toCore(): Event = when (this) {
    is FfiEvent.Changed -> Event.Changed(area.toCore())
    FfiEvent.SignInRequired -> Event.SignInRequired
    is FfiEvent.SessionEnding -> Event.SessionEnding(Instant.ofEpochMilli(endsAtMs))
    is FfiEvent.OperationNeedsAttention -> Event.OperationNeedsAttention(operation)
    FfiEvent.CacheRebuilt -> Event.CacheRebuilt
    is FfiEvent.StateSetAside -> Event.StateSetAside(file)
    FfiEvent.UpdateRequired -> Event.UpdateRequired
    is FfiEvent.Missed -> Event.Missed(count.toInt())
}

internal fun FfiSyncReport.toCore(): SyncReport = SyncReport(
    steps = steps.map { it.toCore() },
    more = more,
)

internal fun FfiSyncStep.toCore(): SyncStep = SyncStep(
    area = area.toCore(),
    outcome = outcome.toCore(),
)

internal fun FfiStepOutcome.toCore(): StepOutcome = when (this) {
    FfiStepOutcome.Changed -> StepOutcome.Changed
    FfiStepOutcome.Unchanged -> StepOutcome.Unchanged
    FfiStepOutcome.NotTried -> StepOutcome.NotTried
    is FfiStepOutcome.Failed -> StepOutcome.Failed(error.toCore())
}

internal fun FfiRefreshed.toCore(): Refreshed = Refreshed(
    changed = changed,
    more = more,
)

internal fun FfiSignedOut.toCore(): SignedOut = SignedOut(
    revoked = revoked,
)

internal fun FfiBundleKind.toCore(): BundleKind = when (this) {
    FfiBundleKind.BUNDLE -> BundleKind.BUNDLE
    FfiBundleKind.LIFE_EVENT -> BundleKind.LIFE_EVENT
    FfiBundleKind.BUSINESS_EVENT -> BundleKind.BUSINESS_EVENT
    FfiBundleKind.OTHER -> BundleKind.OTHER
}

internal fun FfiBundleStanding.toCore(): BundleStanding = when (this) {
    FfiBundleStanding.STARTED -> BundleStanding.STARTED
    FfiBundleStanding.OFFERED -> BundleStanding.OFFERED
    FfiBundleStanding.DONE -> BundleStanding.DONE
    FfiBundleStanding.DISMISSED -> BundleStanding.DISMISSED
}

internal fun FfiBundleItemState.toCore(): BundleItemState = when (this) {
    FfiBundleItemState.TODO -> BundleItemState.TODO
    FfiBundleItemState.UNDER_WAY -> BundleItemState.UNDER_WAY
    FfiBundleItemState.DONE -> BundleItemState.DONE
    FfiBundleItemState.NOT_AVAILABLE_HERE -> BundleItemState.NOT_AVAILABLE_HERE
}

internal fun FfiBundleReason.toCore(): BundleReason = BundleReason(
    text = text.toCore(),
    sources = sources,
    asOf = asOfMs?.let(Instant::ofEpochMilli),
)

internal fun FfiBundleItem.toCore(): BundleItem = BundleItem(
    code = code,
    service = service,
    name = name.toCore(),
    reason = reason.toCore(),
    state = state.toCore(),
    fee = fee.toCore(),
    due = due?.let(LocalDate::parse),
    online = online,
    sample = sample,
    after = after,
    needs = needs,
)

internal fun FfiBundlePrerequisite.toCore(): BundlePrerequisite = BundlePrerequisite(
    code = code,
    name = name.toCore(),
    fee = fee.toCore(),
    atHand = atHand,
    sample = sample,
)

internal fun FfiServiceBundle.toCore(): ServiceBundle = ServiceBundle(
    code = code,
    kind = kind.toCore(),
    name = name.toCore(),
    suggested = suggested,
    standing = standing.toCore(),
    reason = reason.toCore(),
    items = items.map { it.toCore() },
    prerequisites = prerequisites.map { it.toCore() },
    knownCostMnt = knownCostMnt,
    unknownCosts = unknownCosts.toInt(),
    due = due?.let(LocalDate::parse),
    done = done.toInt(),
    total = total.toInt(),
)

internal fun FfiMessageKind.toCore(): MessageKind = when (this) {
    FfiMessageKind.REQUEST_STATUS -> MessageKind.REQUEST_STATUS
    FfiMessageKind.NOTICE -> MessageKind.NOTICE
    FfiMessageKind.OTHER -> MessageKind.OTHER
}

internal fun FfiMessage.toCore(): Message = Message(
    id = id,
    kind = kind.toCore(),
    title = title.toCore(),
    body = body.toCore(),
    sender = sender?.toCore(),
    sentAt = Instant.ofEpochMilli(sentAtMs),
    requestId = requestId,
    person = person?.toCore(),
    read = read,
    pending = pending,
)

internal fun FfiOperationState.toCore(): OperationState = when (this) {
    FfiOperationState.NEW -> OperationState.NEW
    FfiOperationState.SENDING -> OperationState.SENDING
    FfiOperationState.DONE -> OperationState.DONE
    FfiOperationState.WEDGED -> OperationState.WEDGED
    FfiOperationState.CANCELLED -> OperationState.CANCELLED
}

internal fun FfiOutboxOperation.toCore(): OutboxOperation = OutboxOperation(
    id = id,
    kind = kind,
    state = state.toCore(),
    createdAt = Instant.ofEpochMilli(createdAtMs),
    attempts = attempts.toInt(),
    nextTryAt = nextTryAtMs?.let(Instant::ofEpochMilli),
    problem = problem,
    problemField = problemField,
)

internal fun FfiFlushOutcome.toCore(): FlushOutcome = when (this) {
    FfiFlushOutcome.DRAINED -> FlushOutcome.DRAINED
    FfiFlushOutcome.OFFLINE -> FlushOutcome.OFFLINE
    FfiFlushOutcome.SIGN_IN_REQUIRED -> FlushOutcome.SIGN_IN_REQUIRED
    FfiFlushOutcome.STOPPED -> FlushOutcome.STOPPED
}

internal fun FfiFormState.toCore(): FormState = FormState(
    service = service,
    version = version.toInt(),
    sections = sections.map { it.toCore() },
    complete = complete,
)

internal fun FfiDraft.toCore(): Draft = Draft(
    id = id,
    form = form.toCore(),
    setAside = setAside.map { it.toCore() },
    newlyRequired = newlyRequired,
    offers = offers.map { it.toCore() },
    files = files.map { it.toCore() },
    begunAt = Instant.ofEpochMilli(begunAtMs),
    changedAt = Instant.ofEpochMilli(changedAtMs),
    underWay = underWay,
    person = person?.toCore(),
    request = request,
    message = message?.toCore(),
    open = open,
)

internal fun FfiPrefillOffer.toCore(): PrefillOffer =
    PrefillOffer(operation, title.toCore(), fields, agreed, missing?.toCore())

internal fun FfiSetAside.toCore(): SetAside = SetAside(title.toCore(), value.toCore(), message.toCore())

internal fun FfiDraftSummary.toCore(): DraftSummary = DraftSummary(
    id = id,
    service = service,
    begunAt = Instant.ofEpochMilli(begunAtMs),
    changedAt = Instant.ofEpochMilli(changedAtMs),
    answered = answered.toInt(),
    person = person?.toCore(),
    request = request,
)

internal fun FfiDraftPage.toCore(): Page<DraftSummary> = Page(items.map { it.toCore() }, next)

internal fun FfiDraftFile.toCore(): DraftFile = DraftFile(
    id = id,
    field = field,
    name = name,
    mediaType = mediaType,
    size = size.toLong(),
    stored = stored.toLong(),
    arrived = arrived.toLong(),
)

internal fun FfiPayment.toCore(): Payment = Payment(
    request = request,
    number = number,
    service = service,
    serviceName = serviceName?.toCore(),
    state = state.toCore(),
    title = title.toCore(),
    next = next.toCore(),
    amountMnt = amountMnt,
    paidMnt = paidMnt,
    missingMnt = missingMnt,
    invoice = invoice?.toCore(),
    receipts = receipts.map { it.toCore() },
    checkedAt = checkedAtMs?.let(Instant::ofEpochMilli),
    operation = operation,
)

internal fun FfiPaymentState.toCore(): PaymentState = when (this) {
    FfiPaymentState.DUE -> PaymentState.DUE
    FfiPaymentState.ASKING -> PaymentState.ASKING
    FfiPaymentState.HELD -> PaymentState.HELD
    FfiPaymentState.WAITING -> PaymentState.WAITING
    FfiPaymentState.CHECKING -> PaymentState.CHECKING
    FfiPaymentState.PARTIAL -> PaymentState.PARTIAL
    FfiPaymentState.PAID -> PaymentState.PAID
    FfiPaymentState.OVERPAID -> PaymentState.OVERPAID
    FfiPaymentState.FAILED -> PaymentState.FAILED
    FfiPaymentState.REFUNDING -> PaymentState.REFUNDING
    FfiPaymentState.REFUNDED -> PaymentState.REFUNDED
    FfiPaymentState.EXPIRED -> PaymentState.EXPIRED
}

internal fun FfiInvoice.toCore(): Invoice = Invoice(
    id = id,
    amountMnt = amountMnt,
    qrText = qrText,
    links = links.map { it.toCore() },
    expiresAt = Instant.ofEpochMilli(expiresAtMs),
)

internal fun FfiBankLink.toCore(): BankLink = BankLink(bank, title, link)

internal fun FfiReceipt.toCore(): Receipt = Receipt(
    id = id,
    request = request,
    number = number,
    service = service,
    serviceName = serviceName?.toCore(),
    amountMnt = amountMnt,
    refunded = refunded,
    wallet = wallet,
    paidAt = Instant.ofEpochMilli(paidAtMs),
)

internal fun FfiReceiptPage.toCore(): Page<Receipt> = Page(items.map { it.toCore() }, next)

internal fun FfiFormSection.toCore(): FormSection = FormSection(title?.toCore(), fields.map { it.toCore() })

internal fun FfiFieldState.toCore(): FieldState = FieldState(
    name = name,
    title = title.toCore(),
    group = group?.toCore(),
    help = help?.toCore(),
    kind = kind.toCore(),
    required = required,
    value = value,
    shown = shown?.toCore(),
    problem = problem?.toCore(),
    prefill = prefill?.toCore(),
    prefilledFrom = prefilledFrom,
)

internal fun FfiFieldProblem.toCore(): FieldProblem = FieldProblem(code, message.toCore())

internal fun FfiPrefill.toCore(): Prefill = Prefill(operation, path)

internal fun FfiFieldKind.toCore(): FieldKind = when (this) {
    is FfiFieldKind.Text -> FieldKind.Text(maxLength?.toInt(), multiline)
    is FfiFieldKind.WholeNumber -> FieldKind.WholeNumber(minimum, maximum)
    is FfiFieldKind.Year -> FieldKind.Year(minimum, maximum)
    is FfiFieldKind.Money -> FieldKind.Money(minimum, maximum)
    FfiFieldKind.YesNo -> FieldKind.YesNo
    is FfiFieldKind.OneOf -> FieldKind.OneOf(options.map { it.toCore() })
    FfiFieldKind.Date -> FieldKind.Date
    FfiFieldKind.RegistrationNumber -> FieldKind.RegistrationNumber
    FfiFieldKind.CivilId -> FieldKind.CivilId
    FfiFieldKind.Phone -> FieldKind.Phone
    FfiFieldKind.Plate -> FieldKind.Plate
    FfiFieldKind.CompanyNumber -> FieldKind.CompanyNumber
    is FfiFieldKind.File -> FieldKind.File(accept, maxBytes?.toLong())
    is FfiFieldKind.Signature -> FieldKind.Signature(maxBytes?.toLong())
}

internal fun FfiChoice.toCore(): Choice = Choice(
    value = value,
    title = title.toCore(),
)

internal fun FfiConfirmation.toCore(): Confirmation = Confirmation(
    id = id,
    service = service,
    formVersion = formVersion.toInt(),
    lines = lines.map { it.toCore() },
    digest = digest,
    confirmedAt = Instant.ofEpochMilli(confirmedAtMs),
)

internal fun FfiConfirmationLine.toCore(): ConfirmationLine = ConfirmationLine(
    title = title.toCore(),
    value = value.toCore(),
)

internal fun FfiRequestStatus.toCore(): RequestStatus = when (this) {
    FfiRequestStatus.SUBMITTED -> RequestStatus.SUBMITTED
    FfiRequestStatus.PROCESSING -> RequestStatus.PROCESSING
    FfiRequestStatus.EDIT -> RequestStatus.EDIT
    FfiRequestStatus.FILE_REQUESTED -> RequestStatus.FILE_REQUESTED
    FfiRequestStatus.PRINTING -> RequestStatus.PRINTING
    FfiRequestStatus.COMPLETED -> RequestStatus.COMPLETED
    FfiRequestStatus.PRINTED -> RequestStatus.PRINTED
    FfiRequestStatus.REJECTED -> RequestStatus.REJECTED
    FfiRequestStatus.EXPIRED -> RequestStatus.EXPIRED
    FfiRequestStatus.GRANTED -> RequestStatus.GRANTED
    FfiRequestStatus.UNKNOWN -> RequestStatus.UNKNOWN
}

internal fun FfiRequestStanding.toCore(): RequestStanding = when (this) {
    is FfiRequestStanding.Waiting -> RequestStanding.Waiting(operation)
    is FfiRequestStanding.BeingChecked -> RequestStanding.BeingChecked(operation)
    is FfiRequestStanding.NeedsAttention -> RequestStanding.NeedsAttention(operation)
    is FfiRequestStanding.At -> RequestStanding.At(status.toCore())
}

internal fun FfiRequestSummary.toCore(): RequestSummary = RequestSummary(
    id = id,
    number = number,
    service = service,
    serviceName = serviceName?.toCore(),
    standing = standing.toCore(),
    submittedAt = Instant.ofEpochMilli(submittedAtMs),
    updatedAt = Instant.ofEpochMilli(updatedAtMs),
    person = person?.toCore(),
    progress = progress.toCore(),
)

internal fun FfiRepresented.toCore(): Represented = Represented(id = id, relation = relation.toCore(), name = name)

internal fun FfiRelation.toCore(): Relation = when (this) {
    FfiRelation.CHILD -> Relation.CHILD
    FfiRelation.PARENT -> Relation.PARENT
    FfiRelation.COMPANY -> Relation.COMPANY
}

internal fun FfiAgedPeople.toCore(): Aged<List<Represented>> = aged(value.map { it.toCore() }, asOfMs, stale)

internal fun FfiRequestProgress.toCore(): RequestProgress = RequestProgress(
    headline = headline.toCore(),
    next = next?.toCore(),
    whoActs = whoActs.toCore(),
    due = due?.toCore(),
    by = by?.let(LocalDate::parse),
    overdue = overdue,
    message = message?.toCore(),
    tasks = tasks.map { it.toCore() },
    toPay = toPay?.toCore(),
    changedSinceSeen = changedSinceSeen.toInt(),
    underWay = underWay,
    mayBeWithdrawn = mayBeWithdrawn,
)

internal fun FfiWhoActs.toCore(): WhoActs = when (this) {
    FfiWhoActs.CITIZEN -> WhoActs.CITIZEN
    FfiWhoActs.ORGANISATION -> WhoActs.ORGANISATION
    FfiWhoActs.NOBODY -> WhoActs.NOBODY
    FfiWhoActs.UNKNOWN -> WhoActs.UNKNOWN
}

internal fun FfiRequestTask.toCore(): RequestTask = RequestTask(kind = kind.toCore(), name = name, title = title.toCore())

internal fun FfiRequestTaskKind.toCore(): RequestTaskKind = when (this) {
    FfiRequestTaskKind.CORRECT -> RequestTaskKind.CORRECT
    FfiRequestTaskKind.ATTACH -> RequestTaskKind.ATTACH
}

internal fun FfiRequestDetail.toCore(): RequestDetail = RequestDetail(
    summary = summary.toCore(),
    form = form.mapValues { it.value.toCore() },
    history = history.map { it.toCore() },
    outcome = outcome?.toCore(),
)

internal fun FfiFieldValue.toCore(): FieldValue = when (this) {
    is FfiFieldValue.Text -> FieldValue.Text(text)
    is FfiFieldValue.WholeNumber -> FieldValue.WholeNumber(number)
    is FfiFieldValue.YesNo -> FieldValue.YesNo(yes)
    is FfiFieldValue.Other -> FieldValue.Other(json)
}

internal fun FfiRequestStep.toCore(): RequestStep = RequestStep(
    status = status.toCore(),
    at = Instant.ofEpochMilli(atMs),
    text = text.toCore(),
    actor = actor.toCore(),
    note = note?.toCore(),
)

internal fun FfiActor.toCore(): Actor = Actor(
    kind = kind.toCore(),
    name = name,
)

internal fun FfiActorKind.toCore(): ActorKind = when (this) {
    FfiActorKind.CITIZEN -> ActorKind.CITIZEN
    FfiActorKind.CLERK -> ActorKind.CLERK
    FfiActorKind.SYSTEM -> ActorKind.SYSTEM
    FfiActorKind.UNKNOWN -> ActorKind.UNKNOWN
}

internal fun FfiLocalisedText.toCore(): LocalisedText = LocalisedText(mn = mn, en = en)

internal fun FfiAgedServiceDetail.toCore(): Aged<ServiceDetail> = aged(value.toCore(), asOfMs, stale)

internal fun FfiAgedBundle.toCore(): Aged<ServiceBundle> = aged(value.toCore(), asOfMs, stale)

internal fun FfiAgedForm.toCore(): Aged<FormState> = aged(value.toCore(), asOfMs, stale)

internal fun FfiAgedRequestDetail.toCore(): Aged<RequestDetail> = aged(value.toCore(), asOfMs, stale)

internal fun FfiAgedMessage.toCore(): Aged<Message> = aged(value.toCore(), asOfMs, stale)

internal fun FfiSearchPage.toCore(): Aged<SearchPage> = aged(
    SearchPage(items.map { it.toCore() }, next, didYouMean, refusal?.toCore(), hiddenByFilter, preparing),
    asOfMs,
    stale,
)

internal fun FfiSearchHit.toCore(): SearchHit =
    SearchHit(service.toCore(), highlights.map { it.toCore() }, why.map { it.toCore() })

internal fun FfiHighlight.toCore(): IntRange = start.toInt() until (start + length).toInt()

internal fun FfiMatchReason.toCore(): MatchReason = MatchReason(asked, found, how.toCore())

internal fun FfiMatchKind.toCore(): MatchKind = when (this) {
    FfiMatchKind.WORD -> MatchKind.WORD
    FfiMatchKind.SOUND -> MatchKind.SOUND
    FfiMatchKind.BEGINNING -> MatchKind.BEGINNING
    FfiMatchKind.SPELLING -> MatchKind.SPELLING
    FfiMatchKind.SYNONYM -> MatchKind.SYNONYM
}

internal fun FfiWebSignIn.toCore(): WebSignIn = WebSignIn(
    id = id,
    service = service.toCore(),
    askedAt = Instant.ofEpochMilli(askedAtMs),
    numbers = numbers.map { it.toInt() },
)

internal fun FfiRefusal.toCore(): Refusal = Refusal(organisations.map { it.toCore() }, helpLine)

internal fun FfiSpokenResults.toCore(): Aged<SpokenResults> =
    aged(SpokenResults(heard, outcome.toCore(), hiddenByFilter, preparing), asOfMs, stale)

internal fun FfiSpokenOutcome.toCore(): SpokenOutcome = when (this) {
    is FfiSpokenOutcome.One -> SpokenOutcome.One(hit.toCore())
    is FfiSpokenOutcome.Choices -> SpokenOutcome.Choices(hits.map { it.toCore() })
    is FfiSpokenOutcome.Nothing -> SpokenOutcome.Nothing(refusal?.toCore())
}

internal fun FfiServicePage.toCore(): Aged<Page<Service>> = aged(Page(items.map { it.toCore() }, next), asOfMs, stale)

internal fun FfiBundlePage.toCore(): Aged<Page<ServiceBundle>> = aged(Page(items.map { it.toCore() }, next), asOfMs, stale)

internal fun FfiOrganisationPage.toCore(): Aged<Page<Organisation>> =
    aged(Page(items.map { it.toCore() }, next), asOfMs, stale)

internal fun FfiAdministrativeUnitPage.toCore(): Aged<Page<AdministrativeUnit>> =
    aged(Page(items.map { it.toCore() }, next), asOfMs, stale)

internal fun FfiRequestPage.toCore(): Aged<Page<RequestSummary>> =
    aged(Page(items.map { it.toCore() }, next), asOfMs, stale)

internal fun FfiMessagePage.toCore(): Aged<Page<Message>> = aged(Page(items.map { it.toCore() }, next), asOfMs, stale)

internal fun FfiOperationPage.toCore(): Page<OutboxOperation> = Page(items.map { it.toCore() }, next)

private fun <T> aged(value: T, asOfMs: Long?, stale: Boolean) = Aged(value, asOfMs?.let(Instant::ofEpochMilli), stale)
