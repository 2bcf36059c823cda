//! Home: what is new for me, what must I do. Not a feed.

mod due;
mod sample;

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use crate::words::{t, t_in};
use crate::{
    features::{
        groups::views::{GroupRow, rows},
        proxy_entries::views::{OnHome, home_section},
        quarantines::{self, model::Quarantine},
        tasks::{model::Task, views as task_views},
    },
    opaque_debug,
    web::{
        ui::{self, Ctx, Shell, Tab, icon, time},
        urls,
    },
};

pub use due::{Ask, AskKind, Due, Why, card};

/// Everything that waits for one person.
#[derive(Clone)]
pub struct Home {
    /// Posts that ask the viewer, the nearest deadline first, those that are only to be read last.
    pub due: Vec<Due>,
    /// How many of the viewer's own posts somebody has not acknowledged.
    pub waiting: u32,
    /// Invitations and approvals that wait for the viewer.
    pub asks: Vec<Ask>,
    /// What was entered in the viewer's name and waits for her word.
    pub proxies: OnHome,
    /// Posts about another patient that somebody hid, and of which the viewer decides.
    pub quarantines: Vec<Quarantine>,
    /// Groups with unread posts, the newest first.
    pub unread: Vec<GroupRow>,
    /// The viewer's open tasks by what is due, and how many of them are overdue or due today.
    pub tasks: Vec<Task>,
    pub pressing: usize,
    /// What the groups of those tasks are called.
    pub titles: HashMap<Uuid, String>,
    /// Whether the viewer may register patients: the empty page then says where.
    pub may_register: bool,
    /// Whether the viewer is in any group at all.
    pub has_groups: bool,
    pub now: Timestamp,
}

opaque_debug!(Home);

/// The page `/`.
pub fn page(view: &Home, ctx: &Ctx) -> Markup {
    let main = html! {
        (phone_bar(ctx))
        div class="scroll" {
            div class="column wide" {
                div class="home-grid" {
                    div class="span stack" { (hello(view, ctx)) (chips(view)) @if view.has_groups && waiting(view) > 0 { p { a class="see" href=(urls::digest()) { (t("きのうのまとめを見る")) } } } }
                    @if view.waiting > 0 { (my_open(view)) }
                    (my_tasks(view))
                    @if waiting(view) == 0 { (quiet(view)) } @else { (sections(view)) }
                }
            }
        }
    };
    ui::shell(ctx, Shell { title: t("ホーム"), tab: Tab::Home, list: None, side: None, in_room: false, main })
}

fn phone_bar(ctx: &Ctx) -> Markup {
    html! {
        header class="topbar phone-only" {
            div class="bar" {
                (ui::mark()) p class="title strong" { (t("連携")) }
                (ui::search_link())
                @if let Some(viewer) = &ctx.viewer {
                    a class="icon-btn" href=(urls::menu()) {
                        span class="sr" { (viewer.name) (t("の設定")) }
                        (ui::avatar(&viewer.name, viewer.profession, ui::Size::Small))
                    }
                }
            }
        }
    }
}

fn waiting(view: &Home) -> usize {
    view.due.len()
        + view.proxies.all
        + view.quarantines.len()
        + view.asks.len()
        + view.unread.len()
        + view.pressing
}

fn hello(view: &Home, ctx: &Ctx) -> Markup {
    let surname = ctx.viewer.as_ref().map(|viewer| surname(&viewer.name)).unwrap_or_default();
    html! {
        div class="hello" {
            p class="date" { time datetime=(time::machine(view.now)) { (time::today(view.now)) } @if let Some(viewer) = &ctx.viewer { (t("・")) (viewer.facility) } }
            h1 {
                (surname) (t("さん、"))
                @match waiting(view) {
                    0 => span class="nowrap" { (t("いま急ぐことはありません")) },
                    count => { (t_in("いま", "before what waits")) span class="nowrap" { (t_in("確かめること", "waiting now")) } (t("が")) span class="nowrap" { (count) @if count < 10 { (t("つ")) } @else { (t("件")) } (t("あります")) } }
                }
            }
        }
    }
}

fn surname(name: &str) -> &str {
    name.split([' ', '　']).next().unwrap_or(name)
}

/// Of what asks the viewer: what waits for 了解, and what is to be read.
fn parted(view: &Home) -> (Vec<&Due>, Vec<&Due>) {
    view.due.iter().partition(|due| due.deadline.is_some())
}

