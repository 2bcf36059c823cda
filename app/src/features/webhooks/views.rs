//! The page of a facility's webhooks.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{Call, KINDS, Webhook, label};
use crate::{
    features::facilities::views::{AdminTab, admin_bar},
    web::{
        forms::{Entry, Errors, boxes, done, hidden},
        page::{Page, page},
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
    /// The secret, just after it was made.
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
            (ui::callout(Tone::Success, "登録しました。署名の鍵は、いまだけ表示します", html! {
                p { "受け取るプログラムの設定に、この文字をそのまま入れてください。画面を閉じると、二度と表示できません。" }
                p.feed { code { (secret) } }
            }))
        }
        p { "施設のスタッフがいるグループで何かあったとき、施設のプログラムに知らせます。送るのは種類と時刻だけで、患者さん、グループ、内容は入りません。内容は、アクセストークンを使ってAPIから読みます。" }
        @if view.webhooks.is_empty() { (empty("link", "登録はありません", "登録すると、ここに出ます。", None)) }
        @for webhook in &view.webhooks { (one(webhook, view)) }
        @if view.hosts.is_empty() { (notice_line("ban", "このサービスでは、いまはWebhookを使えません。使いたいときは、運営にお問い合わせください。")) }
        @else { (form(view)) }
    };
    page(
        ctx,
        Page { title: "Webhook", tab: Tab::Menu, bar: admin_bar(&view.facility, AdminTab::Devices), body },
    )
}

fn form(view: &WebhooksView) -> Markup {
    let kinds = KINDS.map(|(code, label)| (code.to_owned(), label.to_owned()));
    let help = format!("運営が認めたホストだけです: {}", view.hosts.join("、"));
    html! {
        section aria-labelledby="w-new" {
            h2 id="w-new" { "新しく登録する" }
            p.soft { "登録する前に、ご本人であることをもう一度確かめます。" }
            form.panel.stack method="post" action=(urls::facility_webhooks()) {
                (hidden("client_id", &view.typed.id.to_string()))
                (Entry::line("url", "アドレス").value(&view.typed.url).help(&help).inputmode("url").errors(&view.errors).need())
                (boxes("kinds", "知らせること", &kinds, &view.typed.kinds, &view.errors))
                button.btn.primary type="submit" { "登録する" }
            }
        }
    }
}

fn one(webhook: &Webhook, view: &WebhooksView) -> Markup {
    let (calls, now) = (view.calls.iter().filter(|c| c.webhook == webhook.id), view.now);
    html! {
        section.panel.stack {
            h2 { (webhook.url) }
            p { @for kind in &webhook.kinds { span.badge.plain { (label(kind)) } " " } }
            p.soft { (time::short(webhook.made_at, now)) "に" @if let Some(by) = &webhook.made_by { (by) "が" } "登録" }
            @if let Some(at) = webhook.disabled_at {
                (notice_line("alert", &format!("5日のあいだ届かなかったため、{}に止まりました。", time::when(at, now))))
            } @else if let Some(at) = webhook.failing_since {
                (notice_line("alert", &format!("{}から届いていません。", time::when(at, now))))
            }
            div.acts {
                @if webhook.disabled_at.is_some() { (button(&urls::webhook_resumption(webhook.id), "再開する", "btn")) }
                @else { (button(&urls::webhook_test(webhook.id), "試しに呼び出す", "btn")) }
                (button(&urls::webhook_end(webhook.id), "登録を外す", "btn danger-quiet"))
            }
            details.opens {
                summary { "最近の呼び出し" }
                ul.rows { @for call in calls { (row(call, webhook, now)) } }
            }
        }
    }
}

fn button(action: &str, verb: &str, class: &str) -> Markup {
    html! { form method="post" action=(action) { button class=(class) type="submit" { (verb) } } }
}

fn row(call: &Call, webhook: &Webhook, now: Timestamp) -> Markup {
    let (badge, word) = match call.state.as_str() {
        "delivered" => ("badge accent", "届きました"),
        "failed" => ("badge danger", "届きませんでした"),
        _ => ("badge plain", "これから送ります"),
    };
    html! {
        li.entry-row {
            (icon("send"))
            div {
                b { (label(&call.kind)) } " " span class=(badge) { (word) }
                small { (time::when(call.at, now)) "・" (call.tries) "回" @if !call.why().is_empty() { "・" (call.why()) } }
            }
            @if call.failed() && webhook.disabled_at.is_none() {
                div.acts { (button(&urls::webhook_resending(webhook.id, call.id), "もう一度送る", "btn quiet")) }
            }
        }
    }
}
