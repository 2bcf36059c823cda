//! My devices and my password.

use maud::{Markup, html};
use uuid::Uuid;

use crate::web::forms::{Entry, Errors, done};
use crate::web::page::{Page, page};
use crate::web::ui::{Ctx, Tab, Tone, Topbar, callout, icon};
use crate::web::urls;

/// One device on which the person is signed in.
#[derive(Debug, Clone)]
pub struct DeviceRow {
    pub id: Uuid,
    pub name: String,
    /// `今日 14:32`.
    pub last_used: String,
    /// `10月2日`.
    pub since: String,
    /// The device of this request.
    pub this_one: bool,
    /// Asks for no code for thirty days, until this day.
    pub remembered_until: Option<String>,
}

#[derive(Debug, Clone)]
pub struct DevicesView {
    pub devices: Vec<DeviceRow>,
    pub done: Option<String>,
}

impl DevicesView {
    pub fn sample() -> Self {
        let device = |n, name: &str, last: &str, this_one, until: Option<&str>| DeviceRow {
            id: Uuid::from_u128(n),
            name: name.to_owned(),
            last_used: last.to_owned(),
            since: "10月2日".to_owned(),
            this_one,
            remembered_until: until.map(str::to_owned),
        };
        Self {
            devices: vec![
                device(1, "スマートフォン(そらまめ訪問看護 3号機)", "今日 14:32", true, Some("12月1日")),
                device(2, "事務所のパソコン", "昨日 18:20", false, None),
                device(
                    3,
                    "個人のタブレット・とても長い名前を付けた端末・二階の充電台のもの",
                    "9月14日",
                    false,
                    None,
                ),
            ],
            done: None,
        }
    }
}

pub fn devices_page(view: &DevicesView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.as_deref()))
        p { "あなたがサインインしている端末です。見おぼえのない端末は、サインアウトしてパスワードを変えてください。" }
        ul.panel.flush.rows { @for device in &view.devices { (device_row(device)) } }
        (callout(Tone::Info, "端末をなくしたとき", html! { p {
            "ほかの端末でこの画面を開き、なくした端末をサインアウトしてください。開けないときは、施設の管理者へ連絡してください。"
        } }))
    };
    page(ctx, Page { title: "端末", tab: Tab::Menu, bar: bar("端末"), body })
}

fn device_row(device: &DeviceRow) -> Markup {
    html! {
        li.entry-row {
            (icon("phone"))
            div {
                b { (device.name) }
                @if device.this_one { " " span.badge.accent { "この端末" } }
                small { "最後に使った時刻 " (device.last_used) "・" (device.since) "から" }
                @if let Some(until) = &device.remembered_until { small { (until) "まで、確認コードを聞きません" } }
            }
            @if !device.this_one {
                form method="post" action=(urls::device_sign_out(device.id)) {
                    button.btn type="submit" aria-label={ (device.name) "をサインアウト" } { "サインアウト" }
                }
            }
        }
    }
}

/// Changing the password. Nothing typed here ever comes back.
#[derive(Debug, Clone)]
pub struct PasswordView {
    pub errors: Errors,
    /// The least length for this person: 13, or 8 with a second factor.
    pub min_chars: u32,
}

impl PasswordView {
    pub fn sample() -> Self {
        Self {
            errors: Errors::one("new_password", "よく使われることばなので、ほかのものにしてください。"),
            min_chars: 8,
        }
    }
}

pub fn password_page(view: &PasswordView, ctx: &Ctx) -> Markup {
    let rule = format!(
        "{}文字以上。続けた単語や、好きな短い文でもかまいません。名前や施設の名前は避けてください。",
        view.min_chars
    );
    let body = html! {
        (view.errors.summary())
        form.stack method="post" action=(urls::menu_password()) {
            (Entry::password("password", "いまのパスワード").autocomplete("current-password").errors(&view.errors).need())
            (Entry::password("new_password", "新しいパスワード").autocomplete("new-password").help(&rule).errors(&view.errors).need())
            (Entry::password("new_password_again", "新しいパスワード(もう一度)").autocomplete("new-password").errors(&view.errors).need())
            p.small.soft { "変えると、ほかの端末からはサインアウトします。" }
            div.row {
                button.btn.primary.large type="submit" { "パスワードを変える" }
                a.btn.quiet href=(urls::menu()) { "やめる" }
            }
        }
    };
    page(
        ctx,
        Page {
            title: "パスワードを変える", tab: Tab::Menu, bar: bar("パスワードを変える"), body
        },
    )
}

/// A page one step below the menu.
fn bar(title: &str) -> Topbar<'_> {
    Topbar { title, back: Some((urls::menu(), "メニューに戻る")), ..Topbar::default() }
}
