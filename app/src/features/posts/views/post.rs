//! One post: a knot on the line that ties the team together.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{Entered, Followed, Isolated, Must, PostView, files, foot, replies, text::paragraphs};
use crate::words::{fill, t};
use crate::{
    features::{
        asks::model::{What, call_words},
        labels, marks,
        posts::model::Moved,
        vitals,
    },
    web::{
        ui::{self, Ctx, icon, time},
        urls,
    },
};

/// One post as it stands in the timeline, and as the fragment that scripts fetch.
///
/// `data-seq` is its place; screen readers hear author, text, time.
pub fn post(view: &PostView, ctx: &Ctx, now: Timestamp) -> Markup {
    let author = &view.author;
    html! {
        article class=(class(view, ctx, now)) id={ "post-" (view.id) } data-post=(view.id) data-seq=(view.seq)
            data-last-seq=(last_seq(view)) data-alone[view.answers.is_some()]
            aria-labelledby={ "by-" (view.id) } {
            (ui::avatar(&author.name, author.profession, ui::Size::Medium))
            div class="card" {
                @if view.urgent && view.quarantined.is_none() && view.withdrawn.is_none() && view.corrected_by.is_none() { (urgent_band()) }
                @if let Some(must) = &view.must { @if view.withdrawn.is_none() { (band(must, now)) } }
                header class="who" {
                    h3 id={ "by-" (view.id) } { (ui::named(&author.name, &author.reading, ctx.readings)) }
                    p { (ui::profession(author.profession)) span { (author.facility) } }
                    @if let Some(proxy) = &view.proxy { p class="proxy" { (icon("swap")) span { (entered(proxy, &author.name, now)) } } }
                }
                div class="body" { (body(view, now)) (labels::views::chips(view.group_id, &view.marks.labels)) }
                @if let Some(strip) = &view.vitals { (vitals::strip::strip(strip, now)) }
                div class="aside" {
                    (marks::views::signs(&view.marks))
                    a class="when" href=(urls::post_in_group(view.group_id, view.id)) title=(time::date_long(view.at)) {
                        time datetime=(time::machine(view.at)) { (time::in_day(view.at, now)) }
                    }
                    (foot::menu(view))
                }
                @if view.quarantined.is_none() && view.withdrawn.is_none() && view.corrected_by.is_none() { (foot::foot(view, ctx, now)) }
                @if !view.replies.is_empty() { (replies::replies(view, ctx, now)) }
            }
        }
    }
}

/// From where it came, for whom, and whether she says that it is hers.
fn entered(proxy: &Entered, author: &str, now: Timestamp) -> Markup {
    html! {
        (fill(t("{0}から {author}さんの代わりに"), &[("0", &proxy.system), ("author", &author)]))
        @if let Some(typist) = &proxy.typist { (fill(t("（入力 {typist}）"), &[("typist", &typist)])) }
        (t("・"))
        @match proxy.confirmed_at {
            Some(at) => (fill(t("本人確認済み {0}"), &[("0", &time::when(at, now))])),
            None => b { (t("本人の確認待ち")) },
        }
    }
}

/// The newest place that is read when this post is on the screen.
fn last_seq(view: &PostView) -> i64 {
    view.replies.iter().map(|reply| reply.seq).fold(view.seq, i64::max)
}

fn class(view: &PostView, ctx: &Ctx, now: Timestamp) -> String {
    let gone = view.quarantined.is_some() || view.withdrawn.is_some() || view.corrected_by.is_some();
    let must = view.must.as_ref().filter(|_| !gone);
    let states = [
        ("mine", ctx.account() == Some(view.author.account_id)),
        ("gone", gone),
        ("urgent", view.urgent && !gone),
        ("must", must.is_some()),
        ("done", must.is_some_and(|must| must.done >= must.total)),
        ("late", must.is_some_and(|must| must.done < must.total && must.deadline < now)),
    ];
    let on = states.into_iter().filter(|(_, on)| *on).map(|(name, _)| name);
    std::iter::once("post").chain(on).collect::<Vec<_>>().join(" ")
}

