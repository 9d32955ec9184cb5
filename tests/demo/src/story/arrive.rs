//! A phone out of the box: the catalogue and the sign-in, as every errand begins.

use std::collections::BTreeSet;

use crate::{
    answers, sabotage,
    stage::Stage,
    step::{Moment, Sabotage, Step, Told},
};

/// A page never holds more rows.
const PAGE: usize = 50;

pub(super) fn sync() -> Step<Stage> {
    Step {
        name: "sync",
        mn: "Үйлчилгээний жагсаалтаа татлаа",
        en: "The catalogue comes to the phone",
        act: |stage| stage.do_(&["sync"]).map(drop),
        check: |stage| {
            let (services, organisations) =
                (paged(stage, &["service", "list"])?, paged(stage, &["service", "organisations"])?);
            let seeds = &stage.seeds;
            let wanted = seeds.services.iter().map(|service| service.id.clone()).collect();
            stage.same_set(&format!("all {} services, each once, by their ids", services.len()), &wanted, services)?;
            let wanted = seeds.organisations.iter().map(|organisation| organisation.id.clone()).collect();
            stage.same_set(&format!("all {} organisations", organisations.len()), &wanted, organisations)?;
            let areas = stage.device.area_codes()?.into_iter().collect::<Vec<_>>();
            stage.same_set(&format!("all {} administrative units", areas.len()), &seeds.areas, areas)
        },
        sabotage: Sabotage {
            what: "the gateway's catalogue is nearly JSON",
            moment: Moment::BeforeTheStep,
            act: |stage| sabotage::garbage(stage, "getCatalogue"),
        },
    }
}

pub(super) fn sign_in() -> Step<Stage> {
    Step {
        name: "sign-in",
        mn: "ДАН-аар нэвтэрлээ",
        en: "Signed in through ДАН; the program plays the browser",
        act: |stage| {
            let (regnum, code) = (stage.citizen.regnum.clone(), stage.code.clone());
            stage.do_(&["sign-in", "--citizen", &regnum, "--code", &code])?;
            stage.do_(&["status"]).map(drop)
        },
        check: |stage| {
            let sessions = stage.tables()?.open_sessions(&stage.citizen.sub)?;
            stage.same("the sandbox has one session, the citizen's, and nobody else's", (1, 0), sessions)?;
            let status = stage.ask(&["status"])?.to_string();
            let short_name = stage.citizen.short_name();
            stage.holds("the phone knows who is signed in", status.contains(&short_name), || status)
        },
        sabotage: Sabotage {
            what: "the authorisation server's token is nearly JSON",
            moment: Moment::BeforeTheStep,
            act: |stage| sabotage::garbage(stage, "issueToken"),
        },
    }
}

/// Ids of all rows of a paged list, in order.
pub(super) fn paged(stage: &Stage, words: &[&str]) -> Told<Vec<String>> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let cursor: Vec<&str> = after.iter().flat_map(|after| ["--after", after.as_str()]).collect();
        let page = stage.ask(&[words, &cursor].concat())?;
        let items = answers::items(&page)?;
        if items.len() > PAGE {
            let promise = format!("a page holds at most {PAGE} rows");
            return stage.holds(&promise, false, || format!("{} rows", items.len())).map(|()| all);
        }
        all.extend(ids(items)?);
        match answers::next(&page) {
            Some(next) => after = Some(next.to_owned()),
            None => return Ok(all),
        }
    }
}

/// Hits carry the service they found.
pub(super) fn ids(items: &[serde_json::Value]) -> Told<Vec<String>> {
    items.iter().map(|item| Ok(answers::text(item.get("service").unwrap_or(item), "id")?.to_owned())).collect()
}

impl Stage {
    /// Exactly these, each once.
    fn same_set(&self, promise: &str, wanted: &BTreeSet<String>, found: Vec<String>) -> Told {
        let count = found.len();
        let found: BTreeSet<String> = found.into_iter().collect();
        let told = || {
            let missing: Vec<_> = wanted.difference(&found).take(3).collect();
            let stray: Vec<_> = found.difference(wanted).take(3).collect();
            format!("wanted {}, found {count}; missing {missing:?}, not wanted {stray:?}", wanted.len())
        };
        self.holds(promise, *wanted == found && count == wanted.len(), told)
    }
}
