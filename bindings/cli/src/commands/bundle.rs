//! Bundles and events of a life: which fit, why, in which order; how far the citizen is.

use emongolia_core::{
    country::{CivilDate, LocalisedText, Mnt},
    services::bundles::{Bundle, BundleItem, BundleKind, Code, Cost, Filter, ItemState, Reason, Standing},
};
use serde::Serialize;

use crate::{
    args,
    errors::Failure,
    output::{Page, Table, words},
    terminal::Terminal,
    texts::{self, Text},
};

pub(super) async fn run(command: args::Bundle, terminal: &Terminal) -> Result<(), Failure> {
    let bundles = terminal.app.bundles();
    match command {
        args::Bundle::List { suggested, after } => list(suggested, after, terminal).await,
        args::Bundle::Show { bundle } => show(&bundle, terminal).await,
        args::Bundle::Start { bundle } => {
            bundles.start(&bundle).await?;
            changed(&bundle, texts::BUNDLE_STARTED, terminal).await
        }
        args::Bundle::Done { bundle, step, undo } => {
            bundles.mark(&bundle, &step, !undo).await?;
            changed(&bundle, texts::ITEM_MARKED, terminal).await
        }
        args::Bundle::Dismiss { bundle } => {
            bundles.dismiss(&bundle).await?;
            changed(&bundle, texts::BUNDLE_DISMISSED, terminal).await
        }
    }
}

async fn list(suggested: bool, after: Option<Code>, terminal: &Terminal) -> Result<(), Failure> {
    let filter = if suggested { Filter::Suggested } else { Filter::All };
    let bundles = terminal.app.bundles().page(filter, after).await?;
    terminal.output.result(terminal.now(), &bundles, |page| {
        if bundles.value.items.is_empty() {
            page.say(if suggested { texts::NO_SUGGESTIONS } else { texts::NO_BUNDLES });
        } else {
            bundle_list(page, &bundles.value.items);
        }
        page.age(&bundles);
        if let Some(next) = &bundles.value.next {
            let suggested = if suggested { " --suggested" } else { "" };
            page.more(&format!("emongolia bundle list{suggested} --after {}", words::quoted(next)));
        }
    })?;
    if bundles.as_of.is_none() {
        terminal.output.hint(texts::CATALOGUE_EMPTY, &[]);
    }
    Ok(())
}

/// What fits with its reason, then all the rest as a table.
fn bundle_list(page: &mut Page, bundles: &[Bundle]) {
    let (suggested, others): (Vec<&Bundle>, Vec<&Bundle>) = bundles.iter().partition(|bundle| bundle.suggested);
    if !suggested.is_empty() {
        page.heading(texts::SUGGESTED);
        for bundle in suggested {
            page.line(&format!("  {} [{}]", bundle.name.in_language(page.language), bundle.code.as_str()));
            page.line(&format!("    {}", bundle.reason.text.in_language(page.language)));
        }
    }
    if others.is_empty() {
        return;
    }
    page.gap();
    let word = |text| page.word(text);
    let mut table = Table::new()
        .column(word(texts::BUNDLE))
        .whole(word(texts::KIND))
        .whole(word(texts::STATE))
        .whole(word(texts::PROGRESS))
        .whole(word(texts::CODE));
    for bundle in others {
        table.row([
            bundle.name.in_language(page.language).to_owned(),
            word(kind(bundle.kind)).to_owned(),
            word(standing(bundle.standing)).to_owned(),
            progress(bundle),
            bundle.code.as_str().to_owned(),
        ]);
    }
    page.table(&table);
}

async fn show(code: &Code, terminal: &Terminal) -> Result<(), Failure> {
    let bundle = terminal.app.bundles().bundle(code).await?;
    terminal.output.result(terminal.now(), &bundle, |page| {
        bundle_page(page, &bundle.value);
        page.age(&bundle);
    })?;
    if matches!(bundle.value.standing, Standing::Offered | Standing::Dismissed) {
        terminal.output.hint(texts::BEGIN_BUNDLE, &[code.as_str()]);
    }
    Ok(())
}

