//! The page of the two: the text, whom it reached, what came of it, and what is to be done.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{list::state, people};
use crate::words::{fill, t};
use crate::{
    features::{
        groups::frame::Teammate,
        posts::{self, model::MAX_BODY},
        quarantines::model::{MAX_WORDS, Opened, Seen, State, Traces},
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
            State::Confirmed => { (rewriting(view)) @if q.mine && !q.moved { section.panel.stack { (lifting(view, t("やはり、この患者さんの投稿でした"))) (another(view)) } } },
            State::Lifted => {},
        }
        (reached(view))
        (traces(view))
        (how_to("mistakes"))
    };
    let title = t("誤投稿の隔離");
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
            p { (fill(t("{finder}さんが{when}に見つけました。"), &[("finder", &q.finder), ("when", &time::when(q.at, view.now))])) (t("理由: ")) (view.opened.reason) }
            @if let (Some(at), Some(second)) = (q.decided_at, &q.second) {
                p { (fill(t("{second}さんが{when}に確かめました。"), &[("second", second), ("when", &time::when(at, view.now))])) @if let Some(note) = &view.opened.note { (note) } }
            }
        },
    )
}

/// Two forms, so that no key decides by chance: what stays hidden is the ordinary answer, and can be taken back.
fn deciding(view: &OneView) -> Markup {
    html! {
        section.panel.stack {
            h2 { (t("別の患者さんの投稿ですか")) }
            form.stack method="post" action=(urls::quarantine_decision(view.opened.quarantine.id)) {
                (hidden("client_id", &Uuid::now_v7().to_string()))
                (hidden("decision", "confirm"))
                button class="btn primary large" type="submit" { (icon("ban")) (t("はい。見えないままにする")) }
            }
            (lifting(view, t("いいえ。この患者さんの投稿です")))
            (another(view))
        }
    }
}

fn lifting(view: &OneView, words: &str) -> Markup {
    let (id, errors) = (view.opened.quarantine.id, &view.typed.errors);
    html! {
        details.opens open[!view.typed.note.is_empty()] {
            summary { (words) }
            form.stack method="post" action=(urls::quarantine_decision(id)) data-keep=(format!("lift/{id}")) data-came-back[!errors.is_empty()] {
                (hidden("client_id", &Uuid::now_v7().to_string()))
                (hidden("decision", "lift"))
                (Entry::text("note", t("元に戻す理由"), 2).value(&view.typed.note).help(t("読むのは、見つけた人とあなただけです。")).errors(errors).need().max_chars(MAX_WORDS as u32))
                button class="btn" type="submit" { (icon("undo")) (t("この投稿を元に戻す")) }
            }
        }
    }
}

fn waiting(view: &OneView) -> Markup {
    html! {
        section.panel.stack {
            @match &view.opened.quarantine.second {
                Some(second) => p { (fill(t("{second}さんが確かめます。お知らせが届いています。"), &[("second", second)])) },
                None => p { (t("いま、確かめられる人がいません。この投稿を読める人が加わったら、ここで選んでください。")) },
            }
            (another(view))
        }
    }
}

/// Whoever should decide is away, or is too near to it.
fn another(view: &OneView) -> Markup {
    let q = &view.opened.quarantine;
    let other = |one: &&Teammate| Some(one.account) != q.second_id && one.account != q.found_by;
    let others: Vec<Teammate> = view.team.iter().filter(other).cloned().collect();
    if others.is_empty() || !q.may_hand_on {
        return html! {};
    }
    html! {
        details.opens open[q.second_id.is_none()] {
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
    if q.moved {
        return html! {
            section.panel {
                p { (icon("ok")) (t("正しいグループに書き直しました。")) }
                @if let (Some(post), Some(group)) = (q.moved_to, q.moved_group) { p { a.see href=(urls::post_in_group(group, post)) { (t("書き直した投稿を見る")) } } }
            }
        };
    }
    if view.groups.is_empty() {
        return html! { section.panel { p { (t("正しいグループにあなたがいれば、ここから書き直せます。いないときは、その患者さんの担当の方に伝えてください。")) } } };
    }
    // The newest text that anybody sent.
    let text = view.opened.texts.iter().rev().find_map(|post| post.body.as_deref()).unwrap_or_default();
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
            (ui::section_head("lock", "texts", t("見えなくした文"), None))
            p.soft.small { (t("見られるのは2人だけです。開いたことは記録に残ります。")) }
            @for post in &view.opened.texts {
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
    let (kin, staff): (Vec<&Seen>, Vec<&Seen>) = view.opened.seen.iter().partition(|seen| seen.relative);
    html! {
        section aria-labelledby="reached" {
            (ui::section_head("eye", "reached", t("見えなくする前に、画面に出た人"), None))
            p.soft { (t("患者さんの情報が、関わりのない人に見えたかどうかを判断する材料です。施設の管理者に伝えてください。")) }
            @if view.opened.seen.is_empty() { p { (t("書いた人のほかには、だれの画面にも出ていません。")) } }
            @else {
                ul.panel.flush.rows {
                    @for one in staff {
                        li.entry-row { (icon("eye")) div { b { (one.name.as_deref().unwrap_or(t("もういない人"))) } " " small { (one.facility.as_deref().unwrap_or_default()) } small { (time::when(one.at, view.now)) } } }
                    }
                    @if !kin.is_empty() { li.entry-row { (icon("kin")) div { b { (fill(t("ご本人・ご家族 {0}人"), &[("0", &kin.len())])) } } } }
                }
            }
        }
    }
}

/// What somebody has made of it stands on its own.
fn traces(view: &OneView) -> Markup {
    let Traces { tasks, values, replies, .. } = view.opened.traces;
    if tasks + values + replies == 0 {
        return html! {};
    }
    html! {
        section aria-labelledby="traces" {
            (ui::section_head("list", "traces", t("この投稿から生まれたもの"), None))
            ul.panel.flush.rows {
                @if replies > 0 { li.entry-row { (icon("reply")) div { b { (fill(t("返信 {0}件"), &[("0", &replies)])) } small { (t("そのまま残っています。別の患者さんのことが書かれていれば、それも見えなくしてください。")) } } } }
                @if tasks > 0 { li.entry-row { (icon("list")) div { b { (fill(t("やること {0}件"), &[("0", &tasks)])) } small { (t("見えなくしているあいだ、やることの一覧には出ません。")) } } } }
                @if values > 0 { li.entry-row { (icon("sheet")) div { b { (fill(t("測定値 {0}件"), &[("0", &values)])) } small { (t("見えなくしているあいだ、グラフと表には出ません。")) } } } }
            }
        }
    }
}
