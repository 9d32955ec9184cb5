//! A bundle for one citizen on one day, from what was written, what is known, what is offered and what was done.

use std::cell::Cell;

use super::{
    Errand, Offer, REMEMBERED_DAYS, Services, Stage,
    facts::Facts,
    lately,
    model::{Bundle, BundleItem, Code, Cost, Filter, ItemState, Prerequisite, Reason, Standing},
    rules::{self, Basis, Ground, Used},
    store::{Kept, Progress},
    wire::{Definition, Definitions, ItemDefinition, Why},
};
use crate::{
    country::{AreaCode, CivilDate, LocalisedText, Mnt, TimeZone},
    foundation::{
        clock::Timestamp,
        storage::{self, Dao},
    },
    services::ServiceId,
};

/// Everything that bundles are made of.
pub(super) struct Situation<'a> {
    pub(super) facts: Facts,
    pub(super) progress: Progress,
    pub(super) errands: Vec<Errand>,
    pub(super) now: Timestamp,
    pub(super) services: &'a dyn Services,
    /// Counts items whose service is not on the phone.
    pub(super) missing: Cell<u32>,
}

impl Situation<'_> {
    /// All bundles, or the suggested ones: suggested before others, and what is due first before what is due later.
    pub(super) fn bundles(&self, written: &Definitions, filter: Filter, dao: &Dao<'_>) -> storage::Result<Vec<Bundle>> {
        let area = self.facts.home();
        let ground = Ground { facts: &self.facts, today: self.day(self.now) };
        let shown = |bundle: &Bundle| match filter {
            Filter::All => true,
            Filter::Suggested => bundle.suggested,
        };
        let rank = |bundle: &Bundle| {
            let due = bundle.due.filter(|_| bundle.suggested);
            (!bundle.suggested, due.is_none(), due, bundle.standing)
        };
        let mut bundles: Vec<Bundle> = Vec::with_capacity(written.bundles.len());
        for definition in &written.bundles {
            let bundle = self.bundle(definition, written, &ground, area, dao)?;
            if shown(&bundle) {
                // Put in its place, behind its equals: for a dozen a sort of its own would weigh more than it saves.
                let place = bundles.partition_point(|other| rank(other) <= rank(&bundle));
                bundles.insert(place, bundle);
            }
        }
        if self.missing.get() > 0 {
            log::warn!(target: "emongolia", "{} items of bundles have no service here and are left out", self.missing.get());
        }
        Ok(bundles)
    }

    fn bundle(
        &self,
        definition: &Definition,
        written: &Definitions,
        ground: &Ground<'_>,
        area: Option<AreaCode>,
        dao: &Dao<'_>,
    ) -> storage::Result<Bundle> {
        let kept = &self.progress.of(definition.code.as_str());
        let mut used = Vec::new();
        let fires = definition.when.as_ref().and_then(|when| when.holds(ground, &mut used)) == Some(true);
        // What leads up to it belongs to it: a move is registered before the register has the new address.
        let since = rules::since(&used).and_then(|day| day.checked_sub_days(REMEMBERED_DAYS));
        let mut items = Vec::new();
        for item in in_order(definition) {
            items.extend(self.item(item, kept, since, ground, area, dao)?);
        }
        only_present(&mut items);
        let (prerequisites, cost) = to_pay(&mut items, written, ground);
        let here = || items.iter().filter(|item| item.state != ItemState::NotAvailableHere);
        let (total, done) = (here().count(), here().filter(|item| item.state == ItemState::Done).count());
        let standing = if kept.dismissed {
            Standing::Dismissed
        } else if total > 0 && done == total {
            Standing::Done
        } else if kept.started_at.is_some_and(|at| self.counts(at, since)) {
            Standing::Started
        } else {
            Standing::Offered
        };
        Ok(Bundle {
            code: definition.code.clone(),
            kind: definition.kind,
            name: definition.name.clone(),
            suggested: fires && total > 0 && matches!(standing, Standing::Offered | Standing::Started),
            standing,
            reason: reason(&definition.why, fires, &used, ground),
            prerequisites,
            cost,
            due: items.iter().filter(|item| is_open(item.state)).filter_map(|item| item.due).min(),
            done: count(done),
            total: count(total),
            items,
        })
    }

    /// `None`: it does not belong to this citizen's bundle, or nothing is known of its service.
    fn item(
        &self,
        item: &ItemDefinition,
        kept: &Kept,
        since: Option<CivilDate>,
        ground: &Ground<'_>,
        area: Option<AreaCode>,
        dao: &Dao<'_>,
    ) -> storage::Result<Option<BundleItem>> {
        let mut used = Vec::new();
        let fits = item.when.as_ref().map_or(Some(true), |when| when.holds(ground, &mut used));
        let stage = self.stage(item, kept, since.max(rules::since(&used)));
        // What was done stays in sight, also when its own effect has taken away the reason for it.
        if fits == Some(false) && stage.is_none() {
            return Ok(None);
        }
        let Some((offer, here)) = self.offer(item, area, dao)? else {
            self.missing.set(self.missing.get() + 1);
            return Ok(None);
        };
        let due = item.due.as_ref().filter(|_| fits == Some(true)).and_then(|name| {
            let fact = rules::fact_of(name, ground, &mut used, &[])?;
            fact.value.date()
        });
        let state = match (stage, here) {
            (Some(Stage::Done), _) => ItemState::Done,
            (Some(Stage::UnderWay), _) => ItemState::UnderWay,
            (None, true) => ItemState::Todo,
            (None, false) => ItemState::NotAvailableHere,
        };
        let Offer { service, name, fee, online, sample, areas: _ } = offer;
        Ok(Some(BundleItem {
            code: item.code.clone(),
            service,
            name,
            reason: reason(&item.why, fits == Some(true), &used, ground),
            state,
            fee,
            due,
            online,
            sample,
            after: item.after.clone(),
            needs: item.needs.clone(),
        }))
    }

    /// What the citizen marked, or what their requests say, as far as it was done for this occasion.
    fn stage(&self, item: &ItemDefinition, kept: &Kept, since: Option<CivilDate>) -> Option<Stage> {
        if kept.done.iter().any(|(code, at)| code == item.code.as_str() && self.counts(*at, since)) {
            return Some(Stage::Done);
        }
        let from = kept.counts_from.unwrap_or(lately(self.now.unix_ms()));
        let mut stages = self.errands.iter().filter(|errand| item.services.contains(&errand.service)).filter_map(|e| {
            let at = e.at.unix_ms();
            match e.stage {
                Stage::Done if at < from || !self.counts(at, since) => None,
                Stage::Done | Stage::UnderWay => Some(e.stage),
            }
        });
        let first = stages.next()?;
        Some(if stages.any(|stage| stage == Stage::Done) { Stage::Done } else { first })
    }

    fn counts(&self, at_ms: i64, since: Option<CivilDate>) -> bool {
        since.is_none_or(|since| self.day(Timestamp::from_unix_ms(at_ms)) >= since)
    }

    /// Where the citizen lives.
    fn day(&self, at: Timestamp) -> CivilDate {
        self.facts.home().map_or(TimeZone::Ulaanbaatar, TimeZone::of_area).civil(at).date()
    }

    /// The first that is offered where the citizen lives; else the first there is. Where they live may not be known, and
    /// then nothing is said to be elsewhere.
    fn offer(
        &self,
        item: &ItemDefinition,
        area: Option<AreaCode>,
        dao: &Dao<'_>,
    ) -> storage::Result<Option<(Offer, bool)>> {
        let mut elsewhere = None;
        for id in &item.services {
            let Some(offer) = self.services.offer(dao, id)? else { continue };
            if offer.areas.is_empty() || area.is_some_and(|area| covers(&offer.areas, area)) {
                return Ok(Some((offer, true)));
            }
            elsewhere.get_or_insert(offer);
        }
        Ok(elsewhere.map(|offer| (offer, area.is_none())))
    }
}

