import Testing

@testable import EMongoliaCore

@Suite struct ErrorTextTests {
    private let all: [CoreError] = [
        .SignInRequired, .Locked, .Forbidden, .Offline, .Timeout, .Busy(retryAfterS: nil), .Busy(retryAfterS: 7),
        .Invalid(field: "forUsage", reason: "form.required"), .NotFound, .Cancelled, .NotAvailable,
        .Unexpected(code: "storage.full", reference: "0a1b2c3d"),
    ]

    @Test("Every error has its own words in Mongolian, in Cyrillic, and in English")
    func complete() {
        var titles: Set<String> = []
        for error in all {
            let (mn, en) = (error.text(in: .mn), error.text(in: .en))
            titles.insert(en.title)
            for text in [mn.title, mn.advice] { #expect(isCyrillic(text), "\(error): \(text)") }
            for text in [en.title, en.advice] { #expect(isLatin(text), "\(error): \(text)") }
        }
        #expect(titles.count == all.count - 1, "the two of `Busy` have one title")
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
        #expect(defect.advice.contains("0a1b2c3d") && !defect.advice.contains("storage"))
        #expect(CoreError.Busy(retryAfterS: 7).text(in: .mn).advice.contains("7 секунд"))
        let invalid = CoreError.Invalid(field: "forUsage", reason: "form.required").text(in: .en)
        #expect(!(invalid.title + invalid.advice).contains("forUsage"))
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
