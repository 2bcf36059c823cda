//! Labels on a post, the page that sets them, and posts by label.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{self, Labelled, LabelledPost, Labels, word};
use crate::words::t;
use crate::{
    features::face_sheets::room::Room,
    opaque_debug,
    web::{
        forms::hidden,
        page::{Page, column, page},
        ui::{self, Ctx, Shell, Tab, Topbar, icon, time},
        urls,
    },
};

pub struct PostView {
    pub post: Uuid,
    pub group: Uuid,
    pub author: String,
    pub excerpt: String,
    /// Labels may be set and taken away.
    pub open: bool,
    pub labels: Labels,
    pub now: Timestamp,
}

pub struct GroupView {
    pub group: Uuid,
    pub room: Room,
    pub label: Option<&'static str>,
    pub found: Labelled,
    pub now: Timestamp,
}

opaque_debug!(PostView, GroupView);

/// The labels of a post, each leading to the others that have it.
pub fn chips<S: AsRef<str>>(group: Uuid, codes: &[S]) -> Markup {
    html! {
        @if !codes.is_empty() {
            p class="labels" {
                span class="sr" { (t("ラベル: ")) }
                @for code in codes.iter().map(AsRef::as_ref) { a class="label" href=(urls::group_label(group, code)) { (word(code)) } " " }
            }
        }
    }
}

pub fn post_page(view: &PostView, ctx: &Ctx) -> Markup {
    let back = urls::post_in_group(view.group, view.post);
    let body = html! {
        section.panel.quoted { p.small.soft { (view.author) (t("さんの投稿")) } p { (view.excerpt) } }
        p { (t("ラベルを付けると、あとで同じことの投稿をまとめて読めます。投稿そのものは変わらず、だれにも知らせません。")) }
        section.panel.labels aria-label=(t("ラベル")) {
            @for (code, word) in model::all() {
                @let given = view.labels.items.contains(&code);
                @if view.open {
                    form method="post" action=(urls::post_labels(view.post)) {
                        (hidden("label", code)) (hidden("on", if given { "false" } else { "true" }))
                        button class={ "stamp" @if given { " given" } } type="submit" aria-pressed=(if given { "true" } else { "false" }) { (word) }
                    }
                } @else if given { span class="stamp still" { (word) } }
            }
        }
        @if !view.open { (ui::notice_line("lock", t("この投稿のラベルは、もう変えられません。"))) }
        @if !view.labels.acts.is_empty() {
            details.opens {
                summary { (t("だれが付けたか")) }
                ul { @for act in &view.labels.acts { li {
                    b { (act.name) } (t("さん「")) (act.word) (t("」")) @if act.given { (t("を付けました ")) } @else { (t("を外しました ")) }
                    time datetime=(time::machine(act.at)) { (time::when(act.at, view.now)) }
                } } }
            }
        }
        p { a href=(urls::group_labels(view.group)) { (t("ラベルでまとめて読む")) } }
    };
    let bar =
        Topbar { title: t("ラベル"), back: Some((&back, t("投稿に戻る"))), ..Topbar::default() };
    page(ctx, Page { title: t("ラベル"), tab: Tab::Patients, bar, body })
}

pub fn group_page(view: &GroupView, ctx: &Ctx) -> Markup {
    let body = html! {
        nav class="chips" aria-label=(t("ラベル")) {
            a class="chip" href=(urls::group_labels(view.group)) aria-current=[view.label.is_none().then_some("true")] { (t("すべて")) }
            @for (code, word) in model::all() {
                a class="chip" href=(urls::group_label(view.group, code)) aria-current=[(view.label == Some(code)).then_some("true")] { (word) }
            }
        }
        @if view.found.items.is_empty() {
            (ui::empty("filter", t("このラベルの投稿はありません"), t("投稿の「…」から「ラベル」を選ぶと、付けられます。"), None))
        } @else {
            ul.bookmarks.stack { @for one in &view.found.items { li.panel { (row(view.group, one, view.now)) } } }
        }
        @if let Some(cursor) = &view.found.next { a.btn href=(urls::older_labelled(view.group, view.label, cursor)) { (icon("down")) (t("前の投稿を読む")) } }
    };
    let back = urls::group(view.group);
    let main = html! { (view.room.deeper(t("ラベル"), (&back, t("タイムラインに戻る")))) (column(body)) };
    ui::shell(
        ctx,
        Shell { title: t("ラベル"), tab: Tab::Patients, list: None, side: None, in_room: false, main },
    )
}

fn row(group: Uuid, one: &LabelledPost, now: Timestamp) -> Markup {
    html! {
        p.small.soft { (one.author) (t("・")) time datetime=(time::machine(one.post_at)) { (time::when(one.post_at, now)) } }
        p { a.strong href=(urls::post_in_group(group, one.post_id)) {
            @if one.excerpt.is_empty() { (t("（文のない投稿、または取り消された投稿）")) } @else { (one.excerpt) }
        } }
        @if one.corrected { p.small { (icon("pen")) (t("このあと訂正されました")) } }
        (chips(group, &one.codes))
    }
}
