//! What waits for an answer: must-acknowledge posts, invitations, approvals.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use crate::words::t;
use crate::{
    features::groups::views::GroupKind,
    opaque_debug,
    web::{
        ui::{self, Profession, icon, time},
        urls,
    },
};

/// Why a post asks the viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Mentioned,
    Must,
    Corrected,
    Substitute,
}

impl Why {
    pub fn of(code: &str) -> Self {
        match code {
            "mentioned" => Self::Mentioned,
            "corrected" => Self::Corrected,
            "substitute" => Self::Substitute,
            _ => Self::Must,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Mentioned => t("あなた宛て"),
            Self::Must => t("要了解"),
            Self::Corrected => t("読んだ投稿が訂正されました"),
            Self::Substitute => t("代理のお願い"),
        }
    }
}

/// A post that asks the viewer.
#[derive(Clone)]
pub struct Due {
    pub post_id: Uuid,
    pub group_id: Uuid,
    pub kind: GroupKind,
    /// The patient's name without 様, or the title of the free group.
    pub title: String,
    pub author: String,
    pub profession: Profession,
    /// The beginning of the text.
    pub excerpt: String,
    pub at: Timestamp,
    /// Until when 了解 is asked for; none: it is enough to read it.
    pub deadline: Option<Timestamp>,
    pub why: Why,
    pub urgent: bool,
}

/// Who waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskKind {
    /// Somebody invites the viewer into a group.
    Invitation,
    /// An invited person accepted and waits for the viewer's approval.
    Approval,
    /// The viewer is to take over a group as its host.
    HandOver,
    /// Somebody asks the viewer for a connection.
    Connection,
}

/// An invitation, an approval or a hand-over that waits for the viewer.
#[derive(Clone)]
pub struct Ask {
    pub kind: AskKind,
    /// Before the invitation is accepted this is what the invitation may tell, never more.
    pub group_title: String,
    /// Who invites, or who waits for approval.
    pub person: String,
    pub profession: Profession,
    pub facility: String,
    /// Where the answer is given.
    pub href: String,
    pub until: Option<Timestamp>,
}

opaque_debug!(Due, Ask);

/// One post with its way to 了解.
pub fn card(due: &Due, now: Timestamp) -> Markup {
    let late = due.deadline.is_some_and(|deadline| deadline < now);
    html! {
        article class={ "due" @if late { " late" } @if due.deadline.is_none() { " read" } } {
            @if due.urgent { div class="band now" { strong { (icon("alert")) (t("緊急")) } span { (t("すぐに読んでください")) } } }
            div class="band" {
                @match due.deadline {
                    Some(deadline) => {
                        strong { (icon("clock")) (time::when(deadline, now)) (t(" まで")) }
                        @if due.why == Why::Substitute { span { (due.why.words()) } }
                        span class="end" { (time::left_until(deadline, now)) }
                    },
                    None => strong { (icon(if due.why == Why::Corrected { "pen" } else { "at" })) (due.why.words()) },
                }
            }
            div class="in" {
                p class="of" {
                    (due.kind.avatar(&due.title)) (due.kind.named(&due.title))
                }
                p class="text" { (due.excerpt) }
                p class="from" {
                    b { (due.author) } (ui::profession(due.profession))
                    time datetime=(time::machine(due.at)) { (time::when(due.at, now)) }
                }
                a class="btn primary large block" href=(urls::post_in_group(due.group_id, due.post_id)) {
                    @if due.deadline.is_some() { (t("読んで了解する")) } @else { (t("投稿を読む")) }
                    span class="sr" { "(" (due.author) (t("さんの投稿)")) }
                }
            }
        }
    }
}

pub(super) fn ask(ask: &Ask, now: Timestamp) -> Markup {
    let (name, words) = match ask.kind {
        AskKind::Connection => ("link", t("つながりを申し込んでいます")),
        AskKind::Invitation => ("mail", t("グループに招待しています")),
        AskKind::Approval => ("userok", t("参加の承認を待っています")),
        AskKind::HandOver => ("swap", t("ホストの引き継ぎを頼んでいます")),
    };
    html! {
        a class="group ask" href=(ask.href) {
            (ui::avatar(&ask.person, ask.profession, ui::Size::Medium))
            span class="name" { b { (ask.person) } (t("さんが")) (words) }
            span class="marks" { (icon("next")) }
            span class="last" { (ask.profession.label()) (t("・")) (ask.facility) }
            span class="tags" {
                span class="badge accent" { (icon(name)) (ask.group_title) }
                @if let Some(until) = ask.until { span class="badge plain" { (time::left_until(until, now)) } }
            }
        }
    }
}
