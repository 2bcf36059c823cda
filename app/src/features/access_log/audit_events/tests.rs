//! The file that the tests in Python read with somebody else's model of FHIR (`tests/audit_events_opinion.py`).

use super::*;
use crate::features::access_log::read::Searched;

fn event(n: u128, act: &str) -> Event {
    Event {
        id: Uuid::from_u128(n),
        at: "2026-11-17T05:32:05.123456Z".parse().unwrap(),
        act: act.into(),
        outcome: "done".into(),
        account: Some((Uuid::from_u128(0xa), "五十嵐 みずほ".into(), "nurse".into())),
        facility: Some((Uuid::from_u128(0xf), "そらまめ訪問看護ステーション".into())),
        device: Some("スマートフォン(3号機)".into()),
        device_id: Some(Uuid::from_u128(0xd)),
        session_id: Some(Uuid::from_u128(0x5)),
        patient_id: Some(Uuid::from_u128(0x9)),
        group_id: Some(Uuid::from_u128(0x6)),
        reference: None,
        seconds: None,
        searched: None,
    }
}

fn events() -> Vec<Event> {
    let nobody = |event: Event| Event { patient_id: None, group_id: None, ..event };
    vec![
        Event { seconds: Some(192), ..event(1, "viewed_timeline") },
        Event { reference: Some(Uuid::from_u128(0x11)), ..event(2, "post") },
        Event { reference: Some(Uuid::from_u128(0x12)), ..event(3, "corrected") },
        Event { outcome: "refused".into(), group_id: None, device: None, ..event(4, "viewed_face_sheet") },
        nobody(Event {
            reference: Some(Uuid::from_u128(0x13)),
            searched: Some(Searched { groups: vec![Uuid::from_u128(6), Uuid::from_u128(7)], found: 3 }),
            ..event(5, "searched")
        }),
        nobody(event(6, "signed_in")),
        nobody(event(7, "signed_out")),
        nobody(Event {
            outcome: "refused".into(),
            account: None,
            device_id: None,
            device: None,
            session_id: None,
            ..event(8, "signed_in")
        }),
        nobody(event(9, "downloaded_access_log")),
        event(10, "printed_page"),
        nobody(event(11, "changed_sign_in_policy")),
        nobody(Event { facility: None, outcome: "failed".into(), ..event(12, "viewed_home") }),
        Event {
            account: Some((Uuid::from_u128(0xb), "患者・家族".into(), "family".into())),
            device_id: None,
            device: None,
            ..event(13, "viewed_family_timeline")
        },
    ]
}

fn written() -> String {
    let d = Deployment { base: "https://renkei.example.jp".into() };
    file(&d, &events(), |id| (id == Uuid::from_u128(9)).then(|| "小野寺 ハル子".into()))
}

#[test]
fn the_vector_is_what_we_write() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/audit-events.ndjson");
    if std::env::var_os("RENKEI_WRITE_VECTORS").is_some() {
        std::fs::write(path, written()).unwrap();
    }
    assert_eq!(written(), std::fs::read_to_string(path).unwrap_or_default());
}

#[test]
fn a_relative_has_no_name_and_a_view_says_how_long() {
    let lines: Vec<Value> = written().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), events().len());
    assert_eq!(lines[0]["period"]["end"], "2026-11-17T05:35:17.123456Z");
    assert_eq!(lines[0]["entity"][0]["what"]["display"], "小野寺 ハル子");
    assert_eq!(lines[3]["outcome"], "4");
    assert_eq!(lines[7]["agent"][0]["requestor"], false);
    assert_eq!(lines[12]["agent"][0]["who"]["type"], "RelatedPerson");
    assert!(lines[12]["agent"][0]["who"]["display"].is_null());
}

/// Every code that there is becomes an event with all that FHIR requires.
#[test]
fn every_act_has_its_place() {
    let d = Deployment { base: "https://renkei.example.jp".into() };
    for code in crate::features::access_log::words::codes() {
        for event in [event(1, code), Event { patient_id: None, group_id: None, ..event(1, code) }] {
            let audit = resource(&d, &event, &|_| None);
            assert!(["C", "R", "U", "E"].contains(&audit["action"].as_str().unwrap()), "{code}");
            assert_eq!(audit["subtype"].as_array().unwrap().last().unwrap()["code"], code);
            assert!(audit["type"]["code"].as_str().unwrap().starts_with("110"), "{code}");
        }
    }
}
