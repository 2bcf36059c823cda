//! One post with all its replies, and the box that answers it: a talk that has grown long.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{PostView, Writing, composer, post, unsent_template};
use crate::words::{fill, t};
use crate::{
    features::groups::views::GroupHeader,
    opaque_debug,
    web::{
        ui::{self, Ctx, Shell, Tab, Topbar, icon},
        urls,
    },
};

/// The page `/groups/{g}/posts/{p}/thread`.
#[derive(Clone)]
pub struct Thread {
    pub header: GroupHeader,
    pub post: PostView,
    pub writing: Writing,
    pub now: Timestamp,
}

opaque_debug!(Thread);

/// What is read here does not move the place up to which the timeline was read: the posts between stand elsewhere.
pub fn thread_page(view: &Thread, ctx: &Ctx) -> Markup {
    let (group, id) = (view.header.group_id, view.post.id);
    let back = urls::post_in_group(group, id);
    let note = fill(
        t("{0}さんの投稿と、返信 {1}件"),
        &[("0", &view.post.author.name), ("1", &view.post.replies.len())],
    );
    let main = html! {
        (ui::topbar(Topbar { title: t("この話"), note: Some(&note), back: Some((&back, t("チームの画面に戻る"))), ..Topbar::default() }))
        div class="scroll from-end" {
            div class="timeline" data-group=(group) data-live data-thread {
                h2.sr { (t("投稿と返信")) }
                (post(&view.post, ctx, view.now))
                span id="newest" {}
                a class="btn primary jump" href="#newest" hidden { (icon("down")) span { (t("新しい返信")) } }
            }
        }
        @match &view.writing {
            Writing::Open(open) => (composer::composer(open, ctx)),
            Writing::Closed(why) => p class="composer closed" { (icon("lock")) span { (why) } },
        }
        (unsent_template(ctx))
    };
    ui::shell(
        ctx,
        Shell { title: t("この話"), tab: Tab::Patients, list: None, side: None, in_room: true, main },
    )
}
