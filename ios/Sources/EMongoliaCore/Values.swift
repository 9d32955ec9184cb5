/// The values that cross, by name: plain, immutable, `Sendable`. Objects never leave this module as generated.
import EMongoliaBindings

// What an installation is told, and what the platform lends.
public typealias CoreConfig = EMongoliaBindings.CoreConfig
public typealias PinSet = EMongoliaBindings.PinSet
public typealias DocumentKey = EMongoliaBindings.DocumentKey
public typealias Language = EMongoliaBindings.Language
public typealias ProcessMode = EMongoliaBindings.ProcessMode
public typealias SecretStore = EMongoliaBindings.SecretStore
public typealias BiometricKey = EMongoliaBindings.BiometricKey
public typealias DeviceKey = EMongoliaBindings.DeviceKey
public typealias LogSink = EMongoliaBindings.LogSink
public typealias LogRecord = EMongoliaBindings.LogRecord
public typealias LogLevel = EMongoliaBindings.LogLevel

// What can go wrong.
public typealias CoreError = EMongoliaBindings.CoreError
public typealias PortError = EMongoliaBindings.PortError

// The life of the core.
public typealias Event = EMongoliaBindings.Event
public typealias Area = EMongoliaBindings.Area
public typealias SyncReport = EMongoliaBindings.SyncReport
public typealias SyncStep = EMongoliaBindings.SyncStep
public typealias StepOutcome = EMongoliaBindings.StepOutcome
public typealias PushOutcome = EMongoliaBindings.PushOutcome
public typealias Refreshed = EMongoliaBindings.Refreshed
public typealias SignedOut = EMongoliaBindings.SignedOut

// Who the citizen is.
public typealias AuthorizationRequest = EMongoliaBindings.AuthorizationRequest
public typealias SessionState = EMongoliaBindings.SessionState
public typealias Citizen = EMongoliaBindings.Citizen
public typealias CitizenSummary = EMongoliaBindings.CitizenSummary
public typealias LockStatus = EMongoliaBindings.LockStatus
public typealias RegisteredAddress = EMongoliaBindings.RegisteredAddress
public typealias LocalisedText = EMongoliaBindings.LocalisedText

// The catalogue.
public typealias Service = EMongoliaBindings.Service
public typealias ServiceDetail = EMongoliaBindings.ServiceDetail
public typealias AgedServiceDetail = EMongoliaBindings.AgedServiceDetail
public typealias ServiceFilter = EMongoliaBindings.ServiceFilter
public typealias ServicePage = EMongoliaBindings.ServicePage
public typealias ServiceKind = EMongoliaBindings.ServiceKind
public typealias ServiceDuration = EMongoliaBindings.ServiceDuration
public typealias Fee = EMongoliaBindings.Fee
public typealias SearchHit = EMongoliaBindings.SearchHit
public typealias SearchPage = EMongoliaBindings.SearchPage
public typealias Highlight = EMongoliaBindings.Highlight
public typealias MatchReason = EMongoliaBindings.MatchReason
public typealias MatchKind = EMongoliaBindings.MatchKind
public typealias Refusal = EMongoliaBindings.Refusal
public typealias Hypothesis = EMongoliaBindings.Hypothesis
public typealias SpokenResults = EMongoliaBindings.SpokenResults
public typealias SpokenOutcome = EMongoliaBindings.SpokenOutcome
public typealias Organisation = EMongoliaBindings.Organisation
public typealias OrganisationPage = EMongoliaBindings.OrganisationPage
public typealias AdministrativeUnit = EMongoliaBindings.AdministrativeUnit
public typealias AdministrativeUnitKind = EMongoliaBindings.AdministrativeUnitKind
public typealias AdministrativeUnitPage = EMongoliaBindings.AdministrativeUnitPage

