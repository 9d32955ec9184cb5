//! The words. The source publishes the codes of the states alone; what they mean to a citizen is said here.

use super::{ActorKind, Acts, Standing, Status};
use crate::{
    country::{CivilDate, LocalisedText},
    foundation::config::Language,
    offline::outbox::Operation as _,
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

pub(super) fn withdrawn() -> Told {
    (LocalisedText::new("Та хүсэлтээ буцаан авсан.", "You withdrew your request."), None)
}

pub(super) fn waiting(standing: &Standing) -> Told {
    let (mn, en, next_mn, next_en) = match standing {
        Standing::NeedsAttention { .. } => (
            "Хүсэлтийг хүлээж аваагүй.",
            "Your request was not taken.",
            "Шалтгааныг үзээд засах эсвэл цуцална уу.",
            "See why, then mend it or call it off.",
        ),
        Standing::BeingChecked { .. } => (
            "Хүсэлтийг илгээсэн, хариу ирээгүй. Хүргэгдсэн эсэхийг шалгаж байна.",
            "Your request was sent and not answered. Whether it has arrived is being checked.",
            "Хүргэгдээгүй нь тодорхой болсны дараа л дахин илгээнэ.",
            "It is sent again only when it is certain that it has not arrived.",
        ),
        Standing::Waiting { .. } | Standing::At { .. } => (
            "Хүсэлт энэ утсанд хадгалагдсан, илгээгдэхээр хүлээж байна.",
            "Your request is kept on this phone and waits to be sent.",
            "Сүлжээнд холбогдмогц нэг л удаа илгээгдэнэ.",
            "It is sent once, as soon as there is a network.",
        ),
    };
    (LocalisedText::new(mn, en), Some(LocalisedText::new(next_mn, next_en)))
}

/// What the citizen did to it has not been taken yet.
pub(super) fn under_way(kind: &str, wedged: bool) -> Told {
    let (mn, en) = match (kind, wedged) {
        (Correct::KIND, false) => ("Таны засвар илгээгдэхээр хүлээж байна.", "Your correction waits to be sent."),
        (Correct::KIND, true) => ("Таны засварыг хүлээж аваагүй.", "Your correction was not taken."),
        (AttachMore::KIND, false) => {
            ("Таны баримт бичиг илгээгдэхээр хүлээж байна.", "Your documents wait to be sent.")
        }
        (AttachMore::KIND, true) => ("Таны баримт бичгийг хүлээж аваагүй.", "Your documents were not taken."),
        (_, false) => ("Хүсэлтээ буцаан авах тань илгээгдэхээр хүлээж байна.", "Your withdrawal waits to be sent."),
        (_, true) => ("Хүсэлтээ буцаан авахыг тань хүлээж аваагүй.", "Your withdrawal was not taken."),
    };
    let next = if wedged {
        (
            "Шалтгааныг үзээд цуцална уу: бөглөсөн зүйл тань хэвээр үлдэнэ.",
            "See why and call it off: what you filled in stays.",
        )
    } else {
        ("Сүлжээнд холбогдмогц нэг л удаа илгээгдэнэ.", "It is sent once, as soon as there is a network.")
    };
    (LocalisedText::new(mn, en), Some(LocalisedText::new(next.0, next.1)))
}

pub(super) fn the_form() -> LocalisedText {
    LocalisedText::new("Хүсэлтийн маягт", "The form of your request")
}

pub(super) fn a_document() -> LocalisedText {
    LocalisedText::new("Нэмэлт баримт бичиг", "Another document")
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
