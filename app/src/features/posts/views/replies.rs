//! Replies, folded under their post.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{PostView, ReplyView, files, post::in_quarantine, text::paragraphs};
use crate::words::t;
use crate::{
    features::marks::views::stamps,
    web::{
        ui::{self, Ctx, icon, time},
        urls,
    },
};

/// So many faces fit beside the word on a phone.
const FACES: usize = 3;
/// So many of the last replies stand on the timeline; all of them on the post's own page.
pub const ON_TIMELINE: usize = 20;

pub(super) fn replies(view: &PostView, ctx: &Ctx, now: Timestamp) -> Markup {
    html! {
        div class="more" {
            details class="replies" id={ "replies-" (view.id) } open[view.replies_open || view.whole] {
                summary {
                    (icon("msg")) (t("返信 ")) (view.replies.len()) (t("件"))
                    span class="avatars" aria-hidden="true" {
                        @for reply in view.replies.iter().take(FACES) {
                            (ui::avatar(&reply.author.name, reply.author.profession, ui::Size::Small))
                        }
                    }
                    @if let Some(last) = view.replies.last() { span class="soft" { (t("最後 ")) (time::when(last.at, now)) } }
                }
                @let earlier = if view.whole { 0 } else { view.earlier };
                @if earlier > 0 {
                    p class="earlier" { a class="see" href=(urls::thread(view.group_id, view.id)) { (icon("up")) (t("前の返信 ")) (earlier) (t("件も読む")) } }
                }
                ol { @for reply in view.replies.iter().skip(earlier) { (one(reply, view.may.stamp, ctx, now)) } }
            }
        }
    }
}

fn one(reply: &ReplyView, may_stamp: bool, ctx: &Ctx, now: Timestamp) -> Markup {
    html! {
        li id={ "post-" (reply.id) } data-reply-id=(reply.id) {
            (ui::avatar(&reply.author.name, reply.author.profession, ui::Size::Medium))
            div {
                p class="rwho" { b { (ui::named(&reply.author.name, &reply.author.reading, ctx.readings)) } (ui::profession(reply.author.profession)) span { (reply.author.facility) } }
                div class="rtext" {
                    @match (&reply.body, &reply.quarantined) {
                        (_, Some(isolated)) => (in_quarantine(isolated, now)),
                        (Some(body), None) => (paragraphs(body)),
                        (None, None) => p class="soft" { (t("この返信は取り消されました。")) },
                    }
                    @if reply.quarantined.is_none() { (files::files(&reply.files)) }
                }
                time datetime=(time::machine(reply.at)) { (time::when(reply.at, now)) }
                (stamps(reply.id, &reply.marks, ctx.account().unwrap_or_default(), may_stamp && reply.body.is_some() && reply.quarantined.is_none(), now))
            }
        }
    }
}