fn covers(codes: &[String], area: AreaCode) -> bool {
    codes.iter().filter_map(|code| AreaCode::parse(code).ok()).any(|code| area.is_within(code) || code.is_within(area))
}

/// Each item after those it depends on, else in the order written. What depends on itself, over however many others, can
/// never be begun and is left out; so is a code that is there a second time.
fn in_order(definition: &Definition) -> Vec<&ItemDefinition> {
    let mut items: Vec<&ItemDefinition> = Vec::with_capacity(definition.items.len());
    for item in &definition.items {
        if !items.iter().any(|earlier| earlier.code == item.code) {
            items.push(item);
        }
    }
    let mut left: Vec<&ItemDefinition> =
        items.iter().copied().filter(|item| !depends_on_itself(item, &items)).collect();
    if left.len() < definition.items.len() {
        let (code, count) = (definition.code.as_str(), definition.items.len() - left.len());
        log::warn!(target: "emongolia", "bundle {code}: {count} items depend on themselves or are there twice; left out");
    }
    let mut ordered = Vec::with_capacity(left.len());
    // Without circles something can always be taken; the first that can be keeps the written order.
    while let Some(next) = left.iter().position(|item| !left.iter().any(|other| item.after.contains(&other.code))) {
        ordered.push(left.remove(next));
    }
    ordered
}

