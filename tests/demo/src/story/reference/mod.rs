//! A simple reference, free and issued at once: found, asked for, told; in a valley, at a computer, behind a PIN.

mod apply;
mod editions;
mod find;
mod lock;
mod outcome;
mod valley;
mod web;

use super::Errand;

/// Citizen identity card reference: free, issued at once; its form asks who will receive it.
pub(crate) const IDENTITY_CARD: &str = "ac8a53815d8d42a6acdb791f";

/// Residence address reference: free; how long it takes is not known.
const ADDRESS: &str = "b7a16b60dab000113be58e49";

/// Who will receive the first and the second reference; invented, and personal.
const RECIPIENT: &str = "Өрнөх Үүр банк, Өргөө салбар";
const SECOND_RECIPIENT: &str = "Үлгэрийн Өлгий цэцэрлэг";

/// What the clerk writes.
const NOTE: (&str, &str) = ("Лавлагаа бэлэн боллоо, Өлзийт өдөр хүргэе.", "Your reference is ready. Have a good day.");

/// What another clerk writes while the phone is locked.
const LAST_NOTICE: (&str, &str) =
    ("Өргөө солих тухай", "Үйлчилгээний төв дараагийн долоо хоногт өөр байранд ажиллана.");

pub(super) const ERRAND: Errand = Errand {
    name: "reference",
    mn: "Иргэний үнэмлэхийн лавлагаа авах",
    en: "A reference from the register of identity cards",
    service: IDENTITY_CARD,
    personal: &[("first recipient", RECIPIENT), ("second recipient", SECOND_RECIPIENT), ("clerk's note", NOTE.0)],
    decided: &["PROCESSING", "GRANTED"],
    middle: || {
        vec![
            find::search(),
            find::service(),
            apply::confirm(),
            apply::submit(),
            outcome::clerk(),
            outcome::listen(),
            outcome::push(),
            outcome::inbox(),
            valley::offline_read(),
            valley::queue(),
            valley::restart(),
            editions::rollback(),
            web::browser(),
            web::step_up(),
            lock::lock(),
            lock::wrong_pin(),
            lock::unlock(),
            lock::pocket(),
        ]
    },
};
