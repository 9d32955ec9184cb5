//! Everything the program says, in Mongolian and English.
//!
//! Guarantees: a text without one of the languages can't be written down; places to fill are `{0}`, `{1}`, … and the
//! same in both.

use emongolia_core::{country::LocalisedText, foundation::config::Language};

/// A text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text {
    mn: &'static str,
    en: &'static str,
}

impl Text {
    pub(crate) const fn in_language(self, language: Language) -> &'static str {
        match language {
            Language::Mn => self.mn,
            Language::En => self.en,
        }
    }

    /// With its places filled, in that language.
    pub(crate) fn say(self, language: Language, values: &[&str]) -> String {
        fill(self.in_language(language), values)
    }

    /// With its places filled, in both languages.
    pub(crate) fn both(self, values: &[&str]) -> LocalisedText {
        LocalisedText::new(fill(self.mn, values), fill(self.en, values))
    }
}

fn fill(template: &str, values: &[&str]) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, from_place)) = rest.split_once('{') {
        out.push_str(before);
        let (place, after) = from_place.split_once('}').unwrap_or((from_place, ""));
        out.push_str(place.parse().ok().and_then(|n: usize| values.get(n)).copied().unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
}

macro_rules! texts {
    ($($name:ident: $mn:literal, $en:literal;)+) => {
        $(pub(crate) const $name: Text = Text { mn: $mn, en: $en };)+
        #[cfg(test)]
        const ALL: &[(&str, Text)] = &[$((stringify!($name), $name)),+];
    };
}

texts! {
    // What went wrong, and what to do about it.
    SIGN_IN_REQUIRED: "Та нэвтрээгүй, эсвэл нэвтрэлтийн хугацаа дууссан байна. Нэвтрэх: emongolia sign-in",
        "You are not signed in, or the session has ended. Sign in: emongolia sign-in";
    STEP_UP_REQUIRED: "Үүнийг хийхийн тулд та өөрийгөө дахин баталгаажуулна: {0}",
        "For this you prove anew who you are: {0}";
    LOCKED: "Түгжээтэй, эсвэл түлхүүрийг одоо унших боломжгүй. ПИН тавьсан бол: emongolia lock unlock, EMONGOLIA_PIN. Үгүй бол өгөгдлийн хавтасны эрхийг шалгана уу.",
        "Locked, or the keys can't be read now. With a PIN: emongolia lock unlock, EMONGOLIA_PIN. Else check the access rights of the data folder.";
    FORBIDDEN: "Танд үүнийг хийх эрх алга.", "You are not allowed to do this.";
    OFFLINE: "Системд холбогдож чадсангүй. Сүлжээгээ шалгаад дахин оролдоно уу. Илгээхээр хүлээж буй зүйл алдагдахгүй.",
        "The gateway can't be reached. Check the network and try again. What waits to be sent is kept.";
    TIMEOUT: "Хариу хугацаандаа ирсэнгүй. Дахин оролдоно уу, эсвэл --budget-аар хугацааг нэмнэ үү.",
        "No answer came in time. Try again, or allow more time with --budget.";
    BUSY: "Систем ачаалалтай байна. Түр хүлээгээд дахин оролдоно уу.", "The gateway is busy. Try again in a while.";
    BUSY_FOR: "Одоо болохгүй. {0} секундийн дараа дахин оролдоно уу.",
        "Not now. Try again in {0} seconds.";
    INVALID: "«{0}»: {1}", "“{0}”: {1}";
    NOT_FOUND: "Ийм зүйл олдсонгүй. Дугаараа шалгана уу. Шинэчлэх: emongolia sync",
        "There is no such thing. Check the id. To refresh: emongolia sync";
    CANCELLED: "Үйлдэл зогсоогдлоо.", "The work was called off.";
    NOT_AVAILABLE: "Одоогоор боломжгүй байна. Дахин оролдоно уу.", "Not available now. Try again.";
    UNEXPECTED: "Санаандгүй алдаа гарлаа ({0}, лавлах дугаар {1}). Дахин оролдоод болохгүй бол дугаарыг мэдэгдэнэ үү.",
        "Something unexpected happened ({0}, reference {1}). Try again; if it stays, report this reference.";
    INTERRUPTED: "Зогсоолоо. Илгээхээр хүлээж буй зүйл хадгалагдсан.",
        "Stopped. What waits to be sent is kept.";
    NEEDS_ATTENTION: "Илгээж чадсангүй: {1} Харах: emongolia outbox show {0}",
        "It could not be sent: {1} To see it: emongolia outbox show {0}";
    NO_CONFIG: "Аль системтэй холбогдохыг мэдэхгүй байна. Эхний удаад --config FILE гэж өгнө үү.",
        "Which gateway to talk to is not known. Give --config FILE the first time.";
    BAD_CONFIG: "Тохиргооны файл буруу байна ({0}): {1}", "The configuration file is not usable ({0}): {1}";
    NO_HOME: "Өгөгдлийн хавтас тодорхойгүй байна. --data DIR гэж өгнө үү.",
        "There is no folder for the data. Give --data DIR.";
    FILES: "Файл дээр ажиллаж чадсангүй ({0}): {1}. Эрх болон дискний зайг шалгана уу.",
        "A file could not be used ({0}): {1}. Check access rights and free space.";
    USAGE: "Тушаал буруу байна. Тусламж: emongolia --help", "The command is not right. Help: emongolia --help";
    SIGN_IN_REFUSED: "Нэвтрэх хуудас татгалзлаа: {0}", "The sign-in page refused: {0}";
    SIGN_IN_PAGE: "Нэвтрэх хуудсыг ойлгосонгүй ({0}). Хөтчөөр нэвтэрнэ үү: emongolia sign-in",
        "The sign-in page was not understood ({0}). Use a browser: emongolia sign-in";
    NO_CALLBACK: "Хөтчөөс хариу ирсэнгүй. Дахин оролдоно уу: emongolia sign-in",
        "The browser did not come back. Try again: emongolia sign-in";

    // Why a value or an operation was refused.
    WHY_NO_SUCH_FIELD: "маягтад ийм талбар алга. Харах: emongolia request form",
        "the form has no such field. See: emongolia request form";
    WHY_FORM: "маягтад тохирохгүй байна. Харах: emongolia request form", "it does not fit. See: emongolia request form";
    WHY_NOT_UNDERSTOOD: "энэ маягтад шинэ хувилбар хэрэгтэй. Програмаа шинэчилнэ үү.",
        "this form needs a newer version. Update the program.";
    WHY_NO_FILES_HERE: "энэ үйлчилгээнд файл хавсаргадаг тул нийтлэгдсэн API-аар авах боломжгүй.",
        "this service takes a file, and the published API takes none.";
    WHY_NO_PAYMENT_HERE: "энэ үйлчилгээ төлбөртэй тул нийтлэгдсэн API-аар авах боломжгүй.",
        "this service has a fee, and the published API takes no payment.";
    WHY_NOT_HERE: "үүнийг одоогоор аппаар хийх боломжгүй. Байгууллагад нь хандана уу.", "this can't be done in the app at present. Ask the organisation.";
    WHY_NOT_TAKEN: "систем хүсэлтийг хүлээж авсангүй.", "the other side did not take the request.";
    WHY_TWICE: "хоёр удаа бичсэн байна.", "it is given twice.";
    WHY_OTHER_CITIZEN: "энэ төхөөрөмж өөр иргэнийх байна. Эхлээд гарна уу: emongolia sign-out",
        "this device holds another citizen's data. Sign out first: emongolia sign-out";
    WHY_PIN_FORM: "6–12 оронтой тоо байх ёстой.", "it must be 6 to 12 digits.";
    WHY_PIN_WEAK: "таахад хэт амархан: дараалсан, давтагдсан эсвэл таны төрсөн огноо байна.",
        "it is too easy to guess: a run, a repetition or your date of birth.";
    WHY_PIN_WRONG: "буруу байна. Арав дахь нь сүүлчийнх.", "it is wrong. The tenth is the last.";
    WHY_PIN_CURRENT: "одоогийн ПИН-ийг бичнэ үү.", "give the one that is set.";
    WHY_NOT_RECOVERABLE: "энэ нэвтрэлт өмнөх мэдээллийг нээж чадахгүй. Эхлээд гарна уу: emongolia sign-out",
        "this sign-in does not open what is kept here. Sign out first: emongolia sign-out";
    WHY_BAD_CALLBACK: "энэ бол бидний хүлээж байсан хаяг биш. Бүтнээр нь хуулна уу.",
        "this is not the address we wait for. Copy all of it.";
    WHY_OLD_CALLBACK: "энэ нэвтрэлт дууссан эсвэл ашиглагдсан байна. Дахин эхлүүлнэ үү: emongolia sign-in",
        "this sign-in has ended or was used before. Begin again: emongolia sign-in";
    WHY_NOT_WEDGED: "энэ үйлдэл гацаагүй байна.", "this operation is not stuck.";
    WHY_MAY_HAVE_EFFECT: "аль хэдийн хүрсэн байж магадгүй тул цуцлах боломжгүй.",
        "it may already have had its effect, so it can't be called off.";
    WHY_EXPIRED_UNKNOWN: "хэт удсан тул хүрсэн эсэх нь мэдэгдэхгүй байна. Хүрсэн байвал цуцалж, хүрээгүй бол дахин оролдоно уу: emongolia request list",
        "too long ago to know whether it arrived. If it is there, call it off; if not, try again: emongolia request list";
    WHY_STEP_UP: "өөрийгөө дахин баталгаажуулаад дахин илгээнэ үү: emongolia step-up, дараа нь emongolia outbox retry",
        "prove anew who you are and send it again: emongolia step-up, then emongolia outbox retry";
    WHY_STEP_UP_UNKNOWN: "хүрсэн эсэхийг шалгахын тулд өөрийгөө дахин баталгаажуулна уу: emongolia step-up, дараа нь emongolia outbox retry",
        "prove anew who you are, so that it can be asked whether it arrived: emongolia step-up, then emongolia outbox retry";
    WHY_KEY_REUSED: "систем өөр зүйлтэй андуурсан байна. Лавлах төвд хандана уу.",
        "the gateway took it for something else. Ask the help desk.";
    WHY_UNREADABLE: "системийн хариуг ойлгосонгүй. Програмаа шинэчлээд дахин оролдоно уу.",
        "the gateway's answer was not understood. Update this program and retry.";
    WHY_UNKNOWN_OPERATION: "програмын шинэ хувилбарынх байна. Програмаа шинэчилнэ үү.",
        "it was made by a newer version. Update this program.";
    WHY_FORM_CHANGED: "маягт өөрчлөгдсөн байна. Дахин бөглөнө үү: emongolia request form",
        "the form has changed. Fill it in again: emongolia request form";
    WHY_NOT_ONLINE: "энэ үйлчилгээг цахимаар авах боломжгүй.", "this service can't be applied for online.";
    WHY_UNKNOWN_SERVICE: "ийм үйлчилгээ алга болсон байна. Шинэчлэх: emongolia sync",
        "there is no such service any more. To refresh: emongolia sync";
    WHY_NOT_OURS: "энэ нь И-Монгол порталын код биш.", "this is not a code of the E-Mongolia portal.";
    WHY_WRONG_NUMBER: "хуудсан дээрх тоо биш байсан тул хүсэлт хүчингүй боллоо. Хуудсыг дахин эхлүүлнэ үү.",
        "it was not the page's number, so the request is void. Start again on the page.";
    WHY_WEB_OVER: "хүсэлт дууссан. Хуудсыг дахин эхлүүлнэ үү.", "the request is over. Start again on the page.";
    WHY_NOT_DUE: "төлөх зүйл алга.", "nothing is to be paid.";
    WHY_AMOUNT: "төлбөрийн дүн буруу ирсэн. Төлөхгүй байж, дараа дахин оролдоно уу.",
        "the amount that came can't be right. Do not pay, and try again later.";
    WHY_INVOICE_OVER: "нэхэмжлэх дөнгөж сая хүчингүй болсон. Дахин оролдоно уу.",
        "the invoice has just been replaced. Try again.";
    WHY_FAVOURITES_FULL: "хадгалсан үйлчилгээ хэт олон байна. Заримыг нь хасна уу: emongolia favourite list",
        "too many are kept. Remove some: emongolia favourite list";
    WHY_NO_SUCH_PAGE: "жагсаалт өөрчлөгдсөн байна. Эхнээс нь үзнэ үү.", "the list has changed. Begin again from its start.";
    WHY_NOT_A_FILE: "энэ талбарт файл хэрэгтэй: emongolia request file add",
        "it is answered with a file: emongolia request file add";
    WHY_NO_FILE: "энэ талбарт файл хэрэггүй: emongolia request draft set",
        "it is not answered with a file: emongolia request draft set";
    WHY_NOT_REPRESENTED: "таныг тэднийг төлөөлөх эрхтэй гэж бүртгээгүй байна: emongolia request people",
        "no register says that you act for them: emongolia request people";
    WHY_NOT_FOR_THEM: "энэ үйлчилгээ тэдэнд зориулагдаагүй. Хэнд зориулсан бэ: emongolia request people --service",
        "this service is not for them. For whom it is: emongolia request people --service";
    WHY_NOT_ASKED: "энэ хүсэлтээр танаас одоогоор юу ч шаардаагүй байна. Одоо ямар байгааг харах: emongolia request show",
        "nothing is asked of this request. How it stands now: emongolia request show";
    WHY_MOVED: "хүсэлт энэ хооронд өөрчлөгдсөн. Цуцлаад одоо юу асуусныг харна уу: emongolia request show",
        "the request has moved on meanwhile. Call it off and see what is asked now: emongolia request show";
    WHY_DECIDED: "хүсэлт аль хэдийн шийдвэрлэгдсэн байна.", "the request is decided already.";
    WHY_REQUEST_UNDER_WAY: "энэ хүсэлтийн өөр үйлдэл илгээгдэхээр хүлээж байна. Эхлээд цуцална уу: emongolia outbox list",
        "something else of this request is on its way. Call that off first: emongolia outbox list";
    WHY_FIELD_NOT_ASKED: "энэ асуултыг засахаар буцаагаагүй тул илгээсэн хэвээр үлдэнэ.",
        "this question was not handed back, so it stays as it was sent.";
    WHY_DRAFT_UNDER_WAY: "илгээхээр хүлээж байгаа тул өөрчлөх боломжгүй. Эхлээд цуцална уу: emongolia outbox list",
        "it is on its way and can't be changed. Call that off first: emongolia outbox list";
    WHY_FILE_KIND: "ийм төрлийн файл тохирохгүй. Аль нь тохирох вэ: emongolia request draft show",
        "this kind of file does not fit. What does: emongolia request draft show";
    WHY_FILE_EMPTY: "файл хоосон байна.", "the file is empty.";
    WHY_FILE_TOO_LARGE: "файл хэт том байна.", "the file is too large.";
    WHY_FILE_NO_ROOM: "илгээхээр хүлээж буй файлууд хэт их зай эзэлж байна. Заримыг нь хасна уу: emongolia request file remove",
        "the files that wait here take too much room. Take some out: emongolia request file remove";
    WHY_FILE_CHANGED: "уншиж байх хооронд файл өөрчлөгдсөн байна. Дахин нэмнэ үү.",
        "the file changed while it was read. Add it again.";
    WHY_FILE_OTHER: "файл нь нэрлэсэн төрлийнх биш байна.", "the file is not of the kind that it says.";
    WHY_UPLOAD_QUOTA: "системд илгээж, хүсэлтэд оруулаагүй файл хэт олон байна. Долоо хоногийн дараа дахин оролдоно уу.",
        "too many files were sent that no request has taken up. Try again in a week.";
    WHY_UPLOAD: "файлыг бүтнээр нь илгээж чадсангүй. Цуцлаад файлаа дахин нэмнэ үү: emongolia outbox list",
        "a file could not be sent whole. Call it off and add the file again: emongolia outbox list";
    WHY_DAMAGED_OPERATION: "хадгалсан нь гэмтсэн тул илгээгдэхгүй. Цуцлаад дахин бөглөнө үү: emongolia outbox list",
        "what was kept is damaged and can't be sent. Call it off and fill it in again: emongolia outbox list";
    WHY_DAMAGED_UNKNOWN: "хадгалсан нь гэмтсэн тул хүрсэн эсэх нь мэдэгдэхгүй байна. Хүсэлтээ шалгана уу: emongolia request list",
        "what was kept is damaged, so nobody knows whether it arrived. Check your requests: emongolia request list";
    WHY_DAMAGED_LOOKED: "хадгалсан нь гэмтсэн. Хүсэлтүүд дунд байхгүй бол цуцлаад дахин бөглөнө үү: emongolia outbox list",
        "what was kept is damaged. If it is not among your requests, call it off and fill it in again: emongolia outbox list";
    WHY_UNKNOWN_REQUEST: "ийм хүсэлт алга болсон байна. Шинэчлэх: emongolia request list",
        "there is no such request any more. What there is: emongolia request list";
    WHY_UNKNOWN_NOTICE: "ийм мэдэгдэл алга болсон байна.", "there is no such notice any more.";
    WHY_PAID: "төлбөр аль хэдийн төлөгдсөн байна.", "it is paid already.";
    WHY_CLOSED: "хүсэлт хаагдсан тул төлөх шаардлагагүй.", "the request is closed, so nothing is to be paid.";
    WHY_INVALID_FIELD: "«{0}» талбарыг хүлээж авсангүй. Засаад дахин илгээнэ үү.",
        "the field “{0}” was not accepted. Correct it and submit again.";
    WHY_OTHER: "шалтгаан: {0}.", "reason: {0}.";

    // Where things stand.
    SUBMITTED: "Хүлээн авсан", "Submitted";
    PROCESSING: "Шийдвэрлэж байгаа", "Being processed";
    EDIT: "Засвар шаардлагатай", "Correction needed";
    FILE_REQUESTED: "Нэмэлт баримт шаардлагатай", "Another document needed";
    PRINTING: "Хэвлэж байгаа", "Being printed";
    COMPLETED: "Шийдвэрлэсэн", "Completed";
    PRINTED: "Хэвлэсэн", "Printed";
    REJECTED: "Татгалзсан", "Rejected";
    EXPIRED: "Хугацаа дууссан", "Expired";
    GRANTED: "Зөвшөөрсөн", "Granted";
    STATUS_UNKNOWN: "Шийдвэрлэж байгаа (програмаа шинэчилнэ үү)", "Being worked on (update this program)";
    WAITING: "Илгээхээр хүлээж байна", "Waiting to be sent";
    ATTENTION: "Таны оролцоо хэрэгтэй", "Needs your attention";
    BEING_CHECKED: "Хүргэгдсэн эсэхийг шалгаж байна", "Checking whether it has arrived";
    SENDING: "Хариу ирээгүй, дахин илгээнэ", "No answer yet, will be tried again";
    DONE: "Хүргэгдсэн", "Delivered";
    CALLED_OFF: "Цуцалсан", "Called off";

    // What operations are called.
    OPERATION_SUBMIT: "Хүсэлт илгээх", "Submit a request";
    OPERATION_INVOICE: "Нэхэмжлэх авах", "Ask for an invoice";
    OPERATION_LOOK: "Төлбөр шалгах", "Check a payment";
    OPERATION_CORRECT: "Засвар илгээх", "Send a correction";
    OPERATION_ATTACH: "Нэмэлт баримт илгээх", "Send documents that were asked for";
    OPERATION_WITHDRAW: "Хүсэлтээ буцаан авах", "Withdraw a request";
    OPERATION_UPLOAD: "Файл илгээх", "Send a file";
    OPERATION_READ: "Мэдэгдлийг уншсан болгох", "Mark a message as read";
    OPERATION_DELETE: "Мэдэгдлийг устгах", "Delete a message";
    OPERATION_PUSH: "Мэдэгдэл хүлээн авах хаяг", "Address for pushes";
    OPERATION_WEB: "Вэбэд нэвтрэх хариу", "Answer to a sign-in in a browser";

    // Ages.
    JUST_NOW: "дөнгөж сая", "just now";
    MINUTE_AGO: "{0} минутын өмнө", "{0} minute ago";
    MINUTES_AGO: "{0} минутын өмнө", "{0} minutes ago";
    HOUR_AGO: "{0} цагийн өмнө", "{0} hour ago";
    HOURS_AGO: "{0} цагийн өмнө", "{0} hours ago";
    DAY_AGO: "{0} өдрийн өмнө", "{0} day ago";
    DAYS_AGO: "{0} өдрийн өмнө", "{0} days ago";
    NEVER: "хэзээ ч шинэчлээгүй", "never updated";
    UPDATED: "Шинэчилсэн: {0}", "Updated: {0}";
    NEVER_UPDATED: "Хэзээ ч шинэчлээгүй", "Never updated";
    STALE: "хуучирсан байж магадгүй", "may be out of date";

    // The catalogue.
    SERVICE: "Үйлчилгээ", "Service";
    ORGANISATION: "Байгууллага", "Organisation";
    ABBREVIATION: "Товчлол", "Short";
    SERVICES: "Үйлчилгээ", "Services";
    KIND: "Төрөл", "Kind";
    FEE: "Төлбөр", "Fee";
    DURATION: "Хугацаа", "Takes";
    ONLINE: "Цахимаар", "Online";
    AREA: "Нутаг дэвсгэр", "Area";
    ID: "Дугаар", "Id";
    CODE: "Код", "Code";
    POSTAL_CODE: "Шуудангийн код", "Post code";
    NAME: "Нэр", "Name";
    YES: "тийм", "yes";
    NO: "үгүй", "no";
    FREE: "Үнэгүй", "Free";
    NOT_SAID: "тодорхойгүй", "not known";
    IMMEDIATE: "Шууд", "At once";
    WORKING_DAY: "Ажлын {0} өдөр", "{0} working day";
    WORKING_DAYS: "Ажлын {0} өдөр", "{0} working days";
    EVERYWHERE: "Улс даяар", "Whole country";
    SAMPLE: "жишээ", "sample";
    SAMPLE_LONG: "Жишээ: бодит үйлчилгээ биш", "A sample: not a real service";
    REQUIREMENTS: "Бүрдүүлэх зүйл", "What to have at hand";
    NOTHING_FOUND: "Юу ч олдсонгүй.", "Nothing was found.";
    NO_SUCH_PAGE: "Ийм хуудас алга.", "There is no such page.";
    FOUND: "Олдсон: {0}", "Found: {0}";
    OF_WHAT_WAS_FOUND: "Олдсоноос: {0}–{1}", "Of what was found: {0} to {1}";
    REFUSED: "Үйлчилгээний жагсаалтаас олдсонгүй.", "There is no such service in the catalogue.";
    NEAREST: "Ойролцоо байгууллага: {0}", "Organisations that come nearest: {0}";
    HELP_LINE: "Лавлах утас: {0}, Засгийн газрын 11-11 төв", "Ask the government's 11-11 centre: call {0}";
    HIDDEN_BY_FILTER: "Сонгосон шүүлтүүрт тохирох нь алга. Шүүлтүүргүйгээр хайвал олдоно.",
        "Nothing fits the filters. Without them something is found.";
    DID_YOU_MEAN: "Таны хайсан нь магадгүй: {0}", "You may have meant: {0}";
    HEARD: "Сонссон нь: {0}", "Heard: {0}";
    WHICH: "Алийг нь хэлсэн бэ?", "Which of these?";
    WHY_FOUND: "Яагаад олдсон", "Why these";
    BY_WORD: "үг", "the word";
    BY_SOUND: "дуудлага", "its sound";
    BY_BEGINNING: "эхлэл", "its beginning";
    BY_SPELLING: "бичлэгийн алдаа", "a slip of spelling";
    BY_SYNONYM: "ижил утга", "the same meaning";
    DESCRIPTION: "Тайлбар", "Description";
    FAVOURITE: "Хадгалсан", "Favourite";
    KEPT: "Хадгаллаа.", "Kept.";
    KEPT_NO_MORE: "Хадгалснаас хаслаа.", "Kept no more.";
    NO_FAVOURITES: "Хадгалсан үйлчилгээ алга.", "No favourites.";
    NO_SEARCHES: "Сүүлийн хайлт алга.", "No recent searches.";
    MORE: "Цааш: {0}", "More: {0}";
    CATALOGUE_EMPTY: "Үйлчилгээний жагсаалтыг хараахан татаагүй байна: emongolia sync",
        "The catalogue has not been pulled yet: emongolia sync";
    APPLY: "Хүсэлт гаргах: emongolia request form {0}", "To apply: emongolia request form {0}";
    REFERENCE: "Лавлагаа", "Reference";
    CERTIFICATE: "Тодорхойлолт", "Certificate";
    APPLICATION: "Хүсэлт, өргөдөл", "Application";
    ORDER: "Захиалга", "Order";
    PAYMENT: "Төлбөр тооцоо", "Payment";
    REGISTRATION: "Бүртгэл", "Registration";
    INFORMATION: "Мэдээлэл", "Information";
    OTHER: "Бусад", "Other";
    COUNTRY: "Улс", "Country";
    CAPITAL: "Нийслэл", "Capital";
    AIMAG: "Аймаг", "Aimag";
    SOUM: "Сум", "Soum";
    DISTRICT: "Дүүрэг", "District";
    BAG: "Баг", "Bag";
    KHOROO: "Хороо", "Khoroo";

    // Requests.
    FIELD: "Талбар", "Field";
    QUESTION: "Асуулт", "Question";
    ANSWER: "Хариулт", "Answer";
    REQUIRED: "Заавал", "Required";
    TO_MEND: "Засах зүйл", "To mend";
    MEND: "{0}: {1}", "{0}: {1}";
    TEXT: "бичвэр", "text";
    MONEY: "төгрөг", "tögrög";
    DATE: "өдөр, 2026-11-23", "date, 2026-11-23";
    REGISTRATION_NUMBER: "регистрийн дугаар", "registration number";
    CIVIL_ID: "иргэний бүртгэлийн дугаар", "civil id";
    PHONE: "утасны дугаар", "phone number";
    PLATE: "улсын дугаар", "number plate";
    COMPANY_NUMBER: "байгууллагын регистрийн дугаар", "company registration number";
    FILE: "файл", "file";
    SIGNATURE: "гарын үсэг", "signature";
    TEXT_UP_TO: "бичвэр, {0} тэмдэгт хүртэл", "text, up to {0} characters";
    NUMBER: "бүхэл тоо", "whole number";
    NUMBER_FROM: "бүхэл тоо, {0}-с дээш", "whole number from {0}";
    NUMBER_UP_TO: "бүхэл тоо, {0} хүртэл", "whole number up to {0}";
    NUMBER_BETWEEN: "бүхэл тоо, {0}–{1}", "whole number, {0}–{1}";
    YES_OR_NO: "тийм / үгүй", "yes / no";
    FILL_IN: "Бөглөх: {0}", "To fill in: {0}";
    CONFIRMED: "Илгээгдэх зүйл", "What will be sent";
    CONFIRMATION: "Баталгааны дугаар", "Confirmation";
    SUBMIT: "Зөв бол илгээх: emongolia request submit {0}", "If it is right: emongolia request submit {0}";
    DRAFT_FILL_IN: "Хариулах: emongolia request draft set {0} ТАЛБАР ХАРИУЛТ   Файл нэмэх: emongolia request file add {0} ТАЛБАР ФАЙЛ",
        "To answer: emongolia request draft set {0} NAME VALUE   To add a file: emongolia request file add {0} NAME PATH";
    DRAFT_CONFIRM: "Бүрэн бөглөсөн. Шалгаж баталгаажуулах: emongolia request draft confirm {0}",
        "Nothing is missing. To check and confirm it: emongolia request draft confirm {0}";
    DRAFT_UNDER_WAY: "Илгээхээр хүлээж байна, өөрчлөх боломжгүй.", "It is on its way and can't be changed.";
    DRAFT_DISCARDED: "Ноорог файлуудынхаа хамт устлаа.", "The draft is thrown away, with its files.";
    NO_DRAFTS: "Ноорог алга.", "No drafts.";
    BEGUN_AT: "Эхэлсэн", "Begun";
    ANSWERED: "Хариулсан", "Answered";
    NEWLY_REQUIRED: "Одоо заавал хариулах болсон: {0}", "To be answered now: {0}";
    SET_ASIDE: "Маягтын шинэ хувилбарт багтахгүй хариулт", "Answers that the new form has no place for";
    PREFILLED: "{0} (бүртгэлээс)", "{0} (from a register)";
    PREFILL_OFFERS: "Бүртгэлээс бөглөх", "What registers could fill in";
    PREFILL_NOT_ASKED: "таны зөвшөөрөл хэрэгтэй", "waits for your word";
    PREFILL_GIVEN: "та зөвшөөрсөн", "you agreed";
    PREFILL_REFUSED: "та зөвшөөрөөгүй", "you did not agree";
    PREFILL_ASK: "Бүртгэлээс бөглөхийг зөвшөөрөх: emongolia request draft prefill {0} {1}   Үгүй бол: --refuse",
        "To let the register fill it in: emongolia request draft prefill {0} {1}   If not: --refuse";
    WHY_NOT_OFFERED: "энэ ноорогт ийм бүртгэл хэрэггүй: emongolia request draft show",
        "this draft has no use for such a register: emongolia request draft show";
    NO_FILES: "Файл алга.", "No files.";
    FILE_NAME: "Файл", "File";
    SIZE: "Хэмжээ", "Size";
    READING: "{0}: {2}-аас {1} уншлаа.", "{0}: {1} of {2} read.";
    FILE_KEPT: "Файлыг хадгаллаа.", "The file is kept.";
    FILE_TAKEN_OUT: "Файлыг хаслаа.", "The file is taken out.";
    WRITTEN: "Файлд бичлээ: {0}", "Written to {0}";
    STATUS: "Төлөв", "Status";
    NUMBER_OF: "Бүртгэлийн №", "Number";
    SENT_AT: "Илгээсэн", "Submitted";
    CHANGED_AT: "Өөрчлөгдсөн", "Changed";
    HISTORY: "Явц", "History";
    NOW_IS: "Одоо", "Now";
    NEW_STEPS: "Шинэ: {0}", "New: {0}";
    ON_BEHALF_OF: "Хэний өмнөөс", "On behalf of";
    RELATION: "Хамаарал", "Relation";
    CHILD: "хүүхэд", "child";
    PARENT: "эцэг, эх", "parent";
    COMPANY: "байгууллага", "company";
    NO_PEOPLE: "Таны төлөөлөх хүн, байгууллага бүртгэлд алга.", "The registers name nobody for whom you may act.";
    AMENDS: "Хариулах хүсэлт", "Answers request";
    OPEN_FIELDS: "Засах боломжтой: {0}", "Can be changed: {0}";
    WITHDRAWN_DONE: "Хүсэлтийг буцаан авлаа.", "The request is withdrawn.";
    WITHDRAWN_WAITING: "Хадгаллаа. Холбогдмогц буцаан авна: emongolia outbox flush",
        "Kept. It will be withdrawn when the gateway can be reached: emongolia outbox flush";
    TO_DO: "Таны хийх зүйл", "For you to do";
    TO_CORRECT: "Засах: {0}", "Correct: {0}";
    TO_ATTACH: "Хавсаргах: {0}", "Attach: {0}";
    PAY: "Нэхэмжлэх авах: emongolia request pay {0}", "To get the invoice: emongolia request pay {0}";
    CHECK_PAYMENT: "Төлсний дараа шалгах: emongolia request payment {0} --check",
        "After paying, to check: emongolia request payment {0} --check";
    INVOICE_WAITING: "Нэхэмжлэхийг сүлжээ орж ирмэгц авна.", "The invoice will be asked for as soon as there is a network.";
    INVOICE: "Нэхэмжлэх №", "Invoice";
    PAY_UNTIL: "Төлөх хугацаа", "Pay until";
    PAID_SO_FAR: "Төлсөн", "Paid";
    CHECKED_AT: "Шалгасан", "Checked";
    BANKS: "Банкны апп", "Banks’ apps";
    BANK: "Банк", "Bank";
    LINK: "Холбоос", "Link";
    RECEIPTS: "Баримт", "Receipts";
    PAID_AT: "Төлсөн өдөр", "Paid on";
    AMOUNT: "Дүн", "Amount";
    GIVEN_BACK: "буцаагдсан", "given back";
    NO_RECEIPTS: "Төлбөрийн баримт алга.", "No receipts.";
    OUTCOME: "Хариу", "Outcome";
    CITIZEN: "иргэн", "citizen";
    CLERK: "ажилтан", "clerk";
    SYSTEM: "систем", "system";
    SOMEBODY: "тодорхойгүй", "not known";
    NO_REQUESTS: "Хүсэлт алга.", "No requests.";
    PULL_FIRST: "Нэвтэрч, мэдээллээ татна уу: emongolia sign-in, emongolia sync",
        "Sign in and pull them first: emongolia sign-in, emongolia sync";
    OPERATION: "Үйлдэл", "Operation";
    SUBMITTED_DONE: "Хүсэлт хүргэгдлээ. Харах: emongolia request list",
        "The request has arrived. To see it: emongolia request list";
    SUBMITTED_WAITING: "Хүсэлтийг хадгаллаа. Холбогдмогц яг нэг удаа илгээнэ: emongolia outbox flush",
        "The request is kept. It will be sent exactly once when the gateway can be reached: emongolia outbox flush";
    CHANGE_DONE: "Хүргэгдлээ.", "Delivered.";
    CHANGE_WAITING: "Энд хийгдлээ; холбогдмогц илгээнэ.", "Done here; it will be sent when the gateway can be reached.";
    WEB_ASKED: "Хүсэлт ирсэн", "Asked at";
    WEB_NUMBERS: "Тоонууд", "Numbers";
    WEB_CHOOSE: "Хуудсан дээрх тоог сонгоно уу: emongolia web approve {0} ТОО. Өөрөө нээгээгүй бол: emongolia web refuse {0}",
        "Choose the number on the page: emongolia web approve {0} NUMBER. If you did not open it: emongolia web refuse {0}";
    WEB_APPROVED: "Хөтөч нэвтэрлээ.", "The browser is let in.";
    WEB_REFUSED: "Хөтчийг нэвтрүүлсэнгүй.", "The browser is kept out.";
    STILL_WAITING: "Хүлээж байна. Ctrl-C дарсан ч алдагдахгүй.", "Waiting. Ctrl-C loses nothing.";

    // Bundles.
    BUNDLE: "Багц", "Bundle";
    BUNDLE_KIND: "багц", "bundle";
    LIFE_EVENT: "амьдралын үйл явдал", "life event";
    BUSINESS_EVENT: "бизнесийн үйл явдал", "business event";
    SUGGESTED: "Танд санал болгож байна", "Suggested for you";
    REASON: "Яагаад", "Why";
    SOURCE: "Эх сурвалж", "Source";
    GENERAL: "ерөнхий, таны мэдээлэлд тулгуурлаагүй", "general, not based on your data";
    PROGRESS: "Явц", "Progress";
    DUE: "Хугацаа", "Due";
    TO_PAY: "Төлөх дүн", "To pay";
    AND_UNKNOWN: "{0} + тодорхойгүй {1}", "{0} + {1} not known";
    STATE: "Төлөв", "State";
    OFFERED: "эхлээгүй", "not begun";
    STARTED: "эхэлсэн", "begun";
    ALL_DONE: "дууссан", "done";
    DISMISSED: "нуусан", "hidden";
    TODO: "хийх", "to do";
    UNDER_WAY: "хүсэлт явж байна", "request under way";
    ITEM_DONE: "хийсэн", "done";
    NOT_HERE: "танай нутагт үгүй", "not available here";
    AFTER: "Эхлээд: {0}", "First: {0}";
    NEEDS: "Хэрэгтэй: {0}", "Needs: {0}";
    DUE_BY: "Хугацаа: {0}", "Due: {0}";
    AT_HAND: "танд бий", "you have it";
    NOT_AT_HAND: "бэлдэх", "to get";
    NO_BUNDLES: "Багц алга.", "No bundles.";
    NO_SUGGESTIONS: "Одоогоор санал болгох багц алга. Бүгд: emongolia bundle list",
        "Nothing is suggested now. All of them: emongolia bundle list";
    BUNDLE_STARTED: "Эхэллээ. Харах: emongolia bundle show {0}", "Begun. To see it: emongolia bundle show {0}";
    BUNDLE_DISMISSED: "Нуулаа. Буцаах: emongolia bundle start {0}", "Hidden. To take it back: emongolia bundle start {0}";
    ITEM_MARKED: "Тэмдэглэлээ. Харах: emongolia bundle show {0}", "Marked. To see it: emongolia bundle show {0}";
    BEGIN_BUNDLE: "Эхлэх: emongolia bundle start {0}   Хийснээ тэмдэглэх: emongolia bundle done {0} АЛХАМ",
        "To begin: emongolia bundle start {0}   To mark a step: emongolia bundle done {0} STEP";

    // The inbox.
    TITLE: "Гарчиг", "Title";
    SENDER: "Илгээгч", "From";
    RECEIVED: "Огноо", "Date";
    UNREAD: "Уншаагүй", "Unread";
    REQUEST: "Хүсэлт", "Request";
    PENDING: "илгээгдээгүй өөрчлөлттэй", "change not sent yet";
    NO_MESSAGES: "Мэдэгдэл алга.", "No messages.";
    NOTHING_NEW: "Шинэ зүйл алга.", "Nothing new.";
    KEPT_UNTIL_OPEN: "Мэдэгдэл ирлээ. Түгжээтэй тул тэмдэглэж авлаа: нээсний дараа татна.",
        "Something came. It is locked, so this is noted, and fetched once it is open.";
    NEW: "Шинэ мэдэгдэл", "New messages";
    MARK_READ: "Уншсан болгох: emongolia inbox read {0}", "Mark as read: emongolia inbox read {0}";
    LISTENING: "Мэдэгдэл хүлээж байна, {0} секунд. Ctrl-C дарж зогсооно.",
        "Waiting for a push, {0} seconds. Ctrl-C to stop.";

    // The outbox.
    CREATED: "Үүсгэсэн", "Made";
    ATTEMPTS: "Оролдсон", "Tries";
    NEXT_TRY: "Дараагийн оролдлого", "Next try";
    PROBLEM: "Шалтгаан", "Problem";
    NOTHING_WAITS: "Илгээхээр хүлээж буй зүйл алга.", "Nothing waits to be sent.";
    TRY_AGAIN: "Дахин оролдох: emongolia outbox retry {0}", "Try again: emongolia outbox retry {0}";
    TRY_OR_CANCEL: "Дахин оролдох: emongolia outbox retry {0}   Цуцлах: emongolia outbox cancel {0}",
        "Try again: emongolia outbox retry {0}   Call off: emongolia outbox cancel {0}";
    FLUSHED: "Илгээх зүйл үлдсэнгүй.", "Nothing is left to send.";
    FLUSHED_FOR_NOW: "Одоохондоо илгээж болохыг илгээлээ. Үлдсэнийг цаг нь болоход дахин илгээнэ.",
        "What could be sent now has been sent. The rest is tried again when its time comes.";
    STOPPED: "Илгээлт зогссон байна.", "Sending has stopped.";

    // The session.
    SESSION: "Нэвтрэлт", "Session";
    SIGNED_IN_AS: "нэвтэрсэн: {0}", "signed in as {0}";
    SIGNED_IN: "нэвтэрсэн", "signed in";
    SIGNED_OUT: "нэвтрээгүй", "signed out";
    SIGNING_IN: "нэвтэрч байна", "signing in";
    LOCKED_SESSION: "түгжээтэй: emongolia lock unlock", "locked: emongolia lock unlock";
    SESSION_ENDS: "нэвтэрсэн: {0}, {1} хүртэл. Сунгах: emongolia sign-in",
        "signed in as {0}, until {1}. To go on: emongolia sign-in";
    SESSION_WIPING: "гарч дуусаагүй: emongolia sign-out", "signing out: emongolia sign-out";
    SESSION_EXPIRED: "хугацаа дууссан: emongolia sign-in", "ended: emongolia sign-in";
    WELCOME: "Тавтай морил, {0}.", "Welcome, {0}.";
    THEN_SYNC: "Хүсэлт, мэдэгдлээ татах: emongolia sync", "Pull your requests and messages: emongolia sync";
    OPEN_THIS: "Энэ хаягийг хөтчөөр нээнэ үү:", "Open this address in a browser:";
    COME_BACK: "Нэвтэрсний дараа өөрөө үргэлжилнэ. Үгүй бол хөтчийн очсон хаягийг энд хуулна уу.",
        "It goes on by itself afterwards. If it does not, paste the address the browser ended at here.";
    COMPLETE_WITH: "Дараа нь: emongolia sign-in --complete 'хаяг'", "Then: emongolia sign-in --complete 'ADDRESS'";
    BROWSER_DONE: "Нэвтрэлтийг хүлээн авлаа. Энэ цонхыг хааж, терминал руугаа буцна уу.",
        "The sign-in has been received. Close this window and go back to the terminal.";
    WIPED: "Гарлаа. Энэ төхөөрөмж дээр хувийн мэдээлэл үлдсэнгүй.",
        "Signed out. Nothing personal is left on this device.";
    NOT_REVOKED: "Серверт мэдэгдэж чадсангүй; энэ төхөөрөмжийн түлхүүргүйгээр нэвтрэлт хэрэггүй бөгөөд өөрөө дуусна.",
        "The server could not be told; without this device's key the session is useless, and it ends by itself.";
    DISCARDED: "Илгээгээгүй {0} зүйл устлаа.", "{0} things that had not been sent were discarded.";

    // The lock.
    PIN: "ПИН:", "PIN:";
    NEW_PIN: "Шинэ ПИН (6–12 орон):", "New PIN (6 to 12 digits):";
    LOCK_NOT_SET: "ПИН тавиагүй байна.", "No PIN is set.";
    LOCK_OPEN: "ПИН-тэй, нээлттэй.", "A PIN is set; open.";
    LOCK_SHUT: "Түгжээтэй.", "Locked.";
    LOCK_SPENT: "ПИН дахиж тус болохгүй. Дахин нэвтэрнэ үү: emongolia sign-in",
        "No PIN helps any more. Sign in again: emongolia sign-in";
    TRIES_LEFT: "Үлдсэн оролдлого: {0}.", "{0} tries left.";
    NOT_RECOVERABLE: "ПИН-ээ мартвал энд байгаа илгээгээгүй зүйлсийг сэргээх боломжгүй, устгана.",
        "If the PIN is forgotten, what has not been sent from here can't be brought back and is wiped.";

    // Sync and status.
    CATALOGUE: "Каталог", "Catalogue";
    BUNDLES: "Багц үйлчилгээ", "Bundles";
    REQUESTS: "Хүсэлтүүд", "Requests";
    INBOX: "Мэдэгдэл", "Inbox";
    OUTBOX: "Илгээх дараалал", "Outbox";
    STEP_CHANGED: "шинэчлэгдлээ", "updated";
    STEP_UNCHANGED: "өөрчлөлтгүй", "no change";
    STEP_SENT: "илгээж болохыг илгээсэн", "what could be sent has been sent";
    STEP_NOT_TRIED: "оролдсонгүй", "not tried";
    STEP_FAILED: "болсонгүй", "failed";
    SYNC_MORE: "Үргэлжлүүлэх: emongolia sync", "There is more: emongolia sync";
    WAITING_COUNT: "хүлээж буй {0}, оролцоо шаардсан {1}", "{0} waiting, {1} need attention";
    UNREAD_COUNT: "уншаагүй {0}", "{0} unread";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<&str> =
            text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(n, _)| n).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    #[test]
    fn every_text_says_something_in_both_languages() {
        for (name, text) in ALL {
            assert!(!text.en.trim().is_empty(), "{name}");
            let cyrillic = |c: char| ('\u{400}'..='\u{4ff}').contains(&c);
            assert!(text.mn.contains(cyrillic) || places(text.mn).len() == 2, "{name}: {}", text.mn);
            assert!(!text.en.contains(cyrillic), "{name}: {}", text.en);
        }
    }

    #[test]
    fn both_languages_leave_the_same_places_to_fill() {
        for (name, text) in ALL {
            assert_eq!(places(text.mn), places(text.en), "{name}");
            assert!(places(text.en).iter().all(|place| place.parse::<usize>().is_ok()), "{name}");
        }
    }

    #[test]
    fn places_are_filled_in_any_order_and_values_are_taken_as_they_are() {
        let swapped = Text { mn: "{1}, {0}, {1}.", en: "{0} {1}" };

        assert_eq!(swapped.say(Language::Mn, &["Өвөл", "{0} Үүл"]), "{0} Үүл, Өвөл, {0} Үүл.");
        assert_eq!(swapped.both(&["a", "b"]), LocalisedText::new("b, a, b.", "a b"));
    }
}
