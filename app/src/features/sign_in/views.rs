//! Sign-in: ID and password, the second step, the lock, and the way out.

use maud::{Markup, html};

use super::confirm::Ways;
use crate::features::passkeys::{
    ask_views::{Ask, ask},
    model::Purpose,
};
use crate::web::forms::{Entry, Errors, check, hidden};
use crate::web::page::{Step, steps};
use crate::web::person::Person;
use crate::web::ui::{Ctx, gate, icon, language_switch, notice_line};
use crate::web::urls;
use crate::words::{fill, t};

/// Why the last try did not lead in. The words never tell which part was wrong, or whether the ID exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// ID, password or code: one message for all.
    Wrong,
    /// Too many tries; the whole minutes left, rounded up.
    Wait { minutes: u32 },
    /// The time for the second step is over: begin again.
    TooLate,
    /// An identity provider does not answer; the own factors work as ever.
    ProviderAway,
    /// The password does not unlock here: the session began on another device.
    UnknownDevice,
}

impl Refusal {
    pub fn callout(self) -> Markup {
        let (heading, help) = match self {
            Self::Wrong => (
                t("IDかパスワード、または確認コードが違います。").to_owned(),
                t("大文字と小文字、全角と半角をお確かめのうえ、もう一度入れてください。"),
            ),
            Self::Wait { minutes } => (
                fill(t("続けて違ったため、{minutes}分お待ちください。"), &[("minutes", &minutes)]),
                t("待ってから、もう一度お試しください。お急ぎのときは、施設の管理者へ連絡してください。"),
            ),
            Self::TooLate => (
                t("時間がたったため、はじめからお願いします。").to_owned(),
                t("IDとパスワードをもう一度入れてください。"),
            ),
            Self::ProviderAway => (
                t("連携先に、いまつながりません。").to_owned(),
                t(
                    "下のIDとパスワードで、いつもどおりサインインできます。連携IDは、しばらくしてからお試しください。",
                ),
            ),
            Self::UnknownDevice => (
                t("この端末では、パスワードだけで続きに戻れません。").to_owned(),
                t("パスキーを使うか、「ほかの人がサインインする」を押して、サインインし直してください。"),
            ),
        };
        html! {
            div.callout.danger role="alert" tabindex="-1" autofocus {
                (icon("alert"))
                div { h2 { (heading) } p { (help) } }
            }
        }
    }
}

/// The first page: ID and password. The password never comes back.
#[derive(Debug, Clone)]
pub struct SignInView {
    pub login_id: String,
    /// Where to go afterwards; a path of this site, checked by the caller.
    pub next: String,
    pub refusal: Option<Refusal>,
    /// The device, if it is known: `そらまめ訪問看護 3号機`.
    pub device: Option<String>,
    /// Id and label of each identity provider.
    pub providers: Vec<(String, String)>,
}

impl SignInView {
    pub fn sample() -> Self {
        Self {
            login_id: "mizuho.i".to_owned(),
            next: "/".to_owned(),
            refusal: Some(Refusal::Wrong),
            device: Some("そらまめ訪問看護 3号機".to_owned()),
            providers: vec![("association".to_owned(), "そらまめ県医師会 会員ID".to_owned())],
        }
    }
}

pub fn sign_in_page(view: &SignInView, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("サインイン")) }
        @if let Some(refusal) = view.refusal { (refusal.callout()) }
        form.stack method="post" action=(urls::sign_in()) {
            (hidden("next", &view.next))
            (Entry::line("login_id", "ID").value(&view.login_id).autocomplete("username").inputmode("email"))
            (Entry::password("password", t("パスワード")).autocomplete("current-password"))
            button.btn.primary.large.block type="submit" { (t("次へ")) }
        }
        @for (id, label) in &view.providers {
            form method="post" action=(urls::sign_in_with(id)) {
                (hidden("next", &view.next))
                button.btn.large.block type="submit" { (icon("key")) (label) (t("でサインイン")) }
            }
        }
        (passkey(Purpose::SignIn, urls::sign_in_passkey(), t("パスキーでサインイン"), &view.next, ""))
        details.opens {
            summary { (t("サインインできないとき")) }
            div.stack-s {
                p { (t("パスワードを忘れたときは、")) a href=(urls::forgotten()) { (t("新しく決めるリンク")) } (t("を送ります。")) }
                p { (t("認証アプリの入った端末をなくした、こわれたときは、施設の管理者に回復を頼んでください。")) a href=(urls::recovery()) { (t("受け取ったコードを入れる")) } }
                p { (t("端末をなくしたときは、すぐに施設の管理者へ連絡してください。その端末からは、すぐに使えなくなります。")) }
                p { a href=(urls::help()) { (t("使い方と、困ったときのこと")) } }
                p { (t("それでも困ったときは、")) a href=(urls::support()) { (t("運営に問い合わせ")) } (t("てください。")) }
            }
        }
        @if let Some(device) = &view.device {
            (notice_line("phone", &fill(t("この端末: {device}"), &[("device", &device)])))
        }
        p.small { (t("患者さん・ご家族のかたは、")) a href=(urls::family_sign_in()) { (t("こちら")) } (t("からサインインしてください。")) }
        p.small { (t("はじめて使う施設は、")) a href=(urls::new_application()) { (t("利用を申請")) } (t("してください。")) }
        (language_switch(ctx))
    };
    gate(ctx, t("サインイン"), main)
}

/// The button beside a form.
fn passkey(purpose: Purpose, action: &str, verb: &str, next: &str, otherwise: &str) -> Markup {
    let fields = html! { (hidden("next", next)) };
    ask(&Ask { purpose: Some(purpose), action, verb, primary: false, fields, otherwise })
}

