//! Files in pieces: lost replies, wrong places, wrong contents, and what is forgotten.

use axum::body::Body;
use serde_json::{Value, json};

use super::{Call, ERDENEBAT, Reply, Rig, UURIINTUYA};
use crate::{
    gateway::{files, uploads},
    oauth::Principal,
    text,
};

const ID: &str = "upload-0000000001";
const PATH: &str = "/v1/uploads/upload-0000000001";

/// A PDF as far as anyone here looks.
fn pdf(length: usize) -> Vec<u8> {
    let mut bytes = "%PDF-1.7 Өргөдөл ".as_bytes().to_vec();
    bytes.resize(length, b'.');
    bytes
}

fn description(bytes: &[u8]) -> Value {
    json!({
        "name": "Өргөдөл, үнэмлэх.pdf", "media_type": "application/pdf", "size": bytes.len(),
        "sha256": text::hex(&text::sha256(bytes)),
    })
}

async fn announce(rig: &Rig, citizen: &Principal, described: &Value) -> Reply {
    rig.call(Call::new("PUT", PATH).by(citizen).json(described)).await
}

async fn append(rig: &Rig, citizen: &Principal, offset: usize, piece: &[u8]) -> Reply {
    let mut call = Call::new("PATCH", PATH).by(citizen).header("content-type", "application/partial-upload");
    call.1 = Body::from(piece.to_vec());
    rig.call(call.header("upload-offset", &offset.to_string())).await
}

/// A whole file; what a form says of it.
pub(super) async fn sent(rig: &Rig, citizen: &Principal, id: &str) -> Value {
    let (file, path) = (pdf(100), format!("/v1/uploads/{id}"));
    let mut described = description(&file);
    rig.call(Call::new("PUT", &path).by(citizen).json(&described)).await;
    let mut call = Call::new("PATCH", &path).by(citizen).header("content-type", "application/partial-upload");
    call.1 = Body::from(file);
    assert_eq!(rig.call(call.header("upload-offset", "0")).await.json(), progress(100, true));
    described["id"] = json!(id);
    described
}

fn progress(offset: usize, complete: bool) -> Value {
    json!({ "offset": offset, "complete": complete })
}

#[tokio::test]
async fn pieces_become_the_file_over_a_restart() {
    let (rig, file) = (Rig::start(), pdf(700_000));
    let citizen = rig.citizen(ERDENEBAT).await;

    let first = announce(&rig, &citizen, &description(&file)).await;
    let again = announce(&rig, &citizen, &description(&file)).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16(), again.json()), (201, 200, progress(0, false)));
    assert_eq!(append(&rig, &citizen, 0, &file[..400_000]).await.json(), progress(400_000, false));

    let rig = rig.restart();
    assert_eq!(rig.get(&citizen, PATH).await.json(), progress(400_000, false));
    assert_eq!(append(&rig, &citizen, 400_000, &file[400_000..]).await.json(), progress(700_000, true));
    let sub = citizen.sub.clone();
    let kept = rig.sandbox.db().read(move |conn| crate::gateway::uploads::store::bytes(conn, &sub, ID)).await.unwrap();
    assert!(kept == file, "byte for byte");
}

#[tokio::test]
async fn a_piece_sent_twice_is_taken_once_and_told_where_to_go_on() {
    let (rig, file) = (Rig::start(), pdf(1000));
    let citizen = rig.citizen(ERDENEBAT).await;
    announce(&rig, &citizen, &description(&file)).await;
    append(&rig, &citizen, 0, &file[..600]).await;

    for offset in [0, 599, 601] {
        let refused = append(&rig, &citizen, offset, &file[..10]).await;
        assert_eq!(refused.refusal(), (409, "upload_offset_mismatch".into()));
        assert_eq!(refused.json()["offset"], 600);
    }
    append(&rig, &citizen, 600, &file[600..]).await;
    let over = append(&rig, &citizen, 600, &file[600..]).await;

    assert_eq!((over.refusal(), &over.json()["offset"]), ((409, "upload_offset_mismatch".into()), &json!(1000)));
}

