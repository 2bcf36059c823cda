//! サインインの決まり.

use jiff::Timestamp;
use maud::{Markup, html};

use super::model::{Demands, Policy, ShutOut};
use crate::words::{fill, t, t_in};
use crate::{
    features::facilities::views::{AdminTab, admin_bar},
    web::{
        forms::{Entry, Errors, check, done, hidden},
        input,
        page::{Page, page},
        ui::{Confirm, Ctx, Tab, Tone, callout, confirm, icon, notice_line, time},
        urls,
    },
};

/// What was typed.
#[derive(Debug, Clone)]
pub struct PolicyForm {
    pub managed: bool,
    pub idle_minutes: String,
    pub from: String,
    pub to: String,
    pub copy_hours: String,
}

impl PolicyForm {
    pub fn of(d: &Demands) -> Self {
        Self {
            managed: d.managed_devices_only,
            idle_minutes: d.idle_minutes.to_string(),
            from: d.hours.map(|h| input::clock_value(h.from)).unwrap_or_default(),
            to: d.hours.map(|h| input::clock_value(h.to)).unwrap_or_default(),
            copy_hours: d.copy_hours.to_string(),
        }
    }
}

pub struct PolicyView {
    pub facility: String,
    pub form: PolicyForm,
    pub now: Policy,
    /// The versions before.
    pub before: Vec<Policy>,
    pub errors: Errors,
    pub done: bool,
    pub at: Timestamp,
}

const TITLE: &str = "サインインの決まり";

pub fn policy_page(view: &PolicyView, ctx: &Ctx) -> Markup {
    let (form, errors) = (&view.form, &view.errors);
    let body = html! {
        (done(view.done.then_some(t("決まりを保存しました。開いている画面にも、すぐに効いています。"))))
        (errors.summary())
        h2 { (t(TITLE)) }
        (notice_line("shield", t("二要素認証は、いつも必要です。なくすことはできません。")))
        form.panel.stack method="post" action=(urls::sign_in_policy()) {
            (check("managed", t("施設が承認した端末だけを使えるようにする"),
                t("知らない端末では、両方の認証が合っていても、承認するまで何も見られません。いまお使いの端末は、同時に承認されます。アクセストークンとカレンダーのリンクは、その場で終わります。"), form.managed, errors))
            (Entry::line("idle_minutes", t("画面がロックするまでの分数（1〜30）")).value(&form.idle_minutes).inputmode("numeric")
                .help(t("触らないまま、この時間がたつとロックします。2つの施設で働く人には、短いほうが効きます。")).errors(errors).need())
            fieldset.stack-s {
                legend { (t("サインインできる時間（空なら、いつでも）")) }
                (Entry::line("from", t("始まり")).value(&form.from).inputmode("text").help(t("例：07:00")).errors(errors))
                (Entry::line("to", t("終わり")).value(&form.to).inputmode("text").help(t("例：21:00。夜をまたぐときは、始まり 21:00、終わり 07:00 のように")).errors(errors))
                p.small { (t("時間の外では、この施設の仕事でサインインできず、開いている画面も1分以内に終わります。管理者だけは、いつでも入れます。")) }
            }
            (Entry::line("copy_hours", t("電波の届かないところで読むための控えを、端末に残す時間（0〜72時間）")).value(&form.copy_hours).inputmode("numeric")
                .help(t("0なら、残しません。残すときは、スタッフが自分の端末で合言葉を決めます。開いた患者のページが暗号になって残り、この時間で消えます。写真は残りません。ほかの施設の患者では、短いほうが効きます。")).errors(errors).need())
            button.btn.primary.large type="submit" { (t("この決まりにする")) }
        }
        (versions(view))
    };
    page(
        ctx,
        Page { title: t(TITLE), tab: Tab::Menu, bar: admin_bar(&view.facility, AdminTab::Devices), body },
    )
}

fn versions(view: &PolicyView) -> Markup {
    html! {
        section {
            h2 { (t("これまでの決まり")) }
            @if view.now.version == 0 { p { (t("まだ決めていません。いまは、この連携の標準（どの端末でも、いつでも、")) (view.now.demands.idle_minutes) (t("分でロック）です。")) } }
            @else {
                ul.panel.flush.rows {
                    @for policy in std::iter::once(&view.now).chain(&view.before) { (version(policy, view)) }
                }
            }
        }
    }
}

fn version(policy: &Policy, view: &PolicyView) -> Markup {
    let d = &policy.demands;
    html! {
        li.entry-row {
            (icon("hist"))
            div {
                b { (t("第")) (policy.version) (t_in("版", "after its number")) } @if policy.version == view.now.version { " " span.badge.accent { (t("いまの決まり")) } }
                p { @if d.managed_devices_only { (t("承認した端末だけ")) } @else { (t("どの端末でも")) } (t("・")) (d.idle_minutes) (t("分でロック・"))
                    @match d.hours { Some(hours) => (hours.in_words()), None => (t("いつでも")) }
                    (t("・")) @if d.copy_hours == 0 { (t("控えは残さない")) } @else { (fill(t("控えは{0}時間"), &[("0", &d.copy_hours)])) } }
                small {
                    @if let Some(at) = policy.at { (time::when(at, view.at)) (t("・")) }
                    @match &policy.by { Some((_, name)) => (name), None => (t("運営者（施設からの依頼）")) }
                }
            }
        }
    }
}

/// Before it holds: who is signed out by it.
pub fn preview_page(facility: &str, form: &PolicyForm, shut_out: &[ShutOut], ctx: &Ctx) -> Markup {
    let count = fill(
        t("{0}台の端末から、すぐにサインアウトします。送った記録は残ります。"),
        &[("0", &shut_out.len())],
    );
    let consequences = [
        ("out", count.as_str()),
        ("phone", t("次にサインインした端末は、「端末」の画面に承認待ちとして出ます。承認すると使えます。")),
        ("ok", t("いまお使いの端末は、そのまま使えます。")),
    ];
    let fields = html! {
        @if form.managed { (hidden("managed", "on")) }
        (hidden("idle_minutes", &form.idle_minutes))
        (hidden("from", &form.from))
        (hidden("to", &form.to))
        (hidden("copy_hours", &form.copy_hours))
        (hidden("confirmed", "yes"))
        ul.rows aria-label=(t("サインアウトする端末")) {
            @for s in shut_out {
                li { b { (s.person) } (t("・")) (s.device) (t("・")) @if s.by_device { (t("承認していない端末")) } @else { (t("時間の外")) } }
            }
        }
    };
    let question = Confirm {
        keep: None,
        title: t("この決まりにすると、次の端末が使えなくなります"),
        consequences: &consequences,
        fields,
        action: urls::sign_in_policy(),
        verb: t("この決まりにする"),
        danger: true,
        cancel: urls::sign_in_policy(),
    };
    let body = html! {
        (callout(Tone::Caution, t("まだ変わっていません"), html! { p { (t("訪問先で使っている人がいないか、確かめてから押してください。")) } }))
        (confirm(&question))
    };
    page(ctx, Page { title: t(TITLE), tab: Tab::Menu, bar: admin_bar(facility, AdminTab::Devices), body })
}
