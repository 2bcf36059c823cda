//! On the way to a provider, back from it in trouble, and one's own identities.

use maud::{Markup, html};
use url::Url;
use uuid::Uuid;

use super::acts::Trouble;
use crate::web::forms::{Entry, Errors, done};
use crate::web::page::{Page, page, way};
use crate::web::ui::{Ctx, Tab, Tone, Topbar, callout, gate, icon};
use crate::web::urls;
use crate::words::t;

pub fn going_page(label: &str, url: &Url, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (label) (t("へ移ります")) }
        p { (t("すぐに画面が変わります。変わらないときは、下を押してください。")) }
        a.btn.primary.large.block href=(url) { (label) (t("へ進む")) }
        a.link-btn href=(urls::sign_in()) { (t("やめて、サインインの画面に戻る")) }
    };
    gate(ctx, t("移動しています"), main)
}

impl Trouble {
    /// What happened, and what to do. Nothing tells a stranger whether an account exists.
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Away => (
                t("連携先に、いまつながりません。"),
                t("何も変わっていません。しばらくしてから、もう一度お試しください。"),
            ),
            Self::Declined => (
                t("連携先でのサインインが、取りやめになりました。"),
                t("何も変わっていません。もう一度はじめからお試しください。"),
            ),
            Self::NotAccepted => (
                t("連携先からの返事を、確かめられませんでした。"),
                t(
                    "安全のため、受け付けませんでした。もう一度お試しになり、くり返すときは運営に問い合わせてください。",
                ),
            ),
            Self::Stale => (
                t("連携先でのサインインから、時間がたっています。"),
                t("連携先でいったんサインアウトし、サインインし直してから、もう一度お試しください。"),
            ),
            Self::SameKind => (
                t("この連携IDだけでは、サインインできません。"),
                t(
                    "連携先での確認が、確認コードと同じ種類(持っているもの)だけでした。IDとパスワードでサインインしてください。",
                ),
            ),
            Self::NotLinked => (
                t("この連携IDはまだ結び付けられていません。"),
                t(
                    "IDとパスワードでサインインして、メニューの「連携ID」から結び付けてください。アカウントをお持ちでない方は、施設の管理者へ連絡してください。",
                ),
            ),
            Self::LinkedElsewhere => (
                t("この連携IDは、ほかのアカウントに結び付いています。"),
                t(
                    "ひとつの連携IDは、ひとつのアカウントだけに結び付けられます。心あたりがないときは、施設の管理者へ連絡してください。",
                ),
            ),
            Self::AnotherLinked => (
                t("この連携先の、別のIDがもう結び付いています。"),
                t("入れ替えるときは、先にいまの結び付けを外してください。"),
            ),
            Self::TooLate | Self::Other(_) => (
                t("時間がたったか、もう使われた画面です。"),
                t("安全のため、受け付けませんでした。はじめからお願いします。"),
            ),
        }
    }
}

/// `linking`: the person is signed in, and goes on from her identities.
pub fn trouble_page(trouble: &Trouble, linking: bool, ctx: &Ctx) -> Markup {
    let (heading, help) = trouble.words();
    let main = html! {
        h1 { (t("連携ID")) }
        div.callout.danger role="alert" tabindex="-1" autofocus {
            (icon("alert"))
            div { h2 { (heading) } p { (help) } }
        }
        @if linking {
            a.btn.primary.large.block href=(urls::identities()) { (t("連携IDの画面へ戻る")) }
        } @else {
            a.btn.primary.large.block href=(urls::sign_in()) { (t("サインインの画面へ")) }
        }
        p.small { (t("困ったときは、")) a href=(urls::support()) { (t("運営に問い合わせ")) } (t("てください。")) }
    };
    gate(ctx, t("連携ID"), main)
}

/// An identity that is linked.
#[derive(Debug, Clone)]
pub struct IdentityRow {
    pub id: Uuid,
    /// `None`: a provider that is no longer offered.
    pub provider: Option<String>,
    /// `10月2日`.
    pub linked: String,
    pub last_used: Option<String>,
}

/// A provider of which no identity is linked yet.
#[derive(Debug, Clone)]
pub struct OfferRow {
    pub id: String,
    pub label: String,
}

#[derive(Debug, Clone)]
pub struct IdentitiesView {
    pub identities: Vec<IdentityRow>,
    pub offers: Vec<OfferRow>,
    pub done: Option<String>,
}

