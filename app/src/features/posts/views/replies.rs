//! Replies, folded under their post.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{PostView, ReplyView, files, post::paragraphs};
use crate::web::ui::{self, icon, time};

/// So many faces fit beside the word on a phone.
const FACES: usize = 3;

pub(super) fn replies(view: &PostView, now: Timestamp) -> Markup {
    html! {
        div class="more" {
            details class="replies" id={ "replies-" (view.id) } open[view.replies_open] {
                summary {
                    (icon("msg")) "返信 " (view.replies.len()) "件"
                    span class="avatars" aria-hidden="true" {
                        @for reply in view.replies.iter().take(FACES) {
                            (ui::avatar(&reply.author.name, reply.author.profession, ui::Size::Small))
                        }
                    }
                    @if let Some(last) = view.replies.last() { span class="soft" { "最後 " (time::when(last.at, now)) } }
                }
                ol { @for reply in &view.replies { (one(reply, now)) } }
            }
        }
    }
}

fn one(reply: &ReplyView, now: Timestamp) -> Markup {
    html! {
        li id={ "post-" (reply.id) } data-reply-id=(reply.id) {
            (ui::avatar(&reply.author.name, reply.author.profession, ui::Size::Medium))
            div {
                p class="rwho" { b { (reply.author.name) } (ui::profession(reply.author.profession)) span { (reply.author.facility) } }
                div class="rtext" {
                    @match &reply.body {
                        Some(body) => (paragraphs(body)),
                        None => p class="soft" { "この返信は取り消されました。" },
                    }
                    (files::files(&reply.files))
                }
                time datetime=(time::machine(reply.at)) { (time::when(reply.at, now)) }
            }
        }
    }
}
