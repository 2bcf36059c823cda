//! Which posts have which labels. Reads see what row security lets the caller see.

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use super::model::{LabelAct, Labelled, LabelledPost, Labels, known, word};
use crate::{
    Error, Result,
    app::App,
    db::Tx,
    features::{groups, marks, posts},
};

/// The newest act of each label of a post; only what is given counts.
const ACTS_OF: &str = "SELECT x.label, x.given, x.account_id, x.account, x.at, NOT EXISTS (SELECT 1 FROM care.post_label y WHERE y.post_id = x.post_id AND y.label = x.label AND y.version > x.version)
  FROM care.post_label x WHERE x.post_id = $1 ORDER BY x.at DESC";
/// Posts of a group with a label, or with any; the newest post first.
const OF_GROUP: &str = "SELECT x.post_id, x.label FROM care.post_label x JOIN care.post p ON p.id = x.post_id
  WHERE x.group_id = $1 AND x.given AND NOT EXISTS (SELECT 1 FROM care.post_label y WHERE y.post_id = x.post_id AND y.label = x.label AND y.version > x.version)
    AND ($2::text IS NULL OR EXISTS (SELECT 1 FROM care.post_label z WHERE z.post_id = x.post_id AND z.label = $2 AND z.given
      AND NOT EXISTS (SELECT 1 FROM care.post_label y WHERE y.post_id = z.post_id AND y.label = $2 AND y.version > z.version)))
  ORDER BY p.seq DESC LIMIT 400";
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

/// Posts of a group by label, the newest first. `NotFound` for whoever is no member.
pub async fn of_group(app: &App, tx: &mut Tx, group: Uuid, label: Option<&str>) -> Result<Labelled> {
    if !groups::read::role(tx, group).await?.is_member() {
        return Err(Error::NotFound);
    }
    let rows = tx.query(OF_GROUP, &[&group, &label]).await?;
    let mut codes: BTreeMap<Uuid, Vec<&'static str>> = BTreeMap::new();
    for r in &rows {
        if let Some(code) = known(r.get(1)) {
            codes.entry(r.get(0)).or_default().push(code);
        }
    }
    let ids: Vec<Uuid> = codes.keys().copied().collect();
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
    Ok(Labelled { items: found.into_iter().map(brief).collect() })
}

/// For the search: which of these posts have the label.
pub async fn among(tx: &mut Tx, posts: &[Uuid], label: &str) -> Result<HashSet<Uuid>> {
    Ok(tx.query(AMONG, &[&posts, &label]).await?.iter().map(|r| r.get(0)).collect())
}
