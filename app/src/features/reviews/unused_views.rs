//! Accounts and devices that nobody has used for ninety days, each with one tap to end it.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{rules::UNUSED_DAYS, unused::Unused, views::profession_of};
use crate::words::{fill, t};
use crate::{
    features::facilities::views::{AdminTab, admin_bar},
    web::{
        forms::{done, hidden},
        page::{Page, page},
        ui::{Ctx, Size, Tab, avatar, empty, icon, profession, time},
        urls,
    },
};

pub struct UnusedView {
    pub facility: String,
    pub rows: Vec<Unused>,
    pub forgotten: bool,
    pub now: Timestamp,
}

pub fn unused_page(view: &UnusedView, ctx: &Ctx) -> Markup {
    let (devices, accounts): (Vec<&Unused>, Vec<&Unused>) =
        view.rows.iter().partition(|u| u.device_id.is_some());
    let body = html! {
        (done(view.forgotten.then_some(t("端末を外しました。次に使うときは、新しい端末としてサインインします。"))))
        @if view.rows.is_empty() {
            (empty("ok", t("ありません"), &fill(t("{UNUSED_DAYS}日のあいだに、どのアカウントも端末も使われています。"), &[("UNUSED_DAYS", &UNUSED_DAYS)]),
                Some(html! { a.btn href=(urls::facility()) { (t("スタッフを見る")) } })))
        }
        @if !accounts.is_empty() {
            section {
                h2 { (UNUSED_DAYS) (t("日使われていないアカウント ")) (accounts.len()) (t("人")) }
                p.small.soft { (t("「利用を止める」を押すと、すぐに入れなくなります。スタッフの一覧で、いつでも再開できます。")) }
                ul.panel.flush.rows { @for u in accounts { (account_row(u, view.now)) } }
            }
        }
        @if !devices.is_empty() {
            section {
                h2 { (UNUSED_DAYS) (t("日使われていない端末 ")) (devices.len()) (t("台")) }
                ul.panel.flush.rows { @for u in devices { (device_row(u, view.now)) } }
            }
        }
    };
    page(
        ctx,
        Page {
            title: t("使われていないもの"),
            tab: Tab::Menu,
            bar: admin_bar(&view.facility, AdminTab::Reviews),
            body,
        },
    )
}

fn last_used(u: &Unused, now: Timestamp) -> String {
    let days = |at: Timestamp| now.duration_since(at).as_hours() / 24;
    match u.used_at {
        Some(at) => fill(t("最後に使った日 {0}（{1}日前）"), &[("0", &time::day_long(at)), ("1", &days(at))]),
        None => fill(t("使われたことがありません（登録から{0}日）"), &[("0", &days(u.since))]),
    }
}

fn account_row(u: &Unused, now: Timestamp) -> Markup {
    let code = profession_of(Some(&u.profession));
    html! {
        li.entry-row {
            (avatar(&u.name, code, Size::Medium))
            div {
                b { (u.name) }
                @if u.admin { " " span.badge.accent { (icon("shield")) (t("管理者")) } }
                p.affiliation { (profession(code)) " " span { "ID " (u.login_id) } }
                small { (last_used(u, now)) }
            }
            form.acts method="post" action=(urls::suspension(u.account_id)) {
                (hidden("suspend", "yes"))
                button.btn.danger-quiet type="submit" aria-label={ (u.name) (t("さんの利用を止める")) } { (t("利用を止める")) }
            }
        }
    }
}

fn device_row(u: &Unused, now: Timestamp) -> Markup {
    let device = u.device.as_deref().unwrap_or_default();
    html! {
        li.entry-row {
            (icon("phone"))
            div { b { (device) } small { (u.name) (t("さん")) } small { (last_used(u, now)) } }
            @if let Some(id) = u.device_id {
                form.acts method="post" action=(urls::unused_device(id)) {
                    button.btn.danger-quiet type="submit" aria-label={ (u.name) (t("さんの")) (device) (t("の端末を外す")) } { (t("端末を外す")) }
                }
            }
        }
    }
}