impl IdentitiesView {
    pub fn sample() -> Self {
        Self {
            identities: vec![
                IdentityRow {
                    id: Uuid::from_u128(1),
                    provider: Some("そらまめ県医師会 会員ID".to_owned()),
                    linked: "10月2日".to_owned(),
                    last_used: Some("今日 14:32".to_owned()),
                },
                IdentityRow {
                    id: Uuid::from_u128(2),
                    provider: None,
                    linked: "9月14日".to_owned(),
                    last_used: None,
                },
            ],
            offers: vec![OfferRow {
                id: "network".to_owned(),
                label: "一般社団法人 木漏れ日地域医療情報ネットワーク協議会".to_owned(),
            }],
            done: Some("連携IDを結び付けました。次から、このIDでもサインインできます。".to_owned()),
        }
    }
}

pub fn identities_page(view: &IdentitiesView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.as_deref()))
        p { (t("職能団体などのIDを結び付けると、そのIDでもサインインできます。確認コードは、いままでどおり聞くことがあります。")) }
        @if !view.identities.is_empty() {
            section {
                h2 { (t("結び付けているID")) }
                ul.panel.flush.rows { @for identity in &view.identities { (identity_row(identity)) } }
            }
        }
        @if !view.offers.is_empty() {
            section {
                h2 { (t("結び付けられるID")) }
                ul.ways.panel.flush {
                    @for offer in &view.offers { (way(&urls::link_identity(&offer.id), "key", &offer.label, t("このIDを結び付ける"))) }
                }
            }
        }
        (callout(Tone::Info, t("いつものサインインも、そのまま使えます"), html! { p {
            (t("連携先が止まっているときも、IDとパスワードでサインインできます。結び付けは、いつでも外せます。"))
        } }))
    };
    let bar =
        Topbar {
            title: t("連携ID"), back: Some((urls::menu(), t("メニューに戻る"))), ..Topbar::default()
        };
    page(ctx, Page { title: t("連携ID"), tab: Tab::Menu, bar, body })
}

/// What a provider that the configuration no longer names is called.
pub const GONE: &str = "いまは使えない連携先";

fn identity_row(identity: &IdentityRow) -> Markup {
    let name = identity.provider.as_deref().unwrap_or(t(GONE));
    html! {
        li.entry-row {
            (icon("key"))
            div {
                b { (name) }
                small {
                    (identity.linked) (t("に結び付けました"))
                    @if let Some(last) = &identity.last_used { (t("・最後に使った時刻 ")) (last) }
                }
            }
            a.btn href=(urls::end_identity(identity.id)) aria-label={ (name) (t("を外す")) } { (t("外す")) }
        }
    }
}

/// Asks for the password before an identity is linked or unlinked: nobody does that on a screen that was left open.
#[derive(Debug, Clone)]
pub struct ConfirmView {
    pub label: String,
    /// Where the form goes.
    pub action: String,
    /// Unlinks instead.
    pub ending: bool,
    pub errors: Errors,
}

impl ConfirmView {
    pub fn sample(ending: bool) -> Self {
        Self {
            label: "一般社団法人 木漏れ日地域医療情報ネットワーク協議会".to_owned(),
            action: urls::identities().to_owned(),
            ending,
            errors: if ending {
                Errors::none()
            } else {
                Errors::one("password", "パスワードが違います。")
            },
        }
    }
}

pub fn confirm_page(view: &ConfirmView, ctx: &Ctx) -> Markup {
    let title = if view.ending { t("結び付けを外す") } else { t("IDを結び付ける") };
    let password = Entry::password("password", t("いまのパスワード")).autocomplete("current-password");
    let body = html! {
        (view.errors.summary())
        h2 { (view.label) }
        @if view.ending {
            p { (t("外すと、このIDではサインインできなくなります。IDとパスワードでのサインインは、そのままです。")) }
        } @else {
            p { (t("あなたのアカウントに、このIDを結び付けます。次の画面で、このIDでサインインしてください。")) }
            p.small.soft { (t("先に、このサービスのパスワードで、ご本人であることを確かめます。")) }
        }
        form.stack method="post" action=(view.action) {
            (password.errors(&view.errors))
            div.row {
                @if view.ending {
                    button.btn.danger-quiet.large type="submit" { (title) }
                } @else {
                    button.btn.primary.large type="submit" { (t("次へ")) }
                }
                a.btn.quiet href=(urls::identities()) { (t("やめる")) }
            }
        }
    };
    let bar = Topbar { title, back: Some((urls::identities(), t("連携IDに戻る"))), ..Topbar::default() };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}
