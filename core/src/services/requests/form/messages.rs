//! What is wrong, in words that say how to mend it. No word of what was typed is among them.

use super::Problem;
use crate::country::LocalisedText;

/// Code, Mongolian, English; `{}` is the limit that the schema sets, or the question that it was held against.
const MESSAGES: [(&str, &str, &str); 49] = [
    ("form.required", "Энэ асуултад хариулна уу.", "Answer this question."),
    ("form.no_such_field", "Маягтад ийм асуулт байхгүй.", "The form has no such question."),
    ("form.too_long", "Уртыг {} тэмдэгтээс хэтрүүлэхгүй бичнэ үү.", "Write at most {} characters."),
    ("form.too_short", "Дор хаяж {} тэмдэгт бичнэ үү.", "Write at least {} characters."),
    ("form.not_a_number", "Бүхэл тоо бичнэ үү, жишээ нь 12.", "Write a whole number, such as 12."),
    ("form.too_small", "{} буюу түүнээс их тоо бичнэ үү.", "Write {} or more."),
    ("form.too_large", "{} буюу түүнээс бага тоо бичнэ үү.", "Write {} or less."),
    ("form.not_above", "{} гэсэн тооноос их тоо бичнэ үү.", "Write more than {}."),
    ("form.not_below", "{} гэсэн тооноос бага тоо бичнэ үү.", "Write less than {}."),
    ("form.not_a_multiple", "{} гэсэн тоонд хуваагддаг тоо бичнэ үү.", "Write a multiple of {}."),
    ("form.not_yes_or_no", "Тийм эсвэл үгүйг сонгоно уу.", "Choose yes or no."),
    ("form.not_an_option", "Жагсаалтаас сонгоно уу.", "Choose one of the list."),
    (
        "form.not_allowed",
        "Энэ хариулт бусад хариулттай нийцэхгүй байна. Хариултуудаа шалгана уу.",
        "This does not go with the other answers. Check them.",
    ),
    ("form.too_few", "Дор хаяж {} хариулт өгнө үү.", "Give at least {} answers."),
    ("form.too_many", "Хамгийн ихдээ {} хариулт өгнө үү.", "Give at most {} answers."),
    ("form.repeated", "Нэг зүйлийг хоёр удаа бичжээ. Нэгийг нь арилгана уу.", "The same is there twice. Remove one."),
    (
        "form.not_a_year",
        "Оныг дөрвөн цифрээр бичнэ үү, жишээ нь 2026.",
        "Write the year with four digits, such as 2026.",
    ),
    (
        "form.not_a_language",
        "Хэлний хоёр үсэгтэй кодыг бичнэ үү, жишээ нь mn.",
        "Write the language’s code of two letters, such as mn.",
    ),
    (
        "form.before",
        "«{}» гэсэн асуултын хариултаас өмнө байж болохгүй. Аль нэгийг нь засна уу.",
        "This can’t be before “{}”. Correct one of them.",
    ),
    (
        "form.in_the_future",
        "Ирээдүйд байж болохгүй. Өнөөдөр эсвэл түүнээс өмнөхийг бичнэ үү.",
        "This can’t be in the future. Write today or earlier.",
    ),
    ("form.not_a_file", "Файлаа дахин сонгоно уу.", "Choose the file again."),
    (
        "form.file_kind",
        "Ийм төрлийн файл хүлээн авахгүй. Хүлээн авах төрөл: {}.",
        "Files of this kind are not taken. Choose one of: {}.",
    ),
    (
        "form.file_too_large",
        "Файл хэт том байна. {} хүртэл хэмжээтэйг сонгоно уу.",
        "The file is too large. Choose one of at most {}.",
    ),
    (
        "registration_number.length",
        "Регистрийн дугаар хоёр үсэг, найман цифртэй, жишээ нь АА00112233.",
        "A registration number has two letters and eight digits, such as АА00112233.",
    ),
    (
        "registration_number.letters",
        "Регистрийн дугаарыг хоёр кирилл үсгээр эхэлнэ үү.",
        "Begin the registration number with two Cyrillic letters.",
    ),
    ("registration_number.latin", "Үсгийг кириллээр бичнэ үү.", "Write the letters in Cyrillic."),
    (
        "registration_number.digits",
        "Хоёр үсгийн дараа найман цифр бичнэ үү.",
        "After the two letters write eight digits.",
    ),
    (
        "registration_number.month",
        "Тав, зургаа дахь тэмдэгтийг шалгана уу: төрсөн сар 01–12, 2000 оноос хойш төрсөн бол 21–32.",
        "Check the fifth and sixth signs: the month of birth is 01–12, from the year 2000 on 21–32.",
    ),
    (
        "registration_number.day",
        "Долоо, найм дахь тэмдэгтийг шалгана уу: тэр сард ийм өдөр байхгүй.",
        "Check the seventh and eighth signs: that month has no such day.",
    ),
    (
        "civil_id.length",
        "Иргэний бүртгэлийн дугаарын 12 цифрийг бүгдийг бичнэ үү.",
        "Write all 12 digits of the civil id.",
    ),
    ("civil_id.digits", "Иргэний бүртгэлийн дугаарыг зөвхөн цифрээр бичнэ үү.", "Write the civil id in digits only."),
    (
        "legal_entity.length",
        "Байгууллагын регистрийн дугаарын 7 цифрийг бүгдийг бичнэ үү.",
        "Write all 7 digits of the company’s registration number.",
    ),
    (
        "legal_entity.digits",
        "Байгууллагын регистрийн дугаарыг зөвхөн цифрээр бичнэ үү.",
        "Write the company’s registration number in digits only.",
    ),
    (
        "legal_entity.range",
        "Байгууллагын регистрийн дугаарыг шалгана уу: бүгд тэг байж болохгүй.",
        "Check the company’s registration number: it can’t be all zeros.",
    ),
    (
        "phone.length",
        "Утасны дугаарыг 8 цифрээр бичнэ үү, жишээ нь 99112233.",
        "Write the phone number with 8 digits, such as 99112233.",
    ),
    ("phone.signs", "Утасны дугаарыг зөвхөн цифрээр бичнэ үү.", "Write the phone number in digits only."),
    ("phone.country", "Монголын (+976) дугаар бичнэ үү.", "Write a number of Mongolia (+976)."),
    (
        "plate.digits",
        "Улсын дугаарын дөрвөн цифрийг бүгдийг бичнэ үү, жишээ нь 0101ТСТ.",
        "Write all four digits of the plate, such as 0101ТСТ.",
    ),
    (
        "plate.letters",
        "Улсын дугаарын гурван кирилл үсгийг бичнэ үү, жишээ нь 0101ТСТ.",
        "Write the plate’s three Cyrillic letters, such as 0101ТСТ.",
    ),
    ("plate.latin", "Улсын дугаарын үсгийг кириллээр бичнэ үү.", "Write the plate’s letters in Cyrillic."),
    (
        "plate.order",
        "Үсгүүдийг хамтад нь, цифрийн өмнө эсвэл ард бичнэ үү.",
        "Write the letters together, before or after the digits.",
    ),
    (
        "civil_date.shape",
        "Он, сар, өдрийг дарааллаар нь бичнэ үү, жишээ нь 2026-11-23.",
        "Write year, month and day, such as 2026-11-23.",
    ),
    ("civil_date.year", "Оныг шалгана уу.", "Check the year."),
    ("civil_date.month", "Сарыг шалгана уу: 1–12.", "Check the month: 1 to 12."),
    ("civil_date.day", "Өдрийг шалгана уу: тэр сард ийм өдөр байхгүй.", "Check the day: that month has no such day."),
    ("money.shape", "Дүнг цифрээр бичнэ үү, жишээ нь 25000.", "Write the amount in digits, such as 25000."),
    ("money.fraction", "Дүнг бүхэл төгрөгөөр бичнэ үү.", "Write whole tögrög."),
    ("money.too_large", "Дүнг шалгана уу: хэт их байна.", "Check the amount: it is too large."),
    ("address.soum", "Баг, хорооны сум, дүүргийг бичнэ үү.", "Write the soum or district of the bag or khoroo."),
];

/// For a code that only what was never typed here could have: `form.not_as_sent` and the like.
const UNNAMED: (&str, &str) = ("Зөв бичсэн эсэхээ шалгана уу.", "Check how this is written.");

pub(super) fn problem(code: &str, limit: &LocalisedText) -> Problem {
    let (mn, en) = MESSAGES.iter().find(|(known, ..)| *known == code).map_or(UNNAMED, |(_, mn, en)| (*mn, *en));
    let english = limit.en.as_ref().unwrap_or(&limit.mn);
    let message = LocalisedText::new(mn.replace("{}", &limit.mn), en.replace("{}", english));
    Problem { code: code.to_owned(), message }
}

#[cfg(test)]
pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    MESSAGES.iter().map(|(code, ..)| *code)
}