/// Words, icon and colour: an urgent post is told by each of them alone.
fn urgent_band() -> Markup {
    html! { div class="band now" { strong { (icon("alert")) (t("緊急")) } span { (t("すぐに読んでください")) } } }
}

fn band(must: &Must, now: Timestamp) -> Markup {
    let all = must.done >= must.total;
    html! {
        div class="band" {
            strong { (icon(if all { "ok" } else { "must" })) @if all { (t("全員が了解しました")) } @else { (t("要了解")) } }
            span { (time::when(must.deadline, now)) (t(" まで")) }
            @if !all { span class="end" { (time::left_until(must.deadline, now)) } }
        }
    }
}

fn body(view: &PostView, now: Timestamp) -> Markup {
    if let Some(isolated) = &view.quarantined {
        return in_quarantine(isolated, now);
    }
    if let Some(withdrawn) = &view.withdrawn {
        return gone(view, withdrawn, now);
    }
    if let Some(by) = &view.corrected_by {
        return html! {
            p class="corrected" { span class="badge plain" { (icon("pen")) (t("訂正されました")) }
                a href={ (urls::post_in_group(view.group_id, by.post_id)) } data-to-post=(by.post_id) {
                    (t("訂正後の文(")) (time::when(by.at, now)) (t(")を見る"))
                }
            }
            (fold(t("訂正前の文を見る"), &view.body))
        };
    }
    html! {
        @if let Some(to) = &view.answers {
            p class="corrected" { (icon("reply")) a href=(urls::post_in_group(view.group_id, to.post_id)) { (to.author) (t("さんの投稿")) } (t("への返信「")) (to.excerpt) (t("」")) }
        }
        @if let Some(old) = &view.corrects {
            p class="corrected" { span class="badge accent" { (icon("pen")) (t("訂正")) } (time::when(old.at, now)) (t(" の文を直しました")) }
        }
        @if !view.to.is_empty() { p class="to-whom" { (icon("at")) span { (t("宛先 ")) b { (view.to.join(t("、"))) } } } }
        (paragraphs(&view.body))
        @if let Some(old) = &view.corrects {
            (fold(&fill(t("訂正前の文({0})を見る"), &[("0", &time::when(old.at, now))]), &old.body))
            @if old.asked_again > 0 {
                (ui::notice_line("eye", &fill(t("訂正前を読んだ{0}人に、もう一度お知らせしました。"), &[("0", &old.asked_again)])))
            }
        }
        (files::files(&view.files))
        @if let Some(moved) = &view.moved { (ui::notice_line("swap", &came_from(moved, now))) }
        @if let Some(must) = &view.must { (tally(view, must)) }
        @if !view.followed.is_empty() { (followed_list(&view.followed, now)) }
    }
}

fn gone(view: &PostView, withdrawn: &super::Withdrawn, now: Timestamp) -> Markup {
    html! {
        p { span class="badge plain" { (icon("undo")) (t("取り消されました")) } " " (withdrawn.by) (t("さん・")) (time::when(withdrawn.at, now)) }
        p { (t("理由: ")) (withdrawn.reason) }
        @match &withdrawn.body {
            Some(text) => (fold(t("取り消された文"), text)),
            None => p {
                a class="see" href={ (urls::withdrawn_text(view.group_id, view.id)) } data-unfold=(view.id) {
                    (t("取り消された文を読む"))
                }
                span class="soft small" { (t(" 読んだことは記録に残ります。")) }
            },
        }
    }
}

/// In the place of a text about another patient. Its two go on from here.
pub fn in_quarantine(isolated: &Isolated, now: Timestamp) -> Markup {
    let who = fill(
        t("{by}さんが、別の患者さんの投稿だと知らせました({when})。"),
        &[("by", &isolated.by), ("when", &time::when(isolated.at, now))],
    );
    html! {
        p { span class="badge plain" { (icon("ban")) (t("誤投稿のため、見えなくしています")) } }
        p { (who) }
        p class="soft small" {
            @if isolated.confirmed { (t("もう1人も確かめました。文とファイルは、記録に残っていますが、チームには見えません。")) }
            @else { (t("もう1人が確かめるまで、文とファイルはチームに見えません。")) }
        }
        @if isolated.mine { p { a class="see" href=(urls::quarantine(isolated.id)) { (icon("next")) (t("くわしく見る")) } } }
    }
}

