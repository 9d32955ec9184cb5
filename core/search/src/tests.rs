use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

pub(crate) fn service(name: &str, english: &str, kind: Kind) -> Entry {
    Entry {
        name: name.into(),
        other_name: Some(english.into()),
        organisation: vec!["Улсын бүртгэлийн ерөнхий газар".into(), "УБЕГ".into()],
        kind: Some(kind),
        ..Entry::default()
    }
}

pub(crate) fn index() -> Index {
    use Kind::{Application, Certificate, Information, Order, Payment, Reference, Registration};
    Index::build(&[
        service("Иргэний үнэмлэхийн лавлагаа", "Citizen identity card reference", Reference),
        service("Жолооны үнэмлэх сунгах", "Renew a driving licence", Application),
        service("Жолоочийн торгууль төлөх", "Pay a driver's fine", Payment),
        service("Гадаад паспорт захиалах", "Order a passport", Order),
        service("Гэрлэсний бүртгэлийн лавлагаа", "Marriage registration reference", Reference),
        service("Гэрлэсний бүртгэлгүй лавлагаа", "Reference of no marriage", Reference),
        service("Гэрлэсний бүртгэлийн лавлагаа (гадаад хэлээр)", "Marriage reference (foreign language)", Reference),
        service("Оршин суугаа газрын хаягийн тодорхойлолт", "Residence address certificate", Certificate),
        service("Хүүхдийн төрөлт бүртгүүлэх", "Register a birth", Registration),
        service("Агаарын чанарын мэдээлэл", "Air quality information", Information),
        service("Дөрөв хүртэлх насны ихэр хүүхдийн тэтгэмж", "Allowance for twins under four", Application),
    ])
}

pub(crate) fn names(index: &Index, query: &str) -> Vec<usize> {
    index.find(query, 10, |_| Standing::Shown).entries().collect()
}

fn first(query: &str) -> Option<usize> {
    names(&index(), query).first().copied()
}

#[test]
fn a_service_is_found_whatever_the_ending_of_its_words() {
    for query in ["үнэмлэхний лавлагаа", "иргэний үнэмлэхээ", "ИРГЭДИЙН ҮНЭМЛЭХНҮҮД", "үнэмлэхийн лавлагаанууд"]
    {
        assert_eq!(first(query), Some(0), "{query}");
    }
    assert_eq!(first("хаягийнхаа тодорхойлолтыг"), Some(7));
}

#[test]
fn and_whatever_the_keyboard() {
    for (query, service) in [
        ("жолооны унэмлэх", 1),
        ("jolooni unemlex sungah", 1),
        ("jolooch torguuli", 2),
        ("t8r8lt byrtgyyleh", 8),
        ("joloo4iin torguuli t6l6h", 2),
        ("гэрлэсний буртгэлийн лавлагаа", 4),
        ("үнэмлэхїїн лавлагаа", 0),
        ("Ãàäààä ïàñïîðò", 3),
    ] {
        assert_eq!(first(query), Some(service), "{query}");
    }
}

#[test]
fn and_in_russian_english_and_everyday_words() {
    for (query, service) in [
        ("заграничный паспорт", 3),
        ("штраф водителя", 2),
        ("renew driving license", 1),
        ("register birth of child", 8),
        ("прав сунгах", 1),
    ] {
        assert_eq!(first(query), Some(service), "{query}");
    }
}

#[test]
fn a_misspelt_word_finds_its_service_and_is_told() {
    let index = index();

    let answer = index.find("торгуль төлөх", 10, |_| Standing::Shown);
    assert_eq!(answer.entries().next(), Some(2));

    let answer = index.find("паспрот захиалах", 10, |_| Standing::Shown);
    assert_eq!(answer.entries().next(), Some(3));
    assert_eq!(answer.did_you_mean().as_deref(), Some("паспорт захиалах"));
    assert_eq!(index.find("паспорт захиалах", 10, |_| Standing::Shown).did_you_mean(), None);
}

