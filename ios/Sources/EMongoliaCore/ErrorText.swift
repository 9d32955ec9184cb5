/// What a citizen is told when something could not be done: what happened, what to do, and what to offer beside it.
///
/// Guarantees: every error has words in both languages, the same as on Android (a test of xtask holds them together);
/// nothing is promised that the error does not know; nothing technical is in them but the reference, to be read out.
public struct ErrorText: Sendable, Equatable {
    public let title: String
    public let message: String
    public let remedy: Remedy

    /// For an outbox operation that is stuck, or a field: the stable code in words. Codes have the form `what` or
    /// `what.why`; one that this build does not know is told by its first part, or in general.
    public static func reason(_ code: String?, in language: Language) -> String {
        words(ofReason: code).said(in: language)
    }
}

/// What to offer next to the text.
public enum Remedy: Sendable, Equatable {
    /// Nothing but to close it.
    case none
    case signIn
    /// Prove anew who they are: ``Auth/stepUp(within:acr:)``.
    case stepUp
    /// The phone or the app.
    case unlock
    /// Now, or when the network is back.
    case tryAgain
    /// The field that the error names.
    case mendField
    /// With the reference.
    case callForHelp
}

extension CoreError {
    public func text(in language: Language) -> ErrorText {
        let (title, message, remedy) = words
        return ErrorText(title: title.said(in: language), message: message.said(in: language), remedy: remedy)
    }

    /// No `default`: a new error does not build until it has its words.
    private var words: (title: Words, message: Words, remedy: Remedy) {
        switch self {
        case .SignInRequired:
            return (
                Words("Нэвтэрнэ үү", "Sign in"),
                Words("Үргэлжлүүлэхийн тулд нэвтэрнэ үү.", "Sign in to go on."),
                .signIn
            )
        case .StepUpRequired:
            return (
                Words("Дахин баталгаажуулна уу", "Confirm who you are"),
                Words(
                    "Үүнийг хийхийн тулд өөрийгөө ДАН-аар дахин баталгаажуулна уу.",
                    "For this, confirm once more who you are."),
                .stepUp
            )
        case .Locked:
            return (
                Words("Түгжээтэй байна", "Locked"),
                Words(
                    "Утас эсвэл аппынхаа түгжээг тайлаад дахин оролдоно уу.",
                    "Unlock the phone or the app and try again."),
                .unlock
            )
        case .Forbidden:
            return (
                Words("Зөвшөөрөлгүй", "Not allowed"),
                Words("Танд үүнийг хийх эрх алга.", "You are not allowed to do this."),
                .none
            )
        case .Offline:
            return (
                Words("Сүлжээ алга", "No network"),
                Words(
                    "Сүлжээнд холбогдож чадсангүй. Сүлжээ сэргэхэд дахин оролдоно уу.",
                    "The network can't be reached. Try again when it is back."),
                .tryAgain
            )
        case .Timeout:
            return (
                Words("Хариу ирсэнгүй", "No answer"),
                Words(
                    "Хариу хугацаандаа ирсэнгүй. Дахин оролдоно уу.",
                    "No answer came in time. Try again."),
                .tryAgain
            )
        case .Busy(let retryAfterS):
            return (
                Words("Ачаалалтай байна", "Busy"),
                Self.wait(retryAfterS),
                .tryAgain
            )
        case .Invalid(_, let reason):
            return (
                Words("Засах зүйл байна", "Something to correct"),
                ErrorText.words(ofReason: reason),
                .mendField
            )
        case .NotFound:
            return (
                Words("Олдсонгүй", "Not found"),
                Words(
                    "Ийм зүйл алга, эсвэл устгагдсан байна.",
                    "There is no such thing, or it has been deleted."),
                .none
            )
        case .Cancelled:
            return (
                Words("Зогсоолоо", "Stopped"),
                Words(
                    "Үйлдлийг зогсоолоо. Дахин оролдож болно.",
                    "This was called off. You can try again."),
                .tryAgain
            )
        case .NotAvailable:
            return (
                Words("Одоогоор боломжгүй", "Not available now"),
                Words("Аппыг дахин нээгээд оролдоно уу.", "Open the app again and try once more."),
                .tryAgain
            )
        case .Unexpected(_, let reference):
            return (
                Words("Санаандгүй алдаа гарлаа", "Something went wrong"),
                reference.isEmpty
                    ? Words("Тусламжийн төвд хандана уу.", "Call the help desk.")
                    : Words(
                        "Тусламжийн төвд хандаж, энэ дугаарыг хэлнэ үү: \(reference)",
                        "Call the help desk and read out this reference: \(reference)"),
                .callForHelp
            )
        }
    }