#[tokio::test]
async fn what_is_not_what_was_announced_starts_anew() {
    let (rig, file) = (Rig::start(), pdf(1000));
    let citizen = rig.citizen(ERDENEBAT).await;
    announce(&rig, &citizen, &description(&file)).await;

    let other = [&file[..999], b"!"].concat();
    assert_eq!(append(&rig, &citizen, 0, &other).await.refusal(), (422, "upload_digest_mismatch".into()));
    assert_eq!(rig.get(&citizen, PATH).await.json(), progress(0, false));
    assert_eq!(append(&rig, &citizen, 0, &file).await.json(), progress(1000, true));

    let (uuri, page) = (rig.citizen(UURIINTUYA).await, "<script>Өө</script>".as_bytes());
    announce(&rig, &uuri, &description(page)).await;
    assert_eq!(append(&rig, &uuri, 0, page).await.refusal(), (422, "upload_type_mismatch".into()));
}

#[tokio::test]
async fn size_and_kind_are_told_before_a_byte_is_sent() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let with = |name: &str, value: Value| {
        let mut described = description(&pdf(1000));
        described[name] = value;
        described
    };

    for (field, described) in [
        ("media_type", with("media_type", json!("text/html"))),
        ("size", with("size", json!(10 * 1024 * 1024 + 1))),
        ("size", with("size", json!(0))),
        ("sha256", with("sha256", json!("Ө"))),
        ("name", with("name", json!("а\nб"))),
        ("body", with("more", json!(1))),
    ] {
        let refused = announce(&rig, &citizen, &described).await;
        assert_eq!((refused.refusal(), &refused.json()["field"]), ((422, "invalid_field".into()), &json!(field)));
    }
    let largest = announce(&rig, &citizen, &with("size", json!(10 * 1024 * 1024))).await;
    assert_eq!(largest.status, 201);
    assert_eq!(announce(&rig, &citizen, &description(&pdf(1000))).await.refusal(), (409, "upload_differs".into()));
}

#[tokio::test]
async fn a_piece_too_long_or_not_one_is_refused_and_leaves_nothing() {
    let (rig, file) = (Rig::start(), pdf(1000));
    let citizen = rig.citizen(ERDENEBAT).await;
    announce(&rig, &citizen, &description(&file)).await;

    assert_eq!(append(&rig, &citizen, 0, &pdf(1001)).await.refusal(), (422, "upload_too_long".into()));
    assert_eq!(append(&rig, &citizen, 0, &pdf(512 * 1024 + 1)).await.refusal(), (413, "body_too_large".into()));
    assert_eq!(append(&rig, &citizen, 0, b"").await.refusal(), (400, "empty_piece".into()));
    let nowhere = Call::new("PATCH", PATH).by(&citizen).header("content-type", "application/partial-upload");
    assert_eq!(rig.call(nowhere).await.refusal(), (400, "offset_missing".into()));
    let json = Call::new("PATCH", PATH).by(&citizen).header("upload-offset", "0").json(&json!({}));
    assert_eq!(rig.call(json).await.refusal(), (415, "unsupported_media_type".into()));
    assert_eq!(rig.get(&citizen, PATH).await.json(), progress(0, false));
}

#[tokio::test]
async fn another_citizens_upload_is_as_absent_as_none_and_may_have_the_same_id() {
    let (rig, file) = (Rig::start(), pdf(1000));
    let (owner, other) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);
    announce(&rig, &owner, &description(&file)).await;
    append(&rig, &owner, 0, &file).await;

    assert_eq!(rig.get(&other, PATH).await.refusal(), (404, "upload_unknown".into()));
    assert_eq!(append(&rig, &other, 0, &file).await.refusal(), (404, "upload_unknown".into()));
    assert_eq!(announce(&rig, &other, &description(&pdf(9))).await.status, 201);
    assert_eq!(rig.get(&owner, PATH).await.json(), progress(1000, true));
}

