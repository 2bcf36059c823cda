//! The log for a spreadsheet program.

use super::read::Event;
use crate::web::{
    csv,
    ui::{Profession, time},
};
use crate::words::t;

const HEAD: [&str; 10] =
    ["日時", "人", "職種", "施設", "したこと", "結果", "患者", "端末", "開いていた秒数", "記録のID"];

/// The whole file. `patient` names a patient id for the reader.
pub fn file(events: &[Event], patient: impl Fn(uuid::Uuid) -> String) -> String {
    csv::file(HEAD.map(t), events.iter().map(|event| row(event, &patient)))
}

fn row(event: &Event, patient: &impl Fn(uuid::Uuid) -> String) -> [String; 10] {
    let (name, profession) = event.account.as_ref().map_or(("", ""), |(_, name, code)| (name, code));
    let outcome = match event.outcome.as_str() {
        "refused" => t("断られました"),
        "failed" => t("できませんでした"),
        _ => t("できました"),
    };
    [
        time::machine(event.at),
        name.to_owned(),
        Profession::from_code(profession).map(Profession::label).unwrap_or_default().to_owned(),
        event.facility.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
        event.words(),
        outcome.to_owned(),
        event.patient_id.map(patient).unwrap_or_default(),
        event.device.clone().unwrap_or_default(),
        event.seconds.map(|s| s.to_string()).unwrap_or_default(),
        event.id.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_a_mark_a_head_and_a_row_for_each_event() {
        let event = Event {
            id: uuid::Uuid::nil(),
            at: "2026-11-17T05:32:05Z".parse().unwrap(),
            act: "viewed_timeline".into(),
            outcome: "done".into(),
            account: Some((uuid::Uuid::nil(), "五十嵐 みずほ".into(), "nurse".into())),
            facility: None,
            device: None,
            device_id: None,
            session_id: None,
            patient_id: Some(uuid::Uuid::nil()),
            group_id: None,
            reference: None,
            seconds: Some(192),
            searched: None,
        };
        let text = file(&[event], |_| "=試験".into());
        assert!(text.starts_with("\u{feff}\"日時\",\"人\""));
        assert!(text.contains(
            "\"2026-11-17T14:32:05+09:00\",\"五十嵐 みずほ\",\"看護師\",\"\",\"チームの記録を見ました\",\"できました\",\"'=試験\",\"\",\"192\""
        ), "{text}");
        assert_eq!(text.matches("\r\n").count(), 2);
    }
}
