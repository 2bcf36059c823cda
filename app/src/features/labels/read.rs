//! Which posts have which labels. Reads see what row security lets the caller see.

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use super::model::{LabelAct, Labelled, LabelledPost, Labels, known, word};
use crate::{
    Error, Result,
    app::App,
    db::Tx,
    features::{
        groups, marks,
        posts::{self, read::From},
    },
};

/// The newest act of each label of a post; only what is given counts.
const ACTS_OF: &str = "SELECT x.label, x.given, x.account_id, x.account, x.at, NOT EXISTS (SELECT 1 FROM care.post_label y WHERE y.post_id = x.post_id AND y.label = x.label AND y.version > x.version)
  FROM care.post_label x WHERE x.post_id = $1 ORDER BY x.at DESC";
/// A page of the group's posts with a label, or with any, the newest first; every label that each of them has.
const OF_GROUP: &str = "WITH given AS (SELECT x.post_id, x.label FROM care.post_label x WHERE x.group_id = $1 AND x.given
    AND NOT EXISTS (SELECT 1 FROM care.post_label y WHERE y.post_id = x.post_id AND y.label = x.label AND y.version > x.version)),
  page AS (SELECT p.id, p.seq FROM care.post p WHERE p.seq < $3 AND EXISTS (SELECT 1 FROM given g WHERE g.post_id = p.id AND ($2::text IS NULL OR g.label = $2))
    ORDER BY p.seq DESC LIMIT $4)
  SELECT page.id, g.label, page.seq FROM page JOIN given g ON g.post_id = page.id ORDER BY page.seq DESC, g.label";
/// Posts of one page.
pub const PAGE: usize = 60;
/// Of these posts, those that have a label.
const AMONG: &str = "SELECT x.post_id FROM care.post_label x WHERE x.post_id = ANY ($1) AND x.label = $2 AND x.given
  AND NOT EXISTS (SELECT 1 FROM care.post_label y WHERE y.post_id = x.post_id AND y.label = x.label AND y.version > x.version)";

/// What was done with the labels of a post that the caller may read.
pub async fn of_post(app: &App, tx: &mut Tx, post: Uuid) -> Result<Labels> {
    posts::store::target(tx, post).await?;
    let rows = tx.query(ACTS_OF, &[&post]).await?;
    let people: Vec<Uuid> = rows.iter().map(|r| r.get(3)).collect();
    app.people.learn(tx, &people, &[]).await?;
    let (mut items, mut acts) = (Vec::new(), Vec::new());
    for r in &rows {
        let Some(code) = known(r.get(0)) else { continue };
        let given: bool = r.get(1);
        if given && r.get(5) {
            items.push(code);
        }
        acts.push(LabelAct {
            code,
            word: word(code),
            given,
            by: r.get(2),
            name: app.people.person(r.get(3)).name.clone(),
            at: r.get(4),
        });
    }
    Ok(Labels { items, acts })
}

/// Posts of a group by label, the newest first, before a place in the record. `NotFound` for whoever is no member.
pub async fn of_group(
    app: &App,
    tx: &mut Tx,
    group: Uuid,
    label: Option<&str>,
    cursor: Option<&str>,
) -> Result<Labelled> {
    let before = match cursor.map(posts::read::parse_cursor) {
        None => i64::MAX,
        Some(Some(From::Before(seq))) => seq,
        Some(_) => return Err(Error::BadRequest("unknown_cursor".into())),
    };
    if !groups::read::role(tx, group).await?.is_member() {
        return Err(Error::NotFound);
    }
    // One more than a page says whether there is another.
    let one_more = i64::try_from(PAGE + 1).map_err(Error::internal)?;
    let rows = tx.query(OF_GROUP, &[&group, &label, &before, &one_more]).await?;
    let mut codes: BTreeMap<Uuid, Vec<&'static str>> = BTreeMap::new();
    for r in &rows {
        if let Some(code) = known(r.get(1)) {
            codes.entry(r.get(0)).or_default().push(code);
        }
    }
    // Counted before any is left out: a label of a newer program is none here.
    let mut page: Vec<(Uuid, i64)> = rows.iter().map(|r| (r.get(0), r.get(2))).collect();
    page.dedup();
    let next = page.get(PAGE).and(page.get(PAGE - 1)).map(|(_, seq)| format!("b{seq:x}"));
    page.truncate(PAGE);
    let ids: Vec<Uuid> = page.iter().map(|(id, _)| *id).filter(|id| codes.contains_key(id)).collect();
    let mut found = posts::read::some(app, tx, &ids, false).await?;
    found.sort_by_key(|post| std::cmp::Reverse(post.seq));
    let brief = |post: posts::model::Post| LabelledPost {
        codes: codes.remove(&post.id).unwrap_or_default(),
        post_id: post.id,
        author: post.author.name.clone(),
        post_at: post.created_at,
        excerpt: marks::read::excerpt(post.body.as_deref().unwrap_or_default()),
        corrected: post.corrected_by.is_some(),
    };
    Ok(Labelled { items: found.into_iter().map(brief).collect(), next })
}

/// For the search: which of these posts have the label.
pub async fn among(tx: &mut Tx, posts: &[Uuid], label: &str) -> Result<HashSet<Uuid>> {
    Ok(tx.query(AMONG, &[&posts, &label]).await?.iter().map(|r| r.get(0)).collect())
}
