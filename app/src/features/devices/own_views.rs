//! My devices, a lost device, and waiting for the facility's approval.

use maud::{Markup, html};
use uuid::Uuid;

use super::model::Kind;
use crate::features::copies::{self, acts::Here};
use crate::web::forms::{Errors, done, hidden};
use crate::web::page::{Page, Step, how_to, page, steps};
use crate::web::ui::{Confirm, Ctx, Tab, Tone, Topbar, callout, confirm, gate, icon};
use crate::web::urls;
use crate::words::{fill, t};

/// One device on which the person is signed in.
#[derive(Debug, Clone)]
pub struct DeviceRow {
    pub id: Uuid,
    pub name: String,
    pub kind: Kind,
    /// The facility for which it was used last.
    pub place: Option<String>,
    /// `今日 14:32`.
    pub last_used: String,
    /// `10月2日`.
    pub since: String,
    /// The device of this request.
    pub this_one: bool,
    /// Keeps copies for when there is no line.
    pub copies: bool,
    /// Asks for no code for thirty days, until this day.
    pub remembered_until: Option<String>,
}

#[derive(Debug, Clone)]
pub struct DevicesView {
    pub devices: Vec<DeviceRow>,
    pub copies: Here,
    pub done: Option<String>,
    /// `name-{device}`.
    pub errors: Errors,
}

impl DevicesView {
    pub fn sample() -> Self {
        let device = |n, name: &str, last: &str, this_one, until: Option<&str>| DeviceRow {
            id: Uuid::from_u128(n),
            name: name.to_owned(),
            kind: if n == 2 { Kind::Pc } else { Kind::Phone },
            place: Some("そらまめ訪問看護ステーション".to_owned()),
            last_used: last.to_owned(),
            since: "10月2日".to_owned(),
            this_one,
            copies: this_one,
            remembered_until: until.map(str::to_owned),
        };
        let long = "個人のタブレット・とても長い名前を付けた端末・二階の充電台のもの";
        Self {
            devices: vec![
                device(1, "スマートフォン(そらまめ訪問看護 3号機)", "今日 14:32", true, Some("12月1日")),
                device(2, "事務所のパソコン", "昨日 18:20", false, None),
                device(3, long, "9月14日", false, None),
            ],
            copies: Here { kept: false, hours: 24 },
            done: None,
            errors: Errors::none(),
        }
    }
}

impl LossView {
    pub fn sample() -> Self {
        Self {
            action: urls::own_device_loss(Uuid::from_u128(1)),
            cancel: urls::devices(),
            device: "スマートフォン(そらまめ訪問看護 3号機)".to_owned(),
            person: None,
            this_one: false,
            client_id: None,
        }
    }
}

impl WaitView {
    pub fn sample() -> Self {
        Self {
            facility: "そらまめ訪問看護ステーション".to_owned(), name: "五十嵐 みずほ".to_owned()
        }
    }
}

pub fn devices_page(view: &DevicesView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.as_deref()))
        (view.errors.summary())
        p { (t("あなたがサインインしている端末です。見おぼえのない端末は、サインアウトしてパスワードを変えてください。")) }
        ul.panel.flush.rows { @for device in &view.devices { (device_row(device, &view.errors)) } }
        (copies::views::panel(view.copies))
        (callout(Tone::Info, t("端末をなくしたとき"), html! {
            p { (t("なくした端末の「この端末をなくした」を押してください。すべての端末から、すぐにサインアウトします。")) }
            p { (t("この画面を開けないときは、施設の管理者へ連絡してください。管理者も、同じことができます。")) }
        }))
        (how_to("phone-lost"))
    };
    let bar =
        Topbar {
            title: t("端末"), back: Some((urls::menu(), t("メニューに戻る"))), ..Topbar::default()
        };
    page(ctx, Page { title: t("端末"), tab: Tab::Menu, bar, body })
}

fn device_row(device: &DeviceRow, errors: &Errors) -> Markup {
    let name = format!("name-{}", device.id);
    html! {
        li.entry-row {
            (icon("phone"))
            div {
                b { (device.name) }
                @if device.this_one { " " span.badge.accent { (t("この端末")) } }
                @if device.copies { " " span.badge.plain { (icon("file")) (t("控えを残す端末")) } }
                small { (device.kind.label()) @if let Some(place) = &device.place { (t("・")) (place) (t("の仕事で使用")) } }
                small { (t("最後に使った時刻 ")) (device.last_used) (t("・")) (device.since) (t("から")) }
                @if let Some(until) = &device.remembered_until { small { (until) (t("まで、確認コードを聞きません")) } }
                details.opens open[errors.of(&name).is_some()] {
                    summary aria-label={ (t("名前を変える: ")) (device.name) } { (t("名前を変える")) }
                    form.stack-s method="post" action=(urls::own_device_name(device.id)) {
                        div.field {
                            label for=(name) { (t("端末の名前")) }
                            @if let Some(why) = errors.of(&name) { p.error { (icon("alert")) span { (why) } } }
                            input.input id=(name) name="name" value=(device.name) maxlength="160" required;
                        }
                        button.btn type="submit" { (t("名前を変える")) }
                    }
                }
            }
            div.acts {
                @if !device.this_one {
                    form method="post" action=(urls::device_sign_out(device.id)) {
                        button.btn type="submit" aria-label={ (device.name) (t("をサインアウト")) } { (t("サインアウト")) }
                    }
                }
                a.btn.danger-quiet href=(urls::own_device_loss(device.id)) aria-label={ (t("この端末をなくした: ")) (device.name) } { (t("この端末をなくした")) }
            }
        }
    }
}

