//! The words. The source publishes the codes of the states alone; what they mean to a citizen is said here.

use super::{ActorKind, Acts, Standing, Status};
use crate::{
    country::{CivilDate, LocalisedText},
    foundation::config::Language,
    offline::outbox::{Operation as _, Outlook},
    services::requests::change::{AttachMore, Correct},
};

type Told = (LocalisedText, Option<LocalisedText>);

/// What happens now, and what comes then.
pub(super) fn standing(status: Status) -> Told {
    let (mn, en, next) = match status {
        Status::Submitted => (
            "Хүсэлтийг хүлээн авсан.",
            "Your request has been received.",
            Some(("Байгууллага шийдвэрлэж эхэлнэ.", "The organisation starts to work on it.")),
        ),
        Status::Processing => (
            "Байгууллага хүсэлтийг шийдвэрлэж байна.",
            "The organisation is working on your request.",
            Some(("Шийдвэр гармагц танд мэдэгдэнэ.", "You are told as soon as it is decided.")),
        ),
        Status::Edit => (
            "Хүсэлтийг засуулахаар танд буцаасан.",
            "Your request was handed back to you to be corrected.",
            Some(("Заасан хариултыг засаад дахин илгээнэ үү.", "Correct what is named and send it again.")),
        ),
        Status::FileRequested => (
            "Танаас нэмэлт баримт бичиг хүссэн.",
            "You are asked for another document.",
            Some(("Нэрлэсэн баримт бичгийг хавсаргаж илгээнэ үү.", "Attach what is named and send it.")),
        ),
        Status::Printing => (
            "Баримт бичгийг хэвлэж байна.",
            "Your document is being printed.",
            Some(("Хэвлэж дуусмагц танд мэдэгдэнэ.", "You are told as soon as it is printed.")),
        ),
        Status::Printed => (
            "Баримт бичиг хэвлэгдсэн.",
            "Your document is printed.",
            Some((
                "Хүргүүлэхээр сонгоогүй бол байгууллагаас очиж авна уу.",
                "Collect it from the organisation, unless you chose delivery.",
            )),
        ),
        Status::Completed => ("Хүсэлтийг шийдвэрлэсэн.", "Your request is completed.", None),
        Status::Rejected => (
            "Хүсэлтээс татгалзсан.",
            "Your request was turned down.",
            Some(("Шаардлагатай бол шинээр хүсэлт гаргана уу.", "If you still need it, apply anew.")),
        ),
        Status::Expired => (
            "Хүсэлтийн хугацаа дууссан.",
            "Your request has run out of time.",
            Some(("Шаардлагатай бол шинээр хүсэлт гаргана уу.", "If you still need it, apply anew.")),
        ),
        Status::Granted => (
            "Хүсэлтийг зөвшөөрсөн.",
            "Your request is granted.",
            Some(("Байгууллага хариуг бэлтгэж өгнө.", "The organisation prepares what you get.")),
        ),
        Status::Unknown => (
            "Хүсэлт апп-ын энэ хувилбарт танигдаагүй төлөвт байна.",
            "Your request is in a state that this version of the app does not know.",
            Some(("Апп-аа шинэчилбэл тайлбар харагдана.", "Update the app to read what it means.")),
        ),
    };
    (LocalisedText::new(mn, en), next.map(|(mn, en)| LocalisedText::new(mn, en)))
}

/// It has arrived, and costs something.
pub(super) fn unpaid() -> Told {
    let (received, _) = standing(Status::Submitted);
    let next = (
        "Төлбөр төлөгдсөний дараа байгууллага шийдвэрлэж эхэлнэ.",
        "The organisation starts to work on it once it is paid.",
    );
    (received, Some(LocalisedText::new(next.0, next.1)))
}

/// It asks what can't be answered in the app.
pub(super) fn elsewhere(status: Status) -> Told {
    (standing(status).0, Some(LocalisedText::new(NOT_HERE.0, NOT_HERE.1)))
}

pub(super) fn withdrawn() -> Told {
    (LocalisedText::new("Та хүсэлтээ буцаан авсан.", "You withdrew your request."), None)
}

