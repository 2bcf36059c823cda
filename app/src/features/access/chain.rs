//! What follows from the facts: links in their order, to the first that is missing. Pure.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::facts::{Done, Facts, Membership};
use crate::web::ui::time;

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
    let by = if alone { String::new() } else { format!("、{}さん", done.by) };
    format!("{}{by}", time::date_long(done.at))
}

pub fn chain(f: &Facts, now: Timestamp) -> Chain {
    let mut links = Links(Vec::new());
    links.yes("account", format!("{}さんのアカウントがあります。", f.name));
    let Some(facility) = &f.facility else {
        return links
            .end("invitation", format!("このグループに招待されたことがありません。{}", admin_note(f)));
    };
    let changed =
        f.tie_changed.as_ref().map(|(_, done)| format!("（{}）", moment(f, done))).unwrap_or_default();
    match f.tie.as_deref() {
        Some("active") => links.yes("tie", format!("{facility}のスタッフです{changed}。")),
        Some("suspended") => {
            return links.end("tie", format!("{facility}での利用が止められています{changed}。"));
        }
        _ => return links.end("tie", format!("{facility}を離れています{changed}。")),
    }
    let Some(membership) = &f.membership else {
        return links.end("invitation", format!("{}{}", invitation(f), admin_note(f)));
    };
    if let Some((state, invited)) = &f.invitation
        && state == "joined"
    {
        links.yes("invitation", format!("招待されました（{}）。", moment(f, invited)));
    }
    match member(&mut links, membership, f, now) {
        Some((code, text)) => links.end(code, text),
        None => service(links, membership, f),
    }
}

/// What became of the invitation of somebody who is no member.
fn invitation(f: &Facts) -> String {
    let Some((state, invited)) = &f.invitation else {
        return "このグループのメンバーではありません。".into();
    };
    let what = match state.as_str() {
        "invited" => "招待に、まだ答えていません",
        "accepted" => "招待を受け、ホストの承認を待っています",
        "declined" => "招待を断りました",
        "refused" => "ホストが参加を承認しませんでした",
        "expired" => "招待の期限が切れました",
        _ => "招待が取り消されました",
    };
    format!("{what}（招待 {}）。", moment(f, invited))
}

/// The managing facility's admin sees the list of members without being one.
fn admin_note(f: &Facts) -> &'static str {
    if f.manages {
        "管理する施設の管理者なので、グループがあることとメンバーの一覧は見えます。"
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
            "グループから抜けました"
        } else {
            "メンバーから外されました"
        };
        return Some(("membership", format!("{what}（{}）。{note}", moment(f, done))));
    }
    links.yes("membership", format!("メンバーになりました（{joined}）。"));
    match &m.approved {
        Some(done) => links.yes("approval", format!("ホストが承認しました（{}）。", moment(f, done))),
        None => links.yes("approval", "承認のいらない参加です。".into()),
    }
    let role = match m.role.as_str() {
        "host" => "連携ホストです。",
        "guest" => "一時参加です。",
        _ => "メンバーです。",
    };
    links.yes("role", role.into());
    match m.until {
        Some(until) if until <= now => {
            Some(("until", format!("一時参加の期限（{}）が過ぎました。{note}", time::date_long(until))))
        }
        Some(until) => {
            links.yes("until", format!("期限は{}です。", time::date_long(until)));
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
                format!("いまはサービスを止めています（{}から）。", time::date_long(*since)),
            );
        }
        Some((mode, since)) if mode == "read_only" => {
            links.yes("service", format!("いまは読むだけの時間です（{}から）。", time::date_long(*since)));
        }
        _ => links.yes("service", "サービスは動いています。".into()),
    }
    if m.from_now_on {
        links.yes("from", "参加する前の投稿は見えません。".into());
    }
    if let Some(at) = f.archived_at {
        links.yes(
            "archive",
            format!("グループはアーカイブされています（{}）。読むだけです。", time::date_long(at)),
        );
    }
    Chain { allowed: true, facts: links.0 }
}
