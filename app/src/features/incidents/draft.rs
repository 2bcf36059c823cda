//! The first draft of the report: what the product knows stands in it already, the rest is for people to write.

use std::collections::BTreeSet;

use super::{
    model::{Affected, Answers, Incident, Step, StepKind},
    rules::{Custody, key_proof},
};
use crate::web::ui::time;

/// What a draft is made from.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub incident: &'a Incident,
    pub steps: &'a [Step],
    /// `None`: nobody has asked the access log yet.
    pub affected: Option<&'a [Affected]>,
    pub custody: Custody,
}

/// Nine answers, in the order of the form.
pub fn draft(known: Known<'_>) -> Answers {
    let (proof, only_ciphertext) = key_proof(known.custody, &known.incident.reached);
    let protected = if only_ciphertext {
        "高度な暗号化で守られた情報にあたるかを、下の事実で判断します。\n"
    } else {
        ""
    };
    [
        summary(known),
        items(known),
        people(known),
        "調査中".to_owned(),
        "調査中".to_owned(),
        done_or(known, &[StepKind::PeopleTold, StepKind::FacilitiesTold], "準備中"),
        done_or(known, &[StepKind::Published], "検討中"),
        done_or(known, &[StepKind::Contained], "検討中"),
        format!("{protected}{}", proof.join("\n")),
    ]
}

fn summary(known: Known<'_>) -> String {
    let i = known.incident;
    let drill = if i.drill { "【訓練】" } else { "" };
    let improper = if i.improper { "不正の目的によるおそれがあります。" } else { "" };
    let reached: Vec<_> = i.reached.iter().map(|r| r.label()).collect();
    let reached =
        if reached.is_empty() { String::new() } else { format!("対象：{}。", reached.join("、")) };
    format!(
        "{drill}{}。{}。{}に知りました。{improper}{reached}",
        i.title,
        i.kind.label(),
        time::date_long(i.known_at)
    )
}

/// Which kinds of information: told by the acts on record.
fn items(known: Known<'_>) -> String {
    let Some(affected) = known.affected else { return "調査中".to_owned() };
    let mut kinds = BTreeSet::new();
    for act in affected.iter().flat_map(|a| &a.acts) {
        kinds.insert(match act.as_str() {
            a if a.contains("face_sheet") || a == "viewed_patient" => "患者基礎情報(氏名、連絡先、病名など)",
            a if a.contains("file") => "ファイル(写真、文書など)",
            a if a.contains("timeline")
                || a.contains("post")
                || matches!(a, "acknowledged" | "corrected" | "withdrew") =>
            {
                "チームの記録(投稿)"
            }
            _ => "氏名(一覧に出たもの)",
        });
    }
    if kinds.is_empty() {
        "該当なし".to_owned()
    } else {
        kinds.into_iter().collect::<Vec<_>>().join("\n")
    }
}

fn people(known: Known<'_>) -> String {
    let Some(affected) = known.affected else { return "調査中".to_owned() };
    let opened = affected.iter().filter(|a| a.opened).count();
    let facilities: BTreeSet<_> = affected.iter().map(|a| a.facility).collect();
    format!(
        "{}人(うち記録を開かれた人 {opened}人、一覧で氏名だけが出た人 {}人)、{}施設。アクセス記録から数えました。",
        affected.len(),
        affected.len() - opened,
        facilities.len()
    )
}

fn done_or(known: Known<'_>, kinds: &[StepKind], otherwise: &str) -> String {
    let lines: Vec<_> = known
        .steps
        .iter()
        .filter(|s| kinds.contains(&s.kind))
        .map(|s| format!("{}：{}{}", time::date_long(s.happened_at), s.kind.label(), note(&s.note)))
        .collect();
    if lines.is_empty() { otherwise.to_owned() } else { lines.join("\n") }
}

fn note(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("({text})") }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::features::incidents::model::{Kind, Reached};

    fn incident() -> Incident {
        Incident {
            id: Uuid::nil(),
            drill: true,
            known_at: "2026-11-23T01:00:00Z".parse().expect("a time"),
            assessment: 1,
            title: "知らない端末からのサインイン".into(),
            kind: Kind::UnauthorisedAccess,
            improper: true,
            reached: vec![Reached::Session],
            note: String::new(),
            closed: false,
        }
    }

    fn affected(opened: bool, act: &str) -> Affected {
        Affected {
            patient: Uuid::new_v4(),
            facility: Uuid::nil(),
            facility_name: "試験クリニック".into(),
            opened,
            acts: vec![act.into()],
            events: 1,
            first: Timestamp::UNIX_EPOCH,
            last: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_is_known_stands_in_the_draft_and_what_is_not_is_called_so() {
        let incident = incident();
        let list = [affected(true, "viewed_face_sheet"), affected(false, "viewed_home")];
        let steps =
            [Step { kind: StepKind::Contained, note: "その端末を外した".into(), ..Step::sample() }];
        let known = Known {
            incident: &incident,
            steps: &steps,
            affected: Some(&list),
            custody: Custody::LocalKeyFile,
        };
        let answers = draft(known);
        assert!(answers[0].starts_with("【訓練】") && answers[0].contains("10:00"), "{}", answers[0]);
        assert!(answers[1].contains("患者基礎情報") && answers[1].contains("氏名(一覧"), "{}", answers[1]);
        assert!(answers[2].starts_with("2人(うち記録を開かれた人 1人"), "{}", answers[2]);
        assert!(answers[7].contains("その端末を外した"));
        assert!(answers[8].contains("記録を読めた可能性"));
        let unknown = draft(Known { affected: None, ..known });
        assert_eq!((unknown[1].as_str(), unknown[2].as_str()), ("調査中", "調査中"));
    }
}
