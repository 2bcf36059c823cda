//! What was shared stands on top, put there by a script; below it the groups, each with who reads there.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::words::t;
use crate::{
    features::groups::views::{GroupKind, GroupRow},
    opaque_debug,
    web::{
        page::{Page, page},
        ui::{self, Ctx, Tab, Tone, Topbar, gate, icon, time},
        urls,
    },
};

/// A group in which something can be written.
pub(super) struct Place {
    pub(super) group: GroupRow,
    pub(super) readers: i64,
}

pub(super) struct Choice {
    pub(super) places: Vec<Place>,
    /// The device could not keep what was shared.
    pub(super) lost: bool,
    pub(super) now: Timestamp,
}

opaque_debug!(Place, Choice);

pub(super) fn choice_page(view: &Choice, ctx: &Ctx) -> Markup {
    let body = html! {
        @if view.lost {
            (ui::callout(Tone::Caution, t("共有されたものを受け取れませんでした"), html! {
                p { (t("この端末に置く場所がないか、受け取る準備ができていませんでした。もとのアプリから、もう一度共有してください。")) }
            }))
        }
        div.sharing data-shared {
            p.soft role="status" data-shared-looking { (t("共有されたものを、この端末の中で探しています。")) }
            noscript { p { (t("この画面を使うには、ブラウザの JavaScript を有効にしてください。")) } }
            section.panel data-shared-thing aria-labelledby="shared-title" hidden {
                h2 #shared-title { (t("共有されたもの")) }
                p.text data-slot="body" hidden {}
                ul.uploads data-slot="files" hidden {}
                p.bad role="alert" data-slot="left" hidden {}
                p.notice-line { (icon("lock")) span { (t("まだこの端末の中だけにあります。書く場所を選ぶと、書く欄に入ります。送るまで、だれにも見えません。")) } }
                button.btn.quiet type="button" data-shared-forget { (t("共有をやめて、消す")) }
            }
            div data-shared-none hidden { (nothing()) }
            section data-shared-places aria-labelledby="where" hidden { (places(view)) }
        }
    };
    let bar =
        Topbar {
            title: t("連携に共有"), back: Some((urls::home(), t("ホームに戻る"))), ..Topbar::default()
        };
    page(ctx, Page { title: t("連携に共有"), tab: Tab::None, bar, body })
}

fn nothing() -> Markup {
    let way = html! { a.btn href=(urls::home()) { (t("ホームに戻る")) } };
    ui::empty(
        "file",
        t("共有されたものはありません"),
        t(
            "写真やファイルのアプリで「共有」を押し、連携を選ぶと、ここに出ます。受け取ったものは、1時間たつか、サインアウトすると消えます。",
        ),
        Some(way),
    )
}

fn places(view: &Choice) -> Markup {
    html! {
        h2 #where { (t("どこに書きますか")) }
        @if view.places.is_empty() { p { (t("書けるグループがまだありません。")) } }
        @else {
            div.search data-filter-rows="places" hidden {
                (icon("search"))
                input.input type="search" aria-label=(t("患者・グループを名前でしぼる")) placeholder=(t("名前でしぼる")) autocomplete="off";
            }
            div.panel.flush { ul.groups #places { @for one in &view.places { li { (place(one, view.now)) } } } }
        }
    }
}

fn place(place: &Place, now: Timestamp) -> Markup {
    let group = &place.group;
    html! {
        a.group href=(urls::share_into(group.id)) {
            (group.kind.avatar(&group.title))
            span.name { (group.kind.named(&group.title)) @if let Some(age) = &group.age { " " small { (age) } } }
            span.marks { @if let Some(last) = &group.last { time datetime=(time::machine(last.at)) { (time::short(last.at, now)) } } }
            span.last { (who_reads(group.kind, place.readers)) }
        }
    }
}

/// The sign of the composer: what is shared goes to the team's timeline, never to the family's.
fn who_reads(kind: GroupKind, readers: i64) -> Markup {
    html! {
        @match kind {
            GroupKind::Patient => { b { (t("チーム ")) (readers) (t("人")) } (t("が読みます。")) (t("ご家族には見えません。")) }
            GroupKind::Free => { b { (t("メンバー ")) (readers) (t("人")) } (t("が読みます。")) b { (t("患者さんのことは書きません。")) } }
            GroupKind::Direct(_) => { (t("おふたりだけが読みます。")) b { (t("患者さんのことは書きません。")) } }
        }
    }
}

/// For everybody: no session was looked at.
pub(super) fn not_taken_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("もう一度、共有してください")) }
        p { (t("この端末では、共有を受け取る準備がまだできていませんでした。共有されたものは受け取っておらず、どこにも残っていません。")) }
        ol {
            li { (t("下のボタンで連携を一度開き、サインインします。")) }
            li { (t("もとのアプリに戻り、もう一度「共有」から連携を選びます。")) }
        }
        a.btn.primary.large.block href=(urls::home()) { (t("連携を開く")) }
    };
    gate(ctx, t("もう一度、共有してください"), main)
}
