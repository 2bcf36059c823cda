//! The list of groups: left pane on the PC, a page of its own on the phone.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use crate::words::t;
use crate::{
    features::face_sheets::room::GroupKind,
    opaque_debug,
    web::{
        page::way,
        ui::{self, Ctx, Profession, Shell, Tab, icon, time},
        urls,
    },
};

/// The last words in a group.
#[derive(Clone)]
pub struct LastPost {
    pub author: String,
    pub profession: Profession,
    /// The beginning of the text, one line; empty when it holds only files.
    pub excerpt: String,
    pub at: Timestamp,
}

/// One group in the list.
#[derive(Clone)]
pub struct GroupRow {
    pub id: Uuid,
    pub kind: GroupKind,
    pub title: String,
    /// For instance 92歳.
    pub age: Option<String>,
    pub last: Option<LastPost>,
    pub unread: u32,
    /// Of the family timeline, which has a page of its own.
    pub family_unread: u32,
    /// How many posts wait for the viewer's 了解.
    pub must_acknowledge: u32,
    pub archived: bool,
}

/// Which groups the list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    #[default]
    All,
    Unread,
    MustAcknowledge,
    /// Groups without a patient.
    Free,
    Direct,
    Archived,
}

impl Filter {
    /// The value of `?show=`; empty for all.
    pub fn code(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Unread => "unread",
            Self::MustAcknowledge => "must",
            Self::Free => "free",
            Self::Direct => "direct",
            Self::Archived => "archived",
        }
    }

    /// Reads `?show=`; anything unknown shows all.
    pub fn from_code(code: &str) -> Self {
        [Self::Unread, Self::MustAcknowledge, Self::Free, Self::Direct, Self::Archived]
            .into_iter()
            .find(|filter| filter.code() == code)
            .unwrap_or_default()
    }
}

/// The groups that the filter lets through, newest words first.
#[derive(Clone)]
pub struct GroupList {
    pub rows: Vec<GroupRow>,
    pub filter: Filter,
    /// How many groups have unread posts, whatever the filter.
    pub unread: u32,
    /// How many groups wait for a 了解, whatever the filter.
    pub must_acknowledge: u32,
    /// The group that is open beside the list.
    pub current: Option<Uuid>,
    /// Whether the viewer may register patients: the empty list then says where.
    pub may_register: bool,
    pub now: Timestamp,
}

impl GroupRow {
    /// Whether the viewer has not seen something, of the team's talk or of the family's.
    pub fn is_unread(&self) -> bool {
        !self.archived && (self.unread > 0 || self.family_unread > 0)
    }
}

opaque_debug!(LastPost, GroupRow, GroupList);

/// The page `/groups`: the list alone. Beside an open group the same list is the left pane of the PC.
pub fn page(view: &GroupList, ctx: &Ctx) -> Markup {
    let acts = view.may_register.then(|| {
        html! { a class="btn" href=(urls::new_patient()) { (icon("plus")) (t("登録")) span class="sr" { (t("(患者さん)")) } } }
    });
    let main = html! {
        (ui::topbar(ui::Topbar { title: t("患者とグループ"), acts, ..Default::default() }))
        (ui::column(html! {
            (name_filter())
            (chips(view))
            div class="panel flush" { (rows_or_nothing(view)) }
            ul class="ways panel flush" {
                (way(urls::new_free_group(), "group", t("自由グループを開く"), t("勉強会や地域の集まりに。患者さんのことは書かない場所です")))
            }
        }))
    };
    ui::shell(
        ctx,
        Shell { title: t("患者"), tab: Tab::Patients, list: None, side: None, in_room: false, main },
    )
}

/// Heading, filter and rows, for the left pane.
pub fn list_pane(view: &GroupList) -> Markup {
    html! {
        header { h2 { (t("グループ")) } (name_filter()) (chips(view)) }
        (rows_or_nothing(view))
    }
}

fn rows_or_nothing(view: &GroupList) -> Markup {
    if view.rows.is_empty() { nothing(view) } else { rows(&view.rows, view.current, view.now) }
}

/// Works on the rows of the page, so it stands hidden until a script shows it.
fn name_filter() -> Markup {
    html! {
        div class="search" data-filter-rows="groups" hidden {
            (icon("search"))
            input class="input" type="search" aria-label=(t("患者・グループを名前でしぼる")) placeholder=(t("名前でしぼる")) autocomplete="off";
        }
    }
}

fn chips(view: &GroupList) -> Markup {
    let chips = [
        (Filter::All, None, t("すべて"), 0),
        (Filter::Unread, None, t("未読"), view.unread),
        (Filter::MustAcknowledge, Some("must"), t("要了解"), view.must_acknowledge),
        (Filter::Free, None, t("自由グループ"), 0),
        (Filter::Direct, None, t("1対1"), 0),
        (Filter::Archived, None, t("終了"), 0),
    ];
    html! {
        nav class="chips" aria-label=(t("しぼりこみ")) {
            @for (filter, picture, word, count) in chips {
                a class="chip" href=(urls::groups_shown(filter.code()))
                    aria-current=[(filter == view.filter).then_some("true")] {
                    @if let Some(name) = picture { (icon(name)) }
                    (word)
                    @if count > 0 { " " b { (count) } }
                }
            }
        }
    }
}

