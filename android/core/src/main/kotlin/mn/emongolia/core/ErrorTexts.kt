// What a citizen is told when something could not be done: what happened, and what to do.
//
// Guarantees: every CoreFailure has both languages; no code, class name or number that means nothing to a citizen,
// but for the reference that is to be read out.

package mn.emongolia.core

import kotlin.time.Duration
import kotlin.time.DurationUnit

/** A longer wait is told in minutes. */
private const val MOST_SECONDS = 90

/** What to offer next to the text. */
public enum class Remedy {
    /** Nothing but to close it. */
    NONE,

    /** Sign in. */
    SIGN_IN,

    /** Prove anew who they are. */
    STEP_UP,

    /** Unlock the phone or the app. */
    UNLOCK,

    /** Try again, now or when the network is back. */
    TRY_AGAIN,

    /** Mend the field that the failure names. */
    MEND_FIELD,

    /** Call for help with the reference. */
    CALL_FOR_HELP,
}

/** A short title, a sentence or two, and what to offer. */
public data class ErrorText(val title: String, val message: String, val remedy: Remedy)

/** Words for failures. */
public object ErrorTexts {
    public fun of(failure: CoreFailure, language: Language): ErrorText {
        val words = words(failure)
        return ErrorText(words.title.inLanguage(language), words.message.inLanguage(language), words.remedy)
    }

    /** For an outbox operation that is stuck, or a field: the stable code in words. */
    public fun ofReason(code: String?, language: Language): String = reason(code).inLanguage(language)

    /** Beside a wrong PIN: what happens after more of them. Null: no PIN can be tried. */
    public fun ofTries(status: LockStatus, language: Language): String? =
        if (status.triesLeft > 0) tries(status.triesLeft, status.recoverable).inLanguage(language) else null

    private class Words(val title: LocalisedText, val message: LocalisedText, val remedy: Remedy)

    private fun words(failure: CoreFailure): Words = when (failure) {
        is CoreFailure.SignInRequired -> Words(
            both("Нэвтэрнэ үү", "Sign in"),
            both(
                "Үргэлжлүүлэхийн тулд нэвтэрнэ үү.",
                "Sign in to go on.",
            ),
            Remedy.SIGN_IN,
        )
        is CoreFailure.StepUpRequired -> Words(
            both("Дахин баталгаажуулна уу", "Confirm who you are"),
            both(
                "Үүнийг хийхийн тулд өөрийгөө ДАН-аар дахин баталгаажуулна уу.",
                "For this, confirm once more who you are.",
            ),
            Remedy.STEP_UP,
        )
        is CoreFailure.Locked -> Words(
            both("Түгжээтэй байна", "Locked"),
            both(
                "Утас эсвэл аппынхаа түгжээг тайлаад дахин оролдоно уу.",
                "Unlock the phone or the app and try again.",
            ),
            Remedy.UNLOCK,
        )
        is CoreFailure.Forbidden -> Words(
            both("Зөвшөөрөлгүй", "Not allowed"),
            both("Танд үүнийг хийх эрх алга.", "You are not allowed to do this."),
            Remedy.NONE,
        )
        is CoreFailure.Offline -> Words(
            both("Сүлжээ алга", "No network"),
            both(
                "Сүлжээнд холбогдож чадсангүй. Сүлжээ сэргэхэд дахин оролдоно уу.",
                "The network can't be reached. Try again when it is back.",
            ),
            Remedy.TRY_AGAIN,
        )
        is CoreFailure.Timeout -> Words(
            both("Хариу ирсэнгүй", "No answer"),
            both("Хариу хугацаандаа ирсэнгүй. Дахин оролдоно уу.", "No answer came in time. Try again."),
            Remedy.TRY_AGAIN,
        )
        is CoreFailure.Busy -> Words(both("Ачаалалтай байна", "Busy"), busy(failure.retryAfter), Remedy.TRY_AGAIN)
        is CoreFailure.Invalid -> Words(
            both("Засах зүйл байна", "Something to correct"),
            reason(failure.reason),
            Remedy.MEND_FIELD,
        )
        is CoreFailure.NotFound -> Words(
            both("Олдсонгүй", "Not found"),
            both("Ийм зүйл алга, эсвэл устгагдсан байна.", "There is no such thing, or it has been deleted."),
            Remedy.NONE,
        )
        is CoreFailure.Cancelled -> Words(
            both("Зогсоолоо", "Stopped"),
            both("Үйлдлийг зогсоолоо. Дахин оролдож болно.", "This was called off. You can try again."),
            Remedy.TRY_AGAIN,
        )
        is CoreFailure.NotAvailable -> Words(
            both("Одоогоор боломжгүй", "Not available now"),
            both("Аппыг дахин нээгээд оролдоно уу.", "Open the app again and try once more."),
            Remedy.TRY_AGAIN,
        )
        is CoreFailure.Unexpected -> Words(
            both("Санаандгүй алдаа гарлаа", "Something went wrong"),
            if (failure.reference.isEmpty()) {
                both("Тусламжийн төвд хандана уу.", "Call the help desk.")
            } else {
                both(
                    "Тусламжийн төвд хандаж, энэ дугаарыг хэлнэ үү: ${failure.reference}",
                    "Call the help desk and read out this reference: ${failure.reference}",
                )
            },
            Remedy.CALL_FOR_HELP,
        )
    }

