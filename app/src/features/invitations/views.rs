//! What an invited person sees. Before she is a member, no page tells her who the patient is.

use maud::{Markup, html};
use uuid::Uuid;

use crate::web::forms::hidden;
use crate::web::page::{Page, Step, consequences, page};
use crate::web::person::Person;
use crate::web::ui::{Ctx, Tab, Tone, Topbar, callout, empty, icon, notice_line};
use crate::web::urls;
use crate::words::t;

#[derive(Clone)]
pub struct InvitationView {
    /// Id, or the token of the link by which she came.
    pub id_or_token: String,
    /// So that a double click on the answer is one act.
    pub client_id: Uuid,
    pub inviter: Person,
    /// What a free group is called; none where it is a patient's.
    pub title: Option<String>,
    /// The managing facility.
    pub facility: String,
    /// A guest: until this day.
    pub until: Option<String>,
    /// The whole stream, or only from now on.
    pub whole_history: bool,
    /// When the invitation ends: `11月20日(金) 14:32`.
    pub ends: String,
    /// The host has to approve after she accepted.
    pub needs_approval: bool,
    /// She acts for another of her facilities now: she has to change over before she can answer.
    pub other_facility: bool,
}

crate::opaque_debug!(InvitationView);

impl InvitationView {
    pub fn sample() -> Self {
        Self {
            id_or_token: "0192f6a0-0000-7000-8000-000000000001".to_owned(),
            client_id: Uuid::from_u128(61),
            title: None,
            inviter: Person::sample(2, "桑原 誠一郎", "doctor", "ひだまり坂クリニック"),
            facility: "ひだまり坂クリニック".to_owned(),
            until: Some("2026年12月1日".to_owned()),
            whole_history: true,
            ends: "11月20日(金) 14:32".to_owned(),
            needs_approval: true,
            other_facility: false,
        }
    }
}

pub fn invitation_page(view: &InvitationView, ctx: &Ctx) -> Markup {
    let body = html! {
        p { (view.inviter.name) (t("さんが、あなたを")) @if view.title.is_some() { (t("自由グループ")) } @else { (t("患者グループ")) } (t("に招待しています。")) }
        (view.inviter.head())
        dl.facts-table {
            @match &view.title {
                Some(title) => div { dt { (t("グループ")) } dd { (title) } },
                None => div { dt { (t("患者さん")) } dd { (t("患者さんの名前は、参加したあとに表示されます")) } },
            }
            div { dt { (t("管理する施設")) } dd { (view.facility) } }
            div { dt { (t("参加のしかた")) } dd { @match &view.until { Some(day) => { (t("一時参加(")) (day) (t("まで)")) }, None => (t("メンバー")) } } }
            div { dt { (t("読める記録")) } dd { @if view.whole_history { (t("これまでの記録と、これからの記録")) } @else { (t("参加したあとの記録")) } } }
            div { dt { (t("返事の期限")) } dd { (view.ends) } }
        }
        (consequences(t("承諾すると"), &accepted(view)))
        @if view.other_facility {
            (callout(Tone::Info, t("施設を切り替えてください"), html! {
                p { (t("あなたのもうひとつの所属先としての招待です。")) a href=(urls::menu()) { (t("メニュー")) } (t("で施設を切り替えると、返事ができます。")) }
            }))
        } @else {
            div.row {
                (decision(view, "accept", "btn primary large", "check", t("参加する")))
                (decision(view, "decline", "btn large", "x", t("断る")))
            }
        }
        (notice_line("info", t("心あたりがないときは断ってください。断ったことだけが相手に伝わります。")))
    };
    page(
        ctx,
        Page {
            title: t("グループへの招待"), tab: Tab::Notices, bar: bar(t("グループへの招待")), body
        },
    )
}

fn accepted(view: &InvitationView) -> Vec<Step<'static>> {
    let enter = if view.needs_approval {
        Step {
            icon: "userok",
            what: t("ホストの承認を待ちます"),
            more: t("承認されると、お知らせが届きます"),
        }
    } else {
        Step {
            icon: "group",
            what: t("すぐに参加します"),
            more: if view.title.is_some() {
                t("グループの投稿を読み書きできます。患者さんのことは書かない場所です")
            } else {
                t("チームの記録を読み書きできます")
            },
        }
    };
    vec![
        enter,
        Step {
            icon: "eye",
            what: t("名前と職種と施設が見えます"),
            more: t("グループの全員に。読んだこと(既読)も伝わります"),
        },
    ]
}

fn decision(view: &InvitationView, code: &str, class: &str, name: &str, word: &str) -> Markup {
    html! {
        form method="post" action=(urls::acceptance(&view.id_or_token)) {
            (hidden("client_id", &view.client_id.to_string()))
            (hidden("decision", code))
            button class=(class) type="submit" { (icon(name)) (word) }
        }
    }
}

fn bar(title: &str) -> Topbar<'_> {
    Topbar { title, back: Some((urls::notices(), t("お知らせに戻る"))), ..Topbar::default() }
}

/// After the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerView {
    /// Accepted; the host has to approve.
    Waiting,
    Declined,
}

impl AnswerView {
    pub fn sample() -> Self {
        Self::Waiting
    }
}

pub fn answer_page(view: AnswerView, ctx: &Ctx) -> Markup {
    let body = match view {
        AnswerView::Waiting => callout(
            Tone::Success,
            t("承諾しました"),
            html! {
                p { (t("ホストの承認を待っています。承認されると「お知らせ」に届き、グループが「患者」に出ます。")) }
            },
        ),
        AnswerView::Declined => callout(
            Tone::Info,
            t("断りました"),
            html! {
                p { (t("断ったことだけが相手に伝わります。気が変わったときは、もう一度招待してもらってください。")) }
            },
        ),
    };
    let body = html! { (body) a.btn.large href=(urls::home()) { (t("ホームへ")) } };
    page(
        ctx,
        Page {
            title: t("グループへの招待"), tab: Tab::Notices, bar: bar(t("グループへの招待")), body
        },
    )
}

/// A link that no longer works, or is not for this person: one page for all, so that it tells nothing.
#[derive(Debug, Clone, Copy)]
pub struct InvitationGoneView;

impl InvitationGoneView {
    pub fn sample() -> Self {
        Self
    }
}

pub fn invitation_gone_page(_view: &InvitationGoneView, ctx: &Ctx) -> Markup {
    let body = empty(
        "link",
        t("この招待は使えません"),
        t(
            "期限が切れたか、もう使われたか、ほかの方への招待です。招待してくれた人に、もう一度お願いしてください。",
        ),
        Some(html! { a.btn.primary href=(urls::notices()) { (t("お知らせを見る")) } }),
    );
    page(
        ctx,
        Page {
            title: t("使えない招待"), tab: Tab::Notices, bar: bar(t("グループへの招待")), body
        },
    )
}