fn bundle_page(page: &mut Page, bundle: &Bundle) {
    let Bundle {
        code: _,
        kind: of,
        name,
        suggested,
        standing: at,
        reason,
        items,
        prerequisites,
        cost,
        due,
        done: _,
        total: _,
    } = bundle;
    page.title(name.in_language(page.language));
    let mut pairs = vec![
        (texts::KIND, page.word(kind(*of)).to_owned()),
        (texts::REASON, reason.text.in_language(page.language).to_owned()),
        (texts::SOURCE, sources(reason, page)),
        (texts::SUGGESTED, page.word(words::yes_or_no(*suggested)).to_owned()),
        (texts::STATE, page.word(standing(*at)).to_owned()),
        (texts::PROGRESS, progress(bundle)),
        (texts::TO_PAY, to_pay(*cost, page)),
    ];
    pairs.extend(due.map(|due| (texts::DUE, day(due, page))));
    page.pairs(&pairs);
    for (n, item) in items.iter().enumerate() {
        page.gap();
        item_lines(page, n + 1, item, bundle);
    }
    if !prerequisites.is_empty() {
        page.heading(texts::REQUIREMENTS);
        for one in prerequisites {
            let has = match one.at_hand {
                Some(true) => page.word(texts::AT_HAND).to_owned(),
                Some(false) => format!("{}, {}", page.word(texts::NOT_AT_HAND), fee(one.fee, page)),
                None => fee(one.fee, page),
            };
            let sample = if one.sample { format!(", {}", page.word(texts::SAMPLE)) } else { String::new() };
            page.line(&format!("  • {} ({has}{sample})", one.name.in_language(page.language)));
        }
    }
}

fn item_lines(page: &mut Page, n: usize, item: &BundleItem, bundle: &Bundle) {
    let BundleItem { code, service, name, reason, state, fee: costs, due, online, sample, after, needs } = item;
    let language = page.language;
    let sample = if *sample { format!("({}) ", page.word(texts::SAMPLE)) } else { String::new() };
    page.line(&format!("{n}. {sample}{} [{}]", name.in_language(language), code.as_str()));
    page.line(&format!("   {}", reason.text.in_language(language)));
    let online = format!("{}: {}", page.word(texts::ONLINE), page.word(words::yes_or_no(*online)));
    let facts = [
        page.word(item_state(*state)).to_owned(),
        format!("{}: {}", page.word(texts::FEE), fee(*costs, page)),
        online,
        format!("{}: {}", page.word(texts::ID), service.as_str()),
    ];
    page.line(&format!("   {}", facts.join(" · ")));
    if let Some(due) = due {
        page.line(&format!("   {}", texts::DUE_BY.say(language, &[&day(*due, page)])));
    }
    let listed = |codes: &[Code], name_of: &dyn Fn(&Code) -> Option<LocalisedText>| -> String {
        let names = codes.iter().filter_map(name_of).map(|name| name.in_language(language).to_owned());
        names.collect::<Vec<_>>().join(", ")
    };
    if !after.is_empty() {
        let name = |code: &Code| bundle.items.iter().find(|one| one.code == *code).map(|one| one.name.clone());
        page.line(&format!("   {}", texts::AFTER.say(language, &[&listed(after, &name)])));
    }
    if !needs.is_empty() {
        let name = |code: &Code| bundle.prerequisites.iter().find(|one| one.code == *code).map(|one| one.name.clone());
        let names = listed(needs, &name);
        if !names.is_empty() {
            page.line(&format!("   {}", texts::NEEDS.say(language, &[&names])));
        }
    }
}

/// What a change left behind.
#[derive(Debug, Serialize)]
struct Changed<'a> {
    bundle: &'a Code,
    standing: Standing,
    done: u32,
    total: u32,
}