    private fun busy(after: Duration?): LocalisedText {
        val seconds = after?.toLong(DurationUnit.SECONDS) ?: 0
        val minutes = (seconds + 59) / 60 // rounded up: too early is in vain
        return when {
            seconds > MOST_SECONDS -> both("$minutes минутын дараа дахин оролдоно уу.", "Try again in $minutes minutes.")
            seconds > 0 -> both("$seconds секундын дараа дахин оролдоно уу.", "Try again in $seconds seconds.")
            else -> both("Түр хүлээгээд дахин оролдоно уу.", "Wait a little and try again.")
        }
    }

    private fun tries(left: Int, recoverable: Boolean): LocalisedText = if (recoverable) {
        both(
            "Дахин $left удаа буруу оруулбал ПИН код хүчингүй болж, дахин нэвтрэх шаардлагатай болно.",
            "After $left more wrong ones the PIN is void and you have to sign in.",
        )
    } else {
        both(
            "Дахин $left удаа буруу оруулбал энэ утсан дахь мэдээлэл устана.",
            "After $left more wrong ones what is on this phone is deleted.",
        )
    }

    /** Codes have the form `what`, `what.why` or `what_why`; one that has no words is told by its first part, or in general. */
    private fun reason(code: String?): LocalisedText =
        REASONS[code] ?: REASONS[code?.substringBefore('.')] ?: REASONS[code?.substringBefore('_')] ?: both("Үүнийг хүлээж авсангүй.", "This was not accepted.")

    private val CHANGED_WHILE_READ = both(
        "Уншиж байх хооронд файл өөрчлөгдсөн байна. Дахин сонгоно уу.",
        "The file changed while it was read. Choose it again.",
    )