#[test]
fn what_is_denied_is_another_thing() {
    assert_eq!(first("гэрлэсний бүртгэлгүй"), Some(5));
    assert_eq!(first("гэрлэсний бүртгэл"), Some(4));
}

#[test]
fn a_twin_in_a_foreign_language_comes_after_unless_it_is_asked_for() {
    assert_eq!(first("гэрлэсний бүртгэлийн лавлагаа"), Some(4));
    assert_eq!(first("гэрлэсний бүртгэлийн лавлагаа гадаад хэлээр"), Some(6));
    assert_eq!(first("гэрлэсний лавлагаа англиар"), Some(6));
}

#[test]
fn number_words_are_numbers() {
    assert_eq!(first("4 хүртэлх насны ихэр"), Some(10));
}

#[test]
fn words_that_begin_as_typed_are_found_at_each_key() {
    let index = index();
    let typed = "паспорт";
    for (end, _) in typed.char_indices().skip(2) {
        assert_eq!(names(&index, &typed[..end]).first(), Some(&3), "{}", &typed[..end]);
    }
}

#[test]
fn what_no_service_is_about_is_refused_and_somebody_to_ask_is_near() {
    let index = index();
    for query in ["", " … ?!", "бууз хийх жор", "футбол хэзээ гарах вэ", "how to cook dumplings", "🐎🐎", "ᠮᠣᠩᠭᠣᠯ"]
    {
        assert!(index.find(query, 10, |_| Standing::Shown).is_empty(), "{query}");
    }
    assert!(!index.nearest("үнэмлэх жор", 3).is_empty());
}

#[test]
fn a_hit_shows_what_was_meant_and_says_why() {
    let index = index();
    let found = index.find("жолооны үнэмлэхээ продлить", 10, |_| Standing::Shown).found(0).next().unwrap();

    let name = "Жолооны үнэмлэх сунгах";
    let shown: Vec<&str> = found.highlights.iter().map(|range| &name[range.clone()]).collect();
    assert_eq!(shown, ["Жолооны", "үнэмлэх", "сунгах"]);
    let how: Vec<Match> = found.why.iter().map(|why| why.how).collect();
    assert_eq!(how, [Match::Word, Match::Word, Match::Synonym]);
    assert_eq!((found.why[2].asked.as_str(), found.why[2].found.as_str()), ("продлить", "сунгах"));
}

#[test]
fn words_split_run_together_or_misheard_are_found_by_how_the_whole_sounds() {
    let index = index();
    for (query, service) in
        [("агаа рын чана рын мэдээ лэл", 9), ("хүүх дийн тө рөлт бүртгүүлэх", 8), ("жолоо чийнторгууль төлөх", 2)]
    {
        let answer = index.find(query, 10, |_| Standing::Shown);
        assert_eq!(answer.entries().next(), Some(service), "{query}");
        let first = answer.found(0).next().unwrap();
        assert!(!first.why.is_empty() && !first.highlights.is_empty(), "{query}: {first:?}");
    }
}

#[test]
fn latin_words_without_a_space_between_them_are_read_each() {
    let index = index();
    for (query, service) in [
        ("joloonyunemlehsungah", 1),
        ("gadaadpasportzahialya", 3),
        ("huuhdiintursunburtguuleh", 8),
        ("jolooch torguulitulwuh", 2),
    ] {
        let answer = index.find(query, 10, |_| Standing::Shown);
        assert_eq!(answer.entries().next(), Some(service), "{query}");
        let first = answer.found(0).next().unwrap();
        assert!(first.why.len() > 1 && first.why.iter().all(|why| query.contains(&why.asked)), "{query}: {first:?}");
    }
    assert!(names(&index, "pasportgui").contains(&3), "a word with -гүй is one");
}