async fn changed(code: &Code, text: Text, terminal: &Terminal) -> Result<(), Failure> {
    let bundle = terminal.app.bundles().bundle(code).await?.value;
    let changed = Changed { bundle: code, standing: bundle.standing, done: bundle.done, total: bundle.total };
    terminal.output.result(terminal.now(), &changed, |page| {
        page.line(&text.say(page.language, &[code.as_str()]));
        page.pairs(&[(texts::PROGRESS, progress(&bundle))]);
    })
}

fn sources(reason: &Reason, page: &Page) -> String {
    if reason.sources.is_empty() {
        return page.word(texts::GENERAL).to_owned();
    }
    let sources = reason.sources.join(", ");
    match reason.as_of {
        Some(at) => format!("{sources} ({})", words::ago(at, page.now, page.language)),
        None => sources,
    }
}

fn progress(bundle: &Bundle) -> String {
    format!("{}/{}", bundle.done, bundle.total)
}

fn to_pay(cost: Cost, page: &Page) -> String {
    let known = cost.known.to_string();
    if cost.unknown == 0 { known } else { texts::AND_UNKNOWN.say(page.language, &[&known, &cost.unknown.to_string()]) }
}

fn fee(fee: Option<Mnt>, page: &Page) -> String {
    match fee {
        None => page.word(texts::NOT_SAID).to_owned(),
        Some(Mnt::ZERO) => page.word(texts::FREE).to_owned(),
        Some(amount) => amount.to_string(),
    }
}

fn day(day: CivilDate, page: &Page) -> String {
    day.long(page.language)
}

const fn kind(kind: BundleKind) -> Text {
    match kind {
        BundleKind::Bundle => texts::BUNDLE_KIND,
        BundleKind::LifeEvent => texts::LIFE_EVENT,
        BundleKind::BusinessEvent => texts::BUSINESS_EVENT,
        BundleKind::Other => texts::OTHER,
    }
}

const fn standing(standing: Standing) -> Text {
    match standing {
        Standing::Offered => texts::OFFERED,
        Standing::Started => texts::STARTED,
        Standing::Done => texts::ALL_DONE,
        Standing::Dismissed => texts::DISMISSED,
    }
}

const fn item_state(state: ItemState) -> Text {
    match state {
        ItemState::Todo => texts::TODO,
        ItemState::UnderWay => texts::UNDER_WAY,
        ItemState::Done => texts::ITEM_DONE,
        ItemState::NotAvailableHere => texts::NOT_HERE,
    }
}

