//! How well services answer what was understood.
//!
//! Guarantees: equals come in their own order, whatever was added up first; what is not looked at could not have been among
//! the best.

use super::{
    Standing,
    asked::FILLER,
    builder::AHEAD,
    candidates::Candidate,
    index::{Contents, Doc, OrganisationId},
    kinds::Kinds,
    query::{Query, Scratch},
    sums::{Has, LIGHT, Part, Sum, higher, in_focus, most_behind},
};

const KIND: f32 = 0.05;
/// What comes first though another answers better by so little.
const PREFERRED: f32 = 0.01;

/// So many are enough: no more are looked at by who does not know the word for what is meant.
pub(crate) const ENOUGH: usize = 10;

/// Scores that differ by less are equal: which sum was rounded how must not decide.
const FINEST: f32 = 131_072.0;

/// A service and how well it answers, 0 to about 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scored {
    /// The rank, as a number in the same order, and behind it how early the service stands: what goes before has more.
    order: u64,
    pub(crate) score: f32,
}

impl Scored {
    fn new(doc: Doc, score: f32, rank: f32) -> Self {
        let bits = rank.to_bits();
        let rank = if rank < 0.0 { !bits } else { bits | SIGN };
        Self { order: u64::from(rank) << 32 | u64::from(!doc), score }
    }

    pub(crate) fn doc(&self) -> Doc {
        !(self.order as u32)
    }

    /// The score, and more if it is preferred: what they are put in order by.
    pub(crate) fn rank(&self) -> f32 {
        let rank = (self.order >> 32) as u32;
        f32::from_bits(if rank & SIGN == 0 { !rank } else { rank & !SIGN })
    }
}

/// The bit of a number below nought.
const SIGN: u32 = 1 << 31;

/// What services are compared by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum By<'a> {
    Words,
    /// And by how the whole sounds beside their names: those that sound like it at all, and these.
    Names(&'a [Scored]),
    /// And by words that sound anywhere in it.
    Sounds,
}

/// A query whose words are added up: what services are compared by.
pub(crate) struct Ranking<'a> {
    contents: &'a Contents,
    query: &'a Query,
    scratch: &'a mut Scratch,
    besides: &'a [f32],
    /// What the word that goes on may mean, what it weighs, and how much of that tells services apart.
    candidates: &'a [Candidate],
    open: f32,
    open_telling: f32,
    /// One by what all words weigh.
    part: f32,
}

impl Query {
    /// Adds up what its words find. What stays from one key to the next is not added up again.
    pub(crate) fn ranking<'a>(&'a self, contents: &'a Contents, scratch: &'a mut Scratch) -> Ranking<'a> {
        let (closed, open) = match self.asked.split_last() {
            Some((last, before)) if last.asking.is_typed => (before, Some(last)),
            Some(_) | None => (&self.asked[..], None),
        };
        let Scratch { sums, other_sums, word, .. } = &mut *scratch;
        if sums.kept(closed) <= other_sums.kept(closed) {
            std::mem::swap(sums, other_sums);
        }
        sums.add_up(contents, closed, word);
        let candidates = open.filter(|open| open.weight > FILLER).map_or(&[][..], |open| &open.candidates);
        let weight = open.map_or(0.0, |open| open.weight);
        Ranking {
            contents,
            query: self,
            besides: if self.foreign { &contents.besides_abroad } else { &contents.besides },
            candidates,
            open: weight,
            open_telling: if open.is_some_and(|open| open.tells) { weight } else { 0.0 },
            part: (scratch.sums.weight + weight).max(f32::MIN_POSITIVE).recip(),
            scratch,
        }
    }
}

