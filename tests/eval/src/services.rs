//! The catalogue that is searched, and what a search is to this harness.
//!
//! Guarantees: a service is named by its place in the list; filler is made of the catalogue's own words and says that
//! it is filler.

use std::{collections::BTreeMap, io, path::Path};

use thiserror::Error;

use crate::random::Random;

#[derive(Debug, Error)]
pub(crate) enum NoServices {
    #[error("the services: {0}")]
    Read(#[from] csv::Error),
    #[error("the services lack the column {0}")]
    Column(&'static str),
    #[error("there is no service")]
    None,
}

/// The columns of `services.csv` that a citizen may search by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) id: String,
    /// Names and abbreviation.
    pub(crate) organisation: Vec<String>,
    pub(crate) title_mn: String,
    pub(crate) title_en: String,
    pub(crate) description_mn: String,
    pub(crate) description_en: String,
    pub(crate) kind: String,
    pub(crate) popularity: u32,
}

/// Something that finds services, by their places in the list that it was built from, the best first.
pub(crate) trait Finds {
    /// Nothing: what was asked for is not in the catalogue.
    fn find(&self, query: &str, top: usize) -> Option<Vec<usize>>;

    /// The same for what a recogniser may have heard, the likeliest first. Places add up as parts of one.
    fn find_spoken(&self, hypotheses: &[String], top: usize) -> Option<Vec<usize>> {
        let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
        for hypothesis in hypotheses {
            let found = self.find(hypothesis, top).unwrap_or_default();
            for (rank, service) in found.into_iter().enumerate() {
                *sums.entry(service).or_default() += 1.0 / (rank + 1) as f64;
            }
        }
        let mut found: Vec<(usize, f64)> = sums.into_iter().collect();
        found.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        (!found.is_empty()).then(|| found.into_iter().take(top).map(|(service, _)| service).collect())
    }
}

/// The services, with the organisations that stand in the file beside theirs.
pub(crate) fn open(path: &Path) -> Result<Vec<Service>, NoServices> {
    let organisations = organisations(csv::Reader::from_path(path.with_file_name("organisations.csv"))?)?;
    read(csv::Reader::from_path(path)?, &organisations)
}

/// What each organisation is called, by its code.
fn organisations(mut table: csv::Reader<impl io::Read>) -> Result<BTreeMap<String, Vec<String>>, NoServices> {
    let head = table.headers()?.clone();
    let column = |name: &'static str| head.iter().position(|found| found == name).ok_or(NoServices::Column(name));
    let (code, names) = (column("code")?, [column("name_mn")?, column("name_en")?, column("abbr_mn")?]);
    let mut organisations = BTreeMap::new();
    for row in table.records() {
        let row = row?;
        let names = names.iter().filter_map(|&name| row.get(name)).filter(|name| !name.is_empty());
        organisations.insert(row.get(code).unwrap_or_default().to_owned(), names.map(str::to_owned).collect());
    }
    Ok(organisations)
}

fn read(
    mut table: csv::Reader<impl io::Read>,
    organisations: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<Service>, NoServices> {
    let head = table.headers()?.clone();
    let column = |name: &'static str| head.iter().position(|found| found == name).ok_or(NoServices::Column(name));
    let (id, organisation, kind) = (column("id")?, column("org_code")?, column("kind")?);
    let (title_mn, title_en) = (column("name_mn")?, column("name_en")?);
    let (description_mn, description_en) = (column("description_mn")?, column("description_en")?);
    let popularity = column("popularity")?;
    let mut services = Vec::new();
    for row in table.records() {
        let row = row?;
        let text = |column: usize| row.get(column).unwrap_or_default().to_owned();
        services.push(Service {
            id: text(id),
            organisation: organisations.get(&text(organisation)).cloned().unwrap_or_default(),
            title_mn: text(title_mn),
            title_en: text(title_en),
            description_mn: text(description_mn),
            description_en: text(description_en),
            kind: text(kind),
            popularity: text(popularity).parse().unwrap_or_default(),
        });
    }
    if services.is_empty() { Err(NoServices::None) } else { Ok(services) }
}

/// The services, and after them filler up to `count`: texts of the services' words, each word after one that it follows
/// in a real text. So common words stay common and rare ones rare.
pub(crate) fn filled(services: &[Service], count: usize, seed: u64) -> Vec<Service> {
    let mut random = Random::new(seed);
    let titles_mn = Chain::of(services.iter().map(|service| service.title_mn.as_str()));
    let titles_en = Chain::of(services.iter().map(|service| service.title_en.as_str()));
    let descriptions_mn = Chain::of(services.iter().map(|service| service.description_mn.as_str()));
    let descriptions_en = Chain::of(services.iter().map(|service| service.description_en.as_str()));
    let mut all = services.to_vec();
    for number in all.len()..count {
        let Some(model) = random.one_of(services).cloned() else { break };
        all.push(Service {
            id: format!("filler-{number:06}"),
            title_mn: titles_mn.text(&mut random),
            title_en: titles_en.text(&mut random),
            description_mn: descriptions_mn.text(&mut random),
            description_en: descriptions_en.text(&mut random),
            popularity: 0,
            ..model
        });
    }
    all
}

/// Which words follow a word, as often as they do. The empty word is the beginning and the end.
struct Chain<'a>(BTreeMap<&'a str, Vec<&'a str>>);

impl<'a> Chain<'a> {
    fn of(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut followers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for text in texts {
            let mut last = "";
            for word in text.split_whitespace().chain([""]) {
                followers.entry(last).or_default().push(word);
                last = word;
            }
        }
        Self(followers)
    }

    fn text(&self, random: &mut Random) -> String {
        /// Longer than any real text; a chain may run in circles.
        const LONGEST: usize = 40;
        let mut words: Vec<&str> = Vec::new();
        while words.len() < LONGEST {
            let followers = self.0.get(words.last().copied().unwrap_or_default());
            match followers.and_then(|followers| random.one_of(followers)) {
                None | Some(&"") => break,
                Some(word) => words.push(word),
            }
        }
        words.join(" ")
    }
}

/// Words in lower case, without what stands between them.
pub(crate) fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
pub(crate) mod unit {
    use super::*;

    pub(crate) fn service(id: &str, title: &str) -> Service {
        Service {
            id: id.into(),
            organisation: vec!["УБЕГ".into()],
            title_mn: title.into(),
            title_en: String::new(),
            description_mn: String::new(),
            description_en: String::new(),
            kind: "reference".into(),
            popularity: 0,
        }
    }

    #[test]
    fn columns_are_found_by_name_and_a_missing_one_is_named() {
        let head = "popularity,kind,description_en,description_mn,name_en,name_mn,org_code,id\n";

        let services = read(
            csv::Reader::from_reader(
                format!("{head}2,reference,At once.,Шууд гарна.,Identity card,Иргэний үнэмлэх,GASR,s1\n").as_bytes(),
            ),
            &BTreeMap::from([("GASR".to_owned(), vec!["УБЕГ".to_owned()])]),
        );
        let lacking = read(csv::Reader::from_reader("id,org_code,kind\n".as_bytes()), &BTreeMap::new());

        let services = services.unwrap();
        assert_eq!((services[0].id.as_str(), services[0].title_mn.as_str()), ("s1", "Иргэний үнэмлэх"));
        assert_eq!(services[0].popularity, 2);
        assert!(matches!(lacking, Err(NoServices::Column("name_mn"))));
    }

    #[test]
    fn filler_says_so_is_the_same_each_time_and_uses_known_words() {
        let services = [service("s1", "Өрхийн бүртгэл"), service("s2", "Үнэмлэхийн бүртгэл авах")];

        let filled = filled(&services, 50, 3);

        assert_eq!(filled.len(), 50);
        assert_eq!(filled[..2], services);
        assert_eq!(filled, super::filled(&services, 50, 3));
        for service in &filled[2..] {
            assert!(service.id.starts_with("filler-") && !service.title_mn.is_empty());
            assert!(service.title_mn.split(' ').all(|word| services.iter().any(|real| real.title_mn.contains(word))));
        }
    }

    struct Listed(Vec<(&'static str, Vec<usize>)>);

    impl Finds for Listed {
        fn find(&self, query: &str, _: usize) -> Option<Vec<usize>> {
            self.0.iter().find(|(known, _)| *known == query).map(|(_, found)| found.clone())
        }
    }

    #[test]
    fn what_several_hypotheses_find_comes_before_what_one_finds() {
        let listed = Listed(vec![("өрх", vec![1, 2]), ("өрк", vec![2, 3])]);
        let heard =
            |words: &[&str]| listed.find_spoken(&words.iter().map(|word| (*word).into()).collect::<Vec<_>>(), 2);

        assert_eq!(heard(&["өрх", "өрк", "үрх"]), Some(vec![2, 1]));
        assert_eq!(heard(&["үрх"]), None);
    }
}
