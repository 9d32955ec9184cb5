// Into the core.

package mn.emongolia.core

import kotlin.time.Duration
import mn.emongolia.ffi.BundleFilter as FfiBundleFilter
import mn.emongolia.ffi.CoreConfig as FfiCoreConfig
import mn.emongolia.ffi.DocumentKey as FfiDocumentKey
import mn.emongolia.ffi.Hypothesis as FfiHypothesis
import mn.emongolia.ffi.Language as FfiLanguage
import mn.emongolia.ffi.MessageFilter as FfiMessageFilter
import mn.emongolia.ffi.PinSet as FfiPinSet
import mn.emongolia.ffi.ProcessMode as FfiProcessMode
import mn.emongolia.ffi.ServiceFilter as FfiServiceFilter
import mn.emongolia.ffi.ServiceKind as FfiServiceKind

internal fun Settings.toFfi(): FfiCoreConfig = FfiCoreConfig(
    stateDir = stateDir.path,
    cacheDir = cacheDir.path,
    gateway = gateway,
    issuer = issuer,
    clientId = clientId,
    redirectUri = redirectUri,
    roots = roots,
    pins = pins.map { FfiPinSet(it.host, it.spkiSha256, it.expires.toEpochMilli()) },
    documentKeys = documentKeys.map { FfiDocumentKey(it.kid, it.point) },
    language = when (language) {
        Language.MN -> FfiLanguage.MN
        Language.EN -> FfiLanguage.EN
    },
    mode = when (mode) {
        ProcessMode.APP -> FfiProcessMode.APP
        ProcessMode.EXTENSION -> FfiProcessMode.EXTENSION
    },
    publishedApi = publishedApi,
)

internal fun ServiceFilter.toFfi(): FfiServiceFilter =
    FfiServiceFilter(organisation = organisation, kind = kind?.toFfi(), free = free, online = online, area = area)

internal fun Hypothesis.toFfi(): FfiHypothesis = FfiHypothesis(text = text, confidence = confidence)

internal fun ServiceKind.toFfi(): FfiServiceKind = when (this) {
    ServiceKind.REFERENCE -> FfiServiceKind.REFERENCE
    ServiceKind.CERTIFICATE -> FfiServiceKind.CERTIFICATE
    ServiceKind.APPLICATION -> FfiServiceKind.APPLICATION
    ServiceKind.ORDER -> FfiServiceKind.ORDER
    ServiceKind.PAYMENT -> FfiServiceKind.PAYMENT
    ServiceKind.REGISTRATION -> FfiServiceKind.REGISTRATION
    ServiceKind.INFORMATION -> FfiServiceKind.INFORMATION
    ServiceKind.OTHER -> FfiServiceKind.OTHER
}

internal fun BundleFilter.toFfi(): FfiBundleFilter = when (this) {
    BundleFilter.ALL -> FfiBundleFilter.ALL
    BundleFilter.SUGGESTED -> FfiBundleFilter.SUGGESTED
}

internal fun MessageFilter.toFfi(): FfiMessageFilter = when (this) {
    MessageFilter.ALL -> FfiMessageFilter.ALL
    MessageFilter.UNREAD -> FfiMessageFilter.UNREAD
    MessageFilter.OF_PERSON -> FfiMessageFilter.OF_PERSON
}

/** Whole milliseconds; nothing waits longer than the type can say, 49 days. */
internal fun Duration.toFfiMs(): UInt = inWholeMilliseconds.coerceIn(0, UInt.MAX_VALUE.toLong()).toUInt()

/** Whole seconds; nothing is older than the type can say, 136 years. */
internal fun Duration.toFfiSeconds(): UInt = inWholeSeconds.coerceIn(0, UInt.MAX_VALUE.toLong()).toUInt()