    /// A longer wait is told in minutes.
    private static let mostSeconds: UInt64 = 90

    private static func wait(_ seconds: UInt32?) -> Words {
        let seconds = UInt64(seconds ?? 0)
        let minutes = (seconds + 59) / 60  // rounded up: too early is in vain
        if seconds > mostSeconds {
            return Words("\(minutes) минутын дараа дахин оролдоно уу.", "Try again in \(minutes) minutes.")
        }
        if seconds > 0 {
            return Words("\(seconds) секундын дараа дахин оролдоно уу.", "Try again in \(seconds) seconds.")
        }
        return Words("Түр хүлээгээд дахин оролдоно уу.", "Wait a little and try again.")
    }
}

extension LockStatus {
    /// Beside a wrong PIN: what happens after more of them. Nil: no PIN can be tried.
    public func triesText(in language: Language) -> String? {
        triesLeft > 0 ? Self.tries(triesLeft, recoverable: recoverable).said(in: language) : nil
    }

    private static func tries(_ left: UInt8, recoverable: Bool) -> Words {
        if recoverable {
            return Words(
                "Дахин \(left) удаа буруу оруулбал ПИН код хүчингүй болж, дахин нэвтрэх шаардлагатай болно.",
                "After \(left) more wrong ones the PIN is void and you have to sign in.")
        }
        return Words(
            "Дахин \(left) удаа буруу оруулбал энэ утсан дахь мэдээлэл устана.",
            "After \(left) more wrong ones what is on this phone is deleted.")
    }
}

/// One text in both languages.
struct Words: Sendable, Equatable {
    let mn: String
    let en: String

    init(_ mn: String, _ en: String) {
        self.mn = mn
        self.en = en
    }

    func said(in language: Language) -> String {
        switch language {
        case .mn: mn
        case .en: en
        }
    }
}

extension ErrorText {
    fileprivate static func words(ofReason code: String?) -> Words {
        guard let code else { return someReason }
        return reasons[code] ?? reasons[String(code.prefix { $0 != "." })] ?? reasons[String(code.prefix { $0 != "_" })]
            ?? someReason
    }

    static let someReason = Words("Үүнийг хүлээж авсангүй.", "This was not accepted.")

    static let changedWhileRead = Words(
        "Уншиж байх хооронд файл өөрчлөгдсөн байна. Дахин сонгоно уу.",
        "The file changed while it was read. Choose it again.")

