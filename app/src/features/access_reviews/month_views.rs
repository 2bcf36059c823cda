//! One month: its figures, each with the way to the rows behind it, and the signature.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    figures::{Did, Figures},
    model::{MAX_NOTE, Signature, Signing},
    rules::Month,
};
use crate::words::{fill, t};
use crate::{
    features::{
        access_log::words::words,
        facilities::views::{AdminTab, admin_bar},
    },
    opaque_debug,
    web::{
        forms::{Entry, Errors, done, hidden},
        page::{Page, grouped, page},
        ui::{Ctx, Profession, Tab, Topbar, icon, profession, time},
        urls,
    },
};

pub struct MonthView {
    pub facility: String,
    pub month: Month,
    pub figures: Figures,
    pub signatures: Vec<Signature>,
    /// Name and profession's code, by account.
    pub people: HashMap<Uuid, (String, String)>,
    /// Those whose sheet the viewer may read.
    pub patients: HashMap<Uuid, String>,
    pub form: Signing,
    pub errors: Errors,
    pub done: bool,
    pub now: Timestamp,
}

opaque_debug!(MonthView);

pub fn month_page(view: &MonthView, ctx: &Ctx) -> Markup {
    let title = fill(t("{0}の点検"), &[("0", &view.month.in_words())]);
    let f = &view.figures;
    let body = html! {
        (done(view.done.then_some(t("署名しました。数字も、いまのまま残しました。"))))
        (view.errors.summary())
        section {
            h2 { (title) }
            (numbers(view))
        }
        (top_patients(view))
        @if !f.outside_people.is_empty() { (outside(view)) }
        @if !f.late_people.is_empty() { (late(view)) }
        @if !f.refused_people.is_empty() { (did(view, t("断られたこと"), &f.refused_people, true)) }
        @if !f.taken_out.is_empty() { (did(view, t("書き出し・印刷"), &f.taken_out, false)) }
        (signatures(view))
        (sign(view))
    };
    let bar = Topbar {
        back: Some((urls::access_reviews(), t("毎月の点検の一覧に戻る"))),
        ..admin_bar(&view.facility, AdminTab::AccessLog)
    };
    page(ctx, Page { title: t("毎月の点検"), tab: Tab::Menu, bar, body })
}

fn count(n: i64) -> String {
    grouped(u64::try_from(n).unwrap_or_default())
}

/// The rows of the month in the log, with more of a filter.
fn log(month: Month, more: &[(&str, &str)]) -> String {
    let more: String = more.iter().map(|(name, value)| format!("&{name}={value}")).collect();
    format!("{}?from={}&to={}{more}", urls::access_log(), month.first(), month.last())
}

fn numbers(view: &MonthView) -> Markup {
    let f = &view.figures;
    let late = fill(t("{0}から{1}までの外で見た回数"), &[("0", &f.opens), ("1", &f.closes)]);
    let of = |kind| log(view.month, &[("kind", kind)]);
    let charts =
        format!("{}?from={}&to={}", urls::access_log_charts(), view.month.first(), view.month.last());
    let lines = [
        (t("患者さんの記録を見た回数").to_owned(), f.views, Some(charts)),
        (t("見られた患者さん（人）").to_owned(), f.patients, None),
        (t("見た人（人）").to_owned(), f.people, None),
        (t("グループのメンバーでない人が見た回数").to_owned(), f.not_in_group, None),
        (late, f.outside_hours, None),
        (t("断られた回数").to_owned(), f.refused, Some(of("refused"))),
        (t("ファイルに書き出した回数").to_owned(), f.exports, Some(of("export"))),
        (t("印刷した回数").to_owned(), f.prints, Some(of("print"))),
        (t("探した回数").to_owned(), f.searches, Some(of("search"))),
    ];
    html! {
        ul.counts.panel.flush { @for (words, n, href) in &lines {
            li {
                @match href { Some(href) => a href=(href) { (words) }, None => span { (words) } }
                span.num { (count(*n)) }
            }
        } }
        p.small.soft { (t("患者さんやご家族が見た回数は入っていません。行を押すと、もとの記録が開きます。")) }
    }
}

fn patient_name(view: &MonthView, id: Uuid) -> String {
    view.patients
        .get(&id)
        .map_or_else(|| t("ほかの施設の患者さん").to_owned(), |name| fill(t("{0} 様"), &[("0", name)]))
}

fn person(view: &MonthView, account: Option<Uuid>) -> Markup {
    let known = account.and_then(|id| view.people.get(&id));
    html! {
        @match known {
            Some((name, code)) => { (name) " " (profession(Profession::of(code))) },
            None => (t("サインインの前")),
        }
    }
}

