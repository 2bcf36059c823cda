//! The pages of tokens: one's own, and the facility's.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{FacilityToken, MOST_DAYS, Scope, Token};
use crate::words::{fill, t};
use crate::{
    features::facilities::views::{AdminTab, admin_bar},
    web::{
        forms::{Entry, Errors, done, hidden},
        page::{Page, Step, how_to, page, steps},
        ui::{self, Choice, Ctx, Tab, Tone, Topbar, empty, icon, time},
        urls,
    },
};

/// Days that a new token lives unless somebody says otherwise.
const USUAL_DAYS: &str = "30";

/// The form as it was typed.
#[derive(Debug)]
pub struct Typed {
    pub id: Uuid,
    pub name: String,
    pub scope: String,
    pub days: String,
}

impl Typed {
    pub fn fresh() -> Self {
        Self {
            id: Uuid::now_v7(),
            name: String::new(),
            scope: Scope::Read.code().into(),
            days: USUAL_DAYS.into(),
        }
    }
}

pub struct TokensView {
    pub facility: String,
    pub tokens: Vec<Token>,
    pub allowed: bool,
    /// The token itself, just after it was made.
    pub made: Option<String>,
    pub typed: Typed,
    pub errors: Errors,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

// The token opens what its owner may see.
crate::opaque_debug!(TokensView);

pub fn tokens_page(view: &TokensView, ctx: &Ctx) -> Markup {
    let says = [
        Step {
            icon: "key",
            what: t("自分のプログラムや電子カルテから、あなたとして読み書きするためのものです"),
            more: t("画面だけで使うなら、いりません"),
        },
        Step {
            icon: "lock",
            what: t("持っている人は、あなたと同じものを見られます"),
            more: t(
                "パスワードと同じに扱い、人に送らないでください。もれたと思ったら、すぐに使えなくしてください",
            ),
        },
        Step {
            icon: "log",
            what: t("トークンで見たこと・書いたことも、アクセス記録に残ります"),
            more: t("アカウントや施設の管理、サインインの設定は、トークンではできません"),
        },
    ];
    let (live, over): (Vec<_>, Vec<_>) = view.tokens.iter().partition(|t| t.ended_at.is_none());
    let body = html! {
        (view.errors.summary())
        (done(view.done))
        @if let Some(token) = &view.made {
            (ui::callout(Tone::Success, t("トークンができました。いまだけ表示します"), html! {
                p { (t("プログラムの設定に、この文字をそのまま入れてください。画面を閉じると、二度と表示できません。")) }
                p.feed { code { (token) } }
            }))
        }
        div.panel { (steps(&says)) }
        section {
            h2 { (t("使えるトークン ")) (live.len()) }
            @if live.is_empty() { (empty("key", t("トークンはありません"), t("作ると、ここに出ます。"), None)) }
            @else { ul.panel.flush.rows { @for token in &live { (row(token, view.now, None, Some(urls::my_token_end(token.id)))) } } }
        }
        @if view.allowed { (form(view)) }
        @else { (ui::notice_line("ban", t("この施設では、アクセストークンを作れません。施設の管理者におたずねください。"))) }
        @if !over.is_empty() {
            details.opens {
                summary { (t("使えなくなったトークン")) }
                ul.panel.flush.rows { @for token in &over { (row(token, view.now, None, None)) } }
            }
        }
        (how_to("tokens"))
    };
    let bar = Topbar {
        title: t("アクセストークン"),
        back: Some((urls::menu(), t("メニューに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("アクセストークン"), tab: Tab::Menu, bar, body })
}

fn form(view: &TokensView) -> Markup {
    let scopes = Scope::ALL.map(|scope| Choice { value: scope.code(), label: scope.label(), help: None });
    let help = fill(
        t("1日から{MOST_DAYS}日まで。過ぎると、ひとりでに使えなくなります。"),
        &[("MOST_DAYS", &MOST_DAYS)],
    );
    html! {
        section aria-labelledby="t-new" {
            h2 id="t-new" { (t("新しく作る")) }
            p.soft { (view.facility) (t(" のスタッフとして使うトークンになります。作る前に、ご本人であることをもう一度確かめます。")) }
            form.panel.stack method="post" action=(urls::my_tokens()) {
                (hidden("client_id", &view.typed.id.to_string()))
                (Entry::line("name", t("名前")).value(&view.typed.name).help(t("何に使うか、あとで見てわかるように。")).max_chars(60).errors(&view.errors).need())
                (Entry::radio("scope", t("できること"), &scopes).value(&view.typed.scope).errors(&view.errors).need())
                (Entry::line("days", t("使える日数")).value(&view.typed.days).help(&help).inputmode("numeric").errors(&view.errors).need())
                button.btn.primary type="submit" { (t("トークンを作る")) }
            }
        }
    }
}

fn row(token: &Token, now: Timestamp, person: Option<&str>, end: Option<String>) -> Markup {
    html! {
        li.entry-row {
            (icon("key"))
            div {
                b { (token.name) } " " span.badge.plain { (token.scope.label()) }
                @if let Some(person) = person { p { (person) } }
                @else { p { (token.facility) } }
                small { (time::short(token.made_at, now)) (t("に作成・"))
                    @match token.ended_at { Some(at) => { (time::short(at, now)) (t("に終わりました")) } None => { (time::short(token.expires_at, now)) (t("まで")) } } }
                small { @match token.used_at { Some(at) => { (t("最後に使った時刻 ")) (time::when(at, now)) } None => (t("まだ使われていません")) } }
            }
            @if let Some(end) = end {
                div.acts { form method="post" action=(end) {
                    button.btn.danger-quiet type="submit" aria-label={ (token.name) (t("を使えなくする")) } { (icon("off")) (t("使えなくする")) }
                } }
            }
        }
    }
}

#[derive(Debug)]
pub struct FacilityTokensView {
    pub facility: String,
    pub tokens: Vec<FacilityToken>,
    pub allowed: bool,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

pub fn facility_tokens_page(view: &FacilityTokensView, ctx: &Ctx) -> Markup {
    let (live, over): (Vec<_>, Vec<_>) = view.tokens.iter().partition(|t| t.token.ended_at.is_none());
    let body = html! {
        (done(view.done))
        p { (t("スタッフが自分のプログラムから使うためのトークンです。トークンそのものは、だれにも見えません。")) }
        section {
            h2 { (t("使えるトークン ")) (live.len()) }
            @if live.is_empty() { (empty("key", t("トークンはありません"), t("スタッフが作ると、ここに出ます。"), None)) }
            @else { ul.panel.flush.rows {
                @for t in &live { (row(&t.token, view.now, Some(&t.person), Some(urls::facility_token_end(t.token.id)))) }
            } }
        }
        section {
            h2 { (t("決まり")) }
            (rule(view.allowed))
        }
        @if !over.is_empty() {
            details.opens {
                summary { (t("使えなくなったトークン")) }
                ul.panel.flush.rows { @for t in &over { (row(&t.token, view.now, Some(&t.person), None)) } }
            }
        }
        (how_to("tokens"))
    };
    page(
        ctx,
        Page {
            title: t("アクセストークン"),
            tab: Tab::Menu,
            bar: admin_bar(&view.facility, AdminTab::Devices),
            body,
        },
    )
}

fn rule(allowed: bool) -> Markup {
    html! {
        form.panel.stack-s method="post" action=(urls::token_rule()) {
            @if allowed {
                p { (t("いまは、スタッフがアクセストークンを作れます。認めないことにすると、いまあるものもすぐに使えなくなります。")) }
                (hidden("allowed", "false"))
                button.btn.danger-quiet type="submit" { (t("認めないことにする")) }
            } @else {
                p { (t("いまは、アクセストークンを作れません。サインインの決まりで、承認した端末だけを使うことにしているあいだも作れません。")) }
                (hidden("allowed", "true"))
                button.btn type="submit" { (t("認めることにする")) }
            }
        }
    }
}
