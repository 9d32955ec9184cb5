//! What stays behind: nothing readable while signed in, nothing at all afterwards, and a clean record.

use emongolia_support::canary::Canaries;

use crate::{
    answers, sabotage,
    stage::Stage,
    step::{Moment, Sabotage, Step, Told},
};

/// The program's exit code for "sign in first".
const SIGN_IN_REQUIRED: i32 = 10;

pub(super) fn sealed() -> Step<Stage> {
    Step {
        name: "sealed",
        mn: "Утасны файлуудаас хувийн мэдээлэл уншигдахгүй",
        en: "A byte search of the phone's files for everything personal finds nothing",
        act: |stage| {
            let files = stage.device.files()?;
            stage.console.event(format_args!("somebody copies the phone's {} files and searches them", files.len()));
            Ok(())
        },
        check: |stage| {
            let values = personal(stage)?;
            let canaries = Canaries::new(values.iter().map(|(label, value)| (label.as_str(), value.as_str())))?;
            let known = canaries.scan([stage.sandbox.data()])?;
            let unknown: Vec<_> =
                values.iter().filter(|(label, _)| known.iter().all(|f| f.value_label != *label)).collect();
            stage.holds(
                &format!("the search works: it finds all {} values in the sandbox's own files", values.len()),
                unknown.is_empty(),
                || format!("{unknown:?}"),
            )?;
            no_canary(stage, &canaries)
        },
        sabotage: Sabotage {
            what: "the program stores values as they are",
            moment: Moment::AtTheStart,
            act: |stage| {
                stage.sabotage_program("unsealed");
                Ok(())
            },
        },
    }
}

pub(super) fn sign_out() -> Step<Stage> {
    Step {
        name: "sign-out",
        mn: "Гарлаа: юу ч үлдсэнгүй",
        en: "Signed out: nothing readable is left",
        act: |stage| {
            stage.learnt.files_before =
                stage.device.files()?.into_iter().filter(|(name, _)| name != "config.json").collect();
            let (open, revoked) = sessions(stage)?;
            stage.learnt.sessions = open + revoked;
            stage.do_(&["sign-out"])?;
            stage.type_pin(None);
            Ok(())
        },
        check: |stage| {
            let rows = stage.device.rows()?;
            stage.holds("no table on the phone has a row", rows.is_empty(), || format!("{rows:?}"))?;
            let files = stage.device.files()?;
            let kept: Vec<_> =
                stage.learnt.files_before.iter().filter(|(_, hash)| files.values().any(|h| h == *hash)).collect();
            stage.holds("no file is as it was: keys and databases are gone", kept.is_empty(), || {
                format!("{:?}", kept.iter().map(|(name, _)| name).collect::<Vec<_>>())
            })?;
            let values = personal(stage)?;
            no_canary(stage, &Canaries::new(values)?)?;
            let tables = stage.tables()?;
            let sub = &stage.citizen.sub;
            stage.same(
                "in the sandbox every session of the citizen is revoked, the last one too",
                (0, stage.learnt.sessions),
                sessions(stage)?,
            )?;
            stage.same("and no phone is registered for pushes", 0, tables.push_tokens(sub)?.len())?;
            let status = stage.do_(&["status"])?.stdout;
            stage.holds("the program knows nobody", !status.contains(&stage.citizen.given_name), || status)?;
            for words in [["request", "list"], ["inbox", "list"], ["outbox", "list"]] {
                let promise = format!("`{}` has nothing to show, or wants a sign-in", words.join(" "));
                let output = stage.say(&words)?;
                let empty = output.success() && answers::items(&stage.ask(&words)?)?.is_empty();
                let refused = output.status.code() == Some(SIGN_IN_REQUIRED);
                stage.holds(&promise, empty || refused, || output.status.to_string())?;
            }
            Ok(())
        },
        sabotage: Sabotage {
            what: "the program keeps keys and files at sign-out",
            moment: Moment::BeforeTheStep,
            act: |stage| {
                stage.sabotage_program("keep-on-sign-out");
                Ok(())
            },
        },
    }
}

pub(super) fn contract() -> Step<Stage> {
    Step {
        name: "contract",
        mn: "Бүх харилцаа тодорхойлолтын дагуу явагдлаа",
        en: "Every exchange was as the sandbox's OpenAPI description says",
        act: |_| Ok(()),
        check: |stage| {
            let contract = stage.sandbox.contract()?;
            let breaches: Vec<_> = contract.violations.iter().map(ToString::to_string).collect();
            let promise = format!("no breach, in exchanges with {} operations", contract.hit.len());
            stage.holds(&promise, breaches.is_empty() && !contract.hit.is_empty(), || breaches.join("; "))
        },
        sabotage: Sabotage {
            what: "a program asks for a path that the description does not have",
            moment: Moment::BeforeTheStep,
            act: sabotage::stray_path,
        },
    }
}

/// The citizen's in the sandbox: open, revoked.
fn sessions(stage: &Stage) -> Told<(i64, i64)> {
    let (tables, sub) = (stage.tables()?, &stage.citizen.sub);
    Ok((tables.open_sessions(sub)?.0, tables.revoked_sessions(sub)?))
}

/// Everything about the citizen that a phone could have kept, from the sandbox's own tables.
fn personal(stage: &Stage) -> Told<Vec<(String, String)>> {
    let citizen = &stage.citizen;
    let mut values: Vec<(String, String)> = [
        ("registration number", &citizen.regnum),
        ("civil id", &citizen.civil_id),
        ("clan", &citizen.clan_name),
        ("parent's name", &citizen.parent_name),
        ("given name", &citizen.given_name),
        ("date of birth", &citizen.birth_date),
        ("phone", &citizen.phone),
        ("address", &citizen.address),
    ]
    .map(|(label, value)| (label.to_owned(), value.clone()))
    .to_vec();
    values.push(("registration number as registers write it".into(), citizen.regnum.to_lowercase()));
    values.extend(stage.errand.personal.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())));
    let tables = stage.tables()?;
    for request in tables.requests(&citizen.sub)? {
        values.push((format!("request number {}", values.len()), request.number));
    }
    for message in tables.messages(&citizen.sub)? {
        values.push((format!("message title {}", values.len()), message.title));
        values.push((format!("message text {}", values.len()), message.body));
    }
    Ok(values)
}

fn no_canary(stage: &Stage, canaries: &Canaries) -> Told {
    let found = canaries.scan([stage.device.root()])?;
    let told = || {
        let places = found
            .iter()
            .take(5)
            .map(|f| format!("{} as {:?} in {} at {}", f.value_label, f.encoding, f.file.display(), f.offset));
        format!("{} finds: {}", found.len(), places.collect::<Vec<_>>().join("; "))
    };
    stage.holds("in the phone's files it finds none, in no encoding", found.is_empty(), told)
}
