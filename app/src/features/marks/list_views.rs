//! The page of one's own bookmarks, and the form of a note.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{Bookmark, Bookmarks, MAX_NOTE};
use crate::words::t;
use crate::{
    opaque_debug,
    web::{
        forms::{Entry, Errors, done, hidden},
        page::{Page, page},
        ui::{self, Ctx, Tab, Topbar, icon, time},
        urls,
    },
};

pub struct BookmarksView {
    pub page: Bookmarks,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

pub struct NoteView {
    pub post: Uuid,
    pub group: Uuid,
    pub author: String,
    pub excerpt: String,
    /// Whether there is a bookmark already.
    pub kept: bool,
    pub note: String,
    pub errors: Errors,
}

opaque_debug!(BookmarksView, NoteView);

pub fn bookmarks_page(view: &BookmarksView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done))
        @if view.page.items.is_empty() {
            (ui::empty("bookmark", t("しおりはまだありません"), t("あとで読み返したい投稿の「…」から「しおりをはさむ」を選ぶと、ここに並びます。"), None))
        } @else {
            p.soft { (t("しおりとメモは、あなただけに見えます。グループを離れると、そのグループの分は出なくなります。")) }
            ul.bookmarks.stack { @for one in &view.page.items { li.panel { (row(one, view.now)) } } }
            (ui::pager(None, view.page.next.as_ref().map(|c| format!("{}?cursor={c}", urls::bookmarks())).as_deref()))
        }
    };
    let bar =
        Topbar {
            title: t("しおり"), back: Some((urls::menu(), t("メニューに戻る"))), ..Topbar::default()
        };
    page(ctx, Page { title: t("しおり"), tab: Tab::Menu, bar, body })
}

fn row(b: &Bookmark, now: Timestamp) -> Markup {
    html! {
        p.small.soft { b { (b.group_title) } (t("・")) (b.author) (t("・")) time datetime=(time::machine(b.post_at)) { (time::when(b.post_at, now)) } }
        p { a.strong href=(urls::post_in_group(b.group_id, b.post_id)) {
            @if b.excerpt.is_empty() { (t("（文のない投稿、または取り消された投稿）")) } @else { (b.excerpt) }
        } }
        @if !b.note.is_empty() { p.note { (icon("pen")) span { (b.note) } } }
        div.row {
            a.btn.quiet href=(urls::bookmark(b.post_id)) { (icon("pen")) @if b.note.is_empty() { (t("メモを書く")) } @else { (t("メモを直す")) } span.sr { (t("（")) (b.author) (t("さんの投稿）")) } }
            form method="post" action=(urls::bookmark(b.post_id)) {
                (hidden("on", "false")) (hidden("note", ""))
                button.btn.quiet type="submit" { (icon("x")) (t("外す")) span.sr { (t("（")) (b.author) (t("さんの投稿のしおり）")) } }
            }
        }
    }
}

pub fn note_page(view: &NoteView, ctx: &Ctx) -> Markup {
    let back = urls::post_in_group(view.group, view.post);
    let body = html! {
        (view.errors.summary())
        section.panel.quoted { p.small.soft { (view.author) (t("さんの投稿")) } p { (view.excerpt) } }
        form.stack method="post" action=(urls::bookmark(view.post)) data-keep=(format!("note/{}", view.post)) data-draft=(view.post) data-came-back[!view.errors.is_empty()] {
            (hidden("on", "true"))
            (Entry::text("note", t("メモ"), 3).value(&view.note).errors(&view.errors).help(t("あなただけに見えます。書かなくてもかまいません。"))
                .max_chars(u32::try_from(MAX_NOTE).unwrap_or(u32::MAX / 2)))
            (ui::submit(if view.kept { t("保存する") } else { t("しおりをはさむ") }))
        }
    };
    let bar =
        Topbar { title: t("しおり"), back: Some((&back, t("投稿に戻る"))), ..Topbar::default() };
    page(ctx, Page { title: t("しおり"), tab: Tab::Patients, bar, body })
}