impl Ranking<'_> {
    /// The services that answer best, of those that stand; equals in their own order.
    pub(crate) fn best(&mut self, limit: usize, by: By<'_>, stands: &dyn Fn(usize) -> Standing) -> Vec<Scored> {
        if by == By::Words {
            return self.best_by_words(limit, stands);
        }
        self.hear(by);
        self.best_heard(limit, stands)
    }

    /// Of those that were compared last with what was heard.
    pub(crate) fn best_heard(&self, limit: usize, stands: &dyn Fn(usize) -> Standing) -> Vec<Scored> {
        let heard = &self.scratch.heard;
        let mut best = Best::new(limit.min(self.besides.len()), stands);
        heard.each(|doc| {
            if heard.most(doc) + self.most_besides() < best.lowest {
                return;
            }
            if let Some(score) = heard.score(doc, self.by_words(doc), &self.contents.organisations) {
                self.offer(doc as Doc, score, &mut best);
            }
        });
        best.list
    }

    fn hear(&mut self, by: By<'_>) {
        let Scratch { heard, shared, slots, counts, word, .. } = &mut *self.scratch;
        heard.names(self.contents, self.query.run(), self.query.run_before_last(), shared);
        match by {
            By::Words => {}
            By::Names(others) => heard.also(others),
            By::Sounds => heard.spot(self.contents, &self.query.asked, slots, counts, word),
        }
        word.find(self.contents, self.candidates); // what was spotted is none of the query's words
    }

    fn best_by_words(&mut self, limit: usize, stands: &dyn Fn(usize) -> Standing) -> Vec<Scored> {
        let Scratch { sums, word, .. } = &mut *self.scratch;
        word.find(self.contents, self.candidates);
        let parted = word.part_by(sums, &self.contents.organisations);
        let mut best = Best::new(limit.max(ENOUGH).min(self.besides.len()), stands);
        self.offer_own(&self.scratch.word.docs()[..parted], &mut best);
        self.offer_heavy(&mut best);
        // What has nothing that weighs but the word that goes on is rarely among the best, and what has only words that
        // hardly weigh is looked at when there is not enough else.
        let is_open_heavy = self.open >= LIGHT;
        let were_few = best.list.len() < ENOUGH;
        let may_be_best = if is_open_heavy { best.lowest <= self.most_alone() } else { were_few };
        if may_be_best {
            self.offer_own(&self.scratch.word.docs()[parted..], &mut best);
            self.offer_elsewhere(true, &mut best);
        }
        if were_few && (!is_open_heavy || best.list.len() < ENOUGH) {
            self.offer_elsewhere(false, &mut best);
        }
        best.list.truncate(limit);
        best.list
    }

    /// Offers services that say the word that goes on.
    fn offer_own(&self, docs: &[Doc], best: &mut Best<'_>) {
        let Scratch { sums, word, .. } = &*self.scratch;
        let organisations = &self.contents.organisations;
        for &doc in docs {
            let at = doc as usize;
            let by_words = self.of_words(sums.sum(at, organisations), word.part(at, organisations));
            best.offer(doc, self.score(at, by_words));
        }
    }

    /// Those that do not, and have others that weigh: that have most come first.
    fn offer_heavy(&self, best: &mut Best<'_>) {
        let Scratch { sums, word, .. } = &*self.scratch;
        let organisations = &self.contents.organisations;
        let parts = word.organisations.iter().map(|organisation| word.of_organisation(*organisation).best);
        let surest = Part { best: parts.fold(0.0, higher), share: 0.0 };
        let most_besides = self.open * surest.best * self.part + self.most_besides();
        for &doc in &sums.heavy {
            let at = doc as usize;
            if word.is_own(at) {
                continue;
            }
            let sum = sums.sum(at, organisations);
            if most_behind(self.of_words(sum, Part::default()), self.part) + most_besides < best.lowest {
                break;
            }
            self.offer(doc, self.of_words(sum, word.part(at, organisations)), best);
        }
        let most = Sum { total: sums.most_of_organisations, ..Sum::default() };
        if self.of_words(&most, surest) + self.most_besides() < best.lowest {
            return;
        }
        for &organisation in &sums.organisations {
            if sums.of_organisation(organisation).has == Has::Heavy {
                self.offer_services(organisation, best);
            }
        }
    }

    /// Those that have no others that weigh and do not say the word that goes on: where their organisation does, or not.
    fn offer_elsewhere(&self, is_called_so: bool, best: &mut Best<'_>) {
        let Scratch { sums, word, .. } = &*self.scratch;
        for doc in sums.light() {
            let at = doc as usize;
            let is_wanted = (word.part(at, &self.contents.organisations).best > 0.0) == is_called_so;
            if is_wanted && !word.is_own(at) {
                self.offer(doc, self.by_words(at), best);
            }
        }
        let of_light = sums.organisations.iter().filter(|one| sums.of_organisation(**one).has == Has::Light);
        let of_none = word.organisations.iter().filter(|one| sums.of_organisation(**one).has == Has::Nothing);
        for &organisation in of_light.chain(of_none) {
            if (word.of_organisation(organisation).best > 0.0) == is_called_so {
                self.offer_services(organisation, best);
            }
        }
    }

    /// Those of an organisation that say no word themselves.
    fn offer_services(&self, organisation: OrganisationId, best: &mut Best<'_>) {
        let Scratch { sums, word, .. } = &*self.scratch;
        let by_words = self.of_words(sums.of_organisation(organisation), word.of_organisation(organisation));
        if by_words + self.most_besides() < best.lowest {
            return;
        }
        for &doc in self.contents.organisations.services(organisation) {
            let at = doc as usize;
            if !sums.is_own(at) && !word.is_own(at) {
                self.offer(doc, by_words, best);
            }
        }
    }

    fn offer(&self, doc: Doc, by_words: f32, best: &mut Best<'_>) {
        best.offer(doc, self.score(doc as usize, by_words));
    }

    #[inline]
    fn score(&self, doc: usize, by_words: f32) -> f32 {
        let score = by_words + self.besides[doc];
        let kinds = self.query.kinds;
        if kinds.is_empty() { score } else { score + by_kind(kinds, self.contents.documents[doc].kinds) }
    }

    #[inline]
    fn by_words(&self, doc: usize) -> f32 {
        let Scratch { sums, word, .. } = &*self.scratch;
        let organisations = &self.contents.organisations;
        self.of_words(sums.sum(doc, organisations), word.part(doc, organisations))
    }

    #[inline]
    fn of_words(&self, sum: &Sum, open: Part) -> f32 {
        (sum.total + self.open * open.best) * self.part * in_focus(sum.focus + open.share)
    }

    /// More than any service has that has nothing that weighs but the word that goes on.
    fn most_alone(&self) -> f32 {
        let surest = self.candidates.iter().fold(0.0, |surest, candidate| higher(surest, candidate.sure));
        (self.open * surest + self.scratch.sums.lightly) * self.part + self.most_besides()
    }

    /// More than anything but words adds to any.
    fn most_besides(&self) -> f32 {
        AHEAD + PREFERRED + if self.query.kinds.is_empty() { 0.0 } else { KIND }
    }

    /// How much a service has of what tells services apart.
    pub(crate) fn covered(&self, doc: Doc) -> f32 {
        let (at, sums, organisations) = (doc as usize, &self.scratch.sums, &self.contents.organisations);
        let open = self.scratch.word.part(at, organisations);
        let telling = sums.telling + self.open_telling;
        if telling > 0.0 {
            (sums.sum(at, organisations).told + self.open_telling * open.best) / telling
        } else {
            (sums.sum(at, organisations).total + self.open * open.best) * self.part
        }
    }
}

