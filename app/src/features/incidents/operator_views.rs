//! The operator's pages of incidents: the list with its clocks, the form, and one incident with everything about it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    acts::{Publication, Report},
    model::{Affected, Contact, Incident, NINE, Scope, Step},
    operator_forms::{Asked, Said, assessment_fields, publication_form, report_form, scope_form, step_form},
    rules::{Clock, Hand},
};
use crate::web::{
    console::{Console, console},
    forms::{Entry, Errors, check, done, hidden},
    input::moment_value,
    page::{grouped, way},
    ui::{Ctx, empty, icon, submit, time},
    urls,
};
use crate::words::{fill, t};

/// An incident with its clocks, for the list.
#[derive(Debug, Clone)]
pub struct Row {
    pub incident: Incident,
    pub clocks: Vec<Clock>,
}

pub fn drill_badge(drill: bool) -> Markup {
    html! { @if drill { span.badge.accent { (t("訓練")) } " " } }
}

pub fn list_page(name: &str, rows: &[Row], now: Timestamp, ctx: &Ctx) -> Markup {
    let body = html! {
        p { a.btn.primary href=(urls::operator_new_incident()) { (icon("plus")) (t("インシデントを開く")) } }
        @if rows.is_empty() {
            (empty("shield", t("インシデントはありません"), t("おかしいと思ったら、まず開いてください。知った時刻から、報告の期限を数えます。"), None))
        } @else {
            ul.panel.flush.ways { @for r in rows { (way(&urls::operator_incident(r.incident.id), "alert", &title(&r.incident), &summary(r, now))) } }
        }
    };
    console(ctx, Console { title: t("インシデント"), name, current: urls::operator_incidents(), body })
}

fn title(i: &Incident) -> String {
    if i.drill { fill(t("【訓練】{0}"), &[("0", &i.title)]) } else { i.title.clone() }
}

fn summary(row: &Row, now: Timestamp) -> String {
    let i = &row.incident;
    let state = if i.closed { t("終わりました") } else { t("続いています") };
    let clocks: String = row
        .clocks
        .iter()
        .filter(|c| !i.closed && c.done.is_none())
        .map(|c| fill(t("・{0} {1}"), &[("0", &clock_name(c)), ("1", &time::left_until(c.due, now))]))
        .collect();
    fill(
        t("{state}・{0}・{1}{clocks}"),
        &[
            ("state", &state),
            ("0", &i.kind.label()),
            ("1", &time::when(i.known_at, now)),
            ("clocks", &clocks),
        ],
    )
}

fn clock_name(c: &Clock) -> &'static str {
    if c.aim.is_some() { t("速報") } else { t("確報") }
}

#[derive(Debug, Clone)]
pub struct NewView {
    pub name: String,
    pub id: Uuid,
    pub said: Said,
    pub errors: Errors,
}

pub fn new_page(view: &NewView, ctx: &Ctx) -> Markup {
    let e = &view.errors;
    let body = html! {
        (e.summary())
        form.stack method="post" action=(urls::operator_incidents()) {
            (hidden("id", &view.id.to_string()))
            (Entry::moment("known_at", t("知った時刻")).value(&view.said.known_at).errors(e).need().help(t("はじめて知ったか、疑ったとき。ここから期限を数えます。")))
            (assessment_fields(&view.said, e))
            (check("drill", t("これは訓練です"), t("すべての画面に「訓練」と出ます。外には何も送りません。"), view.said.drill, e))
            (submit(t("開く")))
        }
    };
    console(
        ctx,
        Console {
            title: t("インシデントを開く"),
            name: &view.name,
            current: urls::operator_incidents(),
            body,
        },
    )
}

