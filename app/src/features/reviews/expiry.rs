//! Guests end by their date. The rights ask for the date in every statement, so nothing is seen after it; this writes the end
//! into the group's stream, once, whichever node comes first.

use record::{Content, Departure};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    Error, Result,
    app::{App, Shared},
    features::groups::acts::record,
    seal::Sealed,
};

const EXPIRED: &str = "SELECT group_id, account_id, facility_id, stream, wrapped, key_facility, key_version, key_facility_wrapped FROM act.expired_memberships($1)";
const EXPIRE: &str = "SELECT act.expire_membership($1, $2, $3, $4, $5, $6, $7)";
/// So many at once.
const BATCH: i32 = 200;

/// Records every end whose date has passed: how many this node wrote.
pub async fn run(app: &Shared) -> Result<usize> {
    let rows = app.db.job(EXPIRED, &[&BATCH]).await?;
    let mut ended = 0;
    for row in &rows {
        match expire(app, row).await {
            Ok(done) => ended += usize::from(done),
            // A facility that is for reading alone keeps nobody else waiting.
            Err(Error::OutOfService(_)) => {}
            Err(other) => return Err(other),
        }
    }
    if ended > 0 {
        app.hub.wake();
    }
    Ok(ended)
}

async fn expire(app: &App, r: &Row) -> Result<bool> {
    let (group, account, facility, stream): (Uuid, Uuid, Uuid, Uuid) =
        (r.get(0), r.get(1), r.get(2), r.get(3));
    let key = match app.keys.cached_data_key(stream) {
        Some(key) => key,
        None => app.keys.unwrap_data_key(stream, r.get(4), r.get(5), r.get(6), r.get(7)).await?,
    };
    let content = Content::Expired(Departure { account, facility, reason: None });
    let Sealed { id, client_id, commitment, envelope, .. } = record(&key, stream, Uuid::new_v4(), &content);
    let rows =
        app.db.job(EXPIRE, &[&group, &account, &facility, &client_id, &id, &commitment, &envelope]).await?;
    Ok(rows.first().is_some_and(|row| row.get(0)))
}