#[test]
fn of_more_glued_words_than_are_read_none_is_the_one_that_goes_on() {
    let index = index();
    let asked = |parts: usize| index.find(&"jolooniunemleh ".repeat(parts), 10, |_| Standing::Shown).query.asked.len();
    let is_open = |query: &str| {
        let last = index.find(query, 10, |_| Standing::Shown).query.asked.last().map(|last| last.asking.is_typed);
        last == Some(true)
    };
    let glued = |parts: usize| ["jolooniunemleh"].repeat(parts).join(" ");

    assert_eq!((asked(2), asked(13)), (4, 24));
    assert!(is_open(&glued(12)) && !is_open(&glued(13)));
}

#[test]
fn latin_endings_and_vowels_may_be_short_also_in_words_that_only_phrases_have() {
    let index = Index::build(&[
        service("Оршин суугаа хаягийн шилжилт хөдөлгөөн бүртгүүлэх", "Change of address", Kind::Registration),
        service("Гэр хорооллын дулааны төлбөр", "Heating", Kind::Payment),
        service("Ажилгүйдлийн тэтгэмж авах", "Unemployment", Kind::Application),
        service("Дөрөв хүртэлх насны ихэр хүүхдийн тэтгэмж", "Twins", Kind::Application),
    ]);
    for (query, service) in
        [("horo solih", 0), ("hayagas hasuulah", 0), ("dulani tulbur", 1), ("ajlas garsn", 2), ("dorvon iher", 3)]
    {
        assert_eq!(names(&index, query).first(), Some(&service), "{query}");
    }
}

#[test]
fn a_phrase_may_have_a_word_in_between() {
    let index = Index::build(&[
        service("Тээврийн хэрэгсэл шилжүүлэн бүртгүүлэх", "Transfer of a vehicle", Kind::Registration),
        service("Тээврийн хэрэгслийн торгууль харах", "Fines", Kind::Information),
    ]);
    let is_of_phrase = |query: &str| {
        let found = index.find(query, 10, |_| Standing::Shown).found(0).next();
        found.is_some_and(|found| found.entry == 0 && found.why.iter().any(|why| why.found.contains("шилжүүлэх")))
    };
    for query in ["машин зарсан", "машинаа яаралтай зарсан", "mashinaa yaaraltai zarsan"]
    {
        assert!(is_of_phrase(query), "{query}");
    }
    assert!(!is_of_phrase("машинаа яаралтай хурдан зарсан"), "two are too many");
}

/// What «архив» is of each of these names.
fn shares_of_archive<const N: usize>(names: [&str; N]) -> [f32; N] {
    let contents = Index::build(&names.map(|name| service(name, "Petition", Kind::Application))).contents;
    let term = contents.by_stem.of(words::word("архив", words::Tongue::Mongolian).stem)[0];
    let shares: Vec<f32> = contents.said(Says::Term(term)).iter().map(|posting| posting.share).collect();
    shares.try_into().unwrap()
}

#[test]
fn a_name_goes_on_after_its_brackets() {
    let [between, behind, within] =
        shares_of_archive(["Петиц (өргөдөл) архив", "Петиц архив (өргөдөл)", "Петиц (өргөдөл архив)"]);

    assert_eq!(between, behind);
    assert!(within > between, "{within}, {between}");
}

#[test]
fn a_bracket_within_a_bracket_does_not_end_it() {
    let [nested, flat] = shares_of_archive(["Петиц (өргөдөл (шинэ) архив)", "Петиц (өргөдөл шинэ архив)"]);

    assert_eq!(nested, flat);
}

#[test]
fn a_latin_word_on_its_way_to_one_is_not_read_by_other_habits() {
    let index = Index::build(&[
        service("Цэргийн бүртгэлийн лавлагаа", "Military register", Kind::Reference),
        service("Мэргэшсэн жолоочийн мэдээлэл", "Qualified drivers", Kind::Information),
    ]);
    for (typed, service) in [("tser", 0), ("tsereg", 0), ("mergesh", 1)] {
        assert_eq!(names(&index, typed).first(), Some(&service), "{typed}");
    }
}