/// Lifts services of the kinds that are asked for above the others.
fn by_kind(wanted: Kinds, kinds: Kinds) -> f32 {
    match (wanted.is_empty() || kinds.is_empty(), wanted.meets(kinds)) {
        (true, _) => 0.0,
        (false, true) => KIND,
        (false, false) => -KIND,
    }
}

/// The best of the services that were offered.
struct Best<'a> {
    /// Best first.
    list: Vec<Scored>,
    limit: usize,
    /// The rank of the last, once there are as many as wanted.
    lowest: f32,
    stands: &'a dyn Fn(usize) -> Standing,
}

impl<'a> Best<'a> {
    fn new(limit: usize, stands: &'a dyn Fn(usize) -> Standing) -> Self {
        Self { list: Vec::with_capacity(limit), limit, lowest: f32::NEG_INFINITY, stands }
    }

    fn offer(&mut self, doc: Doc, score: f32) {
        // By so much may the rank be above the score.
        if score + (PREFERRED + FINEST.recip()) >= self.lowest {
            self.take(doc, score);
        }
    }

    #[inline(never)]
    fn take(&mut self, doc: Doc, score: f32) {
        let preferred = match (self.stands)(doc as usize) {
            Standing::Hidden => return,
            Standing::Shown => 0.0,
            Standing::Preferred => PREFERRED,
        };
        let score = ((score * FINEST) as i32) as f32 / FINEST;
        let taken = Scored::new(doc, score, score + preferred);
        if self.list.len() < self.limit {
            self.list.push(taken);
        } else if self.list.last().is_none_or(|last| last.order > taken.order) {
            return;
        }
        // Those that go behind it move on by one, the last of a full list off it.
        let list = &mut self.list[..];
        let mut place = list.len() - 1;
        while place > 0 && list[place - 1].order < taken.order {
            list[place] = list[place - 1];
            place -= 1;
        }
        list[place] = taken;
        if list.len() == self.limit {
            self.lowest = list[self.limit - 1].rank();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entry, Index, Kind, query::Manner};

    const THINGS: [&str; 9] = [
        "Иргэний үнэмлэх",
        "Жолооны үнэмлэх",
        "Гадаад паспорт",
        "Хүүхдийн мөнгө",
        "Газрын төлбөр",
        "Төрсний гэрчилгээ",
        "Өрхийн бүртгэл",
        "Тээврийн хэрэгслийн татвар",
        "Нийгмийн даатгалын шимтгэл",
    ];
    const ACTIONS: [&str; 6] = ["авах", "захиалах", "төлөх", "лавлагаа", "сунгах", "бүртгүүлэх тухай хүсэлт гаргах"];
    const PLACES: [&str; 7] = ["", "Улаанбаатар", "Дархан", "Өвөрхангай", "гадаадад", "дүүргийн", "Хөвсгөл аймгийн"];

    const ORGANISATIONS: [&str; 3] =
        ["Улсын бүртгэлийн ерөнхий газар", "Нийгмийн даатгалын ерөнхий газар", "Гадаад хэрэг"];

    /// More services than anybody wants to see, many of them alike.
    fn index() -> Index {
        let kinds = [Kind::Certificate, Kind::Order, Kind::Payment, Kind::Reference, Kind::Application];
        let mut entries = Vec::new();
        for place in PLACES {
            for thing in THINGS {
                for action in ACTIONS {
                    entries.push(Entry {
                        name: format!("{place} {thing} {action}"),
                        organisation: ORGANISATIONS
                            .iter()
                            .skip(entries.len() % 4)
                            .take(1)
                            .map(|&name| name.into())
                            .collect(),
                        kind: kinds.get(entries.len() % 6).copied(),
                        popularity: (entries.len() % 11) as i64,
                        ..Entry::default()
                    });
                }
            }
        }
        Index::build(&entries)
    }

    /// All services scored, none left out.
    fn exhaustive(ranking: &mut Ranking<'_>, limit: usize, stands: &dyn Fn(usize) -> Standing) -> Vec<Scored> {
        ranking.scratch.word.find(ranking.contents, ranking.candidates);
        let (mut heavy, mut light) = (Vec::new(), Vec::new());
        let organisations = &ranking.contents.organisations;
        for at in 0..ranking.besides.len() {
            let preferred = match stands(at) {
                Standing::Hidden => continue,
                Standing::Shown => 0.0,
                Standing::Preferred => PREFERRED,
            };
            let (has, open) = (
                ranking.scratch.sums.sum(at, organisations).has,
                ranking.scratch.word.part(at, organisations).best > 0.0,
            );
            let kinds = ranking.contents.documents[at].kinds;
            let score = ranking.by_words(at) + ranking.besides[at] + by_kind(ranking.query.kinds, kinds);
            let score = ((score * FINEST) as i32) as f32 / FINEST;
            let scored = Scored::new(at as Doc, score, score + preferred);
            if has == Has::Heavy || open && ranking.open >= LIGHT {
                heavy.push(scored);
            } else if has == Has::Light || open {
                light.push(scored);
            }
        }
        if heavy.len() < ENOUGH {
            heavy.append(&mut light);
        }
        heavy.sort_by(|one, other| other.rank().total_cmp(&one.rank()).then(one.doc().cmp(&other.doc())));
        heavy.truncate(limit);
        heavy
    }

    #[test]
    fn a_longer_list_begins_as_a_shorter_one_also_of_what_was_found_by_sound() {
        let index = index();
        for query in [
            "оргийн бурт гел дар хан",
            "нийг мийн татгалын шим тгэл сун гах",
            "төрс ний гэрч илгээ",
            "газ рын төл бөр өвөр хангай",
        ] {
            let found = |limit| index.find(query, limit, |_| Standing::Shown).entries().collect::<Vec<_>>();
            let long = found(300);
            assert!(long.len() > 40, "{query}: {}", long.len());
            for limit in 1..long.len() {
                assert_eq!(found(limit), long[..limit], "{query}");
            }
        }
    }

    #[test]
    fn what_is_not_looked_at_is_none_of_the_best() {
        let index = index();
        let all = |_: usize| Standing::Shown;
        let some = |at: usize| match at % 7 {
            3 => Standing::Hidden,
            5 => Standing::Preferred,
            _ => Standing::Shown,
        };
        let mut compared = 0;
        let things = THINGS.iter().chain(&ORGANISATIONS);
        for (thing, action) in things.flat_map(|thing| ACTIONS.map(|action| (thing, action))) {
            let query = format!("{} {action}", thing.to_lowercase());
            for (end, letter) in query.char_indices() {
                let typed = &query[..end + letter.len_utf8()];
                for (limit, stands) in [(20, &all as &dyn Fn(usize) -> Standing), (3, &all), (20, &some), (50, &some)] {
                    let [found, expected] = index.with_scratch(|scratch| {
                        let query = Query::read(&index.contents, typed, Manner::Typed, scratch);
                        let mut ranking = query.ranking(&index.contents, scratch);
                        [ranking.best(limit, By::Words, stands), exhaustive(&mut ranking, limit, stands)]
                    });
                    assert_eq!(found, expected, "{typed}, {limit}");
                    compared += found.len();
                }
            }
        }
        assert!(compared > 10_000, "{compared}");
    }
}
