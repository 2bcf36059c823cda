//! The page of one's own contact, and the pages behind the link of a letter.

use maud::{Markup, html};

use super::contact::Contact;
use crate::words::t;
use crate::{
    opaque_debug,
    web::{
        forms::{Entry, Errors, done},
        page::{Page, page},
        ui::{Ctx, Field, Kind, Tab, Topbar, field, gate, notice_line, submit},
        urls,
    },
};

pub struct ContactView {
    pub now: Contact,
    pub mail: String,
    pub phone: String,
    pub errors: Errors,
    pub done: Option<&'static str>,
    /// Whether letters can be sent at all.
    pub mails: bool,
}

opaque_debug!(ContactView);

pub fn contact_page(view: &ContactView, ctx: &Ctx) -> Markup {
    let e = &view.errors;
    let mail_help = if view.mails {
        t(
            "変えると、新しいアドレスに確認のメールを送り、前のアドレスにもお知らせします。リンクを開くまでは、前のアドレスのままです。",
        )
    } else {
        t("このサービスは、いまメールを送れません。アドレスは未確認のまま残ります。")
    };
    let body = html! {
        (done(view.done))
        (e.summary())
        dl.facts-table {
            div { dt { (t("メール")) } dd {
                @match &view.now.mail { Some(mail) => (mail), None => (t("まだありません")) }
                @if view.now.mail.is_some() { " " @if view.now.confirmed { span.badge.accent { (t("確認済み")) } } @else { span.badge.must { (t("未確認")) } } }
            } }
            @if let Some(waiting) = &view.now.waiting { div { dt { (t("確認待ち")) } dd { (waiting) } } }
            div { dt { (t("電話")) } dd { @if view.now.phone.is_empty() { (t("まだありません")) } @else { (view.now.phone) } } }
        }
        form.stack method="post" action=(urls::my_contact()) {
            (field(&Field { name: "mail", label: t("メールアドレス"), kind: Kind::Email, value: &view.mail, error: e.of("mail"), help: Some(mail_help), autocomplete: Some("email"), ..Field::default() }))
            (field(&Field { name: "phone", label: t("電話番号"), kind: Kind::Tel, value: &view.phone, error: e.of("phone"), autocomplete: Some("tel"), ..Field::default() }))
            (Entry::password("password", t("いまのパスワード")).errors(e).need().autocomplete("current-password").help(t("ご本人であることの確認です。")))
            (submit(t("保存する")))
        }
        (notice_line("lock", t("あなたと、施設の管理者、運営者だけが見られます。急な連絡と、サインインのお知らせに使います。")))
    };
    let bar =
        Topbar {
            title: t("連絡先"), back: Some((urls::menu(), t("メニューに戻る"))), ..Topbar::default()
        };
    page(ctx, Page { title: t("連絡先"), tab: Tab::Menu, bar, body })
}

const TITLE: &str = "メールアドレスの確認";

/// Before the link is used: mail servers open links by themselves.
pub fn confirm_page(link: &str, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t(TITLE)) }
        p { (t("連携からのお知らせを、このメールアドレスで受け取ります。")) }
        form method="post" action={ "/contact/confirm/" (link) } { (submit(t("このアドレスを確認する"))) }
        p.small { (t("心当たりがないときは、このページを閉じてください。")) }
    };
    gate(ctx, t(TITLE), main)
}

pub fn confirmed_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("確認しました")) }
        p { (t("これからのお知らせは、このメールアドレスに届きます。")) }
        a.btn.primary.large.block href=(urls::home()) { (t("ホームへ")) }
    };
    gate(ctx, t(TITLE), main)
}

pub fn gone_page(used: bool, ctx: &Ctx) -> Markup {
    let main = html! {
        @if used {
            h1 { (t("このリンクは、もう使われました")) }
            p { (t("アドレスの確認は終わっています。")) }
        } @else {
            h1 { (t("このリンクは、期限が過ぎました")) }
            p { (t("メニューの「連絡先」で、もう一度保存してください。新しいメールを送ります。")) }
        }
        a.btn.large.block href=(urls::my_contact()) { (t("連絡先を見る")) }
    };
    gate(ctx, t(TITLE), main)
}

/// Only whoever reads the address learns this.
pub fn taken_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("このアドレスは、別のアカウントで使われています")) }
        p { (t("1つのアドレスは、1つのアカウントだけで使えます。別のアドレスを登録するか、前のアカウントで先に外してください。")) }
        a.btn.large.block href=(urls::my_contact()) { (t("連絡先を見る")) }
    };
    gate(ctx, t(TITLE), main)
}
