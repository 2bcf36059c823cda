//! What waits for the viewer: a fixed number of statements, however many groups there are.

use std::collections::HashMap;

use envelope::Aad;
use tokio_postgres::Row;
use uuid::Uuid;

use super::views::{Ask, AskKind, Due};
use crate::{
    Result,
    app::App,
    db::Tx,
    features::{
        connections,
        groups::{read::excerpt, views::GroupRow},
        invitations,
    },
    seal,
    web::{ui::Profession, urls},
};

/// Posts of others that wait for the viewer's 了解, the nearest deadline first. Of a corrected one the newer text; who
/// has acknowledged either has seen enough. Withdrawn posts and archived groups wait for nobody.
const DUE: &str = "SELECT p.group_id, p.stream_id, coalesce(c.id, p.id) AS id, coalesce(c.kind, p.kind) AS kind, coalesce(c.author, p.author) AS author,
    coalesce(c.at, p.at) AS at, coalesce(c.envelope, p.envelope) AS envelope, p.must_acknowledge_by
  FROM care.post p JOIN care.stream t ON t.id = p.stream_id AND t.kind = 'team' JOIN care.group_state s ON s.group_id = p.group_id AND s.archived_at IS NULL
  LEFT JOIN care.post c ON c.target = p.id AND c.kind = 'correction'
  WHERE p.group_id = ANY ((SELECT sec.my_groups())::uuid[]) AND p.must_acknowledge_by IS NOT NULL AND p.author_id <> (SELECT sec.me())
    AND NOT EXISTS (SELECT 1 FROM care.post w WHERE w.target IN (p.id, c.id) AND w.kind = 'withdrawal')
    AND NOT EXISTS (SELECT 1 FROM care.receipt a WHERE a.post_id IN (p.id, c.id) AND a.kind = 'acknowledged' AND a.author_id = (SELECT sec.me()))
  ORDER BY p.must_acknowledge_by, p.id LIMIT 50";

/// Needs the viewer's groups for their titles.
pub async fn due(tx: &mut Tx, app: &App, groups: &HashMap<Uuid, &GroupRow>) -> Result<Vec<Due>> {
    let rows = tx.query(DUE, &[]).await?;
    let streams: Vec<Uuid> = rows.iter().map(|r| r.get("stream_id")).collect();
    app.keys.data_keys(tx, &streams).await?;
    let authors: Vec<Uuid> = rows.iter().map(|r| r.get("author")).collect();
    app.people.learn(tx, &authors, &[]).await?;
    rows.iter().filter_map(|row| one(app, row, groups).transpose()).collect()
}

fn one(app: &App, r: &Row, groups: &HashMap<Uuid, &GroupRow>) -> Result<Option<Due>> {
    let (stream, id): (Uuid, Uuid) = (r.get("stream_id"), r.get("id"));
    let group = groups.get(&r.get::<_, Uuid>("group_id"));
    let (Some(key), Some(group)) = (app.keys.cached_data_key(stream), group) else { return Ok(None) };
    let kind = r.get::<_, &str>("kind").parse().map_err(crate::Error::internal)?;
    let content = seal::open(&key, Aad { table: "post", stream, row: id }, kind, r.get("envelope"))?;
    let author = app.people.person(r.get("author"));
    Ok(Some(Due {
        post_id: id,
        group_id: group.id,
        kind: group.kind,
        title: group.title.clone(),
        author: author.name.clone(),
        profession: Profession::of(&author.profession),
        excerpt: excerpt(&content, EXCERPT),
        at: r.get("at"),
        deadline: r.get("must_acknowledge_by"),
    }))
}

/// Characters of a post that waits: enough to see how much it matters.
const EXCERPT: usize = 200;

/// Approvals that the viewer owes as host, then invitations to the viewer, then requests for a connection.
pub async fn asks(tx: &mut Tx, app: &App, groups: &HashMap<Uuid, &GroupRow>) -> Result<Vec<Ask>> {
    let waiting = invitations::read::waiting(tx).await?;
    let invited = invitations::read::mine(tx).await?;
    let asking = connections::read::waiting(tx, app).await?;
    let profession = |code: &str| Profession::of(code);
    let approvals = waiting.into_iter().map(|w| Ask {
        kind: AskKind::Approval,
        group_title: groups.get(&w.group).map(|g| group_title(g)).unwrap_or_default(),
        person: w.name,
        profession: profession(&w.profession),
        facility: w.facility,
        href: urls::group_members(w.group),
        until: None,
    });
    let invitations = invited.into_iter().map(|i| Ask {
        kind: AskKind::Invitation,
        group_title: "グループへの招待".to_owned(),
        person: i.invited_by.name,
        profession: profession(&i.invited_by.profession),
        facility: i.invited_by.facility,
        href: urls::invitation(&i.id.to_string()),
        until: Some(i.expires_at),
    });
    let connections = asking.into_iter().map(|c| Ask {
        kind: AskKind::Connection,
        group_title: "つながりの申し込み".to_owned(),
        person: c.person.name,
        profession: profession(&c.person.profession),
        facility: c.person.facility,
        href: urls::connections().to_owned(),
        until: Some(c.expires_at),
    });
    Ok(approvals.chain(invitations).chain(connections).collect())
}

fn group_title(group: &GroupRow) -> String {
    group.kind.named(&group.title)
}
