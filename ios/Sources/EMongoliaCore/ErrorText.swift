/// What a citizen reads when something did not go well.
///
/// Guarantees: every error has a text in both languages; none of it is technical but the reference, which can be read out to
/// whoever helps.
public struct ErrorText: Sendable, Equatable {
    /// One line: what happened.
    public let title: String
    /// What can be done about it.
    public let advice: String
}

extension CoreError {
    public func text(in language: Language) -> ErrorText {
        let (mn, en) = texts
        switch language {
        case .mn: return mn
        case .en: return en
        }
    }

    /// No `default`: a new error does not build until it has its words.
    private var texts: (mn: ErrorText, en: ErrorText) {
        switch self {
        case .SignInRequired:
            return (
                ErrorText(title: "Нэвтрэх шаардлагатай", advice: "ДАН-аар нэвтэрнэ үү. Илгээхээр хадгалсан зүйлс тань хэвээр байгаа."),
                ErrorText(title: "Sign-in needed", advice: "Sign in with DAN. What you have saved to send is still here.")
            )
        case .Locked:
            return (
                ErrorText(title: "Утас түгжээтэй байна", advice: "Утасныхаа түгжээг тайлаад дахин оролдоно уу."),
                ErrorText(title: "The phone is locked", advice: "Unlock your phone and try again.")
            )
        case .Forbidden:
            return (
                ErrorText(title: "Танд энэ үйлдлийн эрх алга", advice: "Өөрийн мэдээллээ шалгаад, шаардлагатай бол тухайн байгууллагад хандана уу."),
                ErrorText(title: "You may not do this", advice: "Check whether it is yours; if it is, turn to the institution.")
            )
        case .Offline:
            return (
                ErrorText(title: "Сүлжээ алга", advice: "Хадгалсан мэдээллээ уншиж болно. Илгээсэн зүйл тань сүлжээ ормогц өөрөө явна."),
                ErrorText(title: "No network", advice: "What was loaded can still be read. What you sent goes by itself once the network is back.")
            )
        case .Timeout:
            return (
                ErrorText(title: "Хариу удаж байна", advice: "Үүрэн холбоо эсвэл Wi-Fi-аа шалгаад дахин оролдоно уу."),
                ErrorText(title: "No answer in time", advice: "Check your connection and try again.")
            )
        case .Busy(let retryAfterS):
            return busy(retryAfterS)
        case .Invalid:
            return (
                ErrorText(title: "Утга тохирохгүй байна", advice: "Тэмдэглэсэн талбарыг шалгаад өөрчилнө үү."),
                ErrorText(title: "A value does not fit", advice: "Look at the marked field and change it.")
            )
        case .NotFound:
            return (
                ErrorText(title: "Олдсонгүй", advice: "Энэ зүйл байхгүй эсвэл устгагдсан байна. Жагсаалтаа шинэчилнэ үү."),
                ErrorText(title: "Not found", advice: "It does not exist or was removed. Refresh the list.")
            )
        case .Cancelled:
            return (
                ErrorText(title: "Зогсоосон", advice: "Хэрэгтэй бол дахин эхлүүлнэ үү."),
                ErrorText(title: "Stopped", advice: "Start again if you need it.")
            )
        case .NotAvailable:
            return (
                ErrorText(title: "Одоо боломжгүй байна", advice: "Аппаа нээгээд дахин оролдоно уу."),
                ErrorText(title: "Not available now", advice: "Open the app and try again.")
            )
        case .Unexpected(_, let reference):
            return (
                ErrorText(title: "Алдаа гарлаа", advice: "Дахин оролдоно уу. Давтагдвал тусламжийн ажилтанд энэ дугаарыг хэлнэ үү: \(reference)"),
                ErrorText(title: "Something went wrong", advice: "Try again. If it happens again, tell support this reference: \(reference)")
            )
        }
    }

    private func busy(_ retryAfterS: UInt32?) -> (mn: ErrorText, en: ErrorText) {
        let wait: (mn: String, en: String)
        switch retryAfterS {
        case .some(let seconds): wait = ("\(seconds) секундийн дараа дахин оролдоно уу.", "Try again in \(seconds) seconds.")
        case .none: wait = ("Түр хүлээгээд дахин оролдоно уу.", "Wait a little and try again.")
        }
        return (
            ErrorText(title: "Үйлчилгээ ачаалалтай байна", advice: wait.mn),
            ErrorText(title: "The service is busy", advice: wait.en)
        )
    }
}
