//! The queue, one application, and the list of what is confirmed.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    model::{postal, state_label},
    read::{Check, Double, Entry as Happened, Item, Queued, Reviewed},
    views::facts,
};
use crate::words::{fill, t};
use crate::{
    features::{
        masters::acts::{List, Words},
        operators::acts::Desk,
    },
    web::{
        console::{Console, console, desk_console},
        forms::{Entry, Errors, done, hidden},
        page::way,
        ui::{Ctx, empty, icon, notice_line, submit, time},
        urls,
    },
};

#[derive(Debug, Clone)]
pub struct QueueView {
    pub desk: Desk,
    pub rows: Vec<Queued>,
    pub words: Words,
    pub closed: bool,
    pub now: Timestamp,
}

pub fn queue_page(view: &QueueView, ctx: &Ctx) -> Markup {
    let body = html! {
        p { (t("メールアドレスを確かめた申請だけが、ここに並びます。")) }
        p.row {
            @if view.closed { a.btn href=(urls::operator_applications()) { (t("続いているものを見る")) } }
            @else { a.btn href={ (urls::operator_applications()) "?closed=yes" } { (t("終わったものを見る")) } }
            @if view.desk.region.is_none() { a.btn href=(urls::operator_checklist()) { (t("確認項目を決める")) } }
        }
        @if view.rows.is_empty() { (empty("userok", t("申請はありません"), "", None)) }
        @else { ul.panel.flush.ways { @for q in &view.rows {
            (way(&urls::operator_application(q.id), "facility", &q.name, &line(q, view)))
        } } }
    };
    let page =
        Console {
            title: t("利用申請"), name: &view.desk.name, current: urls::operator_applications(), body
        };
    desk_console(ctx, page, view.desk.frame())
}

fn line(q: &Queued, view: &QueueView) -> String {
    let kind = view.words.label(List::FacilityKind, &q.kind);
    let region = q.region.as_deref().map(|r| fill(t("・{r}"), &[("r", &r)])).unwrap_or_default();
    fill(
        t("{0}・{kind}{region}・{1}・受付 #{2}"),
        &[
            ("0", &state_label(&q.state)),
            ("kind", &kind),
            ("region", &region),
            ("1", &time::when(q.at, view.now)),
            ("2", &q.number),
        ],
    )
}

/// What could not be taken, and why.
#[derive(Debug, Clone, Default)]
pub struct Wrong {
    pub note: String,
    pub question: String,
    pub reason: String,
    pub errors: Errors,
}

