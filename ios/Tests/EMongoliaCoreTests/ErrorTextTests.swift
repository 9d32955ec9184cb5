import Foundation
import Testing

@testable import EMongoliaCore

@Suite struct ErrorTextTests {
    private let all: [CoreError] = [
        .SignInRequired, .StepUpRequired(maxAgeS: 300, acr: "urn:mn:dan:signature"), .Locked, .Forbidden, .Offline, .Timeout,
        .Busy(retryAfterS: nil), .Busy(retryAfterS: 7),
        .Invalid(field: "forUsage", reason: "form.required"), .NotFound, .Cancelled, .NotAvailable,
        .Unexpected(code: "storage.full", reference: "0a1b2c3d"),
    ]

    @Test("Every error and every reason has its own words in Mongolian, in Cyrillic, and in English")
    func complete() {
        var titles: Set<String> = []
        for error in all {
            let (mn, en) = (error.text(in: .mn), error.text(in: .en))
            titles.insert(en.title)
            #expect(mn.remedy == en.remedy)
            for text in [mn.title, mn.message] { #expect(isCyrillic(text), "\(error): \(text)") }
            for text in [en.title, en.message] { #expect(isLatin(text), "\(error): \(text)") }
        }
        #expect(titles.count == all.count - 1, "the two of `Busy` have one title")
        for (code, words) in ErrorText.reasons {
            #expect(isCyrillic(words.mn) && isLatin(words.en), "\(code)")
        }
        let different = Set(ErrorText.reasons.values.map(\.mn)).count
        #expect(different == ErrorText.reasons.count - 1, "only the two of a file that changed while it was read say the same")
    }

    @Test("A reason is told by its code, by the first part of its code, or in general")
    func reasons() {
        #expect(ErrorText.reason("form.required", in: .mn) == "Энэ талбарыг заавал бөглөнө.")
        #expect(ErrorText.reason("registration_number.month", in: .mn) == "Регистрийн дугаар буруу байна.")
        #expect(ErrorText.reason("тодорхойгүй", in: .en) == ErrorText.someReason.en)
        #expect(ErrorText.reason(nil, in: .mn) == ErrorText.someReason.mn)
    }

    @Test("Every error and every language of the core is among them: the generated code says which there are")
    func noneIsForgotten() throws {
        let errors = Set(all.map { String("\($0)".prefix { $0 != "(" }) })

        #expect(try cases(of: "CoreError") == errors)
        #expect(try cases(of: "Language") == Set([Language.mn, .en].map { "\($0)" }))
    }

    /// As the generated code names them.
    private func cases(of type: String) throws -> Set<String> {
        let package = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let generated = package.appendingPathComponent("Generated/EMongoliaBindings/EMongoliaBindings.swift")
        let lines = try String(contentsOf: generated, encoding: .utf8).components(separatedBy: "\n")
        let start = try #require(lines.firstIndex { $0.contains("enum \(type): ") })
        let body = lines[start...].prefix { $0 != "}" }
        // A case stands four in; what a `switch` of the enum says stands further in.
        let names = body.filter { $0.hasPrefix("    case ") }.map { line in
            String(line.dropFirst("    case ".count).prefix { $0.isLetter || $0.isNumber })
        }
        return Set(names)
    }

    @Test("Nothing is promised that the error does not know: a read can be offline, and who never signed in is asked too")
    func nothingIsPromised() {
        let told = { (language: Language) in [CoreError.Offline, .SignInRequired].map { $0.text(in: language).message } }

        let (mn, en) = (told(.mn), told(.en))

        for promise in ["лгээ", "лгэх", "өөрөө"] { #expect(!mn.contains { $0.contains(promise) }) }
        for promise in ["sen", "by itself"] { #expect(!en.contains { $0.contains(promise) }) }
        #expect(!mn[1].contains("дахин") && !en[1].contains("again"))
    }

    @Test("A long wait is told in minutes, never too few", arguments: [
        (90, "90 секундын дараа дахин оролдоно уу.", "Try again in 90 seconds."),
        (91, "2 минутын дараа дахин оролдоно уу.", "Try again in 2 minutes."),
        (3601, "61 минутын дараа дахин оролдоно уу.", "Try again in 61 minutes."),
        (.max, "71582789 минутын дараа дахин оролдоно уу.", "Try again in 71582789 minutes."),
    ] as [(UInt32, String, String)])
    func waits(seconds: UInt32, mn: String, en: String) {
        let error = CoreError.Busy(retryAfterS: seconds)

        #expect([Language.mn, .en].map { error.text(in: $0).message } == [mn, en])
    }

    @Test("Beside a wrong PIN stands what follows, and nothing where none can be tried")
    func tries() throws {
        let told = { (left: UInt8, recoverable: Bool, language: Language) in
            LockStatus(
                set: true, open: false, biometric: false, recoverable: recoverable, triesLeft: left, waitS: 30
            ).triesText(in: language)
        }

        for recoverable in [true, false] {
            let (mn, en) = (try #require(told(7, recoverable, .mn)), try #require(told(7, recoverable, .en)))
            #expect(mn.contains("7") && isCyrillic(mn) && en.contains("7") && isLatin(en))
        }
        #expect(told(1, false, .mn)?.contains("устана") == true && told(1, true, .mn)?.contains("устана") == false)
        #expect(told(0, true, .en) == nil)
    }

    @Test("Technical words stay out; the reference and the wait are told")
    func whatIsSaid() {
        let defect = CoreError.Unexpected(code: "storage.full", reference: "0a1b2c3d").text(in: .mn)
        #expect(defect.message.contains("0a1b2c3d") && !defect.message.contains("storage"))
        #expect(CoreError.Busy(retryAfterS: 7).text(in: .mn).message.contains("7 секунд"))
        let invalid = CoreError.Invalid(field: "forUsage", reason: "form.too_long").text(in: .en)
        #expect(!(invalid.title + invalid.message).contains("forUsage"))
    }

    private func isCyrillic(_ text: String) -> Bool {
        let letters = text.unicodeScalars.filter { $0.properties.isAlphabetic }
        let cyrillic = letters.filter { (0x0400...0x04FF).contains($0.value) }
        return !cyrillic.isEmpty && cyrillic.count * 2 > letters.count
    }

    private func isLatin(_ text: String) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy(\.isASCII)
    }
}
