//! What hangs under a post: 了解, reply, 既読, and the menu.

use maud::{Markup, html};

use jiff::Timestamp;

use super::PostView;
use crate::words::t;
use crate::{
    features::marks::views as marks,
    web::{
        ui::{Ctx, icon},
        urls,
    },
};

pub(super) fn foot(view: &PostView, ctx: &Ctx, now: Timestamp) -> Markup {
    html! {
        footer class="foot" {
            @if view.may.acknowledge { (acknowledge(view)) } @else if view.acknowledgements.count > 0 { (acknowledged(view)) }
            @if view.may.confirm { (confirm(view)) }
            @if view.may.reply { (reply(view)) }
            @if view.may.handle { a class="act" href=(urls::handled(view.id)) { (icon("ok")) (t("対応済にする")) span class="sr" { "(" (view.author.name) (t("さんの投稿)")) } } }
            (read(view))
            (marks::stamps(view.id, &view.marks, ctx.account().unwrap_or_default(), view.may.stamp, now))
        }
    }
}

/// Records the viewer's 了解, which stays. A post that must be acknowledged asks with the filled button.
fn acknowledge(view: &PostView) -> Markup {
    let count = view.acknowledgements.count;
    let asked = view.must.as_ref().is_some_and(|must| must.waits_for_me);
    html! {
        form method="post" action=(urls::acknowledgement(view.id)) data-act="acknowledge" {
            input type="hidden" name="acknowledged" value="true";
            @if asked {
                button class="btn primary" type="submit" { (icon("check")) (t("読みました。了解する")) }
            } @else {
                button class="act ack" type="submit" {
                    (icon("check")) (t("了解")) @if count > 0 { (people(count)) }
                }
            }
        }
    }
}

/// What was entered in the viewer's name waits for her word.
fn confirm(view: &PostView) -> Markup {
    html! {
        form method="post" action=(urls::confirmation(view.id)) {
            button class="btn primary" type="submit" { (icon("check")) (t("内容を確認しました")) }
        }
    }
}

/// The count alone, where the viewer has nothing to acknowledge: done already, the own post, an archived group.
fn acknowledged(view: &PostView) -> Markup {
    let (count, mine) = (view.acknowledgements.count, view.acknowledgements.mine);
    html! {
        span class={ "act still" @if mine { " given" } } {
            (icon(if mine { "ok" } else { "check" })) (if mine { t("了解済み") } else { t("了解") }) (people(count))
        }
    }
}

fn people(count: u32) -> Markup {
    html! { " " span class="num" { (count) } span class="sr" { (t("人")) } }
}

fn reply(view: &PostView) -> Markup {
    html! {
        a class="act" href=(urls::reply(view.group_id, view.id)) data-reply=(view.id) data-reply-name=(view.author.name) {
            (icon("reply")) (t("返信")) span class="sr" { "(" (view.author.name) (t("さんへ)")) }
        }
    }
}

/// 既読 n/m opens the list, which is fetched when it is wanted; without scripts it is a link.
fn read(view: &PostView) -> Markup {
    html! {
        details class="read" data-lazy=(urls::readers(view.id)) {
            summary class="act" {
                (icon("eye")) (t("既読 ")) span class="num" { (view.read_by.count) "/" (view.read_by.total) }
            }
            p class="readers" { a class="see" href=(urls::readers(view.id)) { (t("だれが読んだか・了解したかを見る")) } }
        }
    }
}

/// The acts that are not daily. Nothing is shown when the viewer may do none of them.
pub(super) fn menu(view: &PostView) -> Markup {
    let may = view.may;
    let open = view.withdrawn.is_none() && view.corrected_by.is_none();
    let acts = [
        (may.reply && open, urls::reply(view.group_id, view.id), "reply", t("返信する")),
        (
            !view.whole && !view.replies.is_empty(),
            urls::thread(view.group_id, view.id),
            "msg",
            t("この話だけを開く"),
        ),
        (may.correct && open, urls::correction(view.id), "pen", t("訂正する")),
        (may.withdraw && open, urls::withdrawal(view.id), "undo", t("取り消す")),
        (true, urls::readers(view.id), "eye", t("だれが読んだか")),
        (may.stamp && open, urls::post_labels(view.id), "filter", t("ラベル")),
        (may.release && open, urls::release(view.id), "kin", t("家族にも見せる")),
        (may.quarantine, urls::quarantine_of(view.id), "ban", t("別の患者さんの投稿です")),
        (may.reply && open, urls::new_task_from(view.group_id, view.id), "list", t("やることにする")),
    ];
    html! {
        details class="menu" {
            summary class="icon-btn" { (icon("dots")) span class="sr" { (view.author.name) (t("さんの投稿のメニュー")) } }
            ul {
                @for (shown, href, name, word) in acts {
                    @if shown { li { a href=(href) { (icon(name)) (word) } } }
                }
                (marks::menu_entries(view.id, &view.marks, may.pin))
            }
        }
    }
}
