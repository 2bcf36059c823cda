//! Reading observations: one statement, decrypted in one go.

use std::collections::HashMap;

use envelope::{Aad, DataKey};
use jiff::Timestamp;
use record::{Content, Kind};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    model::{Chart, Observed, Place, RangeVersion, Source, Withdrawn, WoundPicture, part},
    rules::Range,
    sign::Sign,
    store,
};
use crate::{Error, Result, app::App, auth::Actor, db::Tx, people::StaffBody, seal};

/// As the access log names the view.
pub const VIEWED: &str = "viewed_vitals";

/// How a patient's place is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    Patient(Uuid),
    Group(Uuid),
}

/// More than anybody shows: ten years of four a day.
pub const ALL: i64 = 20_000;

/// Where the observations of a patient stand. `NotFound` for whoever is not a member of the group now.
pub async fn place(tx: &mut Tx, of: Of) -> Result<Place> {
    let (patient, group) = match of {
        Of::Patient(id) => (Some(id), None),
        Of::Group(id) => (None, Some(id)),
    };
    let r = tx.one(store::PLACE, &[&patient, &group]).await?;
    Ok(Place {
        group: r.get("group_id"),
        patient: r.get("patient_id"),
        stream: r.get("stream_id"),
        wrapped: r.get("wrapped"),
        key_facility: r.get("key_facility"),
        key_version: r.get("key_version"),
        key_facility_wrapped: r.get("key_facility_wrapped"),
        archived: r.get("archived"),
        host: r.get("host"),
        sets_ranges: r.get("sets_ranges"),
    })
}

/// The key of the stream, if there is a stream.
pub(super) async fn key(app: &App, place: &Place) -> Result<Option<std::sync::Arc<DataKey>>> {
    let (Some(stream), Some(wrapped)) = (place.stream, &place.wrapped) else { return Ok(None) };
    let key = match app.keys.cached_data_key(stream) {
        Some(key) => key,
        None => {
            let (facility, version) = (place.key_facility, place.key_version);
            app.keys.unwrap_data_key(stream, wrapped, facility, version, &place.key_facility_wrapped).await?
        }
    };
    Ok(Some(key))
}

/// Writes the view once while the page stays open, and that its news are none any more.
pub async fn note_view(app: &App, tx: &mut Tx, who: &Actor, place: &Place) -> Result<()> {
    if !app.openings.is_open(who, place.group, VIEWED) {
        app.openings.opened(tx, who, place.group, place.group, VIEWED).await?;
    }
    Ok(())
}

/// What crossed a range until now is no news for the caller any more.
pub async fn saw(tx: &mut Tx, place: &Place) -> Result<()> {
    if place.stream.is_some() && tx.spool().is_none() {
        tx.query(store::SAW, &[&place.group]).await?;
    }
    Ok(())
}

/// What was measured from a time until before another, the newest `limit`, with ranges and pictures.
pub async fn chart(
    app: &App,
    tx: &mut Tx,
    place: &Place,
    from: Timestamp,
    before: Timestamp,
    limit: i64,
) -> Result<Chart> {
    let Some(key) = key(app, place).await? else { return Ok(Chart::default()) };
    let (from, before) = (from.max(EARLIEST), before.min(LATEST));
    let rows = tx.query(store::WITHIN, &[&place.group, &from, &before, &limit]).await?;
    decode(app, tx, &key, &rows).await
}

/// What was recorded in a patient's group after a time, the last `limit`, with the ranges.
pub async fn since(app: &App, tx: &mut Tx, group: Uuid, since: Timestamp, limit: i64) -> Result<Chart> {
    let place = place(tx, Of::Group(group)).await?;
    let (Some(key), Some(stream)) = (key(app, &place).await?, place.stream) else {
        return Ok(Chart::default());
    };
    let rows = tx.query(store::SINCE, &[&group, &since.max(EARLIEST), &stream, &limit]).await?;
    decode(app, tx, &key, &rows).await
}

/// The times that the database knows too.
const EARLIEST: Timestamp = Timestamp::constant(-2_208_988_800, 0);
const LATEST: Timestamp = Timestamp::constant(253_370_764_800, 0);

/// Every version of every range.
pub async fn ranges(app: &App, tx: &mut Tx, place: &Place) -> Result<Vec<RangeVersion>> {
    let Some(key) = key(app, place).await? else { return Ok(Vec::new()) };
    let rows = tx.query(store::RANGES, &[&place.group]).await?;
    Ok(decode(app, tx, &key, &rows).await?.ranges)
}

pub async fn one(app: &App, tx: &mut Tx, place: &Place, id: Uuid) -> Result<Chart> {
    let key = key(app, place).await?.ok_or(Error::NotFound)?;
    let rows = tx.query(store::BY_ID, &[&place.group, &id]).await?;
    let chart = decode(app, tx, &key, &rows).await?;
    if chart.observed.is_empty() && chart.pictures.is_empty() { Err(Error::NotFound) } else { Ok(chart) }
}

