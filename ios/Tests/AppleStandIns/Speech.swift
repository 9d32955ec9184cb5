// Stand-in for Speech. It needs that of AVFAudio, which is made before.
import AVFAudio
import Foundation

public enum SFSpeechRecognizerAuthorizationStatus: Int, Sendable { case notDetermined, denied, restricted, authorized }
public enum SFSpeechRecognitionTaskHint: Int, Sendable { case unspecified, dictation, search, confirmation }

open class SFSpeechRecognitionRequest {
    public init() {}
    public var taskHint = SFSpeechRecognitionTaskHint.unspecified
    public var shouldReportPartialResults = true
    public var requiresOnDeviceRecognition = false
    public var contextualStrings: [String] = []
}

open class SFSpeechAudioBufferRecognitionRequest: SFSpeechRecognitionRequest, @unchecked Sendable {
    public override init() {}
    public func append(_ audioPCMBuffer: AVAudioPCMBuffer) {}
    public func endAudio() {}
}

open class SFTranscriptionSegment {
    public var confidence: Float { fatalError() }
}

open class SFTranscription {
    public var formattedString: String { fatalError() }
    public var segments: [SFTranscriptionSegment] { fatalError() }
}

open class SFSpeechRecognitionResult {
    public var transcriptions: [SFTranscription] { fatalError() }
    public var isFinal: Bool { fatalError() }
}

open class SFSpeechRecognitionTask {
    public func cancel() {}
}

open class SFSpeechRecognizer {
    public class func supportedLocales() -> Set<Locale> { fatalError() }
    public class func authorizationStatus() -> SFSpeechRecognizerAuthorizationStatus { fatalError() }
    public init?(locale: Locale) {}
    public var isAvailable: Bool { fatalError() }
    public var supportsOnDeviceRecognition: Bool { fatalError() }
    public func recognitionTask(
        with request: SFSpeechRecognitionRequest,
        resultHandler: @escaping @Sendable (SFSpeechRecognitionResult?, (any Error)?) -> Void
    ) -> SFSpeechRecognitionTask { fatalError() }
}
