//! Services, organisations, administrative units: read from the device, shown with their age.

use std::collections::HashMap;

use emongolia_core::{
    country::LocalisedText,
    offline::Aged,
    services::{
        ServiceId,
        catalogue::{Area, Filter, Highlight, Organisation, Service, ServiceDetail},
    },
};

use crate::{
    args,
    errors::Failure,
    output::{Page, Table, words},
    terminal::Terminal,
    texts,
};

/// Pages looked through for names: more services than there are.
const NAME_PAGES: usize = 60;

pub(super) async fn run(command: args::Service, terminal: &Terminal) -> Result<(), Failure> {
    match command {
        args::Service::List(options) => list(options, terminal).await,
        args::Service::Show { service_id } => show(&service_id, terminal).await,
        args::Service::Organisations { after } => organisations(after, terminal).await,
        args::Service::Areas { parent, after } => areas(&parent, after, terminal).await,
    }
}

async fn list(options: args::ServiceList, terminal: &Terminal) -> Result<(), Failure> {
    let again = list_command(&options);
    let args::ServiceList { filters, after } = options;
    let services = terminal.app.catalogue().services(filters.into(), after).await?;
    terminal.output.result(terminal.now(), &services, |page| {
        if services.value.items.is_empty() {
            page.say(texts::NOTHING_FOUND);
        } else {
            service_table(page, &services.value.items.iter().collect::<Vec<_>>());
        }
        page.age(&services);
        if let Some(next) = &services.value.next {
            page.more(&format!("{again} --after {}", words::quoted(next)));
        }
    })?;
    hint_if_empty(&services, terminal);
    Ok(())
}

/// The same list again, for its next page.
fn list_command(options: &args::ServiceList) -> String {
    let args::ServiceList { filters, after: _ } = options;
    format!("emongolia service list{}", filter_options(filters))
}

/// The options that give these filters.
pub(super) fn filter_options(filters: &args::Filters) -> String {
    use clap::ValueEnum as _;

    let args::Filters { organisation, kind, free, online, area } = filters;
    let mut options = String::new();
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            options.push_str(&format!(" --{name} {}", words::quoted(&value)));
        }
    };
    option("organisation", organisation.as_ref().map(|id| id.as_str().to_owned()));
    option("kind", kind.and_then(|kind| Some(kind.to_possible_value()?.get_name().to_owned())));
    option("area", area.clone());
    for (name, set) in [("free", free), ("online", online)] {
        if *set {
            options.push_str(&format!(" --{name}"));
        }
    }
    options
}

pub(super) fn service_table(page: &mut Page, services: &[&Service]) {
    let rows: Vec<(&Service, &[Highlight])> = services.iter().map(|service| (*service, &[][..])).collect();
    highlighted_table(page, &rows);
}

/// With pieces of the Mongolian names set off, where those are what is shown.
pub(super) fn highlighted_table(page: &mut Page, services: &[(&Service, &[Highlight])]) {
    let word = |text| page.word(text);
    let mut table = Table::new()
        .column(word(texts::SERVICE))
        .column(word(texts::ORGANISATION))
        .whole(word(texts::FEE))
        .whole(word(texts::DURATION))
        .whole(word(texts::ONLINE))
        .whole(word(texts::ID));
    for (service, highlights) in services {
        let name = service.name.in_language(page.language);
        // In front, so that a narrow terminal can not cut them off.
        let mut marks = String::new();
        if service.favourite {
            marks.push_str("★ ");
        }
        if service.sample {
            marks.push_str(&format!("({}) ", word(texts::SAMPLE)));
        }
        let strong =
            if name == service.name.mn { letters(name, highlights, marks.chars().count()) } else { Vec::new() };
        table.row([
            marks + name,
            service.organisation.in_language(page.language).to_owned(),
            brief(words::fee(service.fee, page.language), page),
            brief(words::duration(service.duration, page.language), page),
            word(words::yes_or_no(service.online)).to_owned(),
            service.id.to_string(),
        ]);
        table.set_off(strong);
    }
    page.table(&table);
}

