//! What core's values are called in words.

use emongolia_core::{
    country::{Person, TimeZone},
    foundation::{clock::Timestamp, config::Language},
    offline::outbox::{OperationView, State},
    services::{
        catalogue::{AreaKind, Fee, How, ServiceDuration, ServiceKind},
        requests::{ActorKind, FieldKind, Standing, Status},
    },
};

use crate::texts::{self, Text};

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 60 * MINUTE_S;
const DAY_S: u64 = 24 * HOUR_S;

/// Beyond this many days a date says more than a count.
const COUNTED_DAYS: u64 = 60;

/// `2026.11.23 14:05`, in the time of the capital.
pub(crate) fn moment(at: Timestamp) -> String {
    TimeZone::Ulaanbaatar.civil(at).to_string()
}

/// «3 минутын өмнө», “3 minutes ago”.
pub(crate) fn ago(at: Timestamp, now: Timestamp, language: Language) -> String {
    let seconds = now.since(at).as_secs();
    let (count, one, many) = if seconds < MINUTE_S {
        return texts::JUST_NOW.in_language(language).to_owned();
    } else if seconds < HOUR_S {
        (seconds / MINUTE_S, texts::MINUTE_AGO, texts::MINUTES_AGO)
    } else if seconds < DAY_S {
        (seconds / HOUR_S, texts::HOUR_AGO, texts::HOURS_AGO)
    } else if seconds / DAY_S <= COUNTED_DAYS {
        (seconds / DAY_S, texts::DAY_AGO, texts::DAYS_AGO)
    } else {
        return moment(at);
    };
    let text = if count == 1 { one } else { many };
    text.say(language, &[&count.to_string()])
}

/// The age of what was read from the device, and a mark on what may have changed.
pub(crate) fn age(as_of: Option<Timestamp>, stale: bool, now: Timestamp, language: Language) -> String {
    match as_of {
        Some(at) if stale => format!("{} ({})", ago(at, now, language), texts::STALE.in_language(language)),
        Some(at) => ago(at, now, language),
        None => texts::NEVER.in_language(language).to_owned(),
    }
}

/// The same, as a line of its own.
pub(crate) fn updated(as_of: Option<Timestamp>, stale: bool, now: Timestamp, language: Language) -> String {
    match as_of {
        Some(_) => texts::UPDATED.say(language, &[&age(as_of, stale, now, language)]),
        None => texts::NEVER_UPDATED.in_language(language).to_owned(),
    }
}

pub(crate) const fn status(status: Status) -> Text {
    match status {
        Status::Submitted => texts::SUBMITTED,
        Status::Processing => texts::PROCESSING,
        Status::Edit => texts::EDIT,
        Status::FileRequested => texts::FILE_REQUESTED,
        Status::Printing => texts::PRINTING,
        Status::Completed => texts::COMPLETED,
        Status::Printed => texts::PRINTED,
        Status::Rejected => texts::REJECTED,
        Status::Expired => texts::EXPIRED,
        Status::Granted => texts::GRANTED,
        Status::Unknown => texts::STATUS_UNKNOWN,
    }
}

pub(crate) const fn standing(standing: &Standing) -> Text {
    match standing {
        Standing::Waiting { .. } => texts::WAITING,
        Standing::BeingChecked { .. } => texts::BEING_CHECKED,
        Standing::NeedsAttention { .. } => texts::ATTENTION,
        Standing::At { status: at } => status(*at),
    }
}

pub(crate) const fn state(state: State) -> Text {
    match state {
        State::New => texts::WAITING,
        State::Sending => texts::SENDING,
        State::Done => texts::DONE,
        State::Wedged => texts::ATTENTION,
        State::Cancelled => texts::CALLED_OFF,
    }
}

/// What an operation does. One of a newer build is shown by its own name.
pub(crate) fn operation(view: &OperationView, language: Language) -> &str {
    match view.kind.as_str() {
        "request.upload" => texts::OPERATION_UPLOAD.in_language(language),
        "request.submit" | "request.submit_published" => texts::OPERATION_SUBMIT.in_language(language),
        "request.invoice" => texts::OPERATION_INVOICE.in_language(language),
        "request.look" => texts::OPERATION_LOOK.in_language(language),
        "request.correct" => texts::OPERATION_CORRECT.in_language(language),
        "request.attach_more" => texts::OPERATION_ATTACH.in_language(language),
        "request.withdraw" => texts::OPERATION_WITHDRAW.in_language(language),
        "inbox.read" => texts::OPERATION_READ.in_language(language),
        "inbox.delete" => texts::OPERATION_DELETE.in_language(language),
        "push.register" => texts::OPERATION_PUSH.in_language(language),
        "portal.answer" => texts::OPERATION_WEB.in_language(language),
        _ => &view.kind,
    }
}

