//! A thousand tasks ask for an access token across a thousand expiries: one refresh for each expiry reaches the server,
//! whoever is early or late, and nothing but the tokens changes.
//!
//! Each run of the tests has fewer expiries ([`EXPIRIES`]); the whole million, in step and in disorder, with and without
//! rotation, takes minutes: `EMONGOLIA_EXPIRIES=1000 cargo test -p emongolia-core --lib auth::tests::million`

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use tokio::sync::{Barrier, mpsc, watch};

use super::*;
use crate::foundation::{
    clock::{Clock, Sleep},
    net::testing::QuickClock,
    storage,
};

const CALLERS: usize = 1_000;

/// A few seconds' worth.
const EXPIRIES: usize = 60;

/// As many as are asked for.
fn expiries() -> usize {
    std::env::var("EMONGOLIA_EXPIRIES").map_or(EXPIRIES, |number| number.parse().unwrap())
}

const OUTBOX: &str = include_str!("../../../migrations/state/0002_outbox.sql");

/// What waits in the outbox, as it lies there.
const WAITS: &str = "INSERT INTO operation (id, idempotency_key, kind, order_group, state, body, created_at, next_at)
                     VALUES ('1', 'түлхүүр', 'request.submit', 'өргөдөл', 'new', CAST('Ү' AS BLOB), 1, 1);";

/// Rooms that write to the same file meanwhile.
const OTHERS: usize = 4;

const ELSEWHERE: &str = "CREATE TABLE IF NOT EXISTS elsewhere (n INTEGER); INSERT INTO elsewhere VALUES (1);";

async fn outbox(bench: &Bench) -> Vec<rusqlite::types::Value> {
    let row = |dao: &storage::Dao<'_>| {
        let columns = 16;
        let all = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
        Ok::<_, storage::Error>(dao.sql().query_row("SELECT * FROM operation", [], all)?)
    };
    bench.store.read(row).await.unwrap()
}

/// Signed in at a server that does or does not rotate, with something in the outbox.
async fn signed_in(rotate: bool) -> (Arc<Bench>, Vec<rusqlite::types::Value>) {
    let bench = Bench::new().await;
    bench.clock.stand_still();
    bench.world().rotate = rotate;
    bench.sign_in().await;
    call(&bench).await.unwrap();
    let write =
        |dao: &mut storage::Dao<'_>| Ok::<_, storage::Error>(dao.sql().execute_batch(&[OUTBOX, WAITS].concat())?);
    bench.store.write(write).await.unwrap();
    let waits = outbox(&bench).await;
    (Arc::new(bench), waits)
}

/// The server knows the stored tokens, so it has never taken a refresh token for one used twice and ended the family:
/// no refresh is needed for this call. What waited still waits.
async fn nothing_else_happened(bench: &Bench, waits: &[rusqlite::types::Value], expiries: usize) {
    assert_eq!(call(bench).await.unwrap().status, 200);
    assert_eq!(bench.world().refreshes, expiries);
    assert_eq!(bench.world().revoked, [""; 0]);
    assert_eq!(outbox(bench).await, waits);
}

/// All ask at the same moment, again and again.
async fn together(rotate: bool) {
    let (expiries, (bench, waits)) = (expiries(), signed_in(rotate).await);
    let (barrier, failures) = (Arc::new(Barrier::new(CALLERS + 1)), Arc::new(AtomicUsize::new(0)));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (tokens, barrier, failures) = (bench.auth.tokens(), barrier.clone(), failures.clone());
            tokio::spawn(async move {
                for _ in 0..expiries {
                    barrier.wait().await;
                    let given = tokens.lasting(None).await;
                    if !given.is_ok_and(|given| given.access_expires > tokens.clock.now()) {
                        failures.fetch_add(1, Ordering::SeqCst);
                    }
                    barrier.wait().await;
                }
            })
        })
        .collect();

    for expiry in 1..=expiries {
        bench.clock.advance(LATER);
        barrier.wait().await;
        barrier.wait().await;
        assert_eq!((bench.world().refreshes, failures.load(Ordering::SeqCst)), (expiry, 0));
        assert_eq!(call(&bench).await.unwrap().status, 200);
    }

    for caller in callers {
        caller.await.unwrap();
    }
    nothing_else_happened(&bench, &waits, expiries).await;
}