fn depends_on_itself(item: &ItemDefinition, items: &[&ItemDefinition]) -> bool {
    let mut reached: Vec<&Code> = Vec::new();
    let mut next: Vec<&Code> = item.after.iter().collect();
    while let Some(code) = next.pop() {
        if *code == item.code {
            return true;
        }
        if !reached.contains(&code) {
            reached.push(code);
            next.extend(items.iter().filter(|other| other.code == *code).flat_map(|other| &other.after));
        }
    }
    false
}

/// Nobody waits for what is not in the bundle.
fn only_present(items: &mut [BundleItem]) {
    let present: Vec<Code> = items.iter().map(|item| item.code.clone()).collect();
    for item in items {
        item.after.retain(|code| present.contains(code));
    }
}

fn is_open(state: ItemState) -> bool {
    match state {
        ItemState::Todo | ItemState::UnderWay => true,
        ItemState::Done | ItemState::NotAvailableHere => false,
    }
}

/// What the items to be applied for ask for, and what they cost: each service and each prerequisite once. To what is
/// under way its papers are handed in, and what it still owes the request itself says.
fn to_pay(items: &mut [BundleItem], written: &Definitions, ground: &Ground<'_>) -> (Vec<Prerequisite>, Cost) {
    let known = |code: &Code| written.prerequisites.iter().find(|one| one.code == *code);
    for item in items.iter_mut() {
        item.needs.retain(|code| known(code).is_some());
    }
    let mut prerequisites: Vec<Prerequisite> = Vec::new();
    let mut cost = Cost { known: Mnt::ZERO, unknown: 0 };
    let mut paid: Vec<&ServiceId> = Vec::new();
    for item in items.iter().filter(|item| item.state == ItemState::Todo) {
        if !paid.contains(&&item.service) {
            paid.push(&item.service);
            cost.add(item.fee);
        }
        for one in item.needs.iter().filter_map(known) {
            if prerequisites.iter().any(|listed| listed.code == one.code) {
                continue;
            }
            let at_hand = one.at_hand.as_ref().and_then(|when| when.holds(ground, &mut Vec::new()));
            if at_hand != Some(true) {
                cost.add(one.fee);
            }
            prerequisites.push(Prerequisite {
                code: one.code.clone(),
                name: one.name.clone(),
                fee: one.fee,
                at_hand,
                sample: one.sample,
            });
        }
    }
    (prerequisites, cost)
}

impl Cost {
    /// A sum beyond what can be counted is as good as unknown.
    fn add(&mut self, fee: Option<Mnt>) {
        match fee.and_then(|fee| self.known.checked_add(fee)) {
            Some(sum) => self.known = sum,
            None => self.unknown += 1,
        }
    }
}

/// The first reason that holds and can be said; the general one where the rule itself did not hold for certain.
fn reason<'f>(why: &Why, holds: bool, used: &Used<'f>, ground: &Ground<'f>) -> Reason {
    for (when, text) in why.reasons.iter().filter(|_| holds) {
        let mut rests_on = Used::new();
        if when.holds(ground, &mut rests_on) == Some(true)
            && let Some(text) = rules::fill(text, ground, &mut rests_on, used)
        {
            return said(text, &rests_on);
        }
    }
    Reason { text: why.general.clone(), sources: Vec::new(), as_of: None }
}

fn said(text: LocalisedText, used: &Used<'_>) -> Reason {
    let mut sources: Vec<String> = Vec::new();
    for Basis { fact, .. } in used {
        if !sources.contains(&fact.source) {
            sources.push(fact.source.clone());
        }
    }
    Reason { text, sources, as_of: used.iter().filter_map(|basis| basis.fact.as_of).min() }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