/// Before everything of a person is ended.
#[derive(Debug, Clone)]
pub struct LossView {
    pub action: String,
    pub cancel: &'static str,
    pub device: String,
    /// Whose it is, where an admin asks.
    pub person: Option<String>,
    pub this_one: bool,
    pub client_id: Option<Uuid>,
}

pub fn loss_page(view: &LossView, ctx: &Ctx) -> Markup {
    let title = t("端末をなくしたとき");
    let whose = view
        .person
        .as_ref()
        .map_or_else(|| t("あなた").to_owned(), |name| fill(t("{name}さん"), &[("name", &name)]));
    let all = fill(
        t("{whose}を、すべての端末からすぐにサインアウトします。開いている画面も、1秒以内に閉じます。"),
        &[("whose", &whose)],
    );
    let again = fill(
        t("{whose}が次にサインインするときは、どの端末でも、パスワードと2つめの認証の両方が必要です。"),
        &[("whose", &whose)],
    );
    let mine = t("いま使っているこの端末からも、サインアウトします。");
    let mut consequences = vec![("out", all.as_str()), ("shield", again.as_str())];
    if view.person.is_none() {
        consequences.push(("phone", mine));
    }
    consequences.push(("ban", t("なくした端末の承認と証明書を取り消します。ほかの人がその端末でサインインしていれば、それも終わります。")));
    consequences.push(("alert", t("働いている施設の管理者に、紛失として伝わります。")));
    consequences.push(("file", t("送った記録は、そのまま残ります。")));
    let heading = fill(t("「{0}」をなくしましたか"), &[("0", &view.device)]);
    let question = Confirm {
        keep: None,
        title: &heading,
        consequences: &consequences,
        fields: html! { @if let Some(id) = view.client_id { (hidden("client_id", &id.to_string())) } },
        action: &view.action,
        verb: t("なくした。すべてサインアウトする"),
        danger: true,
        cancel: view.cancel,
    };
    let body = html! {
        @if view.this_one && view.person.is_none() {
            (callout(Tone::Caution, t("いま使っている端末です"), html! { p { (t("なくしたのは、この端末ですか。ほかの端末なら、一覧から選び直してください。")) } }))
        }
        (confirm(&question))
    };
    page(
        ctx,
        Page {
            title,
            tab: Tab::Menu,
            bar: Topbar { title, back: Some((view.cancel, t("戻る"))), ..Topbar::default() },
            body,
        },
    )
}

/// What has happened, and what to do next. Names nobody: the session is over.
pub fn lost_page(ctx: &Ctx) -> Markup {
    let next = [
        Step {
            icon: "ok",
            what: t("終わったこと"),
            more: t(
                "すべての端末からサインアウトしました。なくした端末では、もう何も開けません。施設の管理者にも伝わりました。",
            ),
        },
        Step {
            icon: "tel",
            what: t("電話会社に連絡する"),
            more: t("回線の停止と、端末の位置の確認やロックを頼んでください。"),
        },
        Step {
            icon: "facility",
            what: t("施設の管理者に話す"),
            more: t("いつ、どこでなくしたか。画面のロックがかかっていたか。警察への届けも相談してください。"),
        },
        Step {
            icon: "key",
            what: t("手元の端末でサインインし直す"),
            more: t("パスワードと、2つめの認証の両方が必要です。入れたら、パスワードを変えてください。"),
        },
        Step {
            icon: "shield",
            what: t("認証アプリも、なくした端末にあったとき"),
            more: t(
                "控えておいた回復コードを使ってください。なければ、施設の管理者が再登録の手続きを始められます。",
            ),
        },
        Step {
            icon: "search",
            what: t("見つかったとき"),
            more: t(
                "その端末でふつうにサインインできます。施設の承認が必要なときは、管理者に頼んでください。",
            ),
        },
    ];
    let main = html! {
        h1 { (t("すべての端末からサインアウトしました")) }
        p { (t("あわてなくて大丈夫です。送った記録は、すべて残っています。")) }
        (steps(&next))
        a.btn.primary.large.block href=(urls::sign_in()) { (t("サインインの画面へ")) }
    };
    gate(ctx, t("端末をなくしたあと"), main)
}

/// Both factors were right; the facility has not approved the device.
#[derive(Debug, Clone)]
pub struct WaitView {
    pub facility: String,
    pub name: String,
}

pub fn wait_page(view: &WaitView, ctx: &Ctx) -> Markup {
    let what = [
        Step {
            icon: "ok",
            what: t("本人の確認は終わりました"),
            more: t("パスワードも2つめの認証も合っています。"),
        },
        Step {
            icon: "hour",
            what: t("施設の管理者が、この端末を承認します"),
            more: t("承認されるまで、記録は見られません。急ぐときは、電話などで管理者に頼んでください。"),
        },
        Step {
            icon: "home",
            what: t("承認されると、そのまま使えます"),
            more: t("もう一度サインインする必要はありません。下のボタンで確かめられます。"),
        },
    ];
    let main = html! {
        h1 { (t("この端末は施設の承認を待っています")) }
        p { (view.name) (t("さん。")) b { (view.facility) } (t("では、施設が承認した端末だけを使えます。")) }
        (steps(&what))
        a.btn.primary.large.block href=(urls::device_waits()) { (icon("retry")) (t("承認されたか確かめる")) }
        form method="post" action=(urls::sign_out()) {
            button.btn.large.block type="submit" { (icon("out")) (t("やめてサインアウトする")) }
        }
    };
    gate(ctx, t("端末の承認を待っています"), main)
}
