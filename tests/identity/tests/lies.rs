//! The core against a provider that lies: each lie is refused for what it is, and would have worked if nobody had looked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on should stop")]

use std::time::Duration;

use emongolia_core::{
    App, Error,
    auth::{Freshness, SessionState},
    foundation::checks::Check,
};
use emongolia_identity::{ground::Ground, phone::Phone};
use emongolia_support::{
    front::Exchange,
    lies::{
        Control, Errand, FRESH, INBOX, Liar, Lie, METADATA, PUSHED, REVOCATION, Refused, TOKEN, Tale, Works, lies,
        variants, went_elsewhere,
    },
};

/// Longer than anything here takes on a busy machine; reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the sandbox gives an access token, and some.
const TOKEN_LIFE: Duration = Duration::from_secs(330);

/// How long a sign-in may take, and some.
const TOO_LONG: Duration = Duration::from_secs(11 * 60);

/// A lie costs no more requests than this: nothing is asked again and again.
const REQUESTS: usize = 24;

/// What is wrong with how a run ended.
type Wrong = String;

/// One errand of a new phone while the tale is told.
struct Run {
    ended: Result<(), Error>,
    active: bool,
    /// From the first request to the last.
    exchanges: Vec<Exchange>,
    /// How many of them there were when the lying began.
    before: usize,
}

struct Scene {
    ground: Ground,
    liar: Liar,
}

impl Scene {
    async fn set() -> Self {
        Self { ground: Ground::open().await.unwrap(), liar: Liar::new().unwrap() }
    }

    /// `discards`: waits until the tokens have been given back.
    async fn run(&self, errand: Errand, tale: Tale, unchecked: Option<Check>, discards: bool) -> Run {
        let front = &self.ground.front;
        let start = front.exchanges().len();
        self.liar.tell(front, errand, tale);
        let mut phone = Phone::new(front).unwrap();
        phone.controls.unchecked = unchecked;
        let app = phone.start().unwrap();
        let mut before = start;
        let ended = self.errand(&app, &phone, errand, tale, &mut before).await;
        let active = matches!(app.auth().state().await.unwrap(), SessionState::Active { .. });
        if discards {
            let given_back = |all: &[Exchange]| all[start..].iter().any(|each| is_answered(each, REVOCATION, 200));
            tokio::time::timeout(PATIENCE, front.until(given_back)).await.expect("tokens were not given back");
        }
        app.shutdown(PATIENCE).await.unwrap();
        Run { ended, active, exchanges: front.exchanges().split_off(start), before: before - start }
    }

    async fn errand(
        &self,
        app: &App,
        phone: &Phone,
        errand: Errand,
        tale: Tale,
        before: &mut usize,
    ) -> Result<(), Error> {
        self.sign_in(app, phone, tale).await?;
        match errand {
            Errand::SignIn => return Ok(()),
            Errand::SignOut => return app.sign_out().await.map(drop),
            Errand::StepUp => {
                *before = self.ground.front.exchanges().len();
                self.liar.begin();
                let (max_age_s, acr) = FRESH;
                app.auth().step_up(Freshness { max_age_s, acr: Some(acr.to_owned()) }).await?;
                let callback = self.ground.approve().await.unwrap();
                return app.auth().complete_sign_in(&callback).await.map(drop);
            }
            Errand::Read | Errand::Renew => {}
        }
        app.inbox().refresh().await.expect("the gateway, before it lies");
        if errand == Errand::Renew {
            phone.clock.advance(TOKEN_LIFE);
        }
        *before = self.ground.front.exchanges().len();
        self.liar.begin();
        app.inbox().refresh().await.map(drop)
    }

    async fn sign_in(&self, app: &App, phone: &Phone, tale: Tale) -> Result<(), Error> {
        let auth = app.auth();
        if matches!(tale, Tale::Unasked) {
            return auth.complete_sign_in(&self.somebody_elses().await).await.map(drop);
        }
        let request = auth.begin_sign_in().await?;
        let mut callback = self.ground.approve().await.unwrap();
        if let Tale::Callback(change) = tale {
            callback = change(&callback);
        } else if matches!(tale, Tale::LateCallback) {
            phone.clock.advance(TOO_LONG);
        } else if matches!(tale, Tale::UsedState) {
            let (state, redirect_uri, issuer) = (request.state, &phone.config.redirect_uri, self.ground.front.origin());
            let no = format!("{redirect_uri}?error=access_denied&state={state}&iss={issuer}");
            assert_eq!(auth.complete_sign_in(&no).await.err(), Some(Error::Cancelled));
        }
        auth.complete_sign_in(&callback).await.map(drop)
    }

    /// What a thief's own sign-in brings the thief.
    async fn somebody_elses(&self) -> String {
        let phone = Phone::new(&self.ground.front).unwrap();
        let app = phone.start().unwrap();
        app.auth().begin_sign_in().await.unwrap();
        let callback = self.ground.approve().await.unwrap();
        app.shutdown(PATIENCE).await.unwrap();
        callback
    }

