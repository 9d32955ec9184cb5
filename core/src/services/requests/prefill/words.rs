//! What registers are called, and why one filled nothing in.

use super::Answer;
use crate::country::LocalisedText;

/// Operations that forms ask for, as `xyp_operations.csv` describes them; another one is shown by its own name.
const TITLES: [(&str, &str, &str); 2] = [
    (
        "WS100101_getCitizenIDCardInfo",
        "Улсын бүртгэлийн ерөнхий газар: иргэний үнэмлэхний мэдээлэл",
        "General Authority for State Registration: what your identity card says",
    ),
    (
        "WS100103_getCitizenAddressInfo",
        "Улсын бүртгэлийн ерөнхий газар: оршин суугаа хаяг",
        "General Authority for State Registration: where you live",
    ),
];

pub(super) fn title(operation: &str) -> LocalisedText {
    let known = TITLES.iter().find(|(known, ..)| *known == operation);
    known.map_or_else(|| LocalisedText::mongolian(operation), |(_, mn, en)| LocalisedText::new(*mn, *en))
}

pub(super) fn missing(answer: Option<&Answer>) -> LocalisedText {
    match answer {
        None => LocalisedText::new(
            "Бүртгэлийн мэдээлэл энэ утсанд хараахан алга. Сүлжээтэй үед өөрөө бөглөгдөнө, эсвэл та бичнэ үү.",
            "What the register says is not on this phone yet. It is filled in once there is a network, or write it yourself.",
        ),
        Some(Answer::Refused) => LocalisedText::new(
            "Бүртгэлээс мэдээлэл авч чадсангүй. Нэвтрэхдээ зөвшөөрөөгүй байж магадгүй. Та өөрөө бичнэ үү.",
            "The register did not answer. Perhaps you did not agree to it at sign-in. Write it yourself.",
        ),
        Some(Answer::Nothing | Answer::Found(_)) => LocalisedText::new(
            "Бүртгэлд энэ мэдээлэл алга. Та өөрөө бичнэ үү.",
            "The register does not say this. Write it yourself.",
        ),
    }
}
