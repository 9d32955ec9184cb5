//! Search: what was typed or said, what it found, and why.

use std::ffi::OsString;

use emongolia_core::{
    offline::Aged,
    services::catalogue::{Filter, Hit, Hypothesis, Refusal, SearchPage, SpokenOutcome, SpokenResults},
};

use super::catalogue::{filter_options, highlighted_table, hint_if_empty};
use crate::{
    args,
    errors::Failure,
    output::{Page, words},
    terminal::Terminal,
    texts,
};

pub(super) async fn search(options: args::Search, terminal: &Terminal) -> Result<(), Failure> {
    let args::Search { query, filters, page: number, why } = options;
    let query = as_typed(&query);
    let again = format!("emongolia search {}{}", words::quoted(&query), filter_options(&filters));
    let catalogue = terminal.app.catalogue();
    catalogue.searchable().await?;
    let (before, found) = numbered_page(&query, &filters.into(), number, terminal)?;
    // A search that can't be kept is still a search.
    let _ = catalogue.remember_search(&query).await;
    terminal.output.result(terminal.now(), &found, |page| {
        search_page(page, before, &found, why);
        if found.value.next.is_some() {
            page.more(&format!("{again} --page {}", number + 1));
        }
    })?;
    hint_if_empty(&found, terminal);
    Ok(())
}

/// Page after page up to that one, and how many hits were before it; behind the last there is an empty one.
fn numbered_page(
    query: &str,
    filter: &Filter,
    number: u32,
    terminal: &Terminal,
) -> Result<(usize, Aged<SearchPage>), Failure> {
    let mut found = terminal.app.catalogue().search(query, filter, None)?;
    let mut before = 0;
    for _ in 1..number {
        before += found.value.items.len();
        found = match &found.value.next {
            Some(next) => terminal.app.catalogue().search(query, filter, Some(next))?,
            None => return Ok((before, found.map(|_| SearchPage::default()))),
        };
    }
    Ok((before, found))
}

pub(super) async fn spoken(options: args::Spoken, terminal: &Terminal) -> Result<(), Failure> {
    let args::Spoken { hypotheses, confidence, filters, why } = options;
    if confidence.len() > hypotheses.len() {
        return Err(Failure::Usage { detail: "--confidence: one for each hypothesis at most".into() });
    }
    let confidence = confidence.into_iter().map(Some).chain(std::iter::repeat(None));
    let texts = hypotheses.iter().map(|text| text.to_string_lossy().into_owned());
    let hypotheses: Vec<Hypothesis> =
        texts.zip(confidence).map(|(text, confidence)| Hypothesis { text, confidence }).collect();
    terminal.app.catalogue().searchable().await?;
    let results = terminal.app.catalogue().search_spoken(&hypotheses, &filters.into())?;
    terminal.output.result(terminal.now(), &results, |page| spoken_page(page, &results, why))?;
    hint_if_empty(&results, terminal);
    Ok(())
}