/// Of a request that nobody has answered for yet.
pub(super) fn waiting(standing: &Standing, outlook: Outlook) -> Told {
    let (mn, en, next_mn, next_en) = match (standing, outlook) {
        (_, Outlook::Refused) => (
            "Хүсэлтийг хүлээж аваагүй.",
            "Your request was not taken.",
            "Шалтгааныг үзээд засах эсвэл цуцална уу.",
            "See why, then mend it or call it off.",
        ),
        (_, Outlook::HeldUp) => (
            "Файлыг илгээж чадаагүй тул хүсэлт илгээгдээгүй байна.",
            "Your request was not sent, because a file of it could not be.",
            HELD_UP.0,
            HELD_UP.1,
        ),
        (_, Outlook::ToProve) => (
            "Хүсэлтийг илгээхийн тулд өөрийгөө дахин баталгаажуулах хэрэгтэй.",
            "To send your request, confirm once more who you are.",
            PROVEN.0,
            PROVEN.1,
        ),
        (_, Outlook::Unclear) => (
            "Хүсэлт хүргэгдсэн эсэх нь тодорхойгүй байна.",
            "Whether your request has arrived is not known.",
            UNCLEAR.0,
            UNCLEAR.1,
        ),
        (_, Outlook::Forgotten) => (
            "Хүсэлт хүргэгдсэн эсэхийг апп мэдэх боломжгүй болсон.",
            "The app can no longer find out whether your request has arrived.",
            FORGOTTEN.0,
            FORGOTTEN.1,
        ),
        (Standing::BeingChecked { .. }, _) => (
            "Хүсэлтийг илгээсэн, хариу ирээгүй. Хүргэгдсэн эсэхийг шалгаж байна.",
            "Your request was sent and not answered. Whether it has arrived is being checked.",
            "Хүргэгдээгүй нь тодорхой болсны дараа л дахин илгээнэ.",
            "It is sent again only when it is certain that it has not arrived.",
        ),
        (_, Outlook::Unanswered) => (
            "Хүсэлтийг илгээсэн, хариу хараахан ирээгүй байна.",
            "Your request was sent, and no answer has come yet.",
            UNANSWERED.0,
            UNANSWERED.1,
        ),
        (_, Outlook::Waits) => (
            "Хүсэлт энэ утсанд хадгалагдсан, илгээгдэхээр хүлээж байна.",
            "Your request is kept on this phone and waits to be sent.",
            WAITS.0,
            WAITS.1,
        ),
    };
    (LocalisedText::new(mn, en), Some(LocalisedText::new(next_mn, next_en)))
}

/// What comes then, whatever it is that was sent.
const WAITS: (&str, &str) =
    ("Сүлжээнд холбогдмогц нэг л удаа илгээгдэнэ.", "It is sent once, as soon as there is a network.");
const HELD_UP: (&str, &str) =
    ("Шалтгааныг үзээд дахин оролдох эсвэл цуцална уу.", "See why, then try again or call it off.");
const UNANSWERED: (&str, &str) =
    ("Хариу иртэл апп өөрөө дахин асууна, давхардахгүй.", "The app asks again until an answer comes; it counts once.");
const PROVEN: (&str, &str) = (
    "Баталгаажуулаад дахин оролдоно уу: бөглөсөн зүйл тань хэвээр байна.",
    "Then try again: what you filled in stays.",
);
const UNCLEAR: (&str, &str) = ("Шалтгааныг үзээд дахин оролдоно уу.", "See why, then try again.");
const FORGOTTEN: (&str, &str) = (
    "Өөрөө шалгана уу: хүргэгдсэн бол эндээс цуцалж, хүргэгдээгүй бол дахин оролдоно уу.",
    "Look for yourself: if it is there, call it off here; if not, try again.",
);
/// What it asks can't be answered in the app.
const NOT_HERE: (&str, &str) = (
    "Үүнийг одоогоор аппаар хийх боломжгүй. Байгууллагад нь хандана уу.",
    "This can't be done in the app at present. Ask the organisation.",
);