/// A clock that knows when it was last looked at: the hour may have moved on between a caller's look and the test's.
struct Watched {
    clock: QuickClock,
    last: AtomicI64,
}

impl Watched {
    fn new(clock: QuickClock) -> Arc<Self> {
        Arc::new(Self { clock, last: AtomicI64::new(0) })
    }

    fn last(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.last.load(Ordering::SeqCst))
    }
}

impl Clock for Watched {
    fn now(&self) -> Timestamp {
        let now = self.clock.now();
        self.last.store(now.unix_ms(), Ordering::SeqCst);
        now
    }

    fn sleep(&self, span: Duration) -> Sleep {
        self.clock.sleep(span)
    }
}

/// What else the app writes meanwhile: every look at the row has to wait its turn.
async fn write_without_end(bench: Arc<Bench>) {
    loop {
        let write = |dao: &mut storage::Dao<'_>| Ok::<_, storage::Error>(dao.sql().execute_batch(ELSEWHERE)?);
        bench.store.write(write).await.unwrap();
    }
}

/// Nobody waits for anybody: the next expiry comes as soon as one caller has tokens of this one and nobody still asks
/// from before it, so that all the others are late. Every other one is a straggler besides: a request it sent under the
/// set before the last is answered 401 only now.
async fn in_disorder(rotate: bool) {
    let (expiries, (bench, waits)) = (expiries(), signed_in(rotate).await);
    let others: Vec<_> = (0..OTHERS).map(|_| tokio::spawn(write_without_end(bench.clone()))).collect();
    let (expiry_is, expiry) = watch::channel(0);
    let (served, mut answers) = mpsc::unbounded_channel();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (mut expiry, served, watched) = (expiry.clone(), served.clone(), Watched::new(bench.clock.clone()));
            let tokens = Tokens { clock: watched.clone(), ..bench.auth.tokens() };
            tokio::spawn(async move {
                let (mut older, mut last) = (None, None);
                for own in 1..=expiries {
                    expiry.wait_for(|expiry| *expiry >= own).await.unwrap();
                    if let Some(older) = older.take().filter(|_| caller % 2 == 0) {
                        // In one queue with those who look up the stored set, so that its turn comes between theirs.
                        tokens.store.read(|dao| Ok::<_, Error>(store::tokens(dao)?)).await.unwrap();
                        tokens.renewal.renew(&older).await.unwrap();
                    }
                    let given = tokens.lasting(None).await.ok().filter(|given| given.access_expires > watched.last());
                    served.send((own, given.is_some())).unwrap();
                    older = std::mem::replace(&mut last, given.map(|given| given.id));
                }
            })
        })
        .collect();

    let mut had = vec![0; expiries + 1];
    had[0] = CALLERS;
    for expiry in 1..=expiries {
        bench.clock.advance(LATER);
        expiry_is.send(expiry).unwrap();
        while had[expiry] == 0 || had[expiry - 1] < CALLERS {
            let (own, lasts) = answers.recv().await.unwrap();
            assert!(lasts, "tokens past their end at expiry {own}");
            had[own] += 1;
        }
    }

    for caller in callers {
        caller.await.unwrap();
    }
    while let Ok((own, lasts)) = answers.try_recv() {
        assert!(lasts, "tokens past their end at expiry {own}");
    }
    others.iter().for_each(tokio::task::JoinHandle::abort);
    nothing_else_happened(&bench, &waits, expiries).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_at_once_make_one_refresh_for_each_expiry() {
    together(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_at_once_make_one_refresh_for_each_expiry_though_the_server_rotates() {
    together(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_in_disorder_make_one_refresh_for_each_expiry() {
    in_disorder(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_in_disorder_make_one_refresh_for_each_expiry_though_the_server_rotates() {
    in_disorder(true).await;
}
