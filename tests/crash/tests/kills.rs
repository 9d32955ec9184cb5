//! The campaigns, short: in every run of the tests. `cargo xtask crash` is the whole of them.
#![allow(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use emongolia_crash::{
    Campaign, Plan, Tally,
    campaigns::{
        ERRAND, ERRORS, ERRORS_ERRAND, ERRORS_PUBLISHED, HANDED_BACK, PUBLISHED, Pin, Refresh, SEND, WITH_FILES, Wipe,
        acts, pin, wipe,
    },
    network::{self, NETWORK, NETWORK_PUBLISHED},
    power,
};

/// Of each way to send, in every run of the tests.
const KILLS: usize = 300;

/// Errands from the draft to the receipt, each with a kill in every act: together a thousand runs.
const ERRANDS: usize = 100;

fn killed(of: &dyn Campaign) -> Tally {
    killed_so_often(of, Plan::SHORT.runs.unwrap())
}

fn killed_so_often(of: &dyn Campaign, runs: usize) -> Tally {
    let tally = unharmed(of, runs);
    assert!(tally.cut * 2 > tally.runs, "{} of {} were cut", tally.cut, tally.runs);
    tally
}

fn unharmed(of: &dyn Campaign, runs: usize) -> Tally {
    let tally = of.run(false, Plan { runs: Some(runs), ..Plan::SHORT }, &|_, _| ()).unwrap();
    assert_eq!(tally.harm, []);
    tally
}

/// Until something is harmed: the first harm.
fn broken(of: &dyn Campaign) -> &'static str {
    let tally = of.run(true, Plan { runs: None, ..Plan::SHORT }, &|_, _| ()).unwrap();
    tally.harm.first().map_or("nothing", |(harm, _)| harm.name())
}

#[test]
fn kill_at_any_system_call_of_a_submit_and_the_same_act_again_gives_one_request() {
    killed_so_often(&SEND, KILLS);
}

#[test]
fn kill_at_any_system_call_of_a_submit_with_files_and_the_same_act_again_gives_one_request_with_its_files() {
    killed_so_often(&WITH_FILES, KILLS);
}

#[test]
fn kill_at_any_system_call_from_the_draft_to_the_receipt_and_the_same_again_gives_one_of_each() {
    let tally = killed_so_often(&ERRAND, ERRANDS);

    assert!(tally.cut > ERRANDS * 2, "{} kills", tally.cut);
}

#[test]
fn kill_at_any_system_call_of_a_correction_and_of_a_withdrawal_and_the_same_again_is_done_once() {
    killed(&HANDED_BACK);
}

#[test]
fn control_with_a_key_minted_for_every_try_a_killed_correction_is_taken_for_refused() {
    assert_eq!(broken(&HANDED_BACK), "lost", "the version that it names keeps it from being done twice");
}

#[test]
fn kill_at_any_system_call_of_a_submit_over_the_published_api_and_the_same_act_again_gives_one_request() {
    killed_so_often(&PUBLISHED, KILLS);
}

#[test]
fn control_that_reads_nothing_back_a_kill_doubles() {
    assert_eq!(broken(&PUBLISHED), "doubled");
}

#[test]
fn control_with_a_key_minted_for_every_try_a_kill_doubles() {
    assert_eq!([&SEND, &WITH_FILES, &ERRAND].map(|of| broken(of)), ["doubled"; 3]);
}

#[test]
fn kill_at_any_system_call_of_a_renewal_and_the_session_goes_on() {
    killed(&Refresh { rotation: false });
}

#[test]
fn control_with_tokens_that_rotate_a_kill_ends_a_session() {
    assert_eq!(broken(&Refresh { rotation: false }), "lost");
}

#[test]
fn with_rotation_a_kill_costs_a_sign_in_at_most() {
    killed(&Refresh { rotation: true });
}

#[test]
fn kill_at_any_system_call_of_a_wrong_pin_and_the_count_is_exact() {
    let tally = killed(&Pin);

    assert!(tally.noted(pin::COUNTED) > 0, "kills came after the count");
    assert!(tally.noted(pin::SPENT_UNSEEN) > 0, "and between it and the look");
}

#[test]
fn control_counted_after_the_look_a_kill_gives_a_try_away() {
    assert_eq!(broken(&Pin), "miscounted");
}

#[test]
fn kill_at_any_system_call_of_a_sign_out_and_after_the_next_start_nothing_is_left_to_read() {
    let tally = killed(&Wipe);

    let [before, after] = [wipe::NOT_BEGUN, wipe::FINISHED].map(|note| tally.noted(note));
    assert!(before > 0 && after > 5, "{before} before the marker, {after} after it");
}

#[test]
fn control_without_the_journal_a_killed_sign_out_leaves_something() {
    assert_eq!(broken(&Wipe), "readable");
}

#[test]
fn an_error_of_the_disk_at_any_call_is_told_and_the_same_act_again_gives_one_request() {
    failed(&ERRORS, 20);
}

#[test]
fn an_error_of_the_disk_over_the_published_api_is_told_and_the_same_act_again_gives_one_request() {
    failed(&ERRORS_PUBLISHED, 20);
}

#[test]
fn an_error_of_the_disk_in_any_act_of_an_errand_is_told_and_the_same_act_again_gives_one_of_each() {
    failed(&ERRORS_ERRAND, 8);
}

/// Judged as a kill is, whose control is above; its own takes minutes, and is a part of the whole.
fn failed(of: &dyn Campaign, runs: usize) {
    assert!(unharmed(of, runs).noted(acts::SAID) > 0);
}

#[test]
fn whatever_the_network_does_what_a_citizen_wants_done_has_one_effect() {
    suffered(&NETWORK);
}

#[test]
fn whatever_the_network_does_a_request_over_the_published_api_has_one_effect() {
    suffered(&NETWORK_PUBLISHED);
}

#[test]
fn control_on_a_bad_network_a_key_for_every_try_doubles_and_so_does_reading_nothing_back() {
    assert_eq!((broken(&NETWORK), broken(&NETWORK_PUBLISHED)), ("doubled", "doubled"));
}

/// Schedules of each back end, in every run of the tests.
const SCHEDULES: usize = 100;

fn suffered(of: &dyn Campaign) {
    let tally = unharmed(of, SCHEDULES);
    assert!(tally.cut * 4 > tally.runs, "{} of {} went wrong", tally.cut, tally.runs);
    let [again, anew] = [network::TRIED_AGAIN, network::DONE_ANEW].map(|note| tally.noted(note));
    assert!(again > 0 && anew > 0, "{again} were tried again by the citizen, {anew} done anew");
}

#[test]
fn the_power_fails_at_any_moment_of_an_errand_and_nothing_is_lost_or_goes_twice() {
    for of in [&power::SEND, &power::PUBLISHED, &power::ERRAND] {
        cut(of);
    }
}

#[test]
fn the_power_fails_at_any_moment_of_a_wrong_pin_and_the_try_is_counted() {
    cut(&power::Pin);
}

#[test]
fn control_on_a_disk_that_ignores_syncs_the_power_takes_what_was_promised() {
    assert_eq!([&power::SEND, &power::PUBLISHED].map(|of| broken(of)), ["doubled"; 2], "a key");
    assert_eq!(broken(&power::ERRAND), "lost", "a file that was said to be kept");
    assert_eq!(broken(&power::Pin), "miscounted");
}

/// Of each errand, in every run of the tests.
const CUTS: usize = 1_000;

fn cut(of: &dyn Campaign) {
    assert!(unharmed(of, CUTS).runs >= CUTS);
}