pub(crate) const fn actor(kind: ActorKind) -> Text {
    match kind {
        ActorKind::Citizen => texts::CITIZEN,
        ActorKind::Clerk => texts::CLERK,
        ActorKind::System => texts::SYSTEM,
        ActorKind::Unknown => texts::SOMEBODY,
    }
}

pub(crate) fn fee(fee: Fee, language: Language) -> String {
    match fee {
        Fee::Unknown => texts::NOT_SAID.in_language(language).to_owned(),
        Fee::Free => texts::FREE.in_language(language).to_owned(),
        Fee::Amount(amount) => amount.to_string(),
    }
}

pub(crate) fn duration(duration: ServiceDuration, language: Language) -> String {
    match duration {
        ServiceDuration::Unknown => texts::NOT_SAID.in_language(language).to_owned(),
        ServiceDuration::Immediate => texts::IMMEDIATE.in_language(language).to_owned(),
        ServiceDuration::WorkingDays(1) => texts::WORKING_DAY.say(language, &["1"]),
        ServiceDuration::WorkingDays(days) => texts::WORKING_DAYS.say(language, &[&days.to_string()]),
    }
}

pub(crate) const fn kind(kind: ServiceKind) -> Text {
    match kind {
        ServiceKind::Reference => texts::REFERENCE,
        ServiceKind::Certificate => texts::CERTIFICATE,
        ServiceKind::Application => texts::APPLICATION,
        ServiceKind::Order => texts::ORDER,
        ServiceKind::Payment => texts::PAYMENT,
        ServiceKind::Registration => texts::REGISTRATION,
        ServiceKind::Information => texts::INFORMATION,
        ServiceKind::Other => texts::OTHER,
    }
}

pub(crate) const fn area_kind(kind: AreaKind) -> Text {
    match kind {
        AreaKind::Country => texts::COUNTRY,
        AreaKind::Capital => texts::CAPITAL,
        AreaKind::Aimag => texts::AIMAG,
        AreaKind::Soum => texts::SOUM,
        AreaKind::District => texts::DISTRICT,
        AreaKind::Bag => texts::BAG,
        AreaKind::Khoroo => texts::KHOROO,
    }
}

/// How a word of a query was taken.
pub(crate) const fn how(how: How) -> Text {
    match how {
        How::Word => texts::BY_WORD,
        How::Sound => texts::BY_SOUND,
        How::Beginning => texts::BY_BEGINNING,
        How::Spelling => texts::BY_SPELLING,
        How::Synonym => texts::BY_SYNONYM,
    }
}

/// In the largest unit of which there is a whole one.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        1_000_000.. => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
        1_000.. => format!("{} KB", bytes / 1_000),
        _ => format!("{bytes} B"),
    }
}

pub(crate) const fn yes_or_no(yes: bool) -> Text {
    if yes { texts::YES } else { texts::NO }
}

/// What fits into a field.
pub(crate) fn what_fits(kind: &FieldKind, language: Language) -> String {
    let word = |text: Text| text.in_language(language).to_owned();
    match kind {
        FieldKind::Text { max_length: None, .. } => word(texts::TEXT),
        FieldKind::Text { max_length: Some(limit), .. } => texts::TEXT_UP_TO.say(language, &[&limit.to_string()]),
        FieldKind::WholeNumber { minimum, maximum } | FieldKind::Year { minimum, maximum } => {
            match (minimum, maximum) {
                (None, None) => word(texts::NUMBER),
                (Some(least), None) => texts::NUMBER_FROM.say(language, &[&least.to_string()]),
                (None, Some(most)) => texts::NUMBER_UP_TO.say(language, &[&most.to_string()]),
                (Some(least), Some(most)) => {
                    texts::NUMBER_BETWEEN.say(language, &[&least.to_string(), &most.to_string()])
                }
            }
        }
        FieldKind::Money { .. } => word(texts::MONEY),
        FieldKind::YesNo => word(texts::YES_OR_NO),
        FieldKind::OneOf { options } => {
            let options = options.iter().map(|one| format!("{} ({})", one.value, one.title.in_language(language)));
            options.collect::<Vec<_>>().join(", ")
        }
        FieldKind::Date => word(texts::DATE),
        FieldKind::RegistrationNumber => word(texts::REGISTRATION_NUMBER),
        FieldKind::CivilId => word(texts::CIVIL_ID),
        FieldKind::Phone => word(texts::PHONE),
        FieldKind::Plate => word(texts::PLATE),
        FieldKind::CompanyNumber => word(texts::COMPANY_NUMBER),
        FieldKind::File { accept, .. } if accept.is_empty() => word(texts::FILE),
        FieldKind::File { accept, .. } => format!("{}: {}", word(texts::FILE), accept.join(", ")),
        FieldKind::Signature { .. } => word(texts::SIGNATURE),
    }
}