/// The rows alone, for the home page too.
pub fn rows(rows: &[GroupRow], current: Option<Uuid>, now: Timestamp) -> Markup {
    html! {
        ul class="groups" id="groups" { @for one in rows { li { (row(one, current == Some(one.id), now)) (family(one)) } } }
    }
}

fn row(row: &GroupRow, current: bool, now: Timestamp) -> Markup {
    let class = if row.unread > 0 { "group unread" } else { "group" };
    html! {
        a class=(class) href={ (urls::group(row.id)) "#unread" } data-group=(row.id)
            aria-current=[current.then_some("page")] {
            (row.kind.avatar(&row.title))
            span class="name" {
                (row.kind.named(&row.title))
                @if let Some(age) = &row.age { " " small { (age) } }
            }
            span class="marks" {
                @if let Some(last) = &row.last {
                    time datetime=(time::machine(last.at)) { (time::short(last.at, now)) }
                }
            }
            span class="last" { (last_words(row)) }
            span class="marks" data-unread {
                @if row.unread > 0 { span class="count calm" { (row.unread) span class="sr" { (t("件の未読")) } } }
            }
            @if row.must_acknowledge > 0 || row.archived || row.kind.without_patients() {
                span class="tags" {
                    @match row.kind {
                        GroupKind::Patient => {},
                        GroupKind::Free => span class="badge plain" { (t("自由グループ")) },
                        GroupKind::Direct(_) => span class="badge plain" { (t("1対1")) },
                    }
                    @if row.must_acknowledge > 0 { span class="badge must" { (icon("must")) (t("要了解")) } }
                    @if row.archived { span class="badge plain" { (icon("store")) (t("終了")) } }
                }
            }
        }
    }
}

/// What the family's timeline has to say stands apart, in its own colour, and leads there: it is another talk.
fn family(row: &GroupRow) -> Markup {
    html! {
        @if row.family_unread > 0 && !row.archived {
            a class="family-way" href=(urls::group_family(row.id)) {
                (icon("speech"))
                span { (t("家族")) span class="sr" { (t("のタイムライン(")) (row.kind.named(&row.title)) ")" } }
                span class="count" { (row.family_unread) span class="sr" { (t("件の未読")) } }
            }
        }
    }
}

fn last_words(row: &GroupRow) -> Markup {
    html! {
        @match &row.last {
            Some(last) if last.excerpt.is_empty() => { (last.author) "(" (last.profession.label()) (t("): ファイルを送りました")) }
            Some(last) => { (last.author) "(" (last.profession.label()) "): " (last.excerpt) }
            None => (t("まだ投稿はありません")),
        }
    }
}

fn nothing(view: &GroupList) -> Markup {
    match view.filter {
        Filter::All if view.may_register => {
            let action = html! { a class="btn primary" href=(urls::new_patient()) { (icon("plus")) (t("患者さんを登録する")) } };
            ui::empty(
                "patients",
                t("グループはまだありません"),
                t("患者さんを登録すると、チームの場所ができます。"),
                Some(action),
            )
        }
        Filter::All => {
            let action = html! { a class="btn" href=(urls::connections()) { (t("招待を見る")) } };
            ui::empty(
                "patients",
                t("グループはまだありません"),
                t("招待を受けると、ここに出ます。"),
                Some(action),
            )
        }
        Filter::Unread => ui::empty("ok", t("未読はありません"), t("すべて読みました。"), Some(show_all())),
        Filter::MustAcknowledge => {
            ui::empty("ok", t("要了解はありません"), t("すべて了解しました。"), Some(show_all()))
        }
        Filter::Free => ui::empty(
            "group",
            t("自由グループはありません"),
            t("勉強会や地域の集まりなど、患者さんのことを書かない場所です。"),
            Some(
                html! { a class="btn" href=(urls::new_free_group()) { (icon("plus")) (t("自由グループを開く")) } },
            ),
        ),
        Filter::Direct => ui::empty(
            "speech",
            t("1対1の会話はありません"),
            t("つながった人と、1対1で話せます。"),
            Some(html! { a class="btn" href=(urls::connections()) { (icon("link")) (t("つながりを見る")) } }),
        ),
        Filter::Archived => ui::empty(
            "store",
            t("終了したグループはありません"),
            t("記録は、終了したあとも読めます。"),
            Some(show_all()),
        ),
    }
}

fn show_all() -> Markup {
    html! { a class="btn" href=(urls::groups()) { (t("すべてのグループを見る")) } }
}