    private val REASONS: Map<String, LocalisedText> = mapOf(
        "attachment" to both(
            "Файлыг авах боломжгүй байна. Өөр файл сонгоно уу.",
            "This file is not taken. Choose another.",
        ),
        "attachment.empty" to both("Файл хоосон байна.", "The file is empty."),
        "attachment.too_large" to both(
            "Файл хэт том байна. Багасгаад дахин сонгоно уу.",
            "The file is too large. Make it smaller and choose it again.",
        ),
        "attachment.media_type" to both("Энэ төрлийн файлыг энд авахгүй.", "Files of this type are not taken here."),
        "attachment.not_what_it_says" to both(
            "Файл нэрэндээ таарахгүй байна. Өөр файл сонгоно уу.",
            "The file is not what its name says. Choose another.",
        ),
        "attachment.larger_than_said" to CHANGED_WHILE_READ,
        "attachment.incomplete" to CHANGED_WHILE_READ,
        "attachment.no_room" to both(
            "Илгээгээгүй файл хэт олон байна. Зарим нооргоо илгээж эсвэл устгана уу.",
            "Too many files wait to be sent. Send or discard some drafts.",
        ),
        "draft.under_way" to both(
            "Энэ ноорог илгээгдэхээр хүлээж байна. Засах бол эхлээд илгээлтийг цуцална уу.",
            "This draft is on its way. To change it, call the sending off first.",
        ),
        "draft.not_asked" to both(
            "Энэ асуултыг засахаар буцаагаагүй тул илгээсэн хэвээр үлдэнэ.",
            "This question was not handed back, so it stays as it was sent.",
        ),
        "request.not_asked" to both(
            "Энэ хүсэлтээр танаас одоогоор юу ч шаардаагүй байна.",
            "Nothing is asked of this request now.",
        ),
        "request.not_here" to both(
            "Үүнийг одоогоор аппаар хийх боломжгүй. Байгууллагад нь хандана уу.",
            "This can't be done in the app at present. Ask the organisation.",
        ),
        "request.already_decided" to both(
            "Хүсэлт аль хэдийн шийдвэрлэгдсэн байна.",
            "The request is decided already.",
        ),
        "request.under_way" to both(
            "Энэ хүсэлтийн өөр үйлдэл илгээгдэхээр хүлээж байна. Эхлээд цуцална уу.",
            "Something else of this request is on its way. Call that off first.",
        ),
        "not_asked" to both(
            "Энэ хүсэлтээр танаас одоогоор юу ч шаардаагүй байна. Цуцалбал бөглөсөн зүйл тань үлдэнэ.",
            "Nothing is asked of this request now. Call it off: what you filled in stays.",
        ),
        "request_moved" to both(
            "Хүсэлт энэ хооронд өөрчлөгдсөн. Цуцлаад одоо юу асуусныг харна уу.",
            "The request has moved on. Call it off and see what is asked now.",
        ),
        "already_decided" to both(
            "Энэ хооронд хүсэлт шийдвэрлэгдчихсэн байна.",
            "The request was decided in the meantime.",
        ),
        "person.not_represented" to both(
            "Таныг тэднийг төлөөлөх эрхтэй гэж бүртгээгүй байна.",
            "No register says that you act for them.",
        ),
        "person.not_for_them" to both(
            "Энэ үйлчилгээ тэдэнд зориулагдаагүй.",
            "This service is not for them.",
        ),
        "not_represented" to both(
            "Таныг тэднийг төлөөлөх эрхтэй гэж бүртгээгүй байна. Цуцалбал ноорог тань үлдэнэ.",
            "No register says that you act for them. Call it off: the draft stays.",
        ),
        "not_for_them" to both(
            "Энэ үйлчилгээ тэдэнд зориулагдаагүй. Цуцална уу.",
            "This service is not for them. Call it off.",
        ),
        "prefill.not_offered" to both(
            "Энэ ноорогт тэр бүртгэлийн мэдээлэл хэрэггүй.",
            "This draft has no use for what that register says.",
        ),
        "form" to both("Хариулт тохирохгүй байна. Маягтаа шалгана уу.", "An answer does not fit. Check the form."),
        "form.changed" to both(
            "Маягт өөрчлөгдсөн байна. Хариултаа шалгаад дахин баталгаажуулна уу.",
            "The form has changed. Check your answers and confirm again.",
        ),
        "form.not_understood" to both(
            "Энэ маягтад аппын шинэ хувилбар хэрэгтэй. Шинэчилнэ үү.",
            "This form needs a newer version of the app. Update it.",
        ),
        "form.no_files_here" to both(
            "Энэ үйлчилгээнд файл хавсаргадаг тул одоогоор аппаар авах боломжгүй.",
            "This service takes a file, so it can't be applied for in the app at present.",
        ),
        "form.no_payment_here" to both(
            "Энэ үйлчилгээ төлбөртэй тул одоогоор аппаар авах боломжгүй.",
            "This service has a fee, so it can't be applied for in the app at present.",
        ),
        "published.refused" to both(
            "Систем хүсэлтийг хүлээж авсангүй. Дахин оролдоно уу.",
            "The other side did not take the request. Try again.",
        ),
        "form.required" to both("Энэ талбарыг заавал бөглөнө.", "This must be filled in."),
        "form.no_such_field" to both("Маягтад ийм талбар алга.", "The form has no such field."),
        "form.too_long" to both("Хэт урт байна.", "This is too long."),
        "form.not_a_number" to both("Бүхэл тоо оруулна уу.", "Enter a whole number."),
        "form.too_small" to both("Хэт бага байна.", "This is too small."),
        "form.too_large" to both("Хэт их байна.", "This is too large."),
        "form.not_yes_or_no" to both("Тийм эсвэл үгүйг сонгоно уу.", "Choose yes or no."),
        "form.not_an_option" to both("Жагсаалтаас сонгоно уу.", "Choose one of the list."),
        "payment.not_due" to both("Төлөх зүйл алга.", "There is nothing to pay."),
        "payment.amount_not_whole" to both(
            "Төлбөрийн дүн буруу ирсэн. Одоохондоо бүү төлөөрэй, дараа дахин оролдоно уу.",
            "The amount that came can't be right. Do not pay yet, and try again later.",
        ),
        "invoice_over" to both(
            "Нэхэмжлэх дөнгөж сая хүчингүй болсон. Дахин оролдоно уу.",
            "The invoice has just been replaced. Try again.",
        ),
        "registration_number" to both("Регистрийн дугаар буруу байна.", "The registration number is not right."),
        "other_citizen" to both(
            "Энэ утсанд өөр иргэний мэдээлэл байна. Эхлээд гарна уу.",
            "This phone holds another citizen's data. Sign out first.",
        ),
        "callback" to both(
            "Нэвтрэлт амжилтгүй боллоо. Дахин эхлүүлнэ үү.",
            "The sign-in did not succeed. Begin again.",
        ),
        "lock.form" to both("ПИН код 6-12 оронтой тоо байна.", "A PIN has 6 to 12 digits."),
        "lock.weak" to both(
            "Амархан таагдах ПИН код байна. Өөр код сонгоно уу.",
            "This PIN is easily guessed. Choose another one.",
        ),
        "lock.wrong" to both("ПИН код буруу байна.", "The PIN is not right."),
        "lock.current" to both("Одоогийн ПИН кодоо оруулна уу.", "Enter the PIN that is set."),
        "lock.not_set" to both("ПИН код тохируулаагүй байна.", "No PIN is set."),
        "lock.biometry_changed" to both(
            "Утсанд бүртгэлтэй хурууны хээ эсвэл царай өөрчлөгдсөн байна. ПИН кодоор нээгээд дахин тохируулна уу.",
            "The fingerprints or the face known to this phone have changed. Open with the PIN and set it up again.",
        ),
        "lock.biometry_off" to both(
            "Хурууны хээ, царайгаар нээхийг тохируулаагүй байна. ПИН кодоо оруулна уу.",
            "Opening by fingerprint or face is not set up. Enter the PIN.",
        ),
        "lock.not_recoverable" to both(
            "Энэ нэвтрэлт утсан дахь мэдээллийг нээж чадахгүй байна. Эхлээд гарна уу.",
            "This sign-in can't open what is kept on this phone. Sign out first.",
        ),
        "step_up" to both(
            "Илгээхийн тулд өөрийгөө дахин баталгаажуулаад дахин оролдоно уу.",
            "To send this, confirm once more who you are and try again.",
        ),
        "step_up_unknown" to both(
            "Хүрсэн эсэхийг шалгахын тулд өөрийгөө дахин баталгаажуулаад дахин оролдоно уу.",
            "To find out whether this arrived, confirm once more who you are and try again.",
        ),
        "operation.not_wedged" to both("Энэ үйлдэл гацаагүй байна.", "This is not stuck."),
        "operation.may_have_effect" to both(
            "Аль хэдийн хүрсэн байж магадгүй тул цуцлах боломжгүй.",
            "It may already have arrived, so it can't be called off.",
        ),
        "expired_unknown" to both(
            "Хэт удсан тул хүрсэн эсэх нь мэдэгдэхгүй байна. Хүрсэн байвал цуцалж, хүрээгүй бол дахин оролдоно уу.",
            "Too long ago to know whether it arrived. If it is there, call it off; if not, try again.",
        ),
        "upload_quota" to both(
            "Хүсэлтэд оруулаагүй файл системд хэт олон байна. Долоо хоногийн дараа дахин оролдоно уу.",
            "Too many files were sent that no request has taken up. Try again in a week.",
        ),
        "upload" to both(
            "Файлыг бүтнээр нь илгээж чадсангүй. Цуцлаад файлаа дахин сонгоно уу.",
            "A file could not be sent whole. Call it off and choose the file again.",
        ),
        "unknown_request" to both(
            "Ийм хүсэлт алга болсон байна.",
            "There is no such request any more.",
        ),
        "unknown_message" to both(
            "Ийм мэдэгдэл алга болсон байна.",
            "There is no such notice any more.",
        ),
        "free_of_charge" to both("Энэ үйлчилгээ төлбөргүй.", "This service is free of charge."),
        "already_paid" to both("Төлбөр аль хэдийн төлөгдсөн байна.", "It is paid already."),
        "request_closed" to both(
            "Хүсэлт хаагдсан тул төлөх шаардлагагүй.",
            "The request is closed, so nothing is to be paid.",
        ),
        "key_reused" to both(
            "Систем өөр зүйлтэй андуурсан байна. Тусламжийн төвд хандана уу.",
            "The system took it for something else. Call the help desk.",
        ),
        "answer_unreadable" to both(
            "Системийн хариуг ойлгосонгүй. Аппаа шинэчлээд дахин оролдоно уу.",
            "The answer was not understood. Update the app and try again.",
        ),
        "operation_unknown" to both(
            "Аппын шинэ хувилбарт хийсэн үйлдэл байна. Аппаа шинэчилнэ үү.",
            "This was made by a newer version. Update the app.",
        ),
        "operation_unreadable" to both(
            "Утсанд хадгалсан нь гэмтсэн тул илгээгдэхгүй. Цуцлаад дахин бөглөнө үү.",
            "What was kept on the phone is damaged and can't be sent. Call it off and fill it in again.",
        ),
        "damaged_unknown" to both(
            "Утсанд хадгалсан нь гэмтсэн тул хүрсэн эсэх нь мэдэгдэхгүй байна. Хүсэлтүүдээ шалгана уу.",
            "What was kept on the phone is damaged, so nobody knows whether it arrived. Check your requests.",
        ),
        "damaged_looked" to both(
            "Утсанд хадгалсан нь гэмтсэн. Хүсэлтүүд дунд байхгүй бол цуцлаад дахин бөглөнө үү.",
            "What was kept on the phone is damaged. If it is not among your requests, call it off and fill it in again.",
        ),
        "form_changed" to both("Маягт өөрчлөгдсөн байна. Дахин бөглөнө үү.", "The form has changed. Fill it in again."),
        "not_online" to both("Энэ үйлчилгээг цахимаар авах боломжгүй.", "This service can't be applied for online."),
        "unknown_service" to both("Ийм үйлчилгээ алга болсон байна.", "There is no such service any more."),
        "portal.not_ours" to both(
            "Энэ нь И-Монгол порталын код биш байна.",
            "This is not a code of the E-Mongolia portal.",
        ),
        "wrong_number" to both(
            "Хуудсан дээрх тоо биш байсан тул хүсэлт хүчингүй боллоо. Хуудсыг дахин эхлүүлнэ үү.",
            "It was not the number on the page, so the request is void. Start again on the page.",
        ),
        "sign_in_expired" to both(
            "Хүсэлтийн хугацаа дууссан байна. Хуудсыг дахин эхлүүлнэ үү.",
            "The request has expired. Start again on the page.",
        ),
        "sign_in_answered" to both(
            "Хүсэлтэд аль хэдийн хариулсан байна. Хуудсыг дахин эхлүүлнэ үү.",
            "The request was already answered. Start again on the page.",
        ),
        "unknown_sign_in" to both(
            "Ийм хүсэлт алга. Хуудсыг дахин эхлүүлнэ үү.",
            "There is no such request. Start again on the page.",
        ),
        "favourites.full" to both(
            "Хадгалсан үйлчилгээ хэт олон байна. Заримыг нь хасна уу.",
            "Too many services are kept. Remove some.",
        ),
        "invalid_field" to both(
            "Бөглөсөн зүйлийг хүлээж авсангүй. Засаад дахин илгээнэ үү.",
            "What was filled in was not accepted. Correct it and send it again.",
        ),
        "text" to both("Бичвэрт танигдахгүй тэмдэгт байна.", "The text has a character that can't be read."),
        "id" to both("Ийм зүйл алга.", "There is no such thing."),
        "push" to both("Мэдэгдлийг уншиж чадсангүй.", "The notification can't be read."),
        "pin" to both(
            "Аппын тохиргоо буруу байна. Аппаа шинэчилнэ үү.",
            "The app's settings are not right. Update the app.",
        ),
        "config" to both(
            "Аппын тохиргоо дутуу байна. Аппаа шинэчилнэ үү.",
            "The app's settings are incomplete. Update the app.",
        ),
        "page" to both("Жагсаалт өөрчлөгдсөн байна. Эхнээс нь үзнэ үү.", "The list has changed. Begin again at its top."),
    )

    /** Codes that have words of their own; tests hold them against both languages. */
    internal val reasons: Set<String> get() = REASONS.keys

    private fun both(mn: String, en: String) = LocalisedText(mn, en)
}