/// Why an operation is stuck, or a value was refused: from the stable code.
pub(crate) fn why(reason: &str) -> Option<Text> {
    Some(match reason {
        "form.no_such_field" => texts::WHY_NO_SUCH_FIELD,
        "form.not_understood" => texts::WHY_NOT_UNDERSTOOD,
        "form.no_files_here" => texts::WHY_NO_FILES_HERE,
        "form.no_payment_here" => texts::WHY_NO_PAYMENT_HERE,
        "published.refused" => texts::WHY_NOT_TAKEN,
        "form.twice" => texts::WHY_TWICE,
        "form.not_a_file" => texts::WHY_NOT_A_FILE,
        "form.no_file" => texts::WHY_NO_FILE,
        "form.changed" => texts::WHY_FORM_CHANGED,
        form if form.starts_with("form.") => texts::WHY_FORM,
        "prefill.not_offered" => texts::WHY_NOT_OFFERED,
        "draft.under_way" => texts::WHY_DRAFT_UNDER_WAY,
        "draft.not_asked" => texts::WHY_FIELD_NOT_ASKED,
        "person.not_represented" | "not_represented" => texts::WHY_NOT_REPRESENTED,
        "person.not_for_them" | "not_for_them" => texts::WHY_NOT_FOR_THEM,
        "request.not_asked" | "not_asked" => texts::WHY_NOT_ASKED,
        "request_moved" => texts::WHY_MOVED,
        "request.not_here" => texts::WHY_NOT_HERE,
        "request.already_decided" | "already_decided" => texts::WHY_DECIDED,
        "request.under_way" => texts::WHY_REQUEST_UNDER_WAY,
        "attachment.media_type" => texts::WHY_FILE_KIND,
        "attachment.empty" => texts::WHY_FILE_EMPTY,
        "attachment.too_large" => texts::WHY_FILE_TOO_LARGE,
        "attachment.no_room" => texts::WHY_FILE_NO_ROOM,
        "attachment.larger_than_said" | "attachment.incomplete" => texts::WHY_FILE_CHANGED,
        "attachment.not_what_it_says" => texts::WHY_FILE_OTHER,
        "other_citizen" => texts::WHY_OTHER_CITIZEN,
        "callback.unknown_state" | "callback.too_old" => texts::WHY_OLD_CALLBACK,
        "lock.form" => texts::WHY_PIN_FORM,
        "lock.weak" => texts::WHY_PIN_WEAK,
        "lock.wrong" => texts::WHY_PIN_WRONG,
        "lock.current" => texts::WHY_PIN_CURRENT,
        "lock.not_set" => texts::LOCK_NOT_SET,
        "lock.not_recoverable" => texts::WHY_NOT_RECOVERABLE,
        callback if callback.starts_with("callback.") => texts::WHY_BAD_CALLBACK,
        "operation.not_wedged" => texts::WHY_NOT_WEDGED,
        "operation.may_have_effect" => texts::WHY_MAY_HAVE_EFFECT,
        "expired_unknown" => texts::WHY_EXPIRED_UNKNOWN,
        "step_up" => texts::WHY_STEP_UP,
        "step_up_unknown" => texts::WHY_STEP_UP_UNKNOWN,
        "key_reused" => texts::WHY_KEY_REUSED,
        "answer_unreadable" => texts::WHY_UNREADABLE,
        "operation_unknown" => texts::WHY_UNKNOWN_OPERATION,
        "operation_unreadable" => texts::WHY_DAMAGED_OPERATION,
        "damaged_unknown" => texts::WHY_DAMAGED_UNKNOWN,
        "damaged_looked" => texts::WHY_DAMAGED_LOOKED,
        "upload_quota" => texts::WHY_UPLOAD_QUOTA,
        upload if upload.starts_with("upload_") => texts::WHY_UPLOAD,
        "form_changed" => texts::WHY_FORM_CHANGED,
        "not_online" => texts::WHY_NOT_ONLINE,
        "unknown_service" => texts::WHY_UNKNOWN_SERVICE,
        "unknown_request" => texts::WHY_UNKNOWN_REQUEST,
        "unknown_message" => texts::WHY_UNKNOWN_NOTICE,
        "already_paid" => texts::WHY_PAID,
        "request_closed" => texts::WHY_CLOSED,
        "payment.not_due" | "free_of_charge" => texts::WHY_NOT_DUE,
        "payment.amount_not_whole" => texts::WHY_AMOUNT,
        "invoice_over" => texts::WHY_INVOICE_OVER,
        "portal.not_ours" => texts::WHY_NOT_OURS,
        "wrong_number" => texts::WHY_WRONG_NUMBER,
        "sign_in_answered" | "sign_in_expired" | "unknown_sign_in" => texts::WHY_WEB_OVER,
        "favourites.full" => texts::WHY_FAVOURITES_FULL,
        "page.cursor_unknown" => texts::WHY_NO_SUCH_PAGE,
        _ => return None,
    })
}

