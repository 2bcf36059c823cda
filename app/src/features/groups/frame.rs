//! What stands around a group's pages: header, summary, how many read, what happened to the group between the posts.

use envelope::Aad;
use jiff::Timestamp;
use record::{Content, Kind};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    pages, read,
    views::{Filter, GroupHeader, GroupList, GroupTab},
};
use crate::words::{fill, t};
use crate::{
    Error, Result, app::App, db::Tx, features::face_sheets, features::face_sheets::summary::PatientSummary,
    opaque_debug, seal, web::viewer::Me,
};

/// The frame of one page of a group.
#[derive(Clone)]
pub struct Frame {
    pub header: GroupHeader,
    pub summary: Option<PatientSummary>,
    /// People who read the team timeline now, the viewer included.
    pub members: u32,
}

/// One who may be addressed in the group.
#[derive(Debug, Clone)]
pub struct Teammate {
    pub account: Uuid,
    pub name: String,
    pub profession: String,
    pub facility_id: Uuid,
    pub facility: String,
    /// On duty in this facility now.
    pub on_duty: bool,
}

/// Something that happened to the group, as a sentence.
#[derive(Clone)]
pub struct Happened {
    pub at: Timestamp,
    pub icon: &'static str,
    pub text: String,
}

opaque_debug!(Frame, Happened);

const MEMBERS: &str =
    "SELECT count(DISTINCT m.account_id) FROM care.membership m WHERE m.group_id = $1 AND m.ended_at IS NULL
  AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp())";
const TEAM: &str = "SELECT m.account_id, p.name, p.profession, m.facility_id, f.name, coalesce(d.account_id = m.account_id AND d.until > pg_catalog.clock_timestamp(), false)
  FROM care.membership m JOIN care.person_now p ON p.account_id = m.account_id JOIN care.facility_now f ON f.facility_id = m.facility_id
  LEFT JOIN LATERAL (SELECT x.account_id, x.until FROM care.duty x WHERE x.facility_id = m.facility_id ORDER BY x.version DESC LIMIT 1) d ON true
  WHERE m.group_id = $1 AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()) ORDER BY p.kana, m.account_id";
const EVENTS: &str = "SELECT e.stream_id, e.id, e.kind, e.author, e.at, e.subject_id, e.envelope, p.name,
    (SELECT g.kind FROM care.groups g WHERE g.id = $1) AS group_kind FROM care.membership_event e
  LEFT JOIN care.person_now p ON p.account_id = e.subject_id WHERE e.group_id = $1 AND e.at >= $2 AND e.at < $3
    AND e.kind IN ('opened', 'joined', 'removed', 'left', 'expired', 'handed_over', 'archived', 'reopened', 'titled', 'relative_joined', 'relative_removed') ORDER BY e.seq";

pub async fn frame(tx: &mut Tx, app: &App, group: Uuid, tab: GroupTab) -> Result<Frame> {
    let mut header = read::header(tx, app, group).await?;
    header.tab = tab;
    let summary = match header.patient_id {
        Some(patient) => face_sheets::read::latest_many(tx, app, &[patient])
            .await?
            .get(&patient)
            .map(|(_, fields)| PatientSummary::of(patient, fields)),
        None => None,
    };
    let members: i64 = tx.one(MEMBERS, &[&group]).await?.get(0);
    Ok(Frame { header, summary, members: u32::try_from(members).unwrap_or_default() })
}

/// Everybody who reads the team timeline now, by name, once for each facility for which they are here.
pub async fn team(tx: &mut Tx, group: Uuid) -> Result<Vec<Teammate>> {
    Ok(tx.query(TEAM, &[&group]).await?.iter().map(teammate).collect())
}

fn teammate(r: &Row) -> Teammate {
    Teammate {
        account: r.get(0),
        name: r.get(1),
        profession: r.get(2),
        facility_id: r.get(3),
        facility: r.get(4),
        on_duty: r.get(5),
    }
}

/// The pane of groups at the left.
pub async fn list_view(
    tx: &mut Tx,
    app: &App,
    me: &Me,
    filter: Filter,
    current: Option<Uuid>,
) -> Result<GroupList> {
    Ok(pages::group_list(read::list(tx, app).await?, filter, current, me))
}