/// What the citizen did to it has not been taken yet.
pub(super) fn under_way(kind: &str, outlook: Outlook) -> Told {
    let (mn, en) = match kind {
        Correct::KIND => correction(outlook),
        AttachMore::KIND => documents(outlook),
        _ => withdrawal(outlook),
    };
    let next = match (kind, outlook) {
        (_, Outlook::Waits) => WAITS,
        (_, Outlook::HeldUp) => HELD_UP,
        (_, Outlook::Unanswered) => UNANSWERED,
        (_, Outlook::Unclear) => UNCLEAR,
        (_, Outlook::Forgotten) => FORGOTTEN,
        (Correct::KIND | AttachMore::KIND, Outlook::ToProve) => PROVEN,
        (Correct::KIND | AttachMore::KIND, Outlook::Refused) => (
            "Шалтгааныг үзээд цуцална уу: бөглөсөн зүйл тань хэвээр үлдэнэ.",
            "See why and call it off: what you filled in stays.",
        ),
        (_, Outlook::ToProve) => ("Баталгаажуулаад дахин оролдоно уу.", "Then try again."),
        (_, Outlook::Refused) => (
            "Шалтгааныг үзээд цуцална уу: хүсэлт тань хэвээр үлдэнэ.",
            "See why and call it off: your request stays as it is.",
        ),
    };
    (LocalisedText::new(mn, en), Some(LocalisedText::new(next.0, next.1)))
}

const fn correction(outlook: Outlook) -> (&'static str, &'static str) {
    match outlook {
        Outlook::Waits => ("Таны засвар илгээгдэхээр хүлээж байна.", "Your correction waits to be sent."),
        Outlook::HeldUp => (
            "Файлыг илгээж чадаагүй тул таны засвар илгээгдээгүй байна.",
            "Your correction was not sent, because a file of it could not be.",
        ),
        Outlook::Unanswered => (
            "Таны засварыг илгээсэн, хариу хараахан ирээгүй байна.",
            "Your correction was sent, and no answer has come yet.",
        ),
        Outlook::ToProve => (
            "Засвараа илгээхийн тулд өөрийгөө дахин баталгаажуулах хэрэгтэй.",
            "To send your correction, confirm once more who you are.",
        ),
        Outlook::Refused => ("Таны засварыг хүлээж аваагүй.", "Your correction was not taken."),
        Outlook::Unclear => {
            ("Таны засвар хүргэгдсэн эсэх нь тодорхойгүй байна.", "Whether your correction has arrived is not known.")
        }
        Outlook::Forgotten => (
            "Таны засвар хүргэгдсэн эсэхийг апп мэдэх боломжгүй болсон.",
            "The app can no longer find out whether your correction has arrived.",
        ),
    }
}

const fn documents(outlook: Outlook) -> (&'static str, &'static str) {
    match outlook {
        Outlook::Waits => ("Таны баримт бичиг илгээгдэхээр хүлээж байна.", "Your documents wait to be sent."),
        Outlook::HeldUp => (
            "Файлыг илгээж чадаагүй тул таны баримт бичиг илгээгдээгүй байна.",
            "Your documents were not sent, because a file of them could not be.",
        ),
        Outlook::Unanswered => (
            "Таны баримт бичгийг илгээсэн, хариу хараахан ирээгүй байна.",
            "Your documents were sent, and no answer has come yet.",
        ),
        Outlook::ToProve => (
            "Баримт бичгээ илгээхийн тулд өөрийгөө дахин баталгаажуулах хэрэгтэй.",
            "To send your documents, confirm once more who you are.",
        ),
        Outlook::Refused => ("Таны баримт бичгийг хүлээж аваагүй.", "Your documents were not taken."),
        Outlook::Unclear => (
            "Таны баримт бичиг хүргэгдсэн эсэх нь тодорхойгүй байна.",
            "Whether your documents have arrived is not known.",
        ),
        Outlook::Forgotten => (
            "Таны баримт бичиг хүргэгдсэн эсэхийг апп мэдэх боломжгүй болсон.",
            "The app can no longer find out whether your documents have arrived.",
        ),
    }
}

