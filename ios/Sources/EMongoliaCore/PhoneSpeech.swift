/// What iOS says of speech, in our words: the rules of `Apple/PhoneSpeechRecogniser.swift` that need no phone.
enum PhoneSpeech {
    /// Nobody documents the numbers; these are what iOS 16 to 18 are seen to give.
    static func failure(domain: String, code: Int) -> SpeechFailure {
        switch (domain, code) {
        case ("kAFAssistantErrorDomain", 1110), ("kAFAssistantErrorDomain", 203): .nothingHeard
        case ("kLSRErrorDomain", 201): .permission  // dictation is switched off
        case ("kLSRErrorDomain", 102): .download  // the language's files are not there
        case ("kAFAssistantErrorDomain", 1100): .busy
        case ("NSURLErrorDomain", _), ("kAFAssistantErrorDomain", 4): .offline
        case ("com.apple.coreaudio.avfaudio", _): .microphone
        default: .unavailable
        }
    }

    /// A whole is as sure as its parts on average; iOS says 0 where it does not know.
    static func transcript(_ text: String, segments: [Float]) -> Transcript? {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !words.isEmpty else { return nil }
        let known = segments.filter { $0 > 0 && $0 <= 1 }
        guard !known.isEmpty, known.count == segments.count else { return Transcript(words) }
        return Transcript(words, confidence: known.reduce(0, +) / Float(known.count))
    }

    /// The identifier, among those that the system lists, of the language that is asked for.
    static func identifier(for language: String, among listed: [String]) -> String? {
        listed.sorted().first { isSameLanguage($0, language) }
    }
}
