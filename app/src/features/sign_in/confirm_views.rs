//! 本人確認: the page before what reaches far, and the page after it where something waits to be sent again.

use maud::{Markup, html};

use super::{confirm::Ways, views::Refusal};
use crate::words::t;
use crate::{
    features::passkeys::{
        ask_views::{Ask, ask},
        model::Purpose,
    },
    opaque_debug,
    web::{
        forms::{Entry, Errors, hidden},
        page::{Page, page},
        ui::{Ctx, Tab, Tone, Topbar, callout, icon},
        urls,
    },
};

#[derive(Clone)]
pub struct ConfirmView {
    pub ways: Ways,
    pub login_id: String,
    /// Where it leads on to.
    pub next: String,
    /// A form that waits to be sent there, as it was sent.
    pub held: Option<String>,
    pub refusal: Option<Refusal>,
    pub errors: Errors,
}

opaque_debug!(ConfirmView, HeldView);

impl ConfirmView {
    pub fn sample() -> Self {
        Self {
            ways: Ways { password: true, code: true, passkey: true },
            login_id: "mizuho.i".to_owned(),
            next: "/facility/access-log.csv".to_owned(),
            held: None,
            refusal: Some(Refusal::Wrong),
            errors: Errors::none(),
        }
    }
}

pub fn confirm_page(view: &ConfirmView, ctx: &Ctx) -> Markup {
    let ways = view.ways;
    let body = html! {
        @if let Some(refusal) = view.refusal { (refusal.callout()) }
        (view.errors.summary())
        p { (t("影響の大きい操作の前に、ご本人であることを確かめます。5分のあいだは、もうたずねません。")) }
        @if view.held.is_some() { (callout(Tone::Info, t("まだ送られていません"), html! { p { (t("入力したものは残っています。確かめたあとの画面で送れます。")) } })) }
        @if !ways.password { p.small.soft { (t("この端末では確認コードを聞かずにサインインしたので、パスワードだけでは進めません。")) } }
        @if ways.passkey { (ask(&Ask {
            purpose: Some(Purpose::Confirm),
            action: urls::confirm(),
            verb: t("パスキーで確かめる"),
            primary: true,
            fields: carried(view),
            otherwise: if ways.password || ways.code { "" } else { t("このブラウザではパスキーを使えません。JavaScriptを有効にするか、別のブラウザでお試しください。") },
        })) }
        @if ways.password || ways.code {
            form.stack.panel method="post" action=(urls::confirm()) {
                (carried(view))
                input.sr type="text" name="username" value=(view.login_id) autocomplete="username" tabindex="-1" aria-hidden="true" readonly;
                @if ways.password { (Entry::password("password", t("パスワード")).autocomplete("current-password").errors(&view.errors)) }
                @if ways.password && ways.code { p.small.soft { (t("または")) } }
                @if ways.code { (Entry::code("code", t("認証アプリの確認コード(6けた)")).errors(&view.errors)) }
                button.btn.primary.large type="submit" { (t("確かめて進む")) }
            }
        }
        a.btn href=(back(&view.next)) { (t("やめる")) }
    };
    framed(t("ご本人の確認"), body, ctx)
}

fn carried(view: &ConfirmView) -> Markup {
    html! {
        (hidden("next", &view.next))
        @if let Some(held) = &view.held { (hidden("held", held)) }
    }
}

/// A file is not a page to go back to.
fn back(next: &str) -> &str {
    if is_file(next) { urls::home() } else { next }
}

/// Whether an address gives a file to save: its last part has an ending.
pub fn is_file(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path.rsplit('/').next().is_some_and(|last| last.contains('.'))
}

/// A form that was held until the person had been asked.
#[derive(Clone)]
pub struct HeldView {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

pub fn held_page(view: &HeldView, ctx: &Ctx) -> Markup {
    let body = html! {
        (callout(Tone::Info, t("確かめました"), html! { p { (t("ボタンを押すと、先ほどの内容を送ります。入力したものは残っています。")) } }))
        form method="post" action=(view.action) {
            @for (name, value) in &view.fields { (hidden(name, value)) }
            div.row {
                button.btn.primary.large type="submit" { (t("続ける")) }
                a.btn.large href=(view.action) { (t("前の画面に戻る")) }
            }
        }
    };
    framed(t("ご本人の確認"), body, ctx)
}

/// The way to a file, which does not take the place of a page.
pub fn file_page(next: &str, ctx: &Ctx) -> Markup {
    let body = html! {
        (callout(Tone::Info, t("確かめました"), html! { p { (t("5分のあいだ、ファイルを保存できます。")) } }))
        div.row {
            a.btn.primary.large href=(next) { (icon("download")) (t("ファイルを保存する")) }
            a.btn.large href=(urls::home()) { (t("ホームへ")) }
        }
    };
    framed(t("ご本人の確認"), body, ctx)
}

fn framed(title: &str, body: Markup, ctx: &Ctx) -> Markup {
    page(ctx, Page { title, tab: Tab::Menu, bar: Topbar { title, ..Topbar::default() }, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_ending() {
        assert!(is_file("/facility/access-log.csv?from=2026-11-01"));
        assert!(!is_file("/facility/access-log?from=a.b"));
        assert!(!is_file("/"));
    }
}
