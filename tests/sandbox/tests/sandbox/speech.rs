//! Speech over TLS: what is accepted, what is refused, and that nothing of it stays.

use std::{fs, path::Path};

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::{phone::Phone, rig::Rig};

pub(crate) const OPUS: &str = "audio/ogg; codecs=opus";

/// 20 ms each.
const SILENCE: &[u8] = &[0xf8, 0xff, 0xfe];

/// CRC-32 of Ogg (RFC 3533 §6), by itself: the sandbox's own would agree with its own mistakes.
fn checksum(page: &[u8]) -> u32 {
    let mut sum = 0_u32;
    for byte in page {
        sum ^= u32::from(*byte) << 24;
        for _ in 0..8 {
            sum = if sum >> 31 == 1 { (sum << 1) ^ 0x04c1_1db7 } else { sum << 1 };
        }
    }
    sum
}

/// One packet on each page.
fn ogg(packets: &[&[u8]]) -> Vec<u8> {
    let head: &[u8] = b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0";
    let tags: &[u8] = b"OpusTags\0\0\0\0\0\0\0\0";
    let all: Vec<&[u8]> = [head, tags].into_iter().chain(packets.iter().copied()).collect();
    let mut audio = Vec::new();
    for (number, packet) in all.iter().enumerate() {
        let flags = if number == 0 {
            2
        } else if number + 1 == all.len() {
            4
        } else {
            0
        };
        let mut page = b"OggS\0".to_vec();
        page.push(flags);
        page.extend([0; 8]);
        page.extend(7_u32.to_le_bytes());
        page.extend(u32::try_from(number).unwrap().to_le_bytes());
        page.extend([0; 4]);
        page.push(u8::try_from(packet.len() / 255 + 1).unwrap());
        page.extend(std::iter::repeat_n(255, packet.len() / 255));
        page.push(u8::try_from(packet.len() % 255).unwrap());
        page.extend(*packet);
        let sum = checksum(&page);
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        audio.extend(page);
    }
    audio
}

pub(crate) fn silence(packets: usize) -> Vec<u8> {
    ogg(&vec![SILENCE; packets])
}

pub(crate) async fn said(phone: &Phone, language: &str, kind: &str, audio: Vec<u8>) -> (StatusCode, Value) {
    let call =
        phone.http.post(phone.url(&format!("/v1/speech?language={language}"))).header(header::CONTENT_TYPE, kind);
    let answer = call.body(audio).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

async fn refused(phone: &Phone, language: &str, kind: &str, audio: Vec<u8>) -> (u16, String) {
    let (status, problem) = said(phone, language, kind, audio).await;
    (status.as_u16(), problem["code"].as_str().unwrap().to_owned())
}

async fn hears(rig: &Rig, hypotheses: Value) -> u16 {
    rig.control(Method::POST, "/control/speech", json!({ "hypotheses": hypotheses })).await.0
}

#[tokio::test]
async fn what_the_control_says_is_heard_once_and_in_order_by_whoever_speaks_signed_out() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let first = json!([{ "text": "ӨРГӨДӨЛ үлдээх", "confidence": 0.75 }, { "text": "өргөдөл үлээх" }]);
    let second = json!([{ "text": "жолооны үнэмлэх", "confidence": 1.0 }]);
    assert_eq!(hears(&rig, first.clone()).await, 200);
    assert_eq!(hears(&rig, second.clone()).await, 200);

    for expected in [first, second, json!([])] {
        let (status, heard) = said(&phone, "mn-MN", OPUS, silence(50)).await;
        assert_eq!((status, &heard["hypotheses"]), (StatusCode::OK, &expected));
    }

    rig.keep_contract();
    rig.finish().await;
}

#[tokio::test]
async fn audio_may_be_sent_in_chunks_while_it_is_recorded() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    hears(&rig, json!([{ "text": "Үйлчилгээ" }])).await;
    let chunks: Vec<Result<Vec<u8>, std::io::Error>> = silence(9).chunks(7).map(|chunk| Ok(chunk.to_vec())).collect();
    assert!(chunks.len() > 20);

    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let call = phone.http.post(phone.url("/v1/speech?language=mn-mn")).header(header::CONTENT_TYPE, OPUS);
    let answer = call.body(body).send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.json::<Value>().await.unwrap()["hypotheses"][0]["text"], "Үйлчилгээ");
    rig.finish().await;
}