// Requests. `Actor` would hide Swift's own.
public typealias FormState = EMongoliaBindings.FormState
public typealias FormSection = EMongoliaBindings.FormSection
public typealias FieldState = EMongoliaBindings.FieldState
public typealias FieldKind = EMongoliaBindings.FieldKind
public typealias FieldProblem = EMongoliaBindings.FieldProblem
public typealias Prefill = EMongoliaBindings.Prefill
public typealias AgedForm = EMongoliaBindings.AgedForm
public typealias Choice = EMongoliaBindings.Choice
public typealias Draft = EMongoliaBindings.Draft
public typealias DraftFile = EMongoliaBindings.DraftFile
public typealias DraftSummary = EMongoliaBindings.DraftSummary
public typealias DraftPage = EMongoliaBindings.DraftPage
public typealias PrefillOffer = EMongoliaBindings.PrefillOffer
public typealias SetAside = EMongoliaBindings.SetAside
public typealias Payment = EMongoliaBindings.Payment
public typealias PaymentState = EMongoliaBindings.PaymentState
public typealias Invoice = EMongoliaBindings.Invoice
public typealias BankLink = EMongoliaBindings.BankLink
public typealias Receipt = EMongoliaBindings.Receipt
public typealias ReceiptPage = EMongoliaBindings.ReceiptPage
public typealias Confirmation = EMongoliaBindings.Confirmation
public typealias ConfirmationLine = EMongoliaBindings.ConfirmationLine
public typealias RequestSummary = EMongoliaBindings.RequestSummary
public typealias RequestPage = EMongoliaBindings.RequestPage
public typealias RequestDetail = EMongoliaBindings.RequestDetail
public typealias AgedRequestDetail = EMongoliaBindings.AgedRequestDetail
public typealias Represented = EMongoliaBindings.Represented
public typealias Relation = EMongoliaBindings.Relation
public typealias AgedPeople = EMongoliaBindings.AgedPeople
public typealias RequestProgress = EMongoliaBindings.RequestProgress
public typealias RequestTask = EMongoliaBindings.RequestTask
public typealias RequestTaskKind = EMongoliaBindings.RequestTaskKind
public typealias WhoActs = EMongoliaBindings.WhoActs
public typealias RequestStep = EMongoliaBindings.RequestStep
public typealias RequestStanding = EMongoliaBindings.RequestStanding
public typealias RequestStatus = EMongoliaBindings.RequestStatus
public typealias RequestActor = EMongoliaBindings.Actor
public typealias ActorKind = EMongoliaBindings.ActorKind
public typealias FieldValue = EMongoliaBindings.FieldValue

// The portal in a browser.
public typealias WebSignIn = EMongoliaBindings.WebSignIn

// Bundles.
public typealias ServiceBundle = EMongoliaBindings.ServiceBundle
public typealias AgedBundle = EMongoliaBindings.AgedBundle
public typealias BundlePage = EMongoliaBindings.BundlePage
public typealias BundleItem = EMongoliaBindings.BundleItem
public typealias BundlePrerequisite = EMongoliaBindings.BundlePrerequisite
public typealias BundleReason = EMongoliaBindings.BundleReason
public typealias BundleKind = EMongoliaBindings.BundleKind
public typealias BundleStanding = EMongoliaBindings.BundleStanding
public typealias BundleItemState = EMongoliaBindings.BundleItemState
public typealias BundleFilter = EMongoliaBindings.BundleFilter

// Inbox and outbox.
public typealias Message = EMongoliaBindings.Message
public typealias AgedMessage = EMongoliaBindings.AgedMessage
public typealias MessagePage = EMongoliaBindings.MessagePage
public typealias MessageFilter = EMongoliaBindings.MessageFilter
public typealias MessageKind = EMongoliaBindings.MessageKind
public typealias OutboxOperation = EMongoliaBindings.OutboxOperation
public typealias OperationPage = EMongoliaBindings.OperationPage
public typealias OperationState = EMongoliaBindings.OperationState
public typealias FlushOutcome = EMongoliaBindings.FlushOutcome