fn top_patients(view: &MonthView) -> Markup {
    let period = format!("?from={}&to={}", view.month.first(), view.month.last());
    html! {
        @if !view.figures.top_patients.is_empty() {
            section {
                h2 { (t("多く見られた患者さん")) }
                ul.counts.panel.flush { @for top in &view.figures.top_patients {
                    li {
                        a href={ (urls::chart_readers(top.patient)) (period) } { (patient_name(view, top.patient)) }
                        span.num { (count(top.views)) (t("回")) small.soft { " " (fill(t("{0}人"), &[("0", &top.people)])) } }
                    }
                } }
            }
        }
    }
}

fn outside(view: &MonthView) -> Markup {
    html! {
        section {
            h2 { (t("グループのメンバーでない人が見た記録")) }
            p.small.soft { (t("施設の管理者は、自施設の患者さんの基礎情報を、メンバーでなくても見られます。理由を確かめてください。")) }
            ul.counts.panel.flush { @for o in &view.figures.outside_people {
                li {
                    div {
                        a href=(log(view.month, &[("account", &o.account.to_string()), ("patient", &o.patient.to_string()), ("kind", "view")])) { (person(view, Some(o.account))) }
                        p.small.soft { (patient_name(view, o.patient)) (t("・最後は ")) (time::to_the_second(o.last)) }
                    }
                    span.num { (count(o.n)) (t("回")) }
                }
            } }
        }
    }
}

fn late(view: &MonthView) -> Markup {
    html! {
        section {
            h2 { (t("時間の外で見た人")) }
            ul.counts.panel.flush { @for l in &view.figures.late_people {
                li {
                    div {
                        a href=(log(view.month, &[("account", &l.account.to_string()), ("kind", "view")])) { (person(view, Some(l.account))) }
                        p.small.soft { (fill(t("患者さん{0}人"), &[("0", &l.patients)])) (t("・最後は ")) (time::to_the_second(l.last)) }
                    }
                    span.num { (count(l.n)) (t("回")) }
                }
            } }
        }
    }
}

fn did(view: &MonthView, heading: &str, rows: &[Did], refused: bool) -> Markup {
    html! {
        section {
            h2 { (heading) }
            ul.counts.panel.flush { @for d in rows {
                li {
                    div {
                        @match d.account {
                            Some(id) => a href=(log(view.month, &[("account", &id.to_string()), ("kind", if refused { "refused" } else { "" })])) { (person(view, Some(id))) },
                            None => span { (person(view, None)) },
                        }
                        p.small.soft { (words(&d.act, refused)) (t("・最後は ")) (time::to_the_second(d.last)) }
                    }
                    span.num { (count(d.n)) (t("回")) }
                }
            } }
        }
    }
}

fn signatures(view: &MonthView) -> Markup {
    html! {
        @if !view.signatures.is_empty() {
            section {
                h2 { (t("署名")) }
                ul.panel.flush.rows { @for s in &view.signatures {
                    li.entry-row {
                        (icon("ok"))
                        div {
                            b { (s.name) } " " (profession(Profession::of(&s.profession)))
                            @if !s.note.is_empty() { p.words { (s.note) } }
                            small { (time::when(s.at, view.now)) (fill(t("・そのときの数字: 見た{0}回、断られた{1}回、書き出し・印刷{2}回"),
                                &[("0", &count(s.figures.views)), ("1", &count(s.figures.refused)), ("2", &count(s.figures.exports + s.figures.prints))])) }
                        }
                    }
                } }
            }
        }
    }
}

fn sign(view: &MonthView) -> Markup {
    let action = urls::access_review(&view.month.code());
    let again = !view.signatures.is_empty();
    html! {
        section {
            h2 { @if again { (t("書き足す")) } @else { (t("署名する")) } }
            form.panel.stack method="post" action=(action) data-keep=(format!("access-review/{}", view.month.code())) data-came-back[!view.errors.is_empty()] {
                (hidden("client_id", &view.form.client_id.to_string()))
                (Entry::text("note", t("確かめたこと（書かなくてもかまいません）"), 4).value(&view.form.note).errors(&view.errors).max_chars(u32::try_from(MAX_NOTE).unwrap_or(u32::MAX))
                    .help(t("例: 夜間の閲覧は、当番の看護師の訪問と合っていた。あなたのお名前・時刻・いまの数字とともに残り、あとから変えられません。")))
                button.btn.primary.large type="submit" { (icon("check")) @if again { (t("書き足して署名する")) } @else { (t("数字を確かめました（署名する）")) } }
            }
        }
    }
}