/// How a command is told whom it is about.
pub(crate) fn only_for(person: Option<&Person>) -> String {
    match person {
        Some(Person::Me) => " --for me".to_owned(),
        Some(Person::Other(id)) => format!(" --for {}", quoted(id.as_str())),
        None => String::new(),
    }
}

/// Quoted for a POSIX shell where it must be.
pub(crate) fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | ',' | '=' | '@');
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_392_000); // 2026-11-23T00:00:00Z

    fn before(seconds: u64, language: Language) -> String {
        ago(NOW.saturating_sub(Duration::from_secs(seconds)), NOW, language)
    }

    #[test]
    fn ages_are_told_in_words() {
        let cases = [
            (0, "дөнгөж сая", "just now"),
            (59, "дөнгөж сая", "just now"),
            (60, "1 минутын өмнө", "1 minute ago"),
            (200, "3 минутын өмнө", "3 minutes ago"),
            (3600, "1 цагийн өмнө", "1 hour ago"),
            (86_399, "23 цагийн өмнө", "23 hours ago"),
            (86_400, "1 өдрийн өмнө", "1 day ago"),
            (60 * 86_400, "60 өдрийн өмнө", "60 days ago"),
            (61 * 86_400, "2026.09.23 08:00", "2026.09.23 08:00"),
        ];

        for (seconds, mn, en) in cases {
            assert_eq!((before(seconds, Language::Mn).as_str(), before(seconds, Language::En).as_str()), (mn, en));
        }
    }

    #[test]
    fn a_clock_that_went_back_makes_nothing_older_than_now() {
        assert_eq!(ago(NOW.saturating_add(Duration::from_secs(7200)), NOW, Language::Mn), "дөнгөж сая");
    }

    #[test]
    fn what_may_have_changed_is_marked_and_what_never_came_is_said() {
        let three = Some(NOW.saturating_sub(Duration::from_secs(180)));

        assert_eq!(updated(three, false, NOW, Language::Mn), "Шинэчилсэн: 3 минутын өмнө");
        assert_eq!(updated(three, true, NOW, Language::En), "Updated: 3 minutes ago (may be out of date)");
        assert_eq!(updated(None, true, NOW, Language::Mn), "Хэзээ ч шинэчлээгүй");
    }

    #[test]
    fn every_status_has_a_name_of_its_own() {
        let all = [
            Status::Submitted,
            Status::Processing,
            Status::Edit,
            Status::FileRequested,
            Status::Printing,
            Status::Completed,
            Status::Printed,
            Status::Rejected,
            Status::Expired,
            Status::Granted,
            Status::Unknown,
        ];

        for language in [Language::Mn, Language::En] {
            let names: std::collections::HashSet<_> = all.map(|one| status(one).in_language(language)).into();
            assert_eq!(names.len(), all.len());
        }
    }

    #[test]
    fn money_and_working_days_are_in_mongolian_form() {
        use emongolia_core::country::Mnt;

        assert_eq!(fee(Fee::Amount(Mnt::new(25_000)), Language::Mn), "25,000₮");
        assert_eq!(fee(Fee::Unknown, Language::Mn), "тодорхойгүй");
        assert_eq!(duration(ServiceDuration::WorkingDays(5), Language::Mn), "Ажлын 5 өдөр");
        assert_eq!(duration(ServiceDuration::WorkingDays(1), Language::En), "1 working day");
    }

    #[test]
    fn sizes_are_told_in_units_that_people_know() {
        let cases = [(999, "999 B"), (150_999, "150 KB"), (1_000_000, "1.0 MB"), (10_485_760, "10.4 MB")];

        for (bytes, told) in cases {
            assert_eq!(size(bytes), told);
        }
    }

    #[test]
    fn a_hint_can_be_pasted_into_a_shell() {
        assert_eq!(quoted("хэл=mn"), "хэл=mn");
        assert_eq!(quoted("Хаан банк"), "'Хаан банк'");
        assert_eq!(quoted("a'b; rm"), r"'a'\''b; rm'");
        assert_eq!(quoted(""), "''");
    }
}