    /// Codes that have words of their own.
    static let reasons: [String: Words] = [
        "attachment": Words(
            "Файлыг авах боломжгүй байна. Өөр файл сонгоно уу.",
            "This file is not taken. Choose another."),
        "attachment.empty": Words("Файл хоосон байна.", "The file is empty."),
        "attachment.too_large": Words(
            "Файл хэт том байна. Багасгаад дахин сонгоно уу.",
            "The file is too large. Make it smaller and choose it again."),
        "attachment.media_type": Words("Энэ төрлийн файлыг энд авахгүй.", "Files of this type are not taken here."),
        "attachment.not_what_it_says": Words(
            "Файл нэрэндээ таарахгүй байна. Өөр файл сонгоно уу.",
            "The file is not what its name says. Choose another."),
        "attachment.larger_than_said": changedWhileRead,
        "attachment.incomplete": changedWhileRead,
        "attachment.no_room": Words(
            "Илгээгээгүй файл хэт олон байна. Зарим нооргоо илгээж эсвэл устгана уу.",
            "Too many files wait to be sent. Send or discard some drafts."),
        "draft.under_way": Words(
            "Энэ ноорог илгээгдэхээр хүлээж байна. Засах бол эхлээд илгээлтийг цуцална уу.",
            "This draft is on its way. To change it, call the sending off first."),
        "draft.not_asked": Words(
            "Энэ асуултыг засахаар буцаагаагүй тул илгээсэн хэвээр үлдэнэ.",
            "This question was not handed back, so it stays as it was sent."),
        "request.not_asked": Words(
            "Энэ хүсэлтээр танаас одоогоор юу ч шаардаагүй байна.",
            "Nothing is asked of this request now."),
        "request.not_here": Words(
            "Үүнийг одоогоор аппаар хийх боломжгүй. Байгууллагад нь хандана уу.",
            "This can't be done in the app at present. Ask the organisation."),
        "request.already_decided": Words(
            "Хүсэлт аль хэдийн шийдвэрлэгдсэн байна.",
            "The request is decided already."),
        "request.under_way": Words(
            "Энэ хүсэлтийн өөр үйлдэл илгээгдэхээр хүлээж байна. Эхлээд цуцална уу.",
            "Something else of this request is on its way. Call that off first."),
        "not_asked": Words(
            "Энэ хүсэлтээр танаас одоогоор юу ч шаардаагүй байна. Цуцалбал бөглөсөн зүйл тань үлдэнэ.",
            "Nothing is asked of this request now. Call it off: what you filled in stays."),
        "request_moved": Words(
            "Хүсэлт энэ хооронд өөрчлөгдсөн. Цуцлаад одоо юу асуусныг харна уу.",
            "The request has moved on. Call it off and see what is asked now."),
        "already_decided": Words(
            "Энэ хооронд хүсэлт шийдвэрлэгдчихсэн байна.",
            "The request was decided in the meantime."),
        "person.not_represented": Words(
            "Таныг тэднийг төлөөлөх эрхтэй гэж бүртгээгүй байна.",
            "No register says that you act for them."),
        "person.not_for_them": Words(
            "Энэ үйлчилгээ тэдэнд зориулагдаагүй.",
            "This service is not for them."),
        "not_represented": Words(
            "Таныг тэднийг төлөөлөх эрхтэй гэж бүртгээгүй байна. Цуцалбал ноорог тань үлдэнэ.",
            "No register says that you act for them. Call it off: the draft stays."),
        "not_for_them": Words(
            "Энэ үйлчилгээ тэдэнд зориулагдаагүй. Цуцална уу.",
            "This service is not for them. Call it off."),
        "prefill.not_offered": Words(
            "Энэ ноорогт тэр бүртгэлийн мэдээлэл хэрэггүй.",
            "This draft has no use for what that register says."),
        "form": Words("Хариулт тохирохгүй байна. Маягтаа шалгана уу.", "An answer does not fit. Check the form."),
        "form.changed": Words(
            "Маягт өөрчлөгдсөн байна. Хариултаа шалгаад дахин баталгаажуулна уу.",
            "The form has changed. Check your answers and confirm again."),
        "form.not_understood": Words(
            "Энэ маягтад аппын шинэ хувилбар хэрэгтэй. Шинэчилнэ үү.",
            "This form needs a newer version of the app. Update it."),
        "form.no_files_here": Words(
            "Энэ үйлчилгээнд файл хавсаргадаг тул одоогоор аппаар авах боломжгүй.",
            "This service takes a file, so it can't be applied for in the app at present."),
        "form.no_payment_here": Words(
            "Энэ үйлчилгээ төлбөртэй тул одоогоор аппаар авах боломжгүй.",
            "This service has a fee, so it can't be applied for in the app at present."),
        "published.refused": Words(
            "Систем хүсэлтийг хүлээж авсангүй. Дахин оролдоно уу.",
            "The other side did not take the request. Try again."),
        "form.required": Words("Энэ талбарыг заавал бөглөнө.", "This must be filled in."),
        "form.no_such_field": Words("Маягтад ийм талбар алга.", "The form has no such field."),
        "form.too_long": Words("Хэт урт байна.", "This is too long."),
        "form.not_a_number": Words("Бүхэл тоо оруулна уу.", "Enter a whole number."),
        "form.too_small": Words("Хэт бага байна.", "This is too small."),
        "form.too_large": Words("Хэт их байна.", "This is too large."),
        "form.not_yes_or_no": Words("Тийм эсвэл үгүйг сонгоно уу.", "Choose yes or no."),
        "form.not_an_option": Words("Жагсаалтаас сонгоно уу.", "Choose one of the list."),
        "payment.not_due": Words("Төлөх зүйл алга.", "There is nothing to pay."),
        "payment.amount_not_whole": Words(
            "Төлбөрийн дүн буруу ирсэн. Одоохондоо бүү төлөөрэй, дараа дахин оролдоно уу.",
            "The amount that came can't be right. Do not pay yet, and try again later."),
        "invoice_over": Words(
            "Нэхэмжлэх дөнгөж сая хүчингүй болсон. Дахин оролдоно уу.",
            "The invoice has just been replaced. Try again."),
        "registration_number": Words("Регистрийн дугаар буруу байна.", "The registration number is not right."),
        "other_citizen": Words(
            "Энэ утсанд өөр иргэний мэдээлэл байна. Эхлээд гарна уу.",
            "This phone holds another citizen's data. Sign out first."),
        "callback": Words("Нэвтрэлт амжилтгүй боллоо. Дахин эхлүүлнэ үү.", "The sign-in did not succeed. Begin again."),
        "lock.form": Words("ПИН код 6-12 оронтой тоо байна.", "A PIN has 6 to 12 digits."),
        "lock.weak": Words(
            "Амархан таагдах ПИН код байна. Өөр код сонгоно уу.",
            "This PIN is easily guessed. Choose another one."),
        "lock.wrong": Words("ПИН код буруу байна.", "The PIN is not right."),
        "lock.current": Words("Одоогийн ПИН кодоо оруулна уу.", "Enter the PIN that is set."),
        "lock.not_set": Words("ПИН код тохируулаагүй байна.", "No PIN is set."),
        "lock.biometry_changed": Words(
            "Утсанд бүртгэлтэй хурууны хээ эсвэл царай өөрчлөгдсөн байна. ПИН кодоор нээгээд дахин тохируулна уу.",
            "The fingerprints or the face known to this phone have changed. Open with the PIN and set it up again."),
        "lock.biometry_off": Words(
            "Хурууны хээ, царайгаар нээхийг тохируулаагүй байна. ПИН кодоо оруулна уу.",
            "Opening by fingerprint or face is not set up. Enter the PIN."),
        "lock.not_recoverable": Words(
            "Энэ нэвтрэлт утсан дахь мэдээллийг нээж чадахгүй байна. Эхлээд гарна уу.",
            "This sign-in can't open what is kept on this phone. Sign out first."),
        "step_up": Words(
            "Илгээхийн тулд өөрийгөө дахин баталгаажуулаад дахин оролдоно уу.",
            "To send this, confirm once more who you are and try again."),
        "step_up_unknown": Words(
            "Хүрсэн эсэхийг шалгахын тулд өөрийгөө дахин баталгаажуулаад дахин оролдоно уу.",
            "To find out whether this arrived, confirm once more who you are and try again."),
        "operation.not_wedged": Words("Энэ үйлдэл гацаагүй байна.", "This is not stuck."),
        "operation.may_have_effect": Words(
            "Аль хэдийн хүрсэн байж магадгүй тул цуцлах боломжгүй.",
            "It may already have arrived, so it can't be called off."),
        "expired_unknown": Words(
            "Хэт удсан тул хүрсэн эсэх нь мэдэгдэхгүй байна. Хүрсэн байвал цуцалж, хүрээгүй бол дахин оролдоно уу.",
            "Too long ago to know whether it arrived. If it is there, call it off; if not, try again."),
        "upload_quota": Words(
            "Хүсэлтэд оруулаагүй файл системд хэт олон байна. Долоо хоногийн дараа дахин оролдоно уу.",
            "Too many files were sent that no request has taken up. Try again in a week."),
        "upload": Words(
            "Файлыг бүтнээр нь илгээж чадсангүй. Цуцлаад файлаа дахин сонгоно уу.",
            "A file could not be sent whole. Call it off and choose the file again."),
        "unknown_request": Words("Ийм хүсэлт алга болсон байна.", "There is no such request any more."),
        "unknown_message": Words("Ийм мэдэгдэл алга болсон байна.", "There is no such notice any more."),
        "free_of_charge": Words("Энэ үйлчилгээ төлбөргүй.", "This service is free of charge."),
        "already_paid": Words("Төлбөр аль хэдийн төлөгдсөн байна.", "It is paid already."),
        "request_closed": Words(
            "Хүсэлт хаагдсан тул төлөх шаардлагагүй.",
            "The request is closed, so nothing is to be paid."),
        "key_reused": Words(
            "Систем өөр зүйлтэй андуурсан байна. Тусламжийн төвд хандана уу.",
            "The system took it for something else. Call the help desk."),
        "answer_unreadable": Words(
            "Системийн хариуг ойлгосонгүй. Аппаа шинэчлээд дахин оролдоно уу.",
            "The answer was not understood. Update the app and try again."),
        "operation_unknown": Words(
            "Аппын шинэ хувилбарт хийсэн үйлдэл байна. Аппаа шинэчилнэ үү.",
            "This was made by a newer version. Update the app."),
        "operation_unreadable": Words(
            "Утсанд хадгалсан нь гэмтсэн тул илгээгдэхгүй. Цуцлаад дахин бөглөнө үү.",
            "What was kept on the phone is damaged and can't be sent. Call it off and fill it in again."),
        "damaged_unknown": Words(
            "Утсанд хадгалсан нь гэмтсэн тул хүрсэн эсэх нь мэдэгдэхгүй байна. Хүсэлтүүдээ шалгана уу.",
            "What was kept on the phone is damaged, so nobody knows whether it arrived. Check your requests."),
        "damaged_looked": Words(
            "Утсанд хадгалсан нь гэмтсэн. Хүсэлтүүд дунд байхгүй бол цуцлаад дахин бөглөнө үү.",
            "What was kept on the phone is damaged. If it is not among your requests, call it off and fill it in again."),
        "form_changed": Words("Маягт өөрчлөгдсөн байна. Дахин бөглөнө үү.", "The form has changed. Fill it in again."),
        "not_online": Words("Энэ үйлчилгээг цахимаар авах боломжгүй.", "This service can't be applied for online."),
        "unknown_service": Words("Ийм үйлчилгээ алга болсон байна.", "There is no such service any more."),
        "portal.not_ours": Words(
            "Энэ нь И-Монгол порталын код биш байна.", "This is not a code of the E-Mongolia portal."),
        "wrong_number": Words(
            "Хуудсан дээрх тоо биш байсан тул хүсэлт хүчингүй боллоо. Хуудсыг дахин эхлүүлнэ үү.",
            "It was not the number on the page, so the request is void. Start again on the page."),
        "sign_in_expired": Words(
            "Хүсэлтийн хугацаа дууссан байна. Хуудсыг дахин эхлүүлнэ үү.",
            "The request has expired. Start again on the page."),
        "sign_in_answered": Words(
            "Хүсэлтэд аль хэдийн хариулсан байна. Хуудсыг дахин эхлүүлнэ үү.",
            "The request was already answered. Start again on the page."),
        "unknown_sign_in": Words(
            "Ийм хүсэлт алга. Хуудсыг дахин эхлүүлнэ үү.", "There is no such request. Start again on the page."),
        "favourites.full": Words(
            "Хадгалсан үйлчилгээ хэт олон байна. Заримыг нь хасна уу.", "Too many services are kept. Remove some."),
        "invalid_field": Words(
            "Бөглөсөн зүйлийг хүлээж авсангүй. Засаад дахин илгээнэ үү.",
            "What was filled in was not accepted. Correct it and send it again."),
        "text": Words("Бичвэрт танигдахгүй тэмдэгт байна.", "The text has a character that can't be read."),
        "id": Words("Ийм зүйл алга.", "There is no such thing."),
        "push": Words("Мэдэгдлийг уншиж чадсангүй.", "The notification can't be read."),
        "pin": Words(
            "Аппын тохиргоо буруу байна. Аппаа шинэчилнэ үү.",
            "The app's settings are not right. Update the app."),
        "config": Words(
            "Аппын тохиргоо дутуу байна. Аппаа шинэчилнэ үү.",
            "The app's settings are incomplete. Update the app."),
        "page": Words("Жагсаалт өөрчлөгдсөн байна. Эхнээс нь үзнэ үү.", "The list has changed. Begin again at its top."),
    ]
}