/// The receipt under a post that was written again where it belongs.
fn came_from(moved: &Moved, now: Timestamp) -> String {
    fill(
        t(
            "はじめ、別の患者さんのグループに誤って投稿されたものです({written}から{hidden}まで。書いた人のほか{count}人の画面に出ました)。",
        ),
        &[
            ("written", &time::when(moved.written_at, now)),
            ("hidden", &time::when(moved.hidden_at, now)),
            ("count", &moved.seen_by),
        ],
    )
}

fn fold(title: &str, text: &str) -> Markup {
    html! { details class="fold" { summary { (icon("hist")) (title) } div { (paragraphs(text)) } } }
}

/// More names than this are counted, not listed: the readers' list has them all.
const NAMED: usize = 4;

fn tally(view: &PostView, must: &Must) -> Markup {
    let more = must.waiting.len().saturating_sub(NAMED);
    html! {
        div class="tally" {
            b { (t("了解 ")) span class="num" { (must.done) "/" (must.total) (t(" 人")) } }
            progress class="meter" value=(must.done) max=(must.total) aria-label=(t("了解した人の割合")) {}
            @if must.done < must.total {
                p class="who-left" {
                    (t("まだの人 "))
                    b {
                        @if must.waits_for_me { (t("あなた")) @if !must.waiting.is_empty() { (t("、")) } }
                        (must.waiting.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(t("、")))
                        @if more > 0 { (t(" ほか")) (more) (t("人")) }
                    }
                    @if view.may.call && !must.waiting.is_empty() { a class="see" href=(urls::asked(view.id)) { (icon("tel")) (t("電話で確かめる")) } }
                }
                @if must.escalated { (escalated(must)) }
            }
        }
    }
}

/// What happened when the deadline passed.
fn escalated(must: &Must) -> Markup {
    html! {
        p class="escalated" {
            (icon("bell"))
            span {
                (t("期限を過ぎました。"))
                @if must.substitutes.is_empty() { (t("代理の人はいません。")) } @else {
                    (t("代理の")) (must.substitutes.iter().map(|name| fill(t("{name}さん"), &[("name", &name)])).collect::<Vec<_>>().join(t("、"))) (t("にもお知らせしました。"))
                }
                (t("書いた人と連携ホストにもお知らせしました。"))
            }
        }
    }
}

/// 対応済 and calls, in their order.
pub fn followed_list(all: &[Followed], now: Timestamp) -> Markup {
    html! {
        ul class="followed" aria-label=(t("この投稿について行ったこと")) {
            @for one in all {
                li {
                    @match &one.what {
                        What::Handled => { (icon("ok")) span { b { (t("対応済")) } " " (one.by) (t("さん・")) (time::when(one.at, now)) @if !one.text.is_empty() { br; (one.text) } } },
                        What::Called { whom, result } => { (icon("tel")) span { b { (t("電話")) } " " (one.by) (t("さん → ")) (whom) (t("さん・")) (call_words(*result)) (t("・")) (time::when(one.at, now)) @if !one.text.is_empty() { br; (one.text) } } },
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_withdrawn_post_shows_its_reason_but_no_acts() {
        let entries = super::super::Timeline::sample().entries;
        let gone = entries.iter().find_map(|entry| match entry {
            super::super::Entry::Post(post) if post.withdrawn.is_some() => Some(post),
            _ => None,
        });
        let view = gone.expect("the sample has a withdrawn post");
        let html = post(view, &Ctx::sample("/"), crate::features::groups::views::sample_now()).into_string();
        assert!(html.contains("理由: ") && html.contains("class=\"post gone\""), "{html}");
        assert!(!html.contains("/acknowledgement") && !html.contains("/correction"), "{html}");
    }
}