/// Places of the letters in `text` that are highlighted, counted from `before`.
fn letters(text: &str, highlights: &[Highlight], before: usize) -> Vec<usize> {
    let mut unit = 0;
    let mut letters = Vec::new();
    for (place, letter) in text.chars().enumerate() {
        if highlights.iter().any(|h| (h.start..h.start.saturating_add(h.length)).contains(&unit)) {
            letters.push(before + place);
        }
        unit += if letter.len_utf16() == 2 { 2 } else { 1 };
    }
    letters
}

/// In a table what is not known takes no room; a service's own page says it in words.
fn brief(words: String, page: &Page) -> String {
    if words == page.word(texts::NOT_SAID) { "—".to_owned() } else { words }
}

async fn show(id: &ServiceId, terminal: &Terminal) -> Result<(), Failure> {
    let detail = terminal.app.catalogue().service(id).await?;
    terminal.output.result(terminal.now(), &detail, |page| {
        detail_page(page, &detail.value);
        page.age(&detail);
    })?;
    if detail.value.service.online {
        terminal.output.hint(texts::APPLY, &[id.as_str()]);
    }
    Ok(())
}

fn detail_page(page: &mut Page, detail: &ServiceDetail) {
    let ServiceDetail { service, description, requirements, area_codes } = detail;
    let areas = if area_codes.is_empty() { page.word(texts::EVERYWHERE).to_owned() } else { area_codes.join(", ") };
    page.title(service.name.in_language(page.language));
    page.pairs(&[
        (texts::ORGANISATION, known(service.organisation.in_language(page.language), page)),
        (texts::KIND, page.word(words::kind(service.kind)).to_owned()),
        (texts::FEE, words::fee(service.fee, page.language)),
        (texts::DURATION, words::duration(service.duration, page.language)),
        (texts::ONLINE, page.word(words::yes_or_no(service.online)).to_owned()),
        (texts::AREA, areas),
        (texts::FAVOURITE, page.word(words::yes_or_no(service.favourite)).to_owned()),
        (texts::ID, service.id.to_string()),
    ]);
    if service.sample {
        page.gap();
        page.say(texts::SAMPLE_LONG);
    }
    page.heading(texts::DESCRIPTION);
    let description = description.as_ref().map_or("", |text| text.in_language(page.language));
    page.paragraph(&known(description, page));
    page.heading(texts::REQUIREMENTS);
    if requirements.is_empty() {
        page.say(texts::NOT_SAID);
    }
    for requirement in requirements {
        page.line(&format!("  • {}", requirement.in_language(page.language)));
    }
}

/// What the catalogue does not say is said to be unknown.
fn known(text: &str, page: &Page) -> String {
    let text = if text.trim().is_empty() { page.word(texts::NOT_SAID) } else { text };
    text.to_owned()
}

async fn organisations(after: Option<String>, terminal: &Terminal) -> Result<(), Failure> {
    let rows = terminal.app.catalogue().organisations(after).await?;
    terminal.output.result(terminal.now(), &rows, |page| {
        let word = |text| page.word(text);
        let mut table = Table::new()
            .column(word(texts::ORGANISATION))
            .column(word(texts::ABBREVIATION))
            .whole(word(texts::SERVICES))
            .whole(word(texts::ID));
        for Organisation { id, name, abbreviation, service_count } in &rows.value.items {
            table.row([
                name.in_language(page.language).to_owned(),
                abbreviation.clone().unwrap_or_default(),
                service_count.to_string(),
                id.as_str().to_owned(),
            ]);
        }
        page.table(&table);
        page.age(&rows);
        if let Some(next) = &rows.value.next {
            page.more(&format!("emongolia service organisations --after {}", words::quoted(next)));
        }
    })?;
    hint_if_empty(&rows, terminal);
    Ok(())
}