/// The second step: six digits of the app, or a recovery code.
#[derive(Debug, Clone)]
pub struct CodeView {
    pub next: String,
    pub refusal: Option<Refusal>,
    /// Whether the box "この端末を覚える" was ticked.
    pub remember: bool,
    /// Opens the entry for a recovery code, after one was tried.
    pub with_recovery_code: bool,
    /// What the account has.
    pub ways: Ways,
}

impl CodeView {
    pub fn sample() -> Self {
        let ways = Ways { password: false, code: true, passkey: true };
        Self { next: "/".to_owned(), refusal: None, remember: false, with_recovery_code: false, ways }
    }
}

pub fn code_page(view: &CodeView, ctx: &Ctx) -> Markup {
    let code = Entry::code("code", t("確認コード(6けた)"))
        .help(t("スマートフォンの認証アプリに出ている6けたの数字です。30秒ごとに変わります。"));
    let main = html! {
        h1 { @if view.ways.code { (t("確認コードを入れる")) } @else { (t("パスキーで確かめる")) } }
        @if let Some(refusal) = view.refusal { (refusal.callout()) }
        @if view.ways.passkey {
            (passkey(Purpose::SecondStep, urls::sign_in_code_passkey(), t("パスキーでサインイン"), &view.next,
                t("このブラウザではパスキーを使えません。下の方法でサインインしてください。")))
        }
        form.stack method="post" action=(urls::sign_in_code()) {
            (hidden("next", &view.next))
            @if view.ways.code { (code) }
            details.opens open[view.with_recovery_code] {
                summary { @if view.ways.code { (t("認証アプリが使えないとき")) } @else { (t("パスキーが使えないとき")) } }
                (Entry::line("recovery_code", t("回復コード")).autocomplete("off")
                    .help(t("登録のときに控えた10個のうち、まだ使っていない1つを入れます。一度だけ使えます。")))
            }
            (check("remember", t("この端末を覚える(30日)"), t("次から確認コードを聞きません。ほかの人も使う端末では、選ばないでください。"), view.remember, &Errors::none()))
            button.btn.primary.large.block type="submit" { (t("サインイン")) }
        }
        a.link-btn href=(urls::sign_in()) { (t("はじめからやり直す")) }
    };
    gate(ctx, t("確認コード"), main)
}

/// The lock after fifteen quiet minutes: nothing of the page behind it remains.
#[derive(Debug, Clone)]
pub struct LockView {
    pub who: Person,
    /// Where unlocking leads back to.
    pub next: String,
    pub refusal: Option<Refusal>,
    /// Whether a half-written text waits on this device.
    pub has_draft: bool,
    /// By what it opens in this browser.
    pub ways: Ways,
}

impl LockView {
    pub fn sample() -> Self {
        Self {
            who: Person::sample(1, "五十嵐 みずほ", "nurse", "そらまめ訪問看護ステーション"),
            next: "/patients".to_owned(),
            refusal: None,
            has_draft: true,
            ways: Ways { password: true, code: false, passkey: true },
        }
    }
}

pub fn lock_page(view: &LockView, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("画面をロックしました")) }
        @if let Some(refusal) = view.refusal { (refusal.callout()) }
        p { (t("しばらく操作がなかったため、画面をかくしています。")) @if view.has_draft { (t("書きかけの文は、この端末に残っています。")) } }
        (view.who.head())
        @if view.ways.password {
            form.stack method="post" action=(urls::unlock()) {
                (hidden("next", &view.next))
                input.sr type="text" name="username" value=(view.who.name) autocomplete="username" tabindex="-1" aria-hidden="true" readonly;
                (Entry::password("password", t("パスワード")).autocomplete("current-password"))
                button.btn.primary.large.block type="submit" { (t("続きに戻る")) }
            }
        }
        @if view.ways.passkey {
            (passkey(Purpose::Unlock, urls::unlock(), t("パスキーで続きに戻る"), &view.next,
                if view.ways.password { "" } else { t("このブラウザではパスキーを使えません。サインインし直してください。") }))
        }
        @if !view.ways.password && !view.ways.passkey {
            p { (t("この端末では、続きに戻れません。サインインし直してください。")) }
        }
        form method="post" action=(urls::sign_out()) {
            button.btn.block type="submit" { (icon("swap")) (t("ほかの人がサインインする")) }
        }
    };
    gate(ctx, t("ロック中"), main)
}

/// After signing out; `everywhere` when all devices went.
#[derive(Debug, Clone, Copy)]
pub struct SignedOutView {
    pub everywhere: bool,
}

impl SignedOutView {
    pub fn sample() -> Self {
        Self { everywhere: true }
    }
}

pub fn signed_out_page(view: &SignedOutView, ctx: &Ctx) -> Markup {
    let left = [
        Step {
            icon: "lock",
            what: t("この端末には何も残していません"),
            more: t("患者さんの情報も、書きかけの文も消しました。"),
        },
        Step {
            icon: "file",
            what: t("送った記録はそのままです"),
            more: t("次にサインインすると、続きから読めます。"),
        },
    ];
    let main = html! {
        h1 { (t("サインアウトしました")) }
        @if view.everywhere { p { (t("使っていたすべての端末からサインアウトしました。")) } }
        (steps(&left))
        a.btn.primary.large.block href=(urls::sign_in()) { (t("サインインの画面へ")) }
    };
    gate(ctx, t("サインアウトしました"), main)
}