#[tokio::test]
async fn ten_seconds_are_heard_and_not_a_packet_more() {
    let rig = Rig::start().await;
    let phone = rig.phone();

    assert_eq!(said(&phone, "mn-MN", OPUS, silence(500)).await.0, StatusCode::OK);
    assert_eq!(refused(&phone, "mn-MN", OPUS, silence(501)).await, (422, "audio_too_long".into()));
    rig.finish().await;
}

#[tokio::test]
async fn what_can_not_be_recognised_is_refused_by_its_reason_and_uses_up_nothing() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    hears(&rig, json!([{ "text": "Өвлийн түлш" }])).await;
    let large = ogg(&vec![&[0xf8; 1000][..]; 140]);
    let larger = vec![0; 1024 * 1024 + 1];

    for (language, kind, audio, expected) in [
        ("mn-MN", "audio/wav", silence(1), (415, "unsupported_audio")),
        ("mn-MN", "audio/ogg", silence(1), (415, "unsupported_audio")),
        ("mn-MN", "audio/ogg; codecs=vorbis", silence(1), (415, "unsupported_audio")),
        ("en-US", OPUS, silence(1), (422, "unsupported_language")),
        ("mn-Mong-CN", OPUS, silence(1), (422, "unsupported_language")),
        ("mn-MN&keep=1", OPUS, silence(1), (400, "invalid_query")),
        ("mn-MN", OPUS, Vec::new(), (422, "unreadable_audio")),
        ("mn-MN", OPUS, "Үг".into(), (422, "unreadable_audio")),
        ("mn-MN", OPUS, silence(3)[..100].to_vec(), (422, "unreadable_audio")),
        ("mn-MN", OPUS, large, (413, "audio_too_large")),
        ("mn-MN", OPUS, larger, (413, "body_too_large")),
    ] {
        let (status, code) = expected;
        assert_eq!(refused(&phone, language, kind, audio).await, (status, code.to_owned()), "{language} {kind}");
    }

    let (_, heard) = said(&phone, "mn-MN", "Audio/OGG; Codecs=\"opus\"", silence(1)).await;
    assert_eq!(heard["hypotheses"][0]["text"], "Өвлийн түлш");
    rig.finish().await;
}

#[tokio::test]
async fn the_control_says_nothing_a_recogniser_would_not() {
    let rig = Rig::start().await;

    for unfit in [
        json!([{ "text": " " }]),
        json!([{ "text": "Ү".repeat(301) }]),
        json!([{ "text": "Ү", "confidence": -1 }]),
        json!([{ "text": "Ү", "confidence": 1.5 }]),
        json!(vec![json!({ "text": "Ө" }); 11]),
    ] {
        assert_eq!(hears(&rig, unfit).await, 422);
    }
    assert_eq!(hears(&rig, json!([{ "words": "Ү" }])).await, 400);
    assert_eq!(hears(&rig, json!([{ "text": "Ү".repeat(300) }])).await, 200);
}

#[tokio::test]
async fn neither_the_audio_nor_what_was_heard_is_left_on_the_disk() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let (voice, words) = ("дуу-хоолой-өөрийн-минь", "миний-үг-нууц-байх-ёстой");
    hears(&rig, json!([{ "text": words }])).await;

    let audio = ogg(&[&[&[0xf8], voice.as_bytes()].concat()]);
    let (_, heard) = said(&phone, "mn-MN", OPUS, audio).await;

    assert_eq!(heard["hypotheses"][0]["text"], words);
    assert!(!kept(rig.path(), voice) && !kept(rig.path(), words));
    assert!(kept(rig.path(), "recogniseSpeech"), "the search finds what is there");
    rig.finish().await;
}

fn kept(folder: &Path, text: &str) -> bool {
    let mut files = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}