/// Everything about one incident.
#[derive(Debug, Clone)]
pub struct OneView {
    pub name: String,
    pub incident: Incident,
    pub clocks: Vec<Clock>,
    pub source: String,
    pub steps: Vec<Step>,
    pub proof: Vec<String>,
    pub only_ciphertext: bool,
    pub scopes: Vec<Scope>,
    /// Of the newest scope.
    pub affected: Vec<Affected>,
    pub contacts: Vec<Contact>,
    pub reports: Vec<Report>,
    /// What the report's form shows.
    pub answers: super::model::Answers,
    pub publications: Vec<Publication>,
    pub facilities: Vec<(String, String)>,
    pub said: Said,
    pub asked: Asked,
    pub typed_publication: Option<(String, String)>,
    pub errors: Errors,
    pub mails: bool,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

pub fn one_page(v: &OneView, ctx: &Ctx) -> Markup {
    let i = &v.incident;
    let at = |part: &str| format!("{}/{part}", urls::operator_incident(i.id));
    let body = html! {
        (done(v.done))
        (v.errors.summary())
        section.panel.stack-s {
            p { (drill_badge(i.drill)) span.badge { (i.kind.label()) } " " @if i.closed { span.badge { (t("終わりました")) } } }
            h2 { (i.title) }
            p.when-line { (t("知った時刻 ")) (time::date_long(i.known_at)) }
            @if !i.note.is_empty() { p.told { (i.note) } }
            details.opens { summary { (t("見立てを直す")) }
                form.stack method="post" action=(at("assessment")) {
                    (hidden("seen", &i.assessment.to_string()))
                    (assessment_fields(&v.said, &v.errors))
                    (submit(t("直す")))
                }
            }
        }
        (clock_list(v))
        section { h2 { (t("したこと")) }
            (step_list(&v.steps, v.now))
            details.opens { summary { (t("書きとめる")) } (step_form(&at("steps"), i.closed, &v.errors, &moment_value(v.now))) }
        }
        section { h2 { (t("だれに影響したか")) } (affected_part(v))
            details.opens open[!v.asked.from.is_empty()] { summary { (t("アクセス記録から数える")) } (scope_form(&at("scope"), &v.asked, &v.facilities, &v.errors)) }
        }
        section { h2 { (t("鍵に手が届いたか")) } div.panel.stack-s {
            @for line in &v.proof { p { (line) } }
            @if v.only_ciphertext { p.strong { (t("手が届いたのは暗号文だけです。報告が要らない場合にあたるかは、事実をもとに判断してください。")) } }
        } }
        section { h2 { (t("報告の文(9項目)")) }
            @if let Some(r) = v.reports.first() { p.small { (t("第")) (r.version) (t("版 ")) (time::when(r.at, v.now)) " " (r.operator.as_deref().unwrap_or(t("コマンド"))) } }
            @else { p.small { (t("分かっていることを入れた下書きです。まだ残していません。")) } }
            (report_form(&at("report"), v.reports.first().map_or(0, |r| r.version), &v.answers, &v.errors))
            @for r in v.reports.iter().skip(1) { (older_report(r, v.now)) }
        }
        section { h2 { (t("施設に知らせる")) } (tell_part(v, &at("notice"))) }
        @if !i.drill { section { h2 { (t("公表する")) } (publication_part(v, &at("publication"))) } }
    };
    console(
        ctx,
        Console { title: t("インシデント"), name: &v.name, current: urls::operator_incidents(), body },
    )
}

fn clock_list(v: &OneView) -> Markup {
    html! {
        section { h2 { (t("期限")) }
            @if v.clocks.is_empty() { p.soft { (t("個人情報保護法の報告の対象ではありません(")) (v.incident.kind.label()) (t(")。")) } }
            @else {
                ul.panel.flush.rows { @for c in &v.clocks { (clock_row(c, v.now)) } }
                p.small { (t("知った日を1日めとして、土日祝日も数えます。")) (v.source) }
            }
        }
    }
}

fn clock_row(c: &Clock, now: Timestamp) -> Markup {
    let (name, badge, words) = match c.at(now) {
        Hand::Done => ("ok", "badge", t("出しました").to_owned()),
        Hand::DoneLate => ("warn", "badge danger", t("期限のあとに出しました").to_owned()),
        Hand::Overdue => ("alert", "badge danger", time::left_until(c.due, now)),
        Hand::Pressing => ("warn", "badge caution", time::left_until(c.due, now)),
        Hand::Running => ("hour", "badge", time::left_until(c.due, now)),
    };
    // The due time is the first instant that is too late: people read the last day.
    let last = c.due - jiff::SignedDuration::from_secs(1);
    html! {
        li.entry-row {
            (icon(name))
            div {
                b { (clock_name(c)) }
                small { (time::day_long(last)) (t(" まで")) @if let Some(aim) = c.aim { (t("(めやす ")) (time::day_long(aim - jiff::SignedDuration::from_secs(1))) ")" } }
            }
            span class=(badge) { (words) }
        }
    }
}

fn step_list(steps: &[Step], now: Timestamp) -> Markup {
    html! {
        ul.panel.flush.rows { @for s in steps {
            li.entry-row {
                (icon("check"))
                div {
                    b { (s.kind.label()) } " " span { (s.note) }
                    @if let Some(letters) = s.letters { (t(" メール ")) (letters) (t("通")) }
                    small { (time::when(s.happened_at, now)) (t("・")) (s.operator.as_deref().unwrap_or(t("コマンド"))) }
                }
            }
        } }
    }
}

fn affected_part(v: &OneView) -> Markup {
    let Some(scope) = v.scopes.first() else {
        return html! { p.soft { (t("まだ数えていません。")) } };
    };
    let mut by_facility: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for a in &v.affected {
        let count = by_facility.entry(&a.facility_name).or_default();
        if a.opened { count.0 += 1 } else { count.1 += 1 }
    }
    html! {
        p { b { (grouped(v.affected.len() as u64)) (t("人")) } (t("・")) (by_facility.len()) (t("施設 "))
            span.soft { "(" (time::date_long(scope.from)) (t(" から ")) (time::date_long(scope.to)) (t(" まで、第")) (scope.version) (t("回)")) } }
        ul.panel.flush.counts { @for (name, (opened, listed)) in &by_facility {
            li { span { (name) } span.num { (t("開かれた ")) (grouped(*opened)) (t("人・一覧 ")) (grouped(*listed)) (t("人")) } }
        } }
        details.opens { summary { (t("患者さんの番号")) }
            p.small { (t("名前は、管理する施設だけが見られます。")) }
            ul.ids { @for a in &v.affected { li { code { (a.patient) } " " (a.facility_name) " " (a.events) (t("回")) } } }
        }
    }
}

fn tell_part(v: &OneView, action: &str) -> Markup {
    let with_mail = v.contacts.iter().filter(|c| !c.mail.is_empty()).count();
    html! {
        @if v.scopes.is_empty() || v.reports.is_empty() {
            p.soft { (t("影響を数え、報告の文を残すと、知らせられます。")) }
        } @else {
            p { (t("影響のある")) (v.contacts.len()) (t("施設の管理者に、それぞれ自分の施設の患者さんの一覧と、報告の文(第")) (v.reports[0].version) (t("版)が見えるようになります。")) }
            @if v.incident.drill { p { (t("訓練なので、メールは送りません。")) } }
            @else if !v.mails { p { (t("メールサーバーが設定されていないので、メールは送りません。電話の一覧を使ってください。")) } }
            @else { p { (t("メールの連絡先がある")) (with_mail) (t("施設には、内容のない知らせを送ります。ほかは電話の一覧を使ってください。")) } }
            div.row {
                form method="post" action=(action) { button.btn.primary type="submit" { (icon("send")) (t("施設に知らせる")) } }
                a.btn href={ (urls::operator_incident(v.incident.id)) "/contacts" } { (icon("tel")) (t("電話の一覧")) }
                a.btn href={ (urls::operator_incident(v.incident.id)) "/contacts.csv" } { (icon("download")) "CSV" }
            }
        }
    }
}

fn publication_part(v: &OneView, action: &str) -> Markup {
    let newest = v.publications.first();
    let typed = v.typed_publication.as_ref().map(|(t, b)| (t.as_str(), b.as_str()));
    html! {
        @if let Some(p) = newest.filter(|p| !p.withdrawn) {
            p { a href=(urls::public_incident(v.incident.id)) { (t("公表のページ")) } (t(" 第")) (p.version) (t("版 ")) (time::when(p.at, v.now)) }
            form method="post" action={ (action) "/withdrawal" } { (hidden("seen", &p.version.to_string())) button.btn.danger-quiet type="submit" { (t("公表を取り下げる")) } }
        }
        details.opens open[v.typed_publication.is_some()] { summary { (t("公表する文")) } (publication_form(action, newest, typed, &v.errors)) }
    }
}

fn older_report(r: &Report, now: Timestamp) -> Markup {
    html! {
        details.opens {
            summary { (t("第")) (r.version) (t("版 ")) (time::when(r.at, now)) }
            dl.facts-table { @for ((label, _), answer) in NINE.iter().zip(&r.answers) { div { dt { (t(label)) } dd.told { (answer) } } } }
        }
    }
}

/// The phone list, made for printing.
pub fn contacts_page(name: &str, incident: &Incident, contacts: &[Contact], ctx: &Ctx) -> Markup {
    let body = html! {
        p { (drill_badge(incident.drill)) b { (incident.title) } }
        ul.panel.flush.rows { @for c in contacts {
            li.entry-row {
                span.tick aria-hidden="true" {}
                div {
                    b { (c.name) }
                    @if !c.person.is_empty() { p { (c.person) " " (c.contact_phone) } }
                    p { (t("代表 ")) (if c.phone.is_empty() { t("(登録なし)") } else { &c.phone }) (t("・管理者 ")) (c.admins.join(t("、"))) }
                    small { (t("記録を開かれた ")) (c.opened) (t("人・一覧に出た ")) (c.listed) (t("人")) }
                }
            }
        } }
        p.small { (t("電話したら印をつけ、終わったら「施設に知らせた」の時刻を書きとめます。")) }
    };
    console(ctx, Console { title: t("電話の一覧"), name, current: urls::operator_incidents(), body })
}