#[test]
fn let_me_get_is_what_is_done_and_no_politeness() {
    let index = Index::build(&[
        service("Архивын лавлагаа", "Archive", Kind::Information),
        service("Архивын лавлагаа авах", "Archive", Kind::Application),
    ]);
    let kinds = |query| index.find(query, 10, |_| Standing::Shown).query.kinds;
    for (asked, same) in [("arhiv avya", "arhiv avah"), ("архив авъя", "архив авах"), ("arhiv avii", "arhiv avah")]
    {
        assert_eq!((kinds(asked), names(&index, asked)), (kinds(same), vec![1, 0]), "{asked}");
        assert_ne!(kinds(asked), kinds("архив"), "{asked}");
    }
}

#[test]
fn talk_that_asks_for_nothing_is_refused() {
    assert_eq!(first("sain uu yu bn ve"), None);
}

#[test]
fn an_abbreviation_leads_to_its_organisation_and_to_nothing_that_sounds_like_it() {
    assert_eq!(names(&index(), "УБЕГ").len(), 10);
    assert!([Some(0), Some(4)].contains(&first("убег лавлагаа")));
}

#[test]
fn only_what_is_let_through_is_found() {
    let only = |entry| if entry == 5 { Standing::Shown } else { Standing::Hidden };

    assert_eq!(index().find("гэрлэсний лавлагаа", 10, only).entries().collect::<Vec<_>>(), [5]);
}

#[test]
fn what_is_preferred_comes_before_its_equals_and_not_before_its_betters() {
    let entries = [
        service("Газар эзэмших гэрчилгээ", "Land", Kind::Certificate),
        service("Газар эзэмших гэрчилгээ", "Land", Kind::Certificate),
        service("Газар өмчлөх гэрчилгээ", "Land", Kind::Certificate),
    ];
    let index = Index::build(&entries);
    let prefer = |place| move |entry| if entry == place { Standing::Preferred } else { Standing::Shown };
    let found = |place| index.find("газар эзэмших", 10, prefer(place)).entries().next();

    assert_eq!((found(0), found(1), found(2)), (Some(0), Some(1), Some(0)));
}

#[test]
fn what_was_misheard_is_found_and_one_service_stands_alone_only_when_it_is_clear() {
    let index = index();
    let heard = |texts: &[&str]| {
        let hypotheses: Vec<Hypothesis> =
            texts.iter().map(|&text| Hypothesis { text: text.into(), confidence: Some(0.5) }).collect();
        index.find_spoken(&hypotheses, 3, |_| Standing::Shown)
    };

    let clear = heard(&["адраа чанарин мэтээлэл", "акаарын жанарийн мэдээлэл"]);
    assert_eq!((clear.found[0].entry, clear.clear), (9, true));

    let unclear = heard(&["гэрлэсний бүртгэл"]);
    assert!(!unclear.clear && unclear.found.len() > 1);

    let nothing = heard(&["", "   "]);
    assert!(nothing.found.is_empty() && !nothing.clear);
    assert!(heard(&[]).found.is_empty());
    let refused = heard(&["щщщ фффф", "цццц щщ"]);
    assert!(refused.found.is_empty() && refused.heard == "щщщ фффф", "{refused:?}");
}

#[test]
fn whether_a_query_is_answered_does_not_hang_on_how_many_hits_are_asked_for() {
    let index = index();
    for query in ["үнэмлэх", "бүртгэл жор", "лавлагаа авах", "хүүхдийн тоглоом", "өнөөдрийн мэдээлэл", "захиалах"]
    {
        let answered = |limit| index.find(query, limit, |_| Standing::Shown).is_empty();
        assert_eq!([1, 2, 50].map(answered), [answered(10); 3], "{query}");
    }
}