const fn withdrawal(outlook: Outlook) -> (&'static str, &'static str) {
    match outlook {
        Outlook::Waits => ("Хүсэлтээ буцаан авах тань илгээгдэхээр хүлээж байна.", "Your withdrawal waits to be sent."),
        Outlook::HeldUp => (
            "Өмнөх үйлдлийг илгээж чадаагүй тул хүсэлтээ буцаан авах тань илгээгдээгүй байна.",
            "Your withdrawal was not sent, because what goes before it could not be.",
        ),
        Outlook::Unanswered => (
            "Хүсэлтээ буцаан авахаар илгээсэн, хариу хараахан ирээгүй байна.",
            "Your withdrawal was sent, and no answer has come yet.",
        ),
        Outlook::ToProve => (
            "Хүсэлтээ буцаан авахын тулд өөрийгөө дахин баталгаажуулах хэрэгтэй.",
            "To withdraw your request, confirm once more who you are.",
        ),
        Outlook::Refused => ("Хүсэлтээ буцаан авахыг тань хүлээж аваагүй.", "Your withdrawal was not taken."),
        Outlook::Unclear => {
            ("Хүсэлтээ буцаан авсан эсэх тань тодорхойгүй байна.", "Whether your withdrawal has arrived is not known.")
        }
        Outlook::Forgotten => (
            "Хүсэлтээ буцаан авсан эсэхийг тань апп мэдэх боломжгүй болсон.",
            "The app can no longer find out whether your withdrawal has arrived.",
        ),
    }
}

pub(super) fn the_form() -> LocalisedText {
    LocalisedText::new("Хүсэлтийн маягт", "The form of your request")
}

/// By when whoever acts has to; `None` where nobody does.
pub(super) fn due(who: Acts, by: Option<CivilDate>, overdue: bool) -> Option<LocalisedText> {
    match (who, by) {
        (Acts::Organisation, Some(by)) => {
            let (mn, en) = (by.by(Language::Mn), by.by(Language::En));
            Some(if overdue {
                LocalisedText::new(
                    format!("{mn} шийдвэрлэх ёстой байсан, хугацаа хэтэрсэн."),
                    format!("It was to be decided {en} and is overdue."),
                )
            } else {
                LocalisedText::new(format!("{mn} шийдвэрлэнэ."), format!("It is to be decided {en}."))
            })
        }
        (Acts::Organisation, None) => {
            Some(LocalisedText::new("Шийдвэрлэх хугацаа тодорхойгүй.", "It is not known by when."))
        }
        (Acts::Citizen, _) => Some(LocalisedText::new("Хугацаа заагаагүй.", "No day is set.")),
        (Acts::Nobody | Acts::Unknown, _) => None,
    }
}

/// One step, told to the citizen. `before` is where the request stood until then.
pub(super) fn step(status: Status, actor: ActorKind, before: Option<Status>) -> LocalisedText {
    let by_citizen = actor == ActorKind::Citizen;
    let (mn, en) = match (status, before) {
        (Status::Submitted, Some(Status::Edit)) if by_citizen => ("Та засвараа илгээсэн.", "You sent your correction."),
        (Status::Submitted, Some(Status::FileRequested)) if by_citizen => {
            ("Та нэмэлт баримт бичгээ илгээсэн.", "You sent what was asked for.")
        }
        (Status::Submitted, _) if by_citizen => ("Та хүсэлтээ илгээсэн.", "You sent your request."),
        (Status::Submitted, _) => ("Хүсэлтийг хүлээн авсан.", "Your request was received."),
        (Status::Processing, _) => {
            ("Байгууллага хүсэлтийг шийдвэрлэж эхэлсэн.", "The organisation started to work on it.")
        }
        (Status::Edit, _) => ("Хүсэлтийг засуулахаар танд буцаасан.", "It was handed back to you to be corrected."),
        (Status::FileRequested, _) => ("Танаас нэмэлт баримт бичиг хүссэн.", "You were asked for another document."),
        (Status::Printing, _) => ("Баримт бичгийг хэвлэж эхэлсэн.", "The printing began."),
        (Status::Printed, _) => ("Баримт бичгийг хэвлэж дууссан.", "Your document was printed."),
        (Status::Completed, _) => ("Хүсэлтийг шийдвэрлэж дууссан.", "Your request was completed."),
        (Status::Rejected, _) if by_citizen => ("Та хүсэлтээ буцаан авсан.", "You withdrew your request."),
        (Status::Rejected, _) => ("Хүсэлтээс татгалзсан.", "Your request was turned down."),
        (Status::Expired, _) => ("Хүсэлтийн хугацаа дууссан.", "Your request ran out of time."),
        (Status::Granted, _) => ("Хүсэлтийг зөвшөөрсөн.", "Your request was granted."),
        (Status::Unknown, _) => ("Хүсэлтийн төлөв өөрчлөгдсөн.", "The state of your request changed."),
    };
    LocalisedText::new(mn, en)
}
