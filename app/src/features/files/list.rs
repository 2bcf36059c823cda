//! The files of a group.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    model::{GroupFile, GroupFiles},
    read, store,
};
use crate::{Error, Result, app::App, auth::Actor, db::Tx};

/// The last file of a page: time and id of its post, and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    at: Timestamp,
    post: Uuid,
    position: i32,
}

impl After {
    /// Before the first page.
    pub fn nothing() -> Self {
        Self { at: Timestamp::MAX, post: Uuid::max(), position: i32::MAX }
    }

    pub fn parse(cursor: &str) -> Option<Self> {
        let mut parts = cursor.split('-');
        let at = Timestamp::from_microsecond(i64::from_str_radix(parts.next()?, 16).ok()?).ok()?;
        let (post, position) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        parts.next().is_none().then_some(Self { at, post, position })
    }
}

impl std::fmt::Display for After {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}-{}-{}", self.at.as_microsecond(), self.post.simple(), self.position)
    }
}

/// A page of the group's files, newest first. Opening it is a view in the access log.
pub async fn page(
    app: &App,
    tx: &mut Tx,
    who: &Actor,
    group: Uuid,
    after: After,
    limit: i64,
) -> Result<GroupFiles> {
    if !tx.one(store::MEMBER, &[&group]).await?.get::<_, bool>(0) {
        return Err(Error::NotFound);
    }
    if !app.openings.is_open(who, group, "viewed_files") {
        app.openings.opened(tx, who, group, group, "viewed_files").await?;
    }
    // A timestamp beyond what the database knows stands for "from the newest on".
    let at = after.at.min(FAR);
    let rows = tx.query(store::OF_GROUP, &[&group, &at, &after.post, &after.position, &limit]).await?;
    let (authors, facilities): (Vec<Uuid>, Vec<Uuid>) =
        rows.iter().map(|r| (r.get::<_, Uuid>("author"), r.get::<_, Uuid>("facility"))).unzip();
    app.people.learn(tx, &authors, &facilities).await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        items.push(file(app, tx, row).await?);
    }
    let full = i64::try_from(rows.len()).is_ok_and(|n| n == limit);
    let next = rows.last().filter(|_| full).map(|row| {
        After { at: row.get("at"), post: row.get("post_id"), position: row.get("position") }.to_string()
    });
    Ok(GroupFiles { items, next })
}

/// 1 January 9999.
const FAR: Timestamp = Timestamp::constant(253_370_764_800, 0);

async fn file(app: &App, tx: &mut Tx, row: &Row) -> Result<GroupFile> {
    let stream: Uuid = row.get("stream_id");
    let data_key = app.keys.data_key(tx, stream).await?;
    let key = read::carried_key(&data_key, stream, row.get("id"), row)?;
    let person = app.people.person(row.get("author"));
    Ok(GroupFile {
        file: read::describe(row, &key)?,
        post_id: row.get("post_id"),
        author_id: row.get("author_id"),
        author: person.name.clone(),
        profession: person.profession.clone(),
        created_at: row.get("at"),
        withdrawn: row.get("withdrawn"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back() {
        let after = After {
            at: "2026-11-17T05:32:00.123456Z".parse().unwrap(),
            post: Uuid::from_u128(7),
            position: 3,
        };
        assert_eq!(After::parse(&after.to_string()), Some(after));
        for bad in ["", "zz-1-2", "1-2", "1-00000000000000000000000000000007-1-1"] {
            assert_eq!(After::parse(bad), None, "{bad}");
        }
    }
}
