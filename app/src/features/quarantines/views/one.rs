//! The page of the two: the text, whom it reached, what came of it, and what is to be done.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{list::state, people};
use crate::words::{fill, t};
use crate::{
    features::{
        groups::frame::Teammate,
        posts::{
            self,
            model::{MAX_BODY, Post, Reader},
        },
        quarantines::model::{MAX_WORDS, Opened, State, Traces},
    },
    opaque_debug,
    web::{
        forms::{Entry, Errors, choices, done, hidden},
        page::{Page, how_to, page},
        ui::{self, Ctx, Tab, Tone, Topbar, icon, time},
        urls,
    },
};

/// What was typed into one of the forms, and refused.
#[derive(Default)]
pub struct Typed {
    pub note: String,
    pub group: String,
    pub body: Option<String>,
    pub errors: Errors,
}

pub struct OneView {
    pub opened: Opened,
    /// What the group is called.
    pub title: String,
    pub me: Uuid,
    pub texts: Vec<Post>,
    /// Members of now, with when each had it on the screen.
    pub readers: Vec<Reader>,
    pub team: Vec<Teammate>,
    /// Where the text may belong: the viewer's other patients.
    pub groups: Vec<(String, String)>,
    pub typed: Typed,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

opaque_debug!(Typed, OneView);

pub fn one_page(view: &OneView, ctx: &Ctx) -> Markup {
    let q = &view.opened.quarantine;
    let body = html! {
        (done(view.done))
        (view.typed.errors.summary())
        p.strong { (view.title) }
        (stands(view))
        // Whoever decides reads first.
        (texts(view))
        @match q.state {
            State::Waiting if q.mine => (deciding(view)),
            State::Waiting => (waiting(view)),
            State::Confirmed => (rewriting(view)),
            State::Lifted => {},
        }
        (reached(view))
        (traces(view))
        (how_to("mistakes"))
    };
    let title = t("隔離した投稿");
    let bar = Topbar { title, back: Some((urls::quarantines(), t("一覧に戻る"))), ..Topbar::default() };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}

fn stands(view: &OneView) -> Markup {
    let q = &view.opened.quarantine;
    let tone = if q.state == State::Lifted { Tone::Info } else { Tone::Caution };
    ui::callout(
        tone,
        state(q),
        html! {
            p { (fill(t("{finder}さんが{when}に隔離しました。"), &[("finder", &q.finder), ("when", &time::when(q.at, view.now))])) (t("理由: ")) (view.opened.reason) }
            @if let Some(at) = q.decided_at {
                p { (fill(t("{second}さんが{when}に確かめました。"), &[("second", &q.second), ("when", &time::when(at, view.now))])) @if let Some(note) = &view.opened.note { (note) } }
            }
        },
    )
}

/// Two forms, so that no key decides by chance: what stays hidden is the ordinary answer.
fn deciding(view: &OneView) -> Markup {
    let action = urls::quarantine_decision(view.opened.quarantine.id);
    let errors = &view.typed.errors;
    html! {
        section.panel.stack {
            h2 { (t("別の患者さんの投稿ですか")) }
            form.stack method="post" action=(action) {
                (hidden("client_id", &Uuid::now_v7().to_string()))
                (hidden("decision", "confirm"))
                button class="btn primary large" type="submit" { (icon("ban")) (t("はい。隔離したままにする")) }
            }
            details.opens open[!errors.is_empty()] {
                summary { (t("いいえ。この患者さんの投稿です")) }
                form.stack method="post" action=(action) data-keep=(format!("lift/{}", view.opened.quarantine.id)) data-came-back[!errors.is_empty()] {
                    (hidden("client_id", &Uuid::now_v7().to_string()))
                    (hidden("decision", "lift"))
                    (Entry::text("note", t("元に戻す理由"), 2).value(&view.typed.note).help(t("読むのは、隔離した人とあなただけです。")).errors(errors).need().max_chars(MAX_WORDS as u32))
                    button class="btn" type="submit" { (icon("undo")) (t("この投稿を元に戻す")) }
                }
            }
            (another(view))
        }
    }
}

fn waiting(view: &OneView) -> Markup {
    html! {
        section.panel.stack {
            p { (fill(t("{second}さんが確かめます。お知らせが届いています。"), &[("second", &view.opened.quarantine.second)])) }
            (another(view))
        }
    }
}

/// Whoever should decide is away, or is too near to it.
fn another(view: &OneView) -> Markup {
    let q = &view.opened.quarantine;
    let others: Vec<Teammate> = view
        .team
        .iter()
        .filter(|one| one.account != q.second_id && (q.mine || one.account != view.me))
        .filter(|one| one.name != q.finder || !q.mine)
        .cloned()
        .collect();
    if others.is_empty() {
        return html! {};
    }
    html! {
        details.opens {
            summary { (t("確かめる人を、ほかの人に変える")) }
            form.stack method="post" action=(urls::quarantine_second(q.id)) {
                (Entry::select("account", t("確かめる人"), &choices(&people(&others))).errors(&view.typed.errors).need())
                button class="btn" type="submit" { (icon("swap")) (t("この人に変える")) }
            }
        }
    }
}

fn rewriting(view: &OneView) -> Markup {
    let q = &view.opened.quarantine;
    if let (Some(post), Some(group)) = (q.moved_to, q.moved_group) {
        return html! {
            section.panel {
                p { (icon("ok")) (t("正しいグループに書き直しました。")) }
                @if view.groups.iter().any(|(id, _)| *id == group.to_string()) { p { a.see href=(urls::post_in_group(group, post)) { (t("書き直した投稿を見る")) } } }
            }
        };
    }
    if view.groups.is_empty() {
        return html! { section.panel { p { (t("正しいグループにあなたがいれば、ここから書き直せます。いないときは、その患者さんの担当の方に伝えてください。")) } } };
    }
    // The newest text that anybody sent.
    let text = view.texts.iter().rev().find_map(|post| post.body.as_deref()).unwrap_or_default();
    let body = view.typed.body.as_deref().unwrap_or(text);
    let mut groups = view.groups.clone();
    groups.insert(0, (String::new(), t("選んでください").to_owned()));
    html! {
        section.panel.stack aria-labelledby="rewriting" {
            h2 #rewriting { (t("正しいグループに書き直す")) }
            p.soft { (t("あなたの投稿として入ります。はじめ別のグループに出ていたことと、その時間と人数が、投稿の下に出ます。元のグループの名前は出ません。写真とファイルは付きません。要るときは、書き直したあとで返信に付けてください。")) }
            form.stack method="post" action=(urls::quarantine_rewriting(q.id)) data-keep=(format!("rewriting/{}", q.id)) data-came-back[!view.typed.errors.is_empty()] {
                (hidden("client_id", &Uuid::now_v7().to_string()))
                (Entry::select("group", t("正しいグループ"), &choices(&groups)).value(&view.typed.group).errors(&view.typed.errors).need())
                (Entry::text("body", t("投稿の文"), 6).value(body).errors(&view.typed.errors).need().max_chars(MAX_BODY as u32))
                button class="btn primary" type="submit" { (icon("send")) (t("このグループに書く")) }
            }
        }
    }
}

fn texts(view: &OneView) -> Markup {
    html! {
        section aria-labelledby="texts" {
            (ui::section_head("lock", "texts", t("隔離した文"), None))
            p.soft.small { (t("見られるのは2人だけです。開いたことは記録に残ります。")) }
            @for post in &view.texts {
                article.panel.quoted {
                    p.small { b { (post.author.name) } " " (post.author.facility) (t("・")) (time::when(post.created_at, view.now)) @if post.timeline == posts::model::Timeline::Family { " " span.badge.plain { (t("患者・家族")) } } }
                    @if let Some(body) = &post.body { (posts::views::paragraphs(body)) }
                    @for file in &post.files { (posts::views::file_row(&posts::present::file(file))) }
                }
            }
        }
    }
}

fn reached(view: &OneView) -> Markup {
    let seen: Vec<&Reader> = view.readers.iter().filter(|r| r.displayed_at.is_some()).collect();
    html! {
        section aria-labelledby="reached" {
            (ui::section_head("eye", "reached", t("画面に出た人"), None))
            p.soft { (t("患者さんの情報が、関わりのない人に見えたかどうかを判断する材料です。施設の管理者に伝えてください。")) }
            @if seen.is_empty() && view.opened.traces.relatives == 0 { p { (t("書いた人のほかには、だれの画面にも出ていません。")) } }
            @else {
                ul.panel.flush.rows {
                    @for r in seen { li.entry-row { (icon("eye")) div { b { (r.name) } " " small { (r.facility) } @if let Some(at) = r.displayed_at { small { (time::when(at, view.now)) } } } } }
                    @if view.opened.traces.relatives > 0 { li.entry-row { (icon("kin")) div { b { (fill(t("ご本人・ご家族 {0}人"), &[("0", &view.opened.traces.relatives)])) } } } }
                }
            }
        }
    }
}

/// What somebody has made of it stands on its own.
fn traces(view: &OneView) -> Markup {
    let Traces { tasks, values, replies, .. } = view.opened.traces;
    let q = &view.opened.quarantine;
    if tasks + values + replies == 0 {
        return html! {};
    }
    html! {
        section aria-labelledby="traces" {
            (ui::section_head("list", "traces", t("この投稿から生まれたもの"), None))
            ul.panel.flush.rows {
                @if replies > 0 { li.entry-row { (icon("reply")) div { b { (fill(t("返信 {0}件"), &[("0", &replies)])) } small { (t("そのまま残っています。別の患者さんのことが書かれていれば、それも隔離してください。")) } } } }
                @if tasks > 0 { li.entry-row { (icon("list")) div { b { (fill(t("やること {0}件"), &[("0", &tasks)])) } small { (t("そのまま残っています。")) " " a.see href=(urls::group_tasks(q.group_id)) { (t("やることを見る")) } } } } }
                @if values > 0 { li.entry-row { (icon("sheet")) div { b { (fill(t("測定値 {0}件"), &[("0", &values)])) } small { (t("隔離しているあいだ、グラフと表には出ません。")) } } } }
            }
        }
    }
}