#[tokio::test]
async fn what_is_unfinished_is_forgotten_after_seven_days_and_what_nobody_refers_to_after_the_keys() {
    const DAY_MS: i64 = 24 * 3600 * 1000;
    let (rig, file) = (Rig::start(), pdf(1000));
    let (slow, done) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);
    announce(&rig, &slow, &description(&file)).await;
    append(&rig, &slow, 0, &file[..500]).await;
    announce(&rig, &done, &description(&file)).await;
    append(&rig, &done, 0, &file).await;

    rig.sandbox.move_clock(7 * DAY_MS - 60_000);
    assert_eq!(rig.get(&slow, PATH).await.status, 200);
    rig.sandbox.move_clock(61_000);
    assert_eq!(rig.get(&slow, PATH).await.refusal(), (404, "upload_unknown".into()));
    assert_eq!(rig.get(&done, PATH).await.status, 200);
    rig.sandbox.move_clock(28 * DAY_MS);
    assert_eq!(rig.get(&done, PATH).await.refusal(), (404, "upload_unknown".into()));
    assert_eq!(rig.count("upload_pieces").await, 0);
}

#[tokio::test]
async fn a_citizen_has_room_for_so_much_that_no_request_refers_to_and_others_have_theirs() {
    let rig = Rig::start();
    let (hoarder, other) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);
    let announce = async |citizen: &Principal, n: u32| {
        let mut described = description(&pdf(9));
        described["size"] = json!(uploads::LARGEST);
        let path = format!("/v1/uploads/upload-{n:010}");
        rig.call(Call::new("PUT", &path).by(citizen).json(&described)).await
    };

    for n in 0..10 {
        assert_eq!(announce(&hoarder, n).await.status, 201);
    }
    assert_eq!(announce(&hoarder, 10).await.refusal(), (422, "upload_quota".into()));
    assert_eq!(announce(&hoarder, 9).await.status, 200, "what is announced already takes no more room");
    assert_eq!(announce(&other, 10).await.status, 201);

    rig.sandbox.move_clock(8 * 24 * 3600 * 1000);
    assert_eq!(announce(&hoarder, 10).await.status, 201, "what was never sent is forgotten");
}

#[tokio::test]
async fn a_form_may_refer_to_complete_uploads_of_its_own_citizen_alone() {
    let (rig, file) = (Rig::start(), pdf(1000));
    let (owner, other) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);
    announce(&rig, &owner, &description(&file)).await;
    let mut answer = description(&file);
    answer["id"] = json!(ID);
    let form = |answer: &Value| json!({ "photo": null, "үнэмлэх": { "pages": ["Ө", answer] } });
    let check = async |who: &Principal, form: Value| {
        let sub = who.sub.clone();
        rig.sandbox.db().read(move |conn| files::in_form(conn, &sub, &form)).await.unwrap().map_err(|problem| {
            let told = serde_json::to_value(&problem).unwrap();
            (problem.code().to_owned(), told["field"].as_str().unwrap().to_owned())
        })
    };
    let refused = |code: &str| Err((code.to_owned(), "үнэмлэх/pages/1".to_owned()));

    assert_eq!(check(&owner, form(&answer)).await, refused("upload_incomplete"));
    append(&rig, &owner, 0, &file).await;
    let placed = check(&owner, form(&answer)).await.unwrap();
    assert_eq!((placed[0].0.as_str(), placed[0].1.name.as_str()), ("үнэмлэх/pages/1", "Өргөдөл, үнэмлэх.pdf"));
    assert_eq!(check(&other, form(&answer)).await, refused("upload_unknown"));
    for (member, lie) in [("sha256", json!("0f".repeat(32))), ("size", json!(1)), ("media_type", json!("image/png"))] {
        let mut liar = answer.clone();
        liar[member] = lie;
        assert_eq!(check(&owner, form(&liar)).await, refused("invalid_field"), "{member}");
    }
}