/// What has become of the texts of some posts of one group: values by post. No statement where the group has no values.
pub(super) async fn of_posts(
    app: &App,
    tx: &mut Tx,
    group: Uuid,
    posts: &[Uuid],
) -> Result<(HashMap<Uuid, Vec<Observed>>, Vec<RangeVersion>)> {
    let nothing = || Ok((HashMap::new(), Vec::new()));
    let known = match app.vitals.of(group) {
        Some(stream) => stream,
        None => {
            let place = place(tx, Of::Group(group)).await?;
            key(app, &place).await?;
            app.vitals.note(group, place.stream);
            place.stream
        }
    };
    let Some(stream) = known else { return nothing() };
    if posts.is_empty() {
        return nothing();
    }
    let key = app.keys.data_key(tx, stream).await?;
    let rows = tx.query(store::OF_POSTS, &[&posts, &group]).await?;
    let chart = decode(app, tx, &key, &rows).await?;
    let mut by_post: HashMap<Uuid, Vec<Observed>> = HashMap::new();
    for observed in chart.observed {
        if let Some(post) = observed.post {
            by_post.entry(post).or_default().push(observed);
        }
    }
    Ok((by_post, chart.ranges))
}

/// Where a value crossed its range since the caller last looked.
#[derive(Debug, Clone)]
pub struct Crossed {
    pub group: Uuid,
    pub patient: Uuid,
    pub at: Timestamp,
    pub count: i64,
}

pub async fn crossed(tx: &mut Tx) -> Result<Vec<Crossed>> {
    let rows = tx.query(store::CROSSED, &[]).await?;
    Ok(rows
        .iter()
        .map(|r| Crossed { group: r.get(0), patient: r.get(1), at: r.get(2), count: r.get(3) })
        .collect())
}

async fn decode(app: &App, tx: &mut Tx, key: &DataKey, rows: &[Row]) -> Result<Chart> {
    let mut authors: Vec<Uuid> = rows.iter().map(|r| r.get("author")).collect();
    authors.extend(rows.iter().filter_map(|r| r.get::<_, Option<Uuid>>("withdrawn_by")));
    authors.sort_unstable();
    authors.dedup();
    let mut facilities: Vec<Uuid> = rows.iter().map(|r| r.get("facility")).collect();
    facilities.sort_unstable();
    facilities.dedup();
    app.people.learn(tx, &authors, &facilities).await?;
    let mut chart = Chart::default();
    for row in rows {
        let (stream, id): (Uuid, Uuid) = (row.get("stream_id"), row.get("id"));
        let kind: Kind = row.get::<_, &str>("kind").parse().map_err(Error::internal)?;
        let place = Aad { table: "observation", stream, row: id };
        match seal::open(key, place, kind, row.get("envelope"))? {
            Content::Observation(o) => chart.observed.push(observed(app, key, row, o)?),
            Content::ReferenceRange(r) => chart.ranges.push(range(app, row, r)?),
            Content::WoundPicture(w) => chart.pictures.push(WoundPicture {
                id,
                file: w.file,
                post: w.post,
                site: w.site,
                at: row.get("at"),
                by: by(app, row),
                withdrawn: row.get::<_, Option<Uuid>>("withdrawal").is_some()
                    || row.get::<_, Option<&str>>("post_became") == Some("withdrawal"),
            }),
            // What it withdraws says so.
            Content::Withdrawal(_) => {}
            other => return Err(Error::internal(format!("a {} among observations", other.kind()))),
        }
    }
    chart.ranges.sort_by_key(|version| version.at);
    Ok(chart)
}

fn by(app: &App, row: &Row) -> StaffBody {
    app.people.staff(row.get("author"), row.get("facility"))
}

fn observed(app: &App, key: &DataKey, row: &Row, o: record::Observation) -> Result<Observed> {
    let sign =
        Sign::from_code(&o.code).ok_or_else(|| Error::internal("an observation of an unknown code"))?;
    let values = o.values.iter().map(|v| v.value.parse());
    let values = values.collect::<Result<Vec<_>, _>>().map_err(|_| Error::internal("an unreadable value"))?;
    if values.len() != sign.parts().len() {
        return Err(Error::internal("an observation with other numbers than its code has"));
    }
    Ok(Observed {
        id: o.id,
        seq: row.get("seq"),
        sign,
        values,
        measured_at: o.measured_at,
        recorded_at: row.get("at"),
        by: by(app, row),
        device: o.device,
        site: o.site,
        post: o.post,
        note: o.note,
        confirmed: o.confirmed,
        source: match row.get::<_, Option<&str>>("post_became") {
            None => Source::Stands,
            Some("correction") => Source::Corrected,
            Some(_) => Source::Withdrawn,
        },
        withdrawn: withdrawn(app, key, row)?,
    })
}

fn withdrawn(app: &App, key: &DataKey, row: &Row) -> Result<Option<Withdrawn>> {
    let Some(id) = row.get::<_, Option<Uuid>>("withdrawal") else { return Ok(None) };
    let place = Aad { table: "observation", stream: row.get("stream_id"), row: id };
    let Content::Withdrawal(w) = seal::open(key, place, Kind::Withdrawal, row.get("withdrawal_envelope"))?
    else {
        return Err(Error::internal("not a withdrawal"));
    };
    let by = app.people.person(row.get("withdrawn_by")).name.clone();
    Ok(Some(Withdrawn { at: row.get("withdrawn_at"), by, reason: w.reason }))
}

fn range(app: &App, row: &Row, r: record::ReferenceRange) -> Result<RangeVersion> {
    let part = part(&r.code).ok_or_else(|| Error::internal("a range of an unknown code"))?;
    let end = |text: Option<String>| {
        text.map(|t| t.parse().map_err(|_| Error::internal("an unreadable range"))).transpose()
    };
    let range = Range { low: end(r.low)?, high: end(r.high)? };
    Ok(RangeVersion { part, range, reason: r.reason, at: row.get("at"), by: by(app, row) })
}