    async fn told(&self, lie: &Lie) -> Vec<Wrong> {
        // After a step-up the old tokens may be the new ones' kin: none are given back.
        let discards = lie.errand == Errand::SignIn && matches!(lie.tale, Tale::Claims(_) | Tale::IdToken { .. });
        let run = self.run(lie.errand, lie.tale, None, discards).await;
        let mut wrong = Vec::new();
        let mut demand = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{}: {what}: {:?}, {:?}", lie.name, run.ended, paths(&run.exchanges)));
            }
        };
        demand(is_refused(&run.ended, lie.refused), "not refused as it should be");
        demand(run.exchanges.len() <= REQUESTS, "asked again and again");
        demand(!run.exchanges.iter().any(went_elsewhere), "something went elsewhere");
        match lie.errand {
            Errand::SignIn | Errand::SignOut => {
                demand(!run.active, "somebody is signed in");
                let spoke = |each: &Exchange| each.request.headers.contains_key("authorization");
                demand(!run.exchanges.iter().any(spoke), "the tokens were used");
            }
            Errand::Renew | Errand::StepUp => {
                demand(run.active, "the session is over");
                let read = run.exchanges[run.before..].iter().any(|each| each.request.path == INBOX);
                demand(!read, "the tokens were used");
            }
            Errand::Read => demand(run.active, "the session is over"),
        }
        demand(run.exchanges.iter().all(|each| may_follow(lie.tale, each)), "the lie was seen too late");
        wrong
    }

    async fn would_have_worked(&self, lie: &Lie) -> Vec<Wrong> {
        let Control::Without(check, works) = lie.control else { return Vec::new() };
        let run = self.run(lie.errand, lie.tale, Some(check), false).await;
        let works = match works {
            Works::AllTheWay => run.ended.is_ok() && (run.active || lie.errand == Errand::SignOut),
            Works::Seen(seen) => run.exchanges.iter().any(seen),
        };
        let said = || format!("{} without {check:?}: {:?}, {:?}", lie.name, run.ended, paths(&run.exchanges));
        if works { Vec::new() } else { vec![said()] }
    }
}

/// Whether this request may still be made when that is told: not after the lie could be seen.
fn may_follow(tale: Tale, exchange: &Exchange) -> bool {
    let path = exchange.request.path.as_str();
    match tale {
        Tale::Metadata(_) => path == METADATA,
        Tale::Pushed(_) => path == METADATA || path == PUSHED,
        Tale::KeySet(_) | Tale::Callback(_) | Tale::LateCallback | Tale::UsedState | Tale::Unasked => path != TOKEN,
        Tale::Truth
        | Tale::LateKeys
        | Tale::Tokens(_)
        | Tale::Claims(_)
        | Tale::IdToken { .. }
        | Tale::Demand { .. }
        | Tale::Renewal(_)
        | Tale::Gateway { .. }
        | Tale::GatewayTold(_) => true,
    }
}

fn is_refused(ended: &Result<(), Error>, refused: Refused) -> bool {
    match (ended, refused) {
        (Err(Error::Unexpected { code, .. }), Refused::Code(wanted)) => code == wanted,
        (Err(Error::Invalid { field, reason }), Refused::Callback(wanted)) => field == "callback" && reason == wanted,
        (Err(Error::SignInRequired), Refused::SignInRequired) => true,
        (Err(Error::StepUpRequired { max_age_s, acr }), Refused::StepUpRequired) => {
            (*max_age_s, acr.as_deref()) == (FRESH.0, Some(FRESH.1))
        }
        (_, _) => false,
    }
}

fn is_answered(exchange: &Exchange, path: &str, status: u16) -> bool {
    exchange.request.path == path && exchange.status == Some(status)
}

fn paths(exchanges: &[Exchange]) -> Vec<String> {
    exchanges.iter().map(|each| format!("{} {:?}", each.request.path, each.status)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_lie_is_refused_for_what_it_is_and_would_have_worked_if_nobody_had_looked() {
    let scene = Scene::set().await;
    let lies = lies();
    let mut wrong = Vec::new();
    let (mut refused, mut got_through, mut controls) = (0, 0, 0);

    for lie in &lies {
        let told = scene.told(lie).await;
        refused += usize::from(told.is_empty());
        wrong.extend(told);
        if let Control::Without(..) = lie.control {
            let worked = scene.would_have_worked(lie).await;
            controls += 1;
            got_through += usize::from(worked.is_empty());
            wrong.extend(worked);
        }
    }

    println!("{refused} of {} lies refused, {got_through} of {controls} controls got through", lies.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(controls >= 60, "{controls}");
}

#[test]
fn every_check_keeps_a_lie_away() {
    let lies = lies();
    let needed = |check| lies.iter().any(|lie| matches!(lie.control, Control::Without(without, _) if without == check));

    let idle: Vec<_> = Check::ALL.iter().filter(|&&check| !needed(check)).collect();

    assert!(idle.is_empty(), "no lie is told of these: {idle:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_truth_in_other_words_is_believed() {
    let scene = Scene::set().await;

    for variant in variants() {
        let run = scene.run(variant.errand, variant.tale, None, false).await;

        assert_eq!(run.ended, Ok(()), "{}: {:?}", variant.name, paths(&run.exchanges));
        assert!(run.active, "{}", variant.name);
    }
}