fn chips(view: &Home) -> Markup {
    let (must, mine) = parted(view);
    let chips = [
        ("#h-must", "must", t("要了解"), must.len()),
        ("#h-mine", "at", t("あなた宛て"), mine.len()),
        ("#h-quarantine", "ban", t("誤投稿の確かめ"), view.quarantines.len()),
        ("#h-proxy", "swap", t("代行入力"), view.proxies.all),
        ("#h-ask", "mail", t("返事を待っています"), view.asks.len()),
        ("#h-unread", "group", t("未読"), view.unread.iter().filter(|row| row.unread > 0).count()),
        ("#h-unread", "speech", t("家族"), view.unread.iter().filter(|row| row.family_unread > 0).count()),
        ("#h-tasks", "check", t("やること"), view.pressing),
    ];
    html! {
        @if waiting(view) > 0 {
            nav class="chips" aria-label=(t("このページの中")) {
                @for (href, name, word, count) in chips {
                    @if count > 0 { a class="chip" href=(href) { (icon(name)) (word) " " b { (count) } } }
                }
            }
        }
    }
}

fn sections(view: &Home) -> Markup {
    let (must, mine) = parted(view);
    html! {
        div class="col" {
            @if !must.is_empty() {
                section aria-labelledby="h-must" {
                    (ui::section_head("must", "h-must", t("要了解"), Some(html! { span class="soft small" { (t("期限の近い順")) } })))
                    @for one in &must { (due::card(one, view.now)) }
                }
            }
            @if !mine.is_empty() {
                section aria-labelledby="h-mine" {
                    (ui::section_head("at", "h-mine", t("あなた宛て"), None))
                    @for one in &mine { (due::card(one, view.now)) }
                }
            }
        }
        div class="col" {
            @if !view.quarantines.is_empty() { (quarantines::views::home_section(&view.quarantines, &view.titles, view.now)) }
            @if view.proxies.all > 0 { (home_section(&view.proxies, view.now)) }
            @if view.pressing > 0 { (tasks(view)) }
            @if !view.asks.is_empty() {
                section aria-labelledby="h-ask" {
                    (ui::section_head("mail", "h-ask", t("返事を待っています"), None))
                    div class="panel flush" { @for one in &view.asks { (due::ask(one, view.now)) } }
                }
            }
            @if !view.unread.is_empty() {
                section aria-labelledby="h-unread" {
                    (ui::section_head("group", "h-unread", t("未読のグループ"), None))
                    div class="panel flush" { (rows(&view.unread, None, view.now)) }
                }
            }
        }
    }
}

/// The way to what the viewer waits for.
fn my_open(view: &Home) -> Markup {
    html! {
        p class="span notice-line" {
            (icon("hour"))
            span { (t("あなたが出した要了解のうち、")) b { (view.waiting) (t("件")) } (t("で、まだの人がいます。 ")) a class="see" href={ (urls::open_items()) "#waiting" } { (t("だれがまだか見る")) } }
        }
    }
}

/// The way to what the viewer has to do, whatever there is, with what is late.
fn my_tasks(view: &Home) -> Markup {
    let late = view.tasks.iter().filter(|task| task.overdue).count();
    html! {
        @if view.has_groups {
            p class="span notice-line" {
                (icon("check"))
                span {
                    a class="see" href=(urls::tasks()) { (t("やること")) @if !view.tasks.is_empty() { "(" (view.tasks.len()) (t("件)")) } }
                    @if late > 0 { " " span class="badge danger" { (icon("alert")) (t("期限を過ぎたもの ")) (late) (t("件")) } }
                }
            }
        }
    }
}

/// Those that are overdue or due today come first; the rest is one tap away.
const TASKS_SHOWN: usize = 4;

fn tasks(view: &Home) -> Markup {
    let title = |group: Uuid| view.titles.get(&group).cloned();
    html! {
        section aria-labelledby="h-tasks" {
            (ui::section_head("check", "h-tasks", t("やること"), None))
            (task_views::lines(&view.tasks, &title, view.pressing.min(TASKS_SHOWN), view.now))
        }
    }
}

fn quiet(view: &Home) -> Markup {
    let (title, body, href, word) = match (view.has_groups, view.may_register) {
        (true, _) => (
            t("すべて確かめました"),
            t("新しい投稿や要了解があると、ここに出ます。"),
            urls::groups(),
            t("患者さんの一覧を開く"),
        ),
        (false, true) => (
            t("はじめましょう"),
            t("患者さんを登録すると、チームの場所ができます。"),
            urls::new_patient(),
            t("患者さんを登録する"),
        ),
        (false, false) => (
            t("招待を待っています"),
            t("グループに招待されると、ここに出ます。つながりから招待を受けることもできます。"),
            urls::connections(),
            t("つながりを開く"),
        ),
    };
    html! {
        div class="span panel" { (ui::empty("ok", title, body, Some(html! { a class="btn primary" href=(href) { (word) } }))) }
        @if view.has_groups { p class="span center" { a class="see" href=(urls::digest()) { (t("きのうのまとめを見る")) } } }
    }
}