/// Whatever a shell hands over is a query.
pub(super) fn as_typed(words: &[OsString]) -> String {
    words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// `before`: so many hits were on the pages before it.
fn search_page(page: &mut Page, before: usize, found: &Aged<SearchPage>, why: bool) {
    let SearchPage { items, next, did_you_mean, refusal, hidden_by_filter, preparing: _ } = &found.value;
    if items.is_empty() && before > 0 {
        page.say(texts::NO_SUCH_PAGE);
    } else if items.is_empty() {
        nothing(page, refusal.as_ref(), *hidden_by_filter);
    } else {
        if let Some(meant) = did_you_mean {
            page.line(&texts::DID_YOU_MEAN.say(page.language, &[meant]));
            page.gap();
        }
        hits(page, items, why);
        page.gap();
        let last = (before + items.len()).to_string();
        let is_all = before == 0 && next.is_none();
        page.line(&if is_all {
            texts::FOUND.say(page.language, &[&last])
        } else {
            texts::OF_WHAT_WAS_FOUND.say(page.language, &[&(before + 1).to_string(), &last])
        });
    }
    page.age(found);
}

fn spoken_page(page: &mut Page, results: &Aged<SpokenResults>, why: bool) {
    let SpokenResults { heard, outcome, hidden_by_filter, preparing: _ } = &results.value;
    page.line(&texts::HEARD.say(page.language, &[heard]));
    page.gap();
    match outcome {
        SpokenOutcome::One(hit) => hits(page, std::slice::from_ref(&**hit), why),
        SpokenOutcome::Choices(choices) => {
            page.say(texts::WHICH);
            hits(page, choices, why);
        }
        SpokenOutcome::Nothing(refusal) => nothing(page, refusal.as_ref(), *hidden_by_filter),
    }
    page.age(results);
}

fn nothing(page: &mut Page, refusal: Option<&Refusal>, hidden_by_filter: bool) {
    let Some(Refusal { organisations, help_line }) = refusal else {
        page.say(if hidden_by_filter { texts::HIDDEN_BY_FILTER } else { texts::NOTHING_FOUND });
        return;
    };
    page.say(texts::REFUSED);
    let language = page.language;
    let names: Vec<&str> = organisations.iter().map(|one| one.name.in_language(language)).collect();
    if !names.is_empty() {
        page.line(&texts::NEAREST.say(language, &[&names.join(", ")]));
    }
    page.line(&texts::HELP_LINE.say(language, &[help_line]));
}

fn hits(page: &mut Page, hits: &[Hit], why: bool) {
    let rows: Vec<_> = hits.iter().map(|hit| (&hit.service, hit.highlights.as_slice())).collect();
    highlighted_table(page, &rows);
    if !why {
        return;
    }
    page.heading(texts::WHY_FOUND);
    for hit in hits {
        page.line(&format!("  {}", hit.service.name.in_language(page.language)));
        for why in &hit.why {
            page.line(&format!("    {} → {} ({})", why.asked, why.found, page.word(words::how(why.how))));
        }
    }
}

#[cfg(test)]
mod tests {
    use emongolia_core::{
        Language,
        country::LocalisedText,
        foundation::clock::Timestamp,
        services::{
            ServiceId,
            catalogue::{
                Fee, Highlight, How, Organisation, OrganisationId, Service, ServiceDuration, ServiceKind, Why,
            },
        },
    };

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_392_000);

    fn hit() -> Hit {
        Hit {
            service: Service {
                id: ServiceId::parse("ac8a53815d8d42a6acdb791f").unwrap(),
                name: LocalisedText::new("Өмгөөлөгчийн лавлагаа", "Advocate's reference"),
                organisation: LocalisedText::mongolian("Хууль зүйн яам"),
                kind: ServiceKind::Reference,
                fee: Fee::Unknown,
                duration: ServiceDuration::WorkingDays(3),
                online: true,
                sample: false,
                favourite: true,
            },
            highlights: vec![Highlight { start: 0, length: 12 }],
            why: vec![Why { asked: "omgoologchiin".into(), found: "өмгөөлөгч".into(), how: How::Sound }],
        }
    }

    fn refusal() -> Refusal {
        let organisation = Organisation {
            id: OrganisationId::parse("o1").unwrap(),
            name: LocalisedText::new("Өргөөгийн газар", "Palace office"),
            abbreviation: None,
            service_count: 7,
        };
        Refusal { organisations: vec![organisation], help_line: "1111" }
    }

    fn aged<T>(value: T) -> Aged<T> {
        Aged { value, as_of: Some(NOW), stale: false }
    }

    #[test]
    fn a_search_has_a_stable_shape() {
        let page = SearchPage {
            items: vec![hit()],
            next: Some("50.a".into()),
            did_you_mean: Some("өмгөөлөгч".into()),
            ..SearchPage::default()
        };

        assert_eq!(
            serde_json::to_string(&aged(page)).unwrap(),
            r#"{"value":{"items":[{"service":{"id":"ac8a53815d8d42a6acdb791f","name":{"mn":"Өмгөөлөгчийн лавлагаа","en":"Advocate's reference"},"organisation":{"mn":"Хууль зүйн яам"},"kind":"reference","fee":"unknown","duration":{"working_days":3},"online":true,"sample":false,"favourite":true},"highlights":[{"start":0,"length":12}],"why":[{"asked":"omgoologchiin","found":"өмгөөлөгч","how":"sound"}]}],"next":"50.a","did_you_mean":"өмгөөлөгч","refusal":null,"hidden_by_filter":false,"preparing":false},"as_of":"2026-11-23T00:00:00.000Z","stale":false}"#
        );
    }

    #[test]
    fn what_was_said_has_a_stable_shape() {
        let of =
            |outcome| SpokenResults { heard: "өмгөө".into(), outcome, hidden_by_filter: false, preparing: false };

        let json = |outcome| serde_json::to_value(of(outcome)).unwrap();

        assert_eq!(json(SpokenOutcome::One(Box::new(hit())))["outcome"]["one"]["why"][0]["how"], "sound");
        assert_eq!(json(SpokenOutcome::Choices(vec![hit()]))["outcome"]["choices"][0]["service"]["online"], true);
        assert_eq!(
            serde_json::to_string(&of(SpokenOutcome::Nothing(Some(refusal())))).unwrap(),
            r#"{"heard":"өмгөө","outcome":{"nothing":{"organisations":[{"id":"o1","name":{"mn":"Өргөөгийн газар","en":"Palace office"},"abbreviation":null,"service_count":7}],"help_line":"1111"}},"hidden_by_filter":false,"preparing":false}"#
        );
    }

    #[test]
    fn a_person_reads_what_was_found_and_why() {
        let page =
            SearchPage { items: vec![hit()], did_you_mean: Some("өмгөөлөгч".into()), ..SearchPage::default() };
        let mut shown = Page::for_tests(Language::Mn, NOW);

        search_page(&mut shown, 0, &aged(page), true);

        assert_eq!(
            shown.into_text(),
            "\
Таны хайсан нь магадгүй: өмгөөлөгч

Үйлчилгээ                Байгууллага     Төлбөр  Хугацаа       Цахимаар  Дугаар
★ Өмгөөлөгчийн лавлагаа  Хууль зүйн яам  —       Ажлын 3 өдөр  тийм      ac8a53815d8d42a6acdb791f

Яагаад олдсон
  Өмгөөлөгчийн лавлагаа
    omgoologchiin → өмгөөлөгч (дуудлага)

Олдсон: 1

Шинэчилсэн: дөнгөж сая
"
        );
    }

    #[test]
    fn a_page_tells_which_of_the_hits_it_has_and_when_there_is_none() {
        let shown = |before, items: Vec<Hit>, next: Option<&str>| {
            let mut shown = Page::for_tests(Language::Mn, NOW);
            let page = SearchPage { items, next: next.map(str::to_owned), ..SearchPage::default() };
            search_page(&mut shown, before, &aged(page), false);
            shown.into_text()
        };

        assert!(shown(0, vec![hit(), hit()], Some("2.a")).contains("\nОлдсоноос: 1–2\n"));
        assert!(shown(50, vec![hit(), hit()], None).contains("\nОлдсоноос: 51–52\n"));
        assert!(shown(0, vec![hit(), hit()], None).contains("\nОлдсон: 2\n"));
        assert!(shown(52, Vec::new(), None).starts_with("Ийм хуудас алга.\n"));
    }

    #[test]
    fn a_refusal_names_the_nearest_and_the_number_to_call() {
        let refused = SearchPage { refusal: Some(refusal()), ..SearchPage::default() };
        let hidden = SearchPage { hidden_by_filter: true, ..SearchPage::default() };
        let shown = |page: SearchPage, language| {
            let mut shown = Page::for_tests(language, NOW);
            search_page(&mut shown, 0, &aged(page), false);
            shown.into_text()
        };

        assert_eq!(
            shown(refused.clone(), Language::Mn),
            "Үйлчилгээний жагсаалтаас олдсонгүй.\nОйролцоо байгууллага: Өргөөгийн газар\nЛавлах утас: 1111, Засгийн газрын 11-11 төв\n\nШинэчилсэн: дөнгөж сая\n"
        );
        assert!(shown(refused, Language::En).contains("Palace office\nAsk the government's 11-11 centre: call 1111\n"));
        assert!(shown(hidden, Language::Mn).starts_with("Сонгосон шүүлтүүрт тохирох нь алга."));
        assert!(shown(SearchPage::default(), Language::Mn).starts_with("Юу ч олдсонгүй."));
    }

    #[cfg(unix)]
    #[test]
    fn a_query_that_is_no_text_is_read_as_far_as_it_is() {
        use std::os::unix::ffi::OsStringExt as _;

        let words = [OsString::from("үнэмлэх"), OsString::from_vec(b"\xd2\xffab".to_vec())];

        assert_eq!(as_typed(&words), "үнэмлэх \u{fffd}\u{fffd}ab");
    }
}
