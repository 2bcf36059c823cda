//! What follows from the facts: links in their order, to the first that is missing. Pure.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::facts::{Done, Facts, Membership};
use crate::web::ui::time;
use crate::words::{fill, t};

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Link {
    /// `account`, `tie`, `invitation`, `membership`, `approval`, `role`, `until`, `service`, `from`, `archive`.
    pub code: &'static str,
    /// False for the one that is missing, after which nothing follows.
    pub holds: bool,
    /// The fact as a sentence.
    pub text: String,
}

/// Whether the person can see the group's timeline now, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Chain {
    pub allowed: bool,
    pub facts: Vec<Link>,
}

/// The links, kept until one does not hold.
struct Links(Vec<Link>);

impl Links {
    fn yes(&mut self, code: &'static str, text: String) {
        self.0.push(Link { code, holds: true, text });
    }

    fn end(mut self, code: &'static str, text: String) -> Chain {
        self.0.push(Link { code, holds: false, text });
        Chain { allowed: false, facts: self.0 }
    }
}

/// When, and by whom unless it was the person.
fn moment(f: &Facts, done: &Done) -> String {
    let alone = done.by.is_empty() || done.by == f.name;
    let by = if alone { String::new() } else { fill(t("、{0}さん"), &[("0", &done.by)]) };
    format!("{}{by}", time::date_long(done.at))
}

pub fn chain(f: &Facts, now: Timestamp) -> Chain {
    let mut links = Links(Vec::new());
    links.yes("account", fill(t("{0}さんのアカウントがあります。"), &[("0", &f.name)]));
    let Some(facility) = &f.facility else {
        return links.end(
            "invitation",
            fill(t("このグループに招待されたことがありません。{0}"), &[("0", &admin_note(f))]),
        );
    };
    let changed = f
        .tie_changed
        .as_ref()
        .map(|(_, done)| fill(t("（{0}）"), &[("0", &moment(f, done))]))
        .unwrap_or_default();
    match f.tie.as_deref() {
        Some("active") => links.yes(
            "tie",
            fill(t("{facility}のスタッフです{changed}。"), &[("facility", &facility), ("changed", &changed)]),
        ),
        Some("suspended") => {
            return links.end(
                "tie",
                fill(
                    t("{facility}での利用が止められています{changed}。"),
                    &[("facility", &facility), ("changed", &changed)],
                ),
            );
        }
        _ => {
            return links.end(
                "tie",
                fill(
                    t("{facility}を離れています{changed}。"),
                    &[("facility", &facility), ("changed", &changed)],
                ),
            );
        }
    }
    let Some(membership) = &f.membership else {
        return links.end("invitation", format!("{}{}", invitation(f), admin_note(f)));
    };
    if let Some((state, invited)) = &f.invitation
        && state == "joined"
    {
        links.yes("invitation", fill(t("招待されました（{0}）。"), &[("0", &moment(f, invited))]));
    }
    match member(&mut links, membership, f, now) {
        Some((code, text)) => links.end(code, text),
        None => service(links, membership, f),
    }
}

/// What became of the invitation of somebody who is no member.
fn invitation(f: &Facts) -> String {
    let Some((state, invited)) = &f.invitation else {
        return t("このグループのメンバーではありません。").into();
    };
    let what = match state.as_str() {
        "invited" => t("招待に、まだ答えていません"),
        "accepted" => t("招待を受け、ホストの承認を待っています"),
        "declined" => t("招待を断りました"),
        "refused" => t("ホストが参加を承認しませんでした"),
        "expired" => t("招待の期限が切れました"),
        _ => t("招待が取り消されました"),
    };
    fill(t("{what}（招待 {0}）。"), &[("what", &what), ("0", &moment(f, invited))])
}

/// The managing facility's admin sees the list of members without being one.
fn admin_note(f: &Facts) -> &'static str {
    if f.manages {
        t("管理する施設の管理者なので、グループがあることとメンバーの一覧は見えます。")
    } else {
        ""
    }
}

/// The links of a membership; the missing one, if there is.
fn member(links: &mut Links, m: &Membership, f: &Facts, now: Timestamp) -> Option<(&'static str, String)> {
    let joined = m.joined.as_ref().map_or_else(|| time::date_long(m.since), |done| moment(f, done));
    let note = admin_note(f);
    // An end by date is no act of anybody: the link of the date says it.
    let acted = m.ended.as_ref().filter(|(kind, _)| !kind.is_empty());
    if let Some((kind, done)) = acted {
        let what = if kind == "left" {
            t("グループから抜けました")
        } else {
            t("メンバーから外されました")
        };
        return Some((
            "membership",
            fill(t("{what}（{0}）。{note}"), &[("what", &what), ("0", &moment(f, done)), ("note", &note)]),
        ));
    }
    links.yes("membership", fill(t("メンバーになりました（{joined}）。"), &[("joined", &joined)]));
    match &m.approved {
        Some(done) => {
            links.yes("approval", fill(t("ホストが承認しました（{0}）。"), &[("0", &moment(f, done))]))
        }
        None => links.yes("approval", t("承認のいらない参加です。").into()),
    }
    let role = match m.role.as_str() {
        "host" => t("連携ホストです。"),
        "guest" => t("一時参加です。"),
        _ => t("メンバーです。"),
    };
    links.yes("role", role.into());
    match m.until {
        Some(until) if until <= now => Some((
            "until",
            fill(
                t("一時参加の期限（{0}）が過ぎました。{note}"),
                &[("0", &time::date_long(until)), ("note", &note)],
            ),
        )),
        Some(until) => {
            links.yes("until", fill(t("期限は{0}です。"), &[("0", &time::date_long(until))]));
            None
        }
        None => None,
    }
}

fn service(mut links: Links, m: &Membership, f: &Facts) -> Chain {
    match &f.mode {
        Some((mode, since)) if mode == "stopped" => {
            return links.end(
                "service",
                fill(t("いまはサービスを止めています（{0}から）。"), &[("0", &time::date_long(*since))]),
            );
        }
        Some((mode, since)) if mode == "read_only" => {
            links.yes(
                "service",
                fill(t("いまは読むだけの時間です（{0}から）。"), &[("0", &time::date_long(*since))]),
            );
        }
        _ => links.yes("service", t("サービスは動いています。").into()),
    }
    if m.from_now_on {
        links.yes("from", t("参加する前の投稿は見えません。").into());
    }
    if let Some(at) = f.archived_at {
        links.yes(
            "archive",
            fill(
                t("グループはアーカイブされています（{0}）。読むだけです。"),
                &[("0", &time::date_long(at))],
            ),
        );
    }
    Chain { allowed: true, facts: links.0 }
}
