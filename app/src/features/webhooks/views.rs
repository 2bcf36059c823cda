//! The page of a facility's webhooks.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{Call, KINDS, Webhook, label};
use crate::words::{fill, t};
use crate::{
    features::facilities::views::{AdminTab, admin_bar},
    web::{
        forms::{Entry, Errors, boxes, check, done, hidden},
        page::{Page, how_to, page},
        ui::{self, Ctx, Tab, Tone, empty, icon, notice_line, time},
        urls,
    },
};

/// The form as it was typed.
#[derive(Debug)]
pub struct Typed {
    pub id: Uuid,
    pub url: String,
    pub kinds: Vec<String>,
}

impl Typed {
    pub fn fresh() -> Self {
        Self { id: Uuid::now_v7(), url: String::new(), kinds: vec![KINDS[0].0.to_owned()] }
    }
}

pub struct WebhooksView {
    pub facility: String,
    /// That the operator lets facilities name; none: no webhooks here.
    pub hosts: Vec<String>,
    pub webhooks: Vec<Webhook>,
    pub calls: Vec<Call>,
    /// A secret, just after it was made.
    pub made: Option<String>,
    pub typed: Typed,
    pub errors: Errors,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

// The secret signs calls.
crate::opaque_debug!(WebhooksView);

pub fn webhooks_page(view: &WebhooksView, ctx: &Ctx) -> Markup {
    let body = html! {
        (view.errors.summary())
        (done(view.done))
        @if let Some(secret) = &view.made {
            (ui::callout(Tone::Success, t("署名の鍵ができました。いまだけ表示します"), html! {
                p { (t("受け取るプログラムの設定に、この文字をそのまま入れてください。画面を閉じると、二度と表示できません。")) }
                p.feed { code { (secret) } }
            }))
        }
        p { (t("施設のスタッフがいるグループで何かあったとき、施設のプログラムに知らせます。送るのは種類と時刻だけで、患者さん、グループ、内容は入りません。内容は、アクセストークンを使ってAPIから読みます。")) }
        @if view.hosts.is_empty() {
            (notice_line("ban", t("このサービスでは、いまはWebhookを使えません。外には何も送りません。使いたいときは、運営にお問い合わせください。")))
        }
        @if !view.webhooks.is_empty() || !view.hosts.is_empty() {
            section.stack {
                h2 { (t("登録したWebhook ")) (view.webhooks.len()) }
                @if view.webhooks.is_empty() { (empty("link", t("登録はありません"), t("登録すると、ここに出ます。"), None)) }
                @for webhook in &view.webhooks { (one(webhook, view)) }
            }
        }
        @if !view.hosts.is_empty() { (form(view)) }
        (how_to("webhooks"))
    };
    page(
        ctx,
        Page { title: "Webhook", tab: Tab::Menu, bar: admin_bar(&view.facility, AdminTab::Devices), body },
    )
}

fn form(view: &WebhooksView) -> Markup {
    let kinds = KINDS.map(|(code, label)| (code.to_owned(), label.to_owned()));
    let help = fill(
        t("https:// で始まるもの。運営が認めたホストだけです: {0}"),
        &[("0", &view.hosts.join(t("、")))],
    );
    html! {
        section aria-labelledby="w-new" {
            h2 id="w-new" { (t("新しく登録する")) }
            p.soft { (t("登録する前に、ご本人であることをもう一度確かめます。")) }
            form.panel.stack method="post" action=(urls::facility_webhooks()) {
                (hidden("client_id", &view.typed.id.to_string()))
                (Entry::line("url", t("アドレス")).value(&view.typed.url).help(&help).inputmode("url").errors(&view.errors).need())
                (boxes("kinds", t("知らせること"), &kinds, &view.typed.kinds, &view.errors))
                button.btn.primary type="submit" { (t("登録する")) }
            }
        }
    }
}

fn one(webhook: &Webhook, view: &WebhooksView) -> Markup {
    let (calls, now) = (view.calls.iter().filter(|c| c.webhook == webhook.id), view.now);
    let tried = view.done.is_some() && webhook.off.is_none();
    html! {
        article.panel.stack aria-label=(webhook.url) {
            p.feed { code { (webhook.url) } }
            p { (badge(webhook)) @for kind in &webhook.kinds { " " span.badge.plain { (label(kind)) } } }
            (standing(webhook, now))
            div.row { (acts(webhook)) }
            details.opens open[tried] {
                summary { (t("最近の呼び出し")) }
                @if view.calls.iter().any(|c| c.webhook == webhook.id) { ul.rows { @for call in calls { (row(call, webhook, now)) } } }
                @else { p.soft { (t("まだありません。「試しに呼び出す」で、届くか確かめられます。")) } }
                p { a.btn.quiet href=(urls::facility_webhooks()) { (icon("retry")) (t("読み込み直す")) } }
            }
            details.opens {
                summary { (t("署名の鍵を替える")) }
                (rotation(webhook, now))
            }
        }
    }
}

fn badge(webhook: &Webhook) -> Markup {
    html! {
        @if webhook.off.is_some() { span.badge.danger { (t("止まっています")) } }
        @else if webhook.failing_since.is_some() { span.badge.must { (icon("warn")) (t("届いていません")) } }
        @else { span.badge.accent { (t("動いています")) } }
    }
}

/// How it stands: what arrived last, what waits, and why it is quiet.
fn standing(webhook: &Webhook, now: Timestamp) -> Markup {
    html! {
        @if let Some(off) = &webhook.off {
            (notice_line("ban", off.words()))
            p.soft { (t("止まった時刻 ")) (time::when(off.at, now)) }
        } @else if let Some(since) = webhook.failing_since {
            p { (t("届かなくなった時刻 ")) (time::when(since, now)) (t("・続けて ")) (webhook.failures) (t("回。5日つづくと、ひとりでに止まります。")) }
            @if let Some(next) = webhook.held_until { p.soft { (t("次に送る時刻 ")) (time::when(next, now)) } }
        }
        p.soft {
            @match webhook.delivered_at { Some(at) => { (t("最後に届いた時刻 ")) (time::when(at, now)) } None => (t("まだ届いたことはありません")) }
            @if webhook.waiting > 0 { (t("・これから送るもの ")) (webhook.waiting) (t("件")) }
        }
        p.soft { (t("登録 ")) (time::short(webhook.made_at, now)) @if let Some(by) = &webhook.made_by { (t("・")) (by) } }
    }
}

fn acts(webhook: &Webhook) -> Markup {
    html! {
        @if webhook.off.is_some() { (button(&urls::webhook_resumption(webhook.id), t("再開する"), "btn")) }
        @else {
            (button(&urls::webhook_test(webhook.id), t("試しに呼び出す"), "btn"))
            (button(&urls::webhook_stop(webhook.id), t("止める"), "btn"))
        }
        (button(&urls::webhook_end(webhook.id), t("登録を外す"), "btn danger-quiet"))
    }
}

fn rotation(webhook: &Webhook, now: Timestamp) -> Markup {
    html! {
        p.soft { (t("新しい鍵を作って、一度だけ表示します。それまでの鍵でも、3日のあいだは署名します。")) }
        @if let Some(until) = webhook.old_until { p { (t("いまは、2つの鍵で署名しています。前の鍵は ")) (time::when(until, now)) (t(" までです。")) } }
        form.stack method="post" action=(urls::webhook_rotation(webhook.id)) {
            (hidden("client_id", &Uuid::now_v7().to_string()))
            (check("at_once", t("それまでの鍵を、すぐに使えなくする"), t("鍵が人に知られたときだけ選んでください。"), false, &Errors::none()))
            button.btn type="submit" { (icon("key")) (t("鍵を替える")) }
        }
    }
}

fn button(action: &str, verb: &str, class: &str) -> Markup {
    html! { form method="post" action=(action) { button class=(class) type="submit" { (verb) } } }
}

fn row(call: &Call, webhook: &Webhook, now: Timestamp) -> Markup {
    let (badge, word) = match call.state.as_str() {
        "delivered" => ("badge accent", t("届きました")),
        "failed" => ("badge danger", t("届きませんでした")),
        _ => ("badge plain", t("これから送ります")),
    };
    html! {
        li.entry-row {
            (icon("send"))
            div {
                b { (label(&call.kind)) } " " span class=(badge) { (word) }
                small { (time::when(call.at, now)) @if call.tries > 0 { (t("・")) (call.tries) (t("回目")) } @if let Some(status) = call.status { (t("・HTTP ")) (status) } }
                @if !call.why().is_empty() { small { (call.why()) } }
            }
            @if call.failed() && webhook.off.is_none() {
                div.acts { (button(&urls::webhook_resending(webhook.id, call.id), t("もう一度送る"), "btn quiet")) }
            }
        }
    }
}