#[test]
fn a_confidence_that_is_none_is_not_believed() {
    let index = index();
    for confidence in [f32::NAN, f32::INFINITY, -1.0, 7.0] {
        let hypothesis = Hypothesis { text: "паспорт захиалах".into(), confidence: Some(confidence) };
        assert_eq!(index.find_spoken(&[hypothesis], 3, |_| Standing::Shown).found[0].entry, 3);
    }
}

#[test]
fn a_very_long_query_is_read_to_its_limit() {
    let index = index();
    let long = format!("паспорт захиалах {}", "ө".repeat(10_000));

    assert_eq!(names(&index, &long), names(&index, capped(&long)));
    assert_eq!(names(&index, &long).first(), Some(&3));
    assert_eq!(capped(&long).chars().count(), QUERY_LIMIT);
}

#[test]
fn a_catalogue_without_services_finds_none() {
    let empty = Index::build(&[]);

    assert!(empty.find("үнэмлэх", 10, |_| Standing::Shown).is_empty());
    assert!(empty.nearest("үнэмлэх", 3).is_empty());
}

#[test]
fn services_named_alike_come_in_the_order_given() {
    let entries: Vec<Entry> = (0..5).map(|_| service("Өргөдөл гаргах", "Apply", Kind::Application)).collect();

    assert_eq!(names(&Index::build(&entries), "өргөдлөө"), [0, 1, 2, 3, 4]);
}

#[test]
fn what_does_something_comes_before_what_tells_of_it_where_both_answer() {
    let index = Index::build(&[
        service("Тоон гарын үсгийн мэдээлэл", "Digital signature", Kind::Information),
        service("Тоон гарын үсэг авах", "Digital signature", Kind::Application),
    ]);

    assert_eq!(names(&index, "toon garyn useg"), [1, 0]);
    assert_eq!(names(&index, "тоон гарын үсгийн мэдээлэл"), [0, 1]);
}

proptest! {
    /// What is kept between keystrokes changes no answer.
    #[test]
    fn a_query_typed_letter_by_letter_has_the_answer_of_one_given_whole(
        words in proptest::collection::vec(
            prop_oneof![
                Just("жолооны"), Just("үнэмлэх"), Just("үнэмлэхээ"), Just("unemleh"), Just("гэр"), Just("renew"),
                Just("driving"), Just("лавлагаа"), Just("хоёр"), Just("4"), Just("хүртэлх"), Just("бүртгүүлэх"),
                Just("яаж"), Just("вэ"), Just("хүүхдийн"), Just("мөнгө"), Just("мөнгөний"), Just("хаягийн"), Just("бууз"), Just("УБЕГ-ын"), Just("паспрот"), Just("Ð¼Ð¾"), Just("-"),
                Just("unemlehsungah"), Just("1r"), Just("bn"),
            ],
            1..6,
        ),
    ) {
        static INDEX: LazyLock<Index> = LazyLock::new(index);
        let query = words.join(" ");
        for (end, letter) in query.char_indices() {
            let typed = &query[..end + letter.len_utf8()];
            let found = |index: &Index| index.find(typed, 10, |_| Standing::Shown).found(0).collect::<Vec<_>>();
            let going_on = found(&INDEX);
            let kept = std::mem::take(&mut *INDEX.scratch.lock().unwrap());
            let anew = found(&INDEX);
            *INDEX.scratch.lock().unwrap() = kept;
            prop_assert_eq!(going_on, anew, "{}", typed);
        }
    }

    #[test]
    fn any_text_has_an_answer_and_always_the_same(query in "\\PC{0,80}") {
        static INDEX: LazyLock<Index> = LazyLock::new(index);
        let index = &*INDEX;
        let found = || index.find(&query, 10, |_| Standing::Shown).found(0).collect::<Vec<_>>();
        prop_assert_eq!(found(), found());
        let heard = Hypothesis { text: query, confidence: None };
        index.find_spoken(&[heard], 3, |_| Standing::Shown);
    }
}
