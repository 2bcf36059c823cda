//! My passkeys: the list, one more, and taking one away.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    ask_views::{Ask, ask},
    model::Passkey,
};
use crate::web::{
    forms::{Entry, Errors, done},
    page::{Page, page, way},
    ui::{Confirm, Ctx, Tab, Tone, Topbar, callout, confirm, icon, time},
    urls,
};
use crate::words::{fill, t};

#[derive(Debug, Clone)]
pub struct ListView {
    pub passkeys: Vec<Passkey>,
    /// App authentication is set up.
    pub totp: bool,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

impl ListView {
    pub fn sample() -> Self {
        let now: Timestamp = "2026-11-20T05:32:00Z".parse().unwrap_or_default();
        let passkey = |n, name: &str, last_used_at, backed_up| Passkey {
            id: uuid::Uuid::from_u128(n),
            name: name.to_owned(),
            made_at: now,
            last_used_at,
            backed_up,
        };
        Self {
            passkeys: vec![
                passkey(1, "スマートフォン(そらまめ訪問看護 3号機)", Some(now), true),
                passkey(2, "二階の事務所の、とても長い名前を付けたノートパソコンの指紋", None, false),
            ],
            totp: true,
            done: Some("パスキーを登録しました。"),
            now,
        }
    }

    fn last_factor(&self) -> bool {
        self.passkeys.len() + usize::from(self.totp) <= 1
    }
}

pub fn list_page(view: &ListView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done))
        p { (t("パスキーは、スマートフォンやパソコンの指紋・顔・暗証番号でサインインするしくみです。パスワードも確認コードも入れずに、ご本人だと確かめられます。")) }
        section {
            h2 { (t("あなたのパスキー ")) (view.passkeys.len()) }
            @if view.passkeys.is_empty() { p.panel { (t("まだ登録していません。")) } }
            @else { ul.panel.flush.rows { @for passkey in &view.passkeys { (row(passkey, view)) } } }
            a.btn.primary.large href=(urls::new_passkey()) { (icon("plus")) (t("パスキーを登録する")) }
        }
        section {
            h2 { (t("アプリ認証")) }
            ul.ways.panel.flush {
                @if view.totp { (way(urls::totp_removal(), "shield", t("アプリ認証をやめる"), t("登録しています。スマートフォンを替えるときも、いったんここでやめます"))) }
                @else { (way(urls::enrol(), "shield", t("アプリ認証を登録する"), t("まだ登録していません"))) }
            }
        }
        (callout(Tone::Info, t("端末をなくしたとき"), html! {
            p { (t("その端末のパスキーを、ここで外してください。")) a href=(urls::devices()) { (t("端末の一覧")) } (t("で、サインアウトもしてください。")) }
        }))
    };
    page(ctx, Page { title: t("パスキー"), tab: Tab::Menu, bar: bar(t("パスキー")), body })
}

fn row(passkey: &Passkey, view: &ListView) -> Markup {
    let used = passkey.last_used_at.map_or_else(
        || t("まだ使っていません").to_owned(),
        |at| fill(t("最後に使った時刻 {0}"), &[("0", &time::when(at, view.now))]),
    );
    html! {
        li.entry-row {
            (icon("key"))
            div {
                b { (passkey.name) }
                small { (used) (t("・")) (time::short(passkey.made_at, view.now)) (t("から")) }
                @if passkey.backed_up { small { (t("あなたのほかの端末でも使えます（端末のしくみで写されています）")) } }
            }
            @if !view.last_factor() {
                a.btn href=(urls::passkey_removal(passkey.id)) aria-label={ (passkey.name) (t("を外す")) } { (t("外す")) }
            }
        }
    }
}

#[derive(Debug, Clone)]
pub struct NewView {
    pub id: uuid::Uuid,
    pub name: String,
    pub errors: Errors,
}

impl NewView {
    pub fn sample() -> Self {
        Self { id: uuid::Uuid::from_u128(3), name: "iPhone・Safari".to_owned(), errors: Errors::none() }
    }
}

pub const OTHERWISE: &str =
    "このブラウザではパスキーを使えません。JavaScriptを有効にするか、新しいブラウザでお試しください。";

pub fn new_page(view: &NewView, ctx: &Ctx) -> Markup {
    let body = html! {
        (view.errors.summary())
        p { (t("ボタンを押すと、この端末が指紋・顔・暗証番号のどれかをたずねます。指紋や顔の情報は、端末の外に出ません。")) }
        div.panel { (ask(&Ask {
            purpose: None,
            action: urls::passkeys(),
            verb: t("この端末で登録する"),
            primary: true,
            fields: fields(view),
            otherwise: t(OTHERWISE),
        })) }
        a.btn href=(urls::passkeys()) { (t("登録せずに戻る")) }
    };
    page(
        ctx,
        Page {
            title: t("パスキーを登録する"), tab: Tab::Menu, bar: bar(t("パスキーを登録する")), body
        },
    )
}

fn fields(view: &NewView) -> Markup {
    html! {
        input type="hidden" name="client_id" value=(view.id);
        (name_entry(&view.name, &view.errors))
    }
}

pub fn name_entry(name: &str, errors: &Errors) -> Markup {
    let help = t("あとで見分けるための名前です。例: 自分のスマートフォン");
    html! { (Entry::line("name", t("このパスキーの名前")).value(name).errors(errors).help(help).need().max_chars(60)) }
}

pub fn removal_page(passkey: &Passkey, ctx: &Ctx) -> Markup {
    let question = fill(t("「{0}」を外しますか"), &[("0", &passkey.name)]);
    let body = confirm(&Confirm {
        keep: None,
        title: &question,
        consequences: &[
            ("key", t("このパスキーでは、サインインできなくなります")),
            ("phone", t("端末に残ったパスキーは、端末の設定から消せます")),
        ],
        fields: html! {},
        action: &urls::passkey_removal(passkey.id),
        verb: t("パスキーを外す"),
        danger: true,
        cancel: urls::passkeys(),
    });
    page(
        ctx,
        Page {
            title: t("パスキーを外す"), tab: Tab::Menu, bar: bar(t("パスキーを外す")), body
        },
    )
}

pub fn totp_removal_page(ctx: &Ctx) -> Markup {
    let body = confirm(&Confirm {
        keep: None,
        title: t("アプリ認証をやめますか"),
        consequences: &[
            ("shield", t("いまの認証アプリの確認コードは、使えなくなります")),
            ("key", t("サインインには、パスキーか回復コードを使います")),
            ("retry", t("新しいスマートフォンで、もう一度登録できます")),
        ],
        fields: html! {},
        action: urls::totp_removal(),
        verb: t("アプリ認証をやめる"),
        danger: true,
        cancel: urls::passkeys(),
    });
    page(
        ctx,
        Page {
            title: t("アプリ認証をやめる"), tab: Tab::Menu, bar: bar(t("アプリ認証をやめる")), body
        },
    )
}

fn bar(title: &str) -> Topbar<'_> {
    let back = if title == t("パスキー") {
        (urls::menu(), t("メニューに戻る"))
    } else {
        (urls::passkeys(), t("パスキーに戻る"))
    };
    Topbar { title, back: Some(back), ..Topbar::default() }
}
