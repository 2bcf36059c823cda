//! The page of a group: its posts in order, with the days, the unread line, and the composer.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{Composer, PostView, composer, post, unsent_template};
use crate::words::t;
use crate::{
    features::{
        face_sheets::summary::PatientSummary,
        groups::views::{self as groups, GroupHeader, GroupKind, GroupList},
        marks::views::{PinRow, strip},
    },
    japan, opaque_debug,
    web::{
        ui::{self, Ctx, Shell, Tab, icon, time},
        urls,
    },
};

/// Something that happened to the group between the posts, for instance a new member.
#[derive(Clone)]
pub struct Happening {
    pub at: Timestamp,
    /// Name of an icon.
    pub icon: &'static str,
    /// A whole sentence.
    pub text: String,
}

/// One entry of the timeline.
#[derive(Clone)]
pub enum Entry {
    Post(Box<PostView>),
    Happening(Happening),
}

impl Entry {
    fn at(&self) -> Timestamp {
        match self {
            Self::Post(post) => post.at,
            Self::Happening(happening) => happening.at,
        }
    }
}

/// Whether the viewer may write, and if not, why, as a sentence.
#[derive(Clone)]
pub enum Writing {
    Open(Box<Composer>),
    Closed(String),
}

/// The page `/groups/{g}`.
#[derive(Clone)]
pub struct Timeline {
    pub header: GroupHeader,
    pub summary: Option<PatientSummary>,
    /// The pane at the left on the PC.
    pub list: GroupList,
    /// Oldest first.
    pub entries: Vec<Entry>,
    /// The `seq` of the first post that the viewer has not read, and how many there are.
    pub unread: Option<(i64, u32)>,
    /// Cursor to what is older; `None` when the record begins here.
    pub older: Option<String>,
    /// Whether newer posts exist that this page does not show: live posts are then not added.
    pub in_the_past: bool,
    /// The pinned posts, the newest first.
    pub pins: Vec<PinRow>,
    pub writing: Writing,
    pub now: Timestamp,
}

opaque_debug!(Happening, Entry, Writing, Timeline);

/// The whole page.
pub fn page(view: &Timeline, ctx: &Ctx) -> Markup {
    let summary = view.summary.as_ref();
    let main = html! {
        (groups::header(&view.header, ctx))
        @if let Some(summary) = summary { (groups::strip(summary)) }
        (strip(view.header.group_id, &view.pins, view.now))
        @if view.header.kind.without_patients() { (no_patients()) }
        div class="scroll from-end" tabindex="0" {
            div class="timeline" data-group=(view.header.group_id) data-live[!view.in_the_past] {
                (beginning(view))
                (entries(view, ctx))
                (end(view))
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
        Shell {
            title: view.header.kind.first_tab(),
            tab: Tab::Patients,
            list: Some(groups::list_pane(&view.list)),
            side: summary.map(groups::side_pane),
            in_room: true,
            main,
        },
    )
}

/// What scripts fetch when one scrolls up: older entries with their days, and the way to still older ones.
pub fn older_fragment(view: &Timeline, ctx: &Ctx) -> Markup {
    html! { div class="timeline" { (beginning(view)) (entries(view, ctx)) } }
}

/// The standing rule of free groups and conversations of two.
fn no_patients() -> Markup {
    html! {
        p class="no-patients" { (icon("ban")) span { b { (t("患者さんのことは書かない場所です。")) } span class="wide-only" { (t("患者さんのことは、患者さんのグループに書いてください。")) } } }
    }
}

fn beginning(view: &Timeline) -> Markup {
    let first = view.entries.first().map(Entry::at);
    html! {
        @match (&view.older, first) {
            (Some(cursor), _) => nav class="older" aria-label=(t("前の投稿")) {
                a class="btn" href=(urls::older(view.header.group_id, cursor)) data-older { (icon("up")) (t("前の投稿を読む")) }
            },
            (None, Some(at)) => p class="notice-line center" {
                (icon("lock"))
                span { (t("ここから記録が始まります(")) (time::date_long(at)) (t(")。書いたものは、あとから消えたり変わったりしません。")) }
            },
            (None, None) => (ui::empty("group", t("最初のひとことを書きましょう"), first_words(view.header.kind), None)),
        }
    }
}

fn first_words(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Patient => t(
            "ここに書いたことは、チームの全員に届きます。書いたものは、あとから消えたり変わったりしません。",
        ),
        GroupKind::Free => t(
            "ここに書いたことは、メンバーの全員に届きます。書いたものは、あとから消えたり変わったりしません。",
        ),
        GroupKind::Direct(_) => t(
            "ここに書いたことは、おふたりだけが読みます。書いたものは、あとから消えたり変わったりしません。",
        ),
    }
}

fn entries(view: &Timeline, ctx: &Ctx) -> Markup {
    let mut day = None;
    html! {
        @for entry in &view.entries {
            @let today = entry.at().to_zoned(japan::zone()).date();
            @if day.replace(today) != Some(today) {
                div class="day" data-day=(today) { h2 { (time::day_heading(entry.at(), view.now)) } }
            }
            @match entry {
                Entry::Post(one) => {
                    @if let Some((seq, count)) = view.unread { @if seq == one.seq { (unread_line(count)) } }
                    (post(one, ctx, view.now))
                }
                Entry::Happening(one) => p class="happening" {
                    (icon(one.icon)) span { (one.text) " " time datetime=(time::machine(one.at)) { (time::clock(one.at)) } }
                },
            }
        }
    }
}

fn unread_line(count: u32) -> Markup {
    html! { p class="unread-line" id="unread" { span { (icon("down")) (t("ここから未読 ")) (count) (t("件")) } } }
}

/// The newest end. Links from elsewhere ask for `#unread`; when all is read that is here.
fn end(view: &Timeline) -> Markup {
    html! {
        @if view.in_the_past {
            p class="notice-line center" { a class="btn" href={ (urls::group(view.header.group_id)) "#newest" } { (icon("down")) (t("いちばん新しい投稿へ")) } }
        }
        @if view.unread.is_none() { span id="unread" {} }
        span id="newest" {}
        a class="btn primary jump" href="#newest" hidden { (icon("down")) span { (t("新しい投稿")) } }
    }
}