#[derive(Debug, Clone)]
pub struct DeskView {
    pub desk: Desk,
    pub application: Reviewed,
    pub words: Words,
    /// Names the note or question that a form makes.
    pub entry: Uuid,
    /// Whether letters can go out.
    pub mails: bool,
    pub wrong: Wrong,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

pub fn application_page(view: &DeskView, ctx: &Ctx) -> Markup {
    let a = &view.application;
    let body = html! {
        (done(view.done))
        (view.wrong.errors.summary())
        @if !view.mails && a.is_open() { (notice_line("warn", t("メールを送れない設定のため、尋ねることも決めることもできません。"))) }
        section.panel.stack-s {
            p.when-line { span.badge.accent { (state_label(&a.state)) } (t(" 受付 #")) (a.number) (t("・")) (time::when(a.at, view.now)) }
            h2 { (a.particulars.name) }
            (facts(&rows(a, &view.words)))
        }
        @if !a.doubles.is_empty() { (doubles(&a.doubles)) }
        (checks(a))
        @if a.is_open() { (open_forms(view)) }
        @if a.state == "approved" { (first_admin(view)) }
        (note_form(view))
        section { h2 { (t("これまで")) } @for e in &a.entries { (happened(e, view.now)) } }
        p { a.btn href=(urls::operator_applications()) { (t("一覧に戻る")) } }
    };
    let page =
        Console {
            title: t("利用申請"), name: &view.desk.name, current: urls::operator_applications(), body
        };
    desk_console(ctx, page, view.desk.frame())
}

fn rows(a: &Reviewed, words: &Words) -> Vec<(&'static str, String)> {
    let p = &a.particulars;
    vec![
        (t("種別"), words.label(List::FacilityKind, &p.kind).to_owned()),
        (t("ふりがな"), p.kana.clone()),
        (t("所在地"), fill(t("〒{0} {1}"), &[("0", &postal(&p.postal_code)), ("1", &p.address)])),
        (t("電話番号"), p.phone.clone()),
        (t("地域"), a.region.clone().unwrap_or_else(|| t("選ばれていません").to_owned())),
        (t("責任者"), fill(t("{0}（{1}）"), &[("0", &p.person), ("1", &p.person_kana)])),
        (t("職種"), words.label(List::Profession, &p.profession).to_owned()),
        (t("メール（確認済み）"), a.mail.clone()),
        (t("誓約"), fill(t("第{0}版に同意"), &[("0", &a.pledge)])),
    ]
}

fn doubles(all: &[Double]) -> Markup {
    let why = |d: &Double| match (d.same_name, d.same_phone) {
        (true, true) => t("名称も電話番号も同じ"),
        (true, false) => t("名称が同じ"),
        _ => t("電話番号が同じ"),
    };
    html! {
        section.callout.caution aria-label=(t("同じかもしれないもの")) {
            (icon("warn"))
            div {
                h2 { (t("同じ施設かもしれません")) }
                ul { @for d in all { li {
                    b { (d.name) } (t("（")) @if d.facility { (t("利用中の施設")) } @else { (t("審査中の申請")) } (t("・")) (why(d)) (t("・")) (d.phone) (t("）"))
                } } }
            }
        }
    }
}

fn checks(a: &Reviewed) -> Markup {
    html! {
        section id="checks" {
            h2 { (t("確認項目")) }
            @if a.checks.is_empty() { p { (t("この配置では、確認項目を決めていません。")) } }
            ul.panel.flush.rows { @for c in &a.checks { (check_row(a, c)) } }
        }
    }
}

fn check_row(a: &Reviewed, c: &Check) -> Markup {
    let (word, next) = if c.ticked { (t("印を外す"), "no") } else { (t("確かめた"), "yes") };
    html! {
        li.entry-row {
            (icon(if c.ticked { "check" } else { "hour" }))
            div {
                b { (c.label) }
                @if !c.active { " " span.badge { (t("いまの項目にはない")) } }
                @if let Some((by, at)) = &c.by { small { (by) @if c.ticked { (t(" が確かめた ")) } @else { (t(" が印を外した ")) } (time::to_the_second(*at)) } }
            }
            @if a.is_open() && c.active {
                form method="post" action={ (urls::operator_application(a.id)) "/checks" } {
                    (hidden("item", &c.id.to_string())) (hidden("ticked", next))
                    button.btn type="submit" aria-label={ (t("「")) (c.label) (t("」")) (word) } { (word) }
                }
            }
        }
    }
}

fn open_forms(view: &DeskView) -> Markup {
    let (a, w) = (&view.application, &view.wrong);
    let at = |part: &str| format!("{}/{part}", urls::operator_application(a.id));
    html! {
        @if a.state == "waiting" {
            details.more open[!w.question.is_empty() || w.errors.of("question").is_some()] {
                summary { (t("申請した人に尋ねる")) }
                form.stack method="post" action=(at("question")) {
                    (hidden("entry", &view.entry.to_string()))
                    (text_entry("question", t("尋ねること"), &w.question, &w.errors, t("メールには書かれません。申請した人のページに出ます。")))
                    (submit(t("尋ねる")))
                }
            }
        }
        section {
            h2 { (t("決める")) }
            @if !a.is_checked() { p { (t("承認するには、すべての確認項目に印を付けてください。")) } }
            form.stack method="post" action=(at("decision")) {
                (Entry::text("reason", t("理由"), 3).value(&w.reason).errors(&w.errors).help(t("断るときは必ず。申請した人のページに出ます。")).max_chars(1000))
                div.row {
                    button.btn.primary type="submit" name="decision" value="approve" { (icon("check")) (t("承認する")) }
                    button.btn.danger type="submit" name="decision" value="refuse" { (icon("ban")) (t("断る")) }
                }
                p.small { (t("承認すると施設ができ、責任者のメールへ、最初の管理者になるリンクが届きます（1回だけ、7日のあいだ）。")) }
            }
        }
    }
}

/// A text whose id on the page is `id` and whose name in the form is `body`.
fn text_entry(id: &str, label: &str, value: &str, errors: &Errors, help: &str) -> Markup {
    html! {
        div.field {
            label for=(id) { (label) span.need { (t("必須")) } }
            @if !help.is_empty() { p.help id={ (id) "-help" } { (help) } }
            @if let Some(why) = errors.of(id) { p.error id={ (id) "-error" } { (icon("alert")) span { (why) } } }
            textarea.input id=(id) name="body" rows="3" required aria-invalid=[errors.of(id).map(|_| "true")]
                aria-describedby=[errors.of(id).map(|_| format!("{id}-error"))] { (value) }
        }
    }
}

fn note_form(view: &DeskView) -> Markup {
    let w = &view.wrong;
    html! {
        details.more open[w.errors.of("note").is_some()] {
            summary { (t("メモを残す")) }
            form.stack method="post" action={ (urls::operator_application(view.application.id)) "/notes" } {
                (hidden("entry", &view.entry.to_string()))
                (text_entry("note", t("メモ"), &w.note, &w.errors, t("審査する人だけが読みます。")))
                (submit(t("残す")))
            }
        }
    }
}

fn first_admin(view: &DeskView) -> Markup {
    let a = &view.application;
    html! {
        section.panel.stack-s {
            h2 { (t("最初の管理者")) }
            @if a.redeemed { (notice_line("ok", t("アカウントができました。"))) }
            @else {
                @match a.link_until.filter(|until| *until > view.now) {
                    Some(until) => (notice_line("hour", &fill(t("リンクが開かれるのを待っています（{0}まで）。"), &[("0", &time::when(until, view.now))]))),
                    None => (notice_line("warn", t("リンクの期限が過ぎました。"))),
                }
                form method="post" action={ (urls::operator_application(a.id)) "/first-admin" } {
                    button.btn type="submit" { (icon("send")) (t("新しいリンクを送る")) }
                }
            }
        }
    }
}

fn happened(e: &Happened, now: Timestamp) -> Markup {
    let what = match e.kind.as_str() {
        "confirmed" => t("メールアドレスを確かめた"),
        "note" => t("メモ"),
        "question" => t("尋ねた"),
        "answer" => t("答え"),
        "changed" => t("申請の内容を直した"),
        "approved" => t("承認した"),
        "refused" => t("断った"),
        "link" => t("最初の管理者のリンクを送り直した"),
        _ => t("最初の管理者のアカウントができた"),
    };
    html! {
        div.panel.stack-s {
            p.when-line { b { (what) } " " (e.operator.as_deref().unwrap_or(t("申請した人"))) (t("・")) (time::when(e.at, now)) }
            @if !e.body.is_empty() { p.told { (e.body) } }
        }
    }
}

#[derive(Debug, Clone)]
pub struct ChecklistView {
    /// The operator's.
    pub name: String,
    pub items: Vec<Item>,
    /// Names the item that the form makes.
    pub id: Uuid,
    pub typed: String,
    pub errors: Errors,
}

pub fn checklist_page(view: &ChecklistView, ctx: &Ctx) -> Markup {
    let next = view.items.iter().map(|i| i.place).max().unwrap_or_default() + 10;
    let body = html! {
        (view.errors.summary())
        p { (t("利用申請を承認する前に、審査する人が1つずつ確かめることです。だれがいつ確かめたかが残ります。")) }
        ul.panel.flush.rows { @for i in &view.items { li.entry-row {
            (icon(if i.active { "check" } else { "ban" }))
            div { b { (i.label) } @if !i.active { " " span.badge { (t("使わない")) } } }
            form method="post" action=(urls::operator_checklist()) {
                (hidden("id", &i.id.to_string())) (hidden("label", &i.label)) (hidden("place", &i.place.to_string()))
                (hidden("active", if i.active { "no" } else { "yes" }))
                @let word = if i.active { t("使わない") } else { t("使う") };
                button.btn type="submit" aria-label={ (t("「")) (i.label) (t("」を")) (word) } { (word) }
            }
        } } }
        section {
            h2 { (t("加える")) }
            form.stack method="post" action=(urls::operator_checklist()) {
                (hidden("id", &view.id.to_string())) (hidden("place", &next.to_string())) (hidden("active", "yes"))
                (Entry::line("label", t("確かめること")).value(&view.typed).errors(&view.errors).need().max_chars(200).help(t("あとから書きかえられません。言い直すときは、使わないにして加えてください。")))
                (submit(t("加える")))
            }
        }
    };
    console(
        ctx,
        Console { title: t("確認項目"), name: &view.name, current: urls::operator_applications(), body },
    )
}
