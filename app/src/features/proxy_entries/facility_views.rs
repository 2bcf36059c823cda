//! The admin's pages of outside systems.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{MOST_DAYS, SpokenFor, System, SystemToken};
use crate::words::{fill, t};
use crate::{
    features::facilities::views::{AdminTab, admin_bar},
    web::{
        forms::{Entry, Errors, done, hidden},
        page::{Page, how_to, page, way},
        ui::{self, Ctx, Profession, Size, Tab, Tone, avatar, empty, icon, time},
        urls,
    },
};

/// A form of one field as it was typed.
#[derive(Debug)]
pub struct Typed {
    pub id: Uuid,
    pub text: String,
}

impl Typed {
    pub fn fresh(text: &str) -> Self {
        Self { id: Uuid::now_v7(), text: text.to_owned() }
    }
}

#[derive(Debug)]
pub struct SystemsView {
    pub facility: String,
    /// Those that are in use first.
    pub systems: Vec<System>,
    pub typed: Typed,
    pub errors: Errors,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

pub fn systems_page(view: &SystemsView, ctx: &Ctx) -> Markup {
    let (live, over): (Vec<_>, Vec<_>) = view.systems.iter().partition(|s| s.ended_at.is_none());
    let body = html! {
        (view.errors.summary())
        (done(view.done))
        p { (t("電子カルテなどの外部システムから、スタッフの代わりに投稿を入れるためのものです（代行入力）。入れられるのは、認めたスタッフの名前で、その方がメンバーのグループだけです。読むことはできません。")) }
        section {
            h2 { (t("使っている外部システム ")) (live.len()) }
            @if live.is_empty() { (empty("swap", t("外部システムはありません"), t("登録すると、ここに出ます。"), None)) }
            @else { ul.panel.flush.ways { @for s in &live { (way(&urls::facility_system(s.id), "swap", &s.name, &summary(s))) } } }
        }
        section aria-labelledby="s-new" {
            h2 id="s-new" { (t("外部システムを登録する")) }
            p.soft { (t("登録する前に、ご本人であることをもう一度確かめます。")) }
            form.panel.stack method="post" action=(urls::facility_systems()) {
                (hidden("client_id", &view.typed.id.to_string()))
                (Entry::line("name", t("名前")).value(&view.typed.text).help(t("投稿に「○○から」と出る名前です。あとから変えられません。")).max_chars(60).errors(&view.errors).need())
                button.btn.primary type="submit" { (t("登録する")) }
            }
        }
        @if !over.is_empty() {
            details.opens {
                summary { (t("使うのをやめた外部システム")) }
                ul.panel.flush.ways { @for s in &over { (way(&urls::facility_system(s.id), "off", &s.name, &summary(s))) } }
            }
        }
        (how_to("outside-systems"))
    };
    page(
        ctx,
        Page {
            title: t("外部システム"),
            tab: Tab::Menu,
            bar: admin_bar(&view.facility, AdminTab::Devices),
            body,
        },
    )
}

fn summary(s: &System) -> String {
    fill(
        t("認めたスタッフ {0}人・入った投稿 {1}件・確認待ち {2}件"),
        &[("0", &s.agreed), ("1", &s.entered), ("2", &s.waiting)],
    )
}

pub struct SystemView {
    pub facility: String,
    pub system: System,
    pub tokens: Vec<SystemToken>,
    pub spoken_for: Vec<SpokenFor>,
    /// The token itself, just after it was made.
    pub made: Option<String>,
    pub typed: Typed,
    pub errors: Errors,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

// A token stands in it.
crate::opaque_debug!(SystemView);

pub fn system_page(view: &SystemView, ctx: &Ctx) -> Markup {
    let s = &view.system;
    let (live, over): (Vec<_>, Vec<_>) = view.tokens.iter().partition(|t| t.ended_at.is_none());
    let body = html! {
        (view.errors.summary())
        (done(view.done))
        @if let Some(token) = &view.made {
            (ui::callout(Tone::Success, t("トークンができました。いまだけ表示します"), html! {
                p { (t("外部システムの設定に、この文字をそのまま入れてください。画面を閉じると、二度と表示できません。")) }
                p.feed { code { (token) } }
            }))
        }
        section {
            h2 { (s.name) }
            p { (fill(t("{0}に、{1}さんが登録しました。"), &[("0", &time::short(s.registered_at, view.now)), ("1", &s.registered_by)])) }
            p { (summary(s)) @if let Some(at) = s.last_at { (t("・最後 ")) (time::when(at, view.now)) } }
            @if let Some(at) = s.ended_at { (ui::notice_line("off", &fill(t("{0}に使うのをやめました。"), &[("0", &time::short(at, view.now))]))) }
        }
        (people(view))
        section {
            h2 { (t("使えるトークン ")) (live.len()) }
            @if live.is_empty() { (empty("key", t("トークンはありません"), t("作ると、ここに出ます。"), None)) }
            @else { ul.panel.flush.rows { @for token in &live { (row(view, token)) } } }
        }
        @if s.ended_at.is_none() { (new_token(view)) (end(view)) }
        @if !over.is_empty() {
            details.opens {
                summary { (t("使えなくなったトークン")) }
                ul.panel.flush.rows { @for token in &over { (row(view, token)) } }
            }
        }
        p { a.see href=(urls::facility_systems()) { (t("外部システムの一覧に戻る")) } }
    };
    page(
        ctx,
        Page {
            title: t("外部システム"),
            tab: Tab::Menu,
            bar: admin_bar(&view.facility, AdminTab::Devices),
            body,
        },
    )
}

fn people(view: &SystemView) -> Markup {
    html! {
        section {
            h2 { (t("代行入力を認めたスタッフ ")) (view.spoken_for.len()) }
            @if view.spoken_for.is_empty() {
                (empty("userok", t("まだいません"), t("スタッフがそれぞれ、メニューの「代行入力」で認めます。管理者が代わりに認めることはできません。"), None))
            } @else {
                ul.panel.flush.rows { @for person in &view.spoken_for {
                    li.entry-row {
                        (avatar(&person.name, Profession::of(&person.profession), Size::Medium))
                        div {
                            b { (person.name) }
                            @if let Some(at) = person.since { small { (time::short(at, view.now)) (t("から")) } }
                            small { "on_behalf_of: " code { (person.id) } }
                        }
                    }
                } }
            }
        }
    }
}

fn new_token(view: &SystemView) -> Markup {
    let help = fill(
        t("1日から{MOST_DAYS}日まで。過ぎると、ひとりでに使えなくなります。"),
        &[("MOST_DAYS", &MOST_DAYS)],
    );
    html! {
        section aria-labelledby="s-token" {
            h2 id="s-token" { (t("トークンを作る")) }
            p.soft { (t("使えるトークンは2つまでです。新しいものに替えるときは、作って入れ替えてから、古いものを使えなくしてください。")) }
            form.panel.stack method="post" action=(urls::facility_system(view.system.id)) {
                (hidden("client_id", &view.typed.id.to_string()))
                (Entry::line("days", t("使える日数")).value(&view.typed.text).help(&help).inputmode("numeric").errors(&view.errors).need())
                button.btn.primary type="submit" { (t("トークンを作る")) }
            }
        }
    }
}

fn end(view: &SystemView) -> Markup {
    html! {
        details.opens {
            summary { (t("このシステムを使うのをやめる")) }
            form.panel.stack-s method="post" action=(urls::facility_system_end(view.system.id)) {
                p { (t("トークンがすべて使えなくなり、このシステムからは何も入らなくなります。元には戻せません。すでに入った投稿は残ります。")) }
                button.btn.danger-quiet type="submit" { (t("使うのをやめる")) }
            }
        }
    }
}

fn row(view: &SystemView, token: &SystemToken) -> Markup {
    let made = time::short(token.made_at, view.now);
    html! {
        li.entry-row {
            (icon("key"))
            div {
                b { (fill(t("{made}に作ったトークン"), &[("made", &made)])) }
                small { @match token.ended_at { Some(at) => { (time::short(at, view.now)) (t("に終わりました")) } None => { (time::short(token.expires_at, view.now)) (t("まで")) } } }
                small { @match token.used_at { Some(at) => { (t("最後に使った時刻 ")) (time::when(at, view.now)) } None => (t("まだ使われていません")) } }
            }
            @if token.ended_at.is_none() {
                div.acts { form method="post" action=(urls::facility_system_token_end(view.system.id, token.id)) {
                    button.btn.danger-quiet type="submit" aria-label=(fill(t("{made}に作ったトークンを使えなくする"), &[("made", &made)])) { (icon("off")) (t("使えなくする")) }
                } }
            }
        }
    }
}
