import Testing

@testable import EMongoliaCore

@Suite struct ErrorTextTests {
    private let all: [CoreError] = [
        .SignInRequired, .Locked, .Forbidden, .Offline, .Timeout, .Busy(retryAfterS: nil), .Busy(retryAfterS: 7),
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
        #expect(Set(ErrorText.reasons.values.map(\.mn)).count == ErrorText.reasons.count, "no two codes say the same")
    }

    @Test("A reason is told by its code, by the first part of its code, or in general")
    func reasons() {
        #expect(ErrorText.reason("form.required", in: .mn) == "Энэ талбарыг заавал бөглөнө.")
        #expect(ErrorText.reason("registration_number.month", in: .mn) == "Регистрийн дугаар буруу байна.")
        #expect(ErrorText.reason("тодорхойгүй", in: .en) == ErrorText.someReason.en)
        #expect(ErrorText.reason(nil, in: .mn) == ErrorText.someReason.mn)
    }

    /// `all` above can't forget one: this does not build with a new error, and fails when one is not in it.
    @Test("None is forgotten")
    func exhaustive() {
        let kinds = Set(all.map { error in
            switch error {
            case .SignInRequired: 0
            case .Locked: 1
            case .Forbidden: 2
            case .Offline: 3
            case .Timeout: 4
            case .Busy: 5
            case .Invalid: 6
            case .NotFound: 7
            case .Cancelled: 8
            case .NotAvailable: 9
            case .Unexpected: 10
            }
        })
        #expect(kinds == Set(0...10))
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