/// Joins, departures, hand-overs, archiving between two times, in words.
pub async fn happened(
    tx: &mut Tx,
    app: &App,
    group: Uuid,
    from: Timestamp,
    before: Timestamp,
) -> Result<Vec<Happened>> {
    let rows = tx.query(EVENTS, &[&group, &from, &before]).await?;
    let authors: Vec<Uuid> = rows.iter().map(|r| r.get("author")).collect();
    app.people.learn(tx, &authors, &[]).await?;
    let mut all = Vec::with_capacity(rows.len());
    for r in &rows {
        let (stream, id): (Uuid, Uuid) = (r.get("stream_id"), r.get("id"));
        let kind: Kind = r.get::<_, &str>("kind").parse().map_err(Error::internal)?;
        let key = app.keys.data_key(tx, stream).await?;
        let content =
            seal::open(&key, Aad { table: "membership_event", stream, row: id }, kind, r.get("envelope"))?;
        let by = app.people.person(r.get("author")).name.clone();
        let subject: String = r.get::<_, Option<String>>("name").unwrap_or_default();
        let told = match r.get::<_, &str>("group_kind") {
            "direct" => of_two(&content, &by, &subject),
            _ => Some(sentence(&content, &by, &subject)),
        };
        let happened = |(icon, text)| Happened { at: r.get("at"), icon, text };
        all.extend(told.map(happened));
    }
    Ok(all)
}

/// The same in a conversation of two: that both are in it goes without saying.
fn of_two(content: &Content, by: &str, subject: &str) -> Option<(&'static str, String)> {
    match content {
        Content::Opened(_) => Some(("link", t("つながりができて、会話が始まりました。").to_owned())),
        Content::Reopened(_) => Some(("link", t("もう一度つながって、会話が続きます。").to_owned())),
        Content::Joined(_) => None,
        Content::Left(_) | Content::Removed(_) => {
            Some(("out", fill(t("{subject}さんは、この会話を離れました。"), &[("subject", &subject)])))
        }
        other => Some(sentence(other, by, subject)),
    }
}

fn sentence(content: &Content, by: &str, subject: &str) -> (&'static str, String) {
    let because = |reason: &Option<String>| {
        reason.as_ref().map(|r| fill(t("（理由: {r}）"), &[("r", &r)])).unwrap_or_default()
    };
    match content {
        Content::Opened(_) => ("group", fill(t("{by}さんが、このグループを開きました。"), &[("by", &by)])),
        Content::Joined(_) => ("patient", fill(t("{subject}さんが参加しました。"), &[("subject", &subject)])),
        Content::Removed(d) => (
            "patient",
            fill(
                t("{by}さんが、{subject}さんをメンバーから外しました。{0}"),
                &[("by", &by), ("subject", &subject), ("0", &because(&d.reason))],
            ),
        ),
        Content::Left(_) => ("patient", fill(t("{subject}さんが退出しました。"), &[("subject", &subject)])),
        Content::Expired(_) => {
            ("patient", fill(t("{subject}さんの一時参加の期限が終わりました。"), &[("subject", &subject)]))
        }
        Content::HandedOver(_) => {
            ("swap", fill(t("連携ホストが{subject}さんに引き継がれました。"), &[("subject", &subject)]))
        }
        Content::Archived(s) => (
            "lock",
            fill(
                t("{by}さんが、このグループをアーカイブしました。{0}"),
                &[("by", &by), ("0", &because(&s.reason))],
            ),
        ),
        Content::Reopened(s) => (
            "lock",
            fill(
                t("{by}さんが、このグループを再開しました。{0}"),
                &[("by", &by), ("0", &because(&s.reason))],
            ),
        ),
        Content::Titled(new) => (
            "pen",
            fill(t("{by}さんが、グループの名前を「{0}」にしました。"), &[("by", &by), ("0", &new.title)]),
        ),
        Content::RelativeJoined(r) => {
            let relation = if r.relation.is_empty() { t("ご本人") } else { &r.relation };
            (
                "kin",
                fill(
                    t("{0}さん（{relation}）が、患者・家族タイムラインに参加しました。"),
                    &[("0", &r.name), ("relation", &relation)],
                ),
            )
        }
        Content::RelativeRemoved(r) => (
            "kin",
            fill(
                t("{by}さんが、ご本人・ご家族の1人を患者・家族タイムラインから外しました。{0}"),
                &[("by", &by), ("0", &because(&r.reason))],
            ),
        ),
        _ => ("group", String::new()),
    }
}
