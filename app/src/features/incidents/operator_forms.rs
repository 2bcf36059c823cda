//! The forms of an incident's page.

use maud::{Markup, html};

use super::{
    acts::Publication,
    model::{ANSWER_FIELDS, Answers, Assessment, Incident, Kind, NINE, Reached, StepKind},
};
use crate::web::{
    forms::{Entry, Errors, boxes, choices, hidden},
    input::{Fields, moment_value},
    ui::{Choice, submit},
};
use crate::words::t;

/// What an assessment's form shows.
#[derive(Debug, Clone, Default)]
pub struct Said {
    pub title: String,
    pub kind: String,
    pub improper: String,
    pub reached: Vec<String>,
    pub note: String,
    pub known_at: String,
    pub drill: bool,
}

impl Said {
    pub fn of(fields: &Fields) -> Self {
        Self {
            title: fields.one("title").to_owned(),
            kind: fields.one("kind").to_owned(),
            improper: fields.one("improper").to_owned(),
            reached: fields.all("reached").into_iter().map(str::to_owned).collect(),
            note: fields.one("note").to_owned(),
            known_at: fields.one("known_at").to_owned(),
            drill: fields.one("drill") == "on",
        }
    }

    pub fn standing(i: &Incident) -> Self {
        Self {
            title: i.title.clone(),
            kind: i.kind.code().to_owned(),
            improper: if i.improper { "yes" } else { "no" }.to_owned(),
            reached: i.reached.iter().map(|r| r.code().to_owned()).collect(),
            note: i.note.clone(),
            known_at: moment_value(i.known_at),
            drill: i.drill,
        }
    }
}

impl From<&Incident> for Assessment {
    fn from(i: &Incident) -> Self {
        Self {
            title: i.title.clone(),
            kind: i.kind,
            improper: i.improper,
            reached: i.reached.clone(),
            note: i.note.clone(),
        }
    }
}

/// The fields that say what an incident is.
pub fn assessment_fields(said: &Said, e: &Errors) -> Markup {
    let kinds: Vec<_> = Kind::ALL.iter().map(|k| (k.code().to_owned(), k.label().to_owned())).collect();
    let reached: Vec<_> = Reached::ALL.iter().map(|r| (r.code().to_owned(), r.label().to_owned())).collect();
    let improper = [
        Choice {
            value: "yes", label: t("あるかもしれない"), help: Some(t("確報の期限が60日になります。"))
        },
        Choice { value: "no", label: t("ない"), help: Some(t("確報の期限は30日です。")) },
    ];
    html! {
        (Entry::line("title", t("見出し")).value(&said.title).errors(e).need().max_chars(120)
            .help(t("施設の管理者にも見えます。患者さんのことは書かないでください。")))
        (Entry::select("kind", t("何が起きたか"), &choices(&kinds)).value(&said.kind).errors(e).need())
        (Entry::radio("improper", t("不正の目的(侵入など)のおそれ"), &improper).value(&said.improper).errors(e).need())
        (boxes("reached", t("手が届いたかもしれないもの"), &reached, &said.reached, e))
        (Entry::text("note", t("分かっていること(運営者だけが見ます)"), 4).value(&said.note).errors(e))
    }
}

/// Writing down what was done, and when.
pub fn step_form(action: &str, closed: bool, e: &Errors, now: &str) -> Markup {
    let kinds: Vec<_> = StepKind::BY_HAND
        .iter()
        .filter(|k| **k == StepKind::Noted || closed == (**k == StepKind::Reopened))
        .map(|k| (k.code().to_owned(), k.label().to_owned()))
        .collect();
    html! {
        form.stack method="post" action=(action) {
            (Entry::select("kind", t("したこと"), &choices(&kinds)).errors(e).need())
            (Entry::moment("happened_at", t("いつ")).value(now).errors(e).need())
            (Entry::line("step_note", t("ひとこと")).errors(e).max_chars(1000))
            (submit(t("書きとめる")))
        }
    }
}

/// What was typed into the scope's form.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub from: String,
    pub to: String,
    pub accounts: String,
    pub sessions: String,
    pub devices: String,
    pub patients: String,
    pub facilities: Vec<String>,
}

impl Asked {
    pub fn of(fields: &Fields) -> Self {
        let one = |name: &str| fields.one(name).to_owned();
        Self {
            from: one("from"),
            to: one("to"),
            accounts: one("accounts"),
            sessions: one("sessions"),
            devices: one("devices"),
            patients: one("patients"),
            facilities: fields.all("facilities").into_iter().map(str::to_owned).collect(),
        }
    }
}

pub fn scope_form(action: &str, asked: &Asked, facilities: &[(String, String)], e: &Errors) -> Markup {
    html! {
        form.stack method="post" action=(action) {
            (Entry::moment("from", t("いつから")).value(&asked.from).errors(e).need())
            (Entry::moment("to", t("いつまで")).value(&asked.to).errors(e).need())
            (Entry::text("accounts", t("だれの(サインインのID、1行に1つ)"), 2).value(&asked.accounts).errors(e)
                .help(t("空のままなら、全員です。")))
            details.opens open[!asked.sessions.is_empty() || !asked.devices.is_empty() || !asked.patients.is_empty() || !asked.facilities.is_empty()] {
                summary { (t("もっと絞る")) }
                div.stack {
                    (Entry::text("sessions", t("セッションの番号"), 2).value(&asked.sessions).errors(e))
                    (Entry::text("devices", t("端末の番号"), 2).value(&asked.devices).errors(e))
                    (Entry::text("patients", t("患者さんの番号"), 2).value(&asked.patients).errors(e))
                    (boxes("facilities", t("どの施設で働いていたとき"), facilities, &asked.facilities, e))
                }
            }
            (submit(t("アクセス記録から数える")))
        }
    }
}

pub fn report_form(action: &str, seen: i32, answers: &Answers, e: &Errors) -> Markup {
    html! {
        form.stack method="post" action=(action) {
            (hidden("seen", &seen.to_string()))
            @for ((name, (label, help)), answer) in ANSWER_FIELDS.iter().zip(NINE).zip(answers) {
                (Entry::text(name, t(label), 3).value(answer).help(t(help)).errors(e))
            }
            (submit(t("報告の文を残す")))
        }
    }
}

/// What everybody reads: the newest version, or what was typed.
pub fn publication_form(
    action: &str,
    newest: Option<&Publication>,
    typed: Option<(&str, &str)>,
    e: &Errors,
) -> Markup {
    let (title, body) =
        typed.unwrap_or_else(|| newest.map_or(("", ""), |p| (p.title.as_str(), p.body.as_str())));
    html! {
        form.stack method="post" action=(action) {
            (hidden("seen", &newest.map_or(0, |p| p.version).to_string()))
            (Entry::line("public_title", t("見出し")).value(title).errors(e).need().max_chars(120))
            (Entry::text("public_body", t("本文"), 8).value(body).errors(e).need().help(t("だれでも読めます。患者さんや職員の名前は書かないでください。")))
            (submit(if newest.is_some_and(|p| !p.withdrawn) { t("公表した文を直す") } else { t("公表する") }))
        }
    }
}