async fn areas(parent: &str, after: Option<String>, terminal: &Terminal) -> Result<(), Failure> {
    let rows = terminal.app.catalogue().areas(parent, after).await?;
    terminal.output.result(terminal.now(), &rows, |page| {
        let word = |text| page.word(text);
        let mut table = Table::new()
            .column(word(texts::NAME))
            .whole(word(texts::KIND))
            .whole(word(texts::CODE))
            .whole(word(texts::POSTAL_CODE));
        for Area { code, kind, name, parent: _, postal_code } in &rows.value.items {
            table.row([
                name.in_language(page.language).to_owned(),
                word(words::area_kind(*kind)).to_owned(),
                code.clone(),
                postal_code.clone().unwrap_or_default(),
            ]);
        }
        page.table(&table);
        page.age(&rows);
        if let Some(next) = &rows.value.next {
            page.more(&format!("emongolia service areas {} --after {}", words::quoted(parent), words::quoted(next)));
        }
    })?;
    hint_if_empty(&rows, terminal);
    Ok(())
}

pub(super) fn hint_if_empty<T>(aged: &Aged<T>, terminal: &Terminal) {
    if aged.as_of.is_none() {
        terminal.output.hint(texts::CATALOGUE_EMPTY, &[]);
    }
}

/// What services are called, from the device alone; an unknown one is missing.
pub(super) async fn names(
    wanted: impl IntoIterator<Item = &ServiceId>,
    terminal: &Terminal,
) -> Result<HashMap<ServiceId, LocalisedText>, Failure> {
    let mut missing: Vec<&ServiceId> = wanted.into_iter().collect();
    let mut names = HashMap::new();
    let mut after = None;
    for _ in 0..NAME_PAGES {
        if missing.is_empty() {
            break;
        }
        let page = terminal.app.catalogue().services(Filter::default(), after).await?.value;
        for service in page.items.into_iter().filter(|service| missing.contains(&&service.id)) {
            names.insert(service.id, service.name);
        }
        missing.retain(|id| !names.contains_key(id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use emongolia_core::{
        Language,
        country::Mnt,
        foundation::clock::Timestamp,
        services::catalogue::{AreaKind, Fee, OrganisationId, ServiceDuration, ServiceKind},
    };

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_392_000);

    fn service() -> Service {
        Service {
            id: ServiceId::parse("ac8a53815d8d42a6acdb791f").unwrap(),
            name: LocalisedText::new("Өмгөөлөгчийн лавлагаа", "Advocate's reference"),
            organisation: LocalisedText::mongolian("Хууль зүйн яам"),
            kind: ServiceKind::Reference,
            fee: Fee::Amount(Mnt::new(25_000)),
            duration: ServiceDuration::WorkingDays(3),
            online: true,
            sample: true,
            favourite: false,
        }
    }

    #[test]
    fn a_page_of_services_has_a_stable_shape() {
        let unknown = Service { fee: Fee::Unknown, duration: ServiceDuration::Unknown, ..service() };
        let free = Service { fee: Fee::Free, duration: ServiceDuration::Immediate, ..service() };
        let page = emongolia_core::offline::Page { items: vec![unknown, free], next: Some("c".into()) };

        let json = serde_json::to_value(Aged { value: page, as_of: None, stale: true }).unwrap();

        assert_eq!(json["value"]["items"][0]["fee"], "unknown");
        assert_eq!(json["value"]["items"][0]["duration"], "unknown");
        assert_eq!(json["value"]["items"][1]["fee"], "free");
        assert_eq!(json["value"]["items"][1]["duration"], "immediate");
        assert_eq!(json["value"]["next"], "c");
        assert_eq!(json["as_of"], serde_json::Value::Null);
    }

    #[test]
    fn a_detail_an_organisation_and_a_unit_have_stable_shapes() {
        let detail = ServiceDetail {
            service: service(),
            description: None,
            requirements: vec![LocalisedText::mongolian("Үнэмлэх")],
            area_codes: vec!["1101".into()],
        };
        let organisation = Organisation {
            id: OrganisationId::parse("o1").unwrap(),
            name: LocalisedText::mongolian("Улсын бүртгэлийн ерөнхий газар"),
            abbreviation: Some("УБЕГ".into()),
            service_count: 7,
        };
        let unit = Area {
            code: "11".into(),
            kind: AreaKind::Capital,
            name: LocalisedText::new("Улаанбаатар", "Ulaanbaatar"),
            parent: Some("MN".into()),
            postal_code: None,
        };

        let json = serde_json::to_string(&detail).unwrap();
        assert!(
            json.ends_with(r#""description":null,"requirements":[{"mn":"Үнэмлэх"}],"area_codes":["1101"]}"#),
            "{json}"
        );
        assert_eq!(
            serde_json::to_string(&organisation).unwrap(),
            r#"{"id":"o1","name":{"mn":"Улсын бүртгэлийн ерөнхий газар"},"abbreviation":"УБЕГ","service_count":7}"#
        );
        assert_eq!(
            serde_json::to_string(&unit).unwrap(),
            r#"{"code":"11","kind":"capital","name":{"mn":"Улаанбаатар","en":"Ulaanbaatar"},"parent":"MN","postal_code":null}"#
        );
    }

    #[test]
    fn a_person_reads_a_service_as_a_page() {
        let detail = ServiceDetail {
            service: service(),
            description: Some(LocalisedText::mongolian("Өргөдөл гаргагчид олгоно.")),
            requirements: vec![LocalisedText::mongolian("Үнэмлэх")],
            area_codes: Vec::new(),
        };
        let mut page = Page::for_tests(Language::Mn, NOW);

        detail_page(&mut page, &detail);

        assert_eq!(
            page.into_text(),
            "\
Өмгөөлөгчийн лавлагаа
  Байгууллага    Хууль зүйн яам
  Төрөл          Лавлагаа
  Төлбөр         25,000₮
  Хугацаа        Ажлын 3 өдөр
  Цахимаар       тийм
  Нутаг дэвсгэр  Улс даяар
  Хадгалсан      үгүй
  Дугаар         ac8a53815d8d42a6acdb791f

Жишээ: бодит үйлчилгээ биш

Тайлбар
Өргөдөл гаргагчид олгоно.

Бүрдүүлэх зүйл
  • Үнэмлэх
"
        );
    }

    #[test]
    fn what_the_catalogue_does_not_say_is_unknown_in_words() {
        let service = Service {
            organisation: LocalisedText::mongolian(""),
            fee: Fee::Unknown,
            duration: ServiceDuration::Unknown,
            ..service()
        };
        let detail = ServiceDetail { service, description: None, requirements: Vec::new(), area_codes: Vec::new() };

        for (language, unknown) in [(Language::Mn, "тодорхойгүй"), (Language::En, "not known")] {
            let mut page = Page::for_tests(language, NOW);
            detail_page(&mut page, &detail);
            let shown = page.into_text();
            assert_eq!(shown.matches(unknown).count(), 5, "{shown}");
        }
    }

    #[test]
    fn highlights_in_utf_16_become_letters() {
        let pieces = [Highlight { start: 3, length: 2 }, Highlight { start: 6, length: 9 }];

        assert_eq!(letters("😀 Өргөө", &pieces, 10), [12, 13, 15, 16]);
        assert_eq!(letters("Ү", &[Highlight { start: u32::MAX, length: u32::MAX }], 0), [0; 0]);
    }

    #[test]
    fn the_next_page_is_asked_for_with_the_same_filter() {
        let filters = args::Filters {
            kind: Some(args::Kind::Reference),
            area: Some("11 01".into()),
            online: true,
            ..args::Filters::default()
        };
        let options = args::ServiceList { filters, after: None };

        assert_eq!(list_command(&options), "emongolia service list --kind reference --area '11 01' --online");
    }
}