#[cfg(test)]
mod tests {
    use emongolia_core::{
        Language,
        foundation::clock::Timestamp,
        services::{ServiceId, bundles::Prerequisite},
    };

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_392_000);

    fn code(text: &str) -> Code {
        Code::parse(text).unwrap()
    }

    fn item(of: &str, name: LocalisedText) -> BundleItem {
        BundleItem {
            code: code(of),
            service: ServiceId::parse("a1").unwrap(),
            name,
            reason: Reason { text: LocalisedText::mongolian("Ерөнхий"), sources: Vec::new(), as_of: None },
            state: ItemState::Todo,
            fee: None,
            due: None,
            online: false,
            sample: false,
            after: Vec::new(),
            needs: Vec::new(),
        }
    }

    fn bundle() -> Bundle {
        let due = CivilDate::parse("2026-12-18").ok();
        Bundle {
            code: code("driver"),
            kind: BundleKind::Bundle,
            name: LocalisedText::new("Жолооч танд", "For drivers"),
            suggested: true,
            standing: Standing::Started,
            reason: Reason {
                text: LocalisedText::new("Үнэмлэх 2026.12.18 хүртэл", "Valid until 18 December 2026"),
                sources: vec!["WS100407_getDriverLicenseInfo".into()],
                as_of: Some(NOW),
            },
            items: vec![
                BundleItem {
                    due,
                    needs: vec![code("photo")],
                    fee: Some(Mnt::new(35_000)),
                    ..item("renew", LocalisedText::mongolian("Үнэмлэх сунгах"))
                },
                BundleItem {
                    after: vec![code("renew")],
                    state: ItemState::NotAvailableHere,
                    sample: true,
                    ..item("tax", LocalisedText::mongolian("Өр төлөх"))
                },
            ],
            prerequisites: vec![Prerequisite {
                code: code("photo"),
                name: LocalisedText::mongolian("Цахим зураг"),
                fee: Some(Mnt::new(5_000)),
                at_hand: Some(false),
                sample: true,
            }],
            cost: Cost { known: Mnt::new(40_000), unknown: 1 },
            due,
            done: 0,
            total: 1,
        }
    }

    #[test]
    fn a_bundle_has_a_stable_shape() {
        assert_eq!(
            serde_json::to_string(&bundle()).unwrap(),
            concat!(
                r#"{"code":"driver","kind":"bundle","name":{"mn":"Жолооч танд","en":"For drivers"},"suggested":true,"#,
                r#""standing":"started","reason":{"text":{"mn":"Үнэмлэх 2026.12.18 хүртэл","en":"Valid until 18 December 2026"},"#,
                r#""sources":["WS100407_getDriverLicenseInfo"],"as_of":"2026-11-23T00:00:00.000Z"},"items":["#,
                r#"{"code":"renew","service":"a1","name":{"mn":"Үнэмлэх сунгах"},"reason":{"text":{"mn":"Ерөнхий"},"sources":[],"as_of":null},"#,
                r#""state":"todo","fee":35000,"due":"2026-12-18","online":false,"sample":false,"after":[],"needs":["photo"]},"#,
                r#"{"code":"tax","service":"a1","name":{"mn":"Өр төлөх"},"reason":{"text":{"mn":"Ерөнхий"},"sources":[],"as_of":null},"#,
                r#""state":"not_available_here","fee":null,"due":null,"online":false,"sample":true,"after":["renew"],"needs":[]}],"#,
                r#""prerequisites":[{"code":"photo","name":{"mn":"Цахим зураг"},"fee":5000,"at_hand":false,"sample":true}],"#,
                r#""cost":{"known":40000,"unknown":1},"due":"2026-12-18","done":0,"total":1}"#,
            )
        );
        let changed = Changed { bundle: &code("driver"), standing: Standing::Dismissed, done: 1, total: 4 };
        assert_eq!(
            serde_json::to_string(&changed).unwrap(),
            r#"{"bundle":"driver","standing":"dismissed","done":1,"total":4}"#
        );
    }

    #[test]
    fn a_person_reads_the_steps_in_order_and_why() {
        let mut page = Page::for_tests(Language::Mn, NOW);

        bundle_page(&mut page, &bundle());

        let text = page.into_text();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines[0], "Жолооч танд");
        assert!(lines.contains(&"1. Үнэмлэх сунгах [renew]") && lines.contains(&"2. (жишээ) Өр төлөх [tax]"), "{text}");
        assert!(lines.contains(&"Эхлээд: Үнэмлэх сунгах") && lines.contains(&"Хэрэгтэй: Цахим зураг"), "{text}");
        assert!(lines.contains(&"Хугацаа: 2026 оны 12 дугаар сарын 18"), "{text}");
        assert!(text.contains("танай нутагт үгүй") && text.contains("+ тодорхойгүй 1"), "{text}");
        assert!(text.contains("WS100407_getDriverLicenseInfo (дөнгөж сая)"), "{text}");
    }

    #[test]
    fn what_fits_stands_above_the_others_with_its_reason() {
        let mut page = Page::for_tests(Language::En, NOW);
        let other = Bundle { suggested: false, code: code("travel"), standing: Standing::Offered, ..bundle() };

        bundle_list(&mut page, &[bundle(), other]);

        let text = page.into_text();
        assert!(
            text.starts_with("Suggested for you\n  For drivers [driver]\n    Valid until 18 December 2026\n"),
            "{text}"
        );
        assert!(text.ends_with("travel\n") && text.contains("not begun"), "{text}");
    }
}
