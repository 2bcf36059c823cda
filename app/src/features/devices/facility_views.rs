//! 端末台帳: every device that has acted for the facility, who waits, and what was lost.

use jiff::Timestamp;
use maud::{Markup, html};

use super::model::{FacilityDevice, Loss, Owner, Standing};
use crate::words::{fill, t};
use crate::{
    features::facilities::views::{AdminTab, admin_bar},
    web::{
        forms::done,
        page::{Page, how_to, page, way},
        ui::{Ctx, Tab, Tone, callout, empty, icon, time},
        urls,
    },
};

pub struct FacilityDevicesView {
    pub facility: String,
    pub devices: Vec<FacilityDevice>,
    pub losses: Vec<Loss>,
    /// The facility lets in only what it has approved.
    pub managed_only: bool,
    /// This deployment has the doors for devices with certificates.
    pub certificates: bool,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

pub fn devices_page(view: &FacilityDevicesView, ctx: &Ctx) -> Markup {
    let (waiting, others): (Vec<_>, Vec<_>) =
        view.devices.iter().partition(|d| d.standing == Standing::Waiting);
    let body = html! {
        (done(view.done))
        @if !waiting.is_empty() {
            section {
                h2 { (t("承認を待っている端末 ")) (waiting.len()) }
                p { (t("本人に心あたりがあるか、確かめてから承認してください。IDとパスワード、2つめの認証は合っています。")) }
                ul.panel.flush.rows { @for d in &waiting { (device_row(d, view)) } }
            }
        }
        section {
            h2 { (t("この施設で使われた端末 ")) (others.len()) }
            @if others.is_empty() { (empty("phone", t("ほかの端末はありません"), t("だれかがサインインすると、ここに出ます。"), None)) }
            @else { ul.panel.flush.rows { @for d in &others { (device_row(d, view)) } } }
            p { a.btn href=(urls::facility_devices_csv()) { (icon("download")) (t("端末台帳をCSVで保存")) } }
        }
        section {
            h2 { (t("決まり")) }
            ul.panel.flush.ways {
                (way(urls::sign_in_policy(), "shield", t("サインインの決まり"), if view.managed_only { t("いまは、承認した端末だけが使えます") } else { t("いまは、どの端末でも使えます") }))
                @if view.certificates { (way(urls::device_certificates(), "key", t("端末の証明書"), t("施設の端末に入れて、承認の代わりにします"))) }
            }
        }
        @if !view.losses.is_empty() { (losses(view)) }
        (how_to("facility-devices"))
    };
    page(
        ctx,
        Page { title: t("端末"), tab: Tab::Menu, bar: admin_bar(&view.facility, AdminTab::Devices), body },
    )
}

fn standing(d: &FacilityDevice) -> Markup {
    html! {
        @match d.standing {
            Standing::Approved => span.badge.accent { (icon("ok")) (d.standing.label()) },
            Standing::Waiting => span.badge.must { (icon("hour")) (d.standing.label()) },
            Standing::Refused => span.badge.danger { (icon("ban")) (d.standing.label()) },
            Standing::Seen => span.badge.plain { (d.standing.label()) },
        }
    }
}

fn device_row(d: &FacilityDevice, view: &FacilityDevicesView) -> Markup {
    let named = fill(t("{0}（{1}さん）"), &[("0", &d.name), ("1", &d.person)]);
    html! {
        li.entry-row {
            (icon("phone"))
            div {
                b { (d.name) } " " (standing(d))
                @if d.this_one { " " span.badge.accent { (t("この端末")) } }
                @if d.copies { " " span.badge.plain { (icon("file")) (t("控えを残す端末")) } }
                @if let Some(certificate) = &d.certificate { " " span.badge.plain { (icon("key")) (t("証明書 ")) (certificate) } }
                p { (d.person) @if let Some(owner) = d.owner { (t("・")) (owner.label()) } }
                small { (d.kind.label()) (t("・最後に使った時刻 ")) (time::when(d.last_seen, view.now)) (t("・")) (time::short(d.first_seen, view.now)) (t("から")) }
                @if d.sessions > 0 { small { (t("いまサインインしています")) } }
                details.opens {
                    summary aria-label={ (t("この端末の手続き: ")) (named) } { (t("この端末の手続き")) }
                    div.stack-s { (more(d, &named)) }
                }
            }
            div.acts {
                @if d.standing == Standing::Waiting || view.managed_only && d.standing != Standing::Approved && d.certificate.is_none() {
                    (decision(d, "approve", t("承認する"), "btn primary", &named))
                }
                @if d.standing == Standing::Waiting { (decision(d, "refuse", t("使わせない"), "btn danger-quiet", &named)) }
            }
        }
    }
}

fn decision(d: &FacilityDevice, code: &str, verb: &str, class: &str, named: &str) -> Markup {
    html! {
        form method="post" action=(urls::facility_device_approval(d.id)) {
            input type="hidden" name="decision" value=(code);
            button class=(class) type="submit" aria-label={ (verb) ": " (named) } { (verb) }
        }
    }
}

fn more(d: &FacilityDevice, named: &str) -> Markup {
    html! {
        @for owner in [Owner::Facility, Owner::Personal] {
            @if d.owner != Some(owner) {
                form method="post" action=(urls::facility_device_owner(d.id)) {
                    input type="hidden" name="owner" value=(owner.code());
                    button.btn type="submit" aria-label={ (owner.label()) (t("にする: ")) (named) } { (owner.label()) (t("にする")) }
                }
            }
        }
        @if d.standing == Standing::Seen { (decision(d, "approve", t("承認する"), "btn", named)) }
        @if d.standing == Standing::Refused { (decision(d, "approve", t("また使えるようにする"), "btn", named)) }
        @if d.standing == Standing::Approved { (decision(d, "refuse", t("使わせない"), "btn danger-quiet", named)) }
        @if !d.this_one {
            form method="post" action=(urls::facility_device_sign_out(d.id)) {
                button.btn type="submit" aria-label={ (t("この施設からサインアウトさせる: ")) (named) } { (icon("out")) (t("この施設からサインアウトさせる")) }
            }
        }
        a.btn.danger-quiet href=(urls::facility_device_loss(d.id)) aria-label={ (t("この端末をなくした: ")) (named) } { (icon("alert")) (t("この端末をなくした")) }
    }
}

fn losses(view: &FacilityDevicesView) -> Markup {
    html! {
        section {
            h2 { (t("端末の紛失 ")) (view.losses.len()) }
            ul.panel.flush.rows {
                @for loss in &view.losses {
                    li.entry-row {
                        (icon("alert"))
                        div {
                            b { (loss.person) (t("さんの端末（")) (loss.device) (t("）")) }
                            small { (time::when(loss.at, view.now)) (t("・")) @if loss.by_self { (t("本人が届けました")) } @else { (t("管理者が届けました")) } (t("・サインアウト ")) (loss.sessions) (t("件")) }
                        }
                    }
                }
            }
            (callout(Tone::Info, t("紛失があったとき"), html! {
                p { (t("その端末の最近の閲覧を、")) a href=(urls::access_log()) { (t("アクセス記録")) } (t("で確かめてください。患者さんの情報を見られたおそれがあるときは、"))
                    a href=(urls::support()) { (t("問い合わせ")) } (t("から運営者に知らせてください。")) }
            }))
        }
    }
}
