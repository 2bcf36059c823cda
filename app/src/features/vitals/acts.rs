//! The verbs: record, withdraw, set a range, tag a picture. Pages, JSON, imports and the sample call these.

use envelope::Aad;
use record::{Content, ReferenceRange, Withdrawal};
use uuid::Uuid;

use super::{
    model::{NewObservation, NewRange, Place, crossed},
    read::{self, Of},
    store,
};
use crate::{Error, Result, app::App, auth::Actor, auth::token, db::Tx, seal};

/// A record as it was written, or as it stands since an earlier send.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    pub id: Uuid,
    pub created: bool,
}

/// A record that is ready to be sealed.
struct Draft {
    client_id: Uuid,
    content: Content,
    /// What was sent, without what is made here.
    request: Vec<u8>,
    measured_at: Option<jiff::Timestamp>,
    post: Option<Uuid>,
    file: Option<Uuid>,
    target: Option<Uuid>,
    crossed: bool,
}

impl Draft {
    fn new(client_id: Uuid, content: Content, request: &impl serde::Serialize) -> Result<Self> {
        let request = record::jcs(request).map_err(Error::internal)?;
        let (measured_at, post, file, target, crossed) = (None, None, None, None, false);
        Ok(Self { client_id, content, request, measured_at, post, file, target, crossed })
    }
}

/// Records measurements, all of them or none. Sent again, they are answered as they stand.
pub async fn record(app: &App, who: &Actor, of: Of, new: &[NewObservation]) -> Result<Vec<Written>> {
    let mut tx = app.db.acting(who).await?;
    let place = with_stream(app, &mut tx, of).await?;
    let ranges = read::ranges(app, &mut tx, &place).await?;
    let mut drafts = Vec::with_capacity(new.len());
    for new in new {
        let content = new.as_record(Uuid::now_v7());
        // What was sent, and nothing that was made of it here.
        let measured_at = if new.timed { new.measured_at } else { jiff::Timestamp::UNIX_EPOCH };
        let request = record::Observation { id: Uuid::nil(), measured_at, ..content.clone() };
        drafts.push(Draft {
            measured_at: Some(new.measured_at),
            post: new.post,
            crossed: crossed(&ranges, new.sign, &new.values).iter().any(Option::is_some),
            ..Draft::new(new.client_id, Content::Observation(content), &request)?
        });
    }
    write(app, tx, &place, drafts).await
}

/// Withdraws a measurement, or the tag of a picture. Both stay in the record.
pub async fn withdraw(
    app: &App,
    who: &Actor,
    of: Of,
    target: Uuid,
    client_id: Uuid,
    reason: String,
) -> Result<Written> {
    let mut tx = app.db.acting(who).await?;
    let place = read::place(&mut tx, of).await?;
    if place.stream.is_none() {
        return Err(Error::NotFound);
    }
    let request = (target, reason.clone());
    let content = Content::Withdrawal(Withdrawal { id: Uuid::now_v7(), withdraws: target, reason });
    let draft = Draft { target: Some(target), ..Draft::new(client_id, content, &request)? };
    one(write(app, tx, &place, vec![draft]).await?)
}

/// Sets the range of one number, or ends it.
pub async fn set_range(app: &App, who: &Actor, of: Of, new: &NewRange) -> Result<Written> {
    let mut tx = app.db.acting(who).await?;
    let place = read::place(&mut tx, of).await?;
    if !place.sets_ranges {
        return Err(Error::Forbidden("host_or_doctor_only".into()));
    }
    let place = with_stream(app, &mut tx, of).await?;
    let content = ReferenceRange {
        id: Uuid::now_v7(),
        code: new.part.code.to_owned(),
        unit: new.part.unit.to_owned(),
        low: new.range.low.map(|end| end.to_string()),
        high: new.range.high.map(|end| end.to_string()),
        reason: new.reason.clone(),
    };
    let request = ReferenceRange { id: Uuid::nil(), ..content.clone() };
    let draft = Draft::new(new.client_id, Content::ReferenceRange(content), &request)?;
    one(write(app, tx, &place, vec![draft]).await?)
}

/// Says where on the body a posted picture was taken.
pub async fn tag(
    app: &App,
    who: &Actor,
    of: Of,
    client_id: Uuid,
    (post, file): (Uuid, Uuid),
    site: &str,
) -> Result<Written> {
    let mut tx = app.db.acting(who).await?;
    let place = with_stream(app, &mut tx, of).await?;
    let content = record::WoundPicture { id: Uuid::now_v7(), file, post, site: site.to_owned() };
    let request = record::WoundPicture { id: Uuid::nil(), ..content.clone() };
    let draft = Draft::new(client_id, Content::WoundPicture(content), &request)?;
    let draft = Draft { post: Some(post), file: Some(file), ..draft };
    one(write(app, tx, &place, vec![draft]).await?)
}

fn one(written: Vec<Written>) -> Result<Written> {
    written.first().copied().ok_or_else(|| Error::internal("act.observe gives a row for each record"))
}

/// The place with its stream, which is made with the first record. Somebody else may be first at the same moment.
async fn with_stream(app: &App, tx: &mut Tx, of: Of) -> Result<Place> {
    let place = read::place(tx, of).await?;
    if place.stream.is_some() {
        return Ok(place);
    }
    let stream = Uuid::now_v7();
    let (facility, version) = (place.key_facility, place.key_version);
    let facility_key = app.keys.facility_key(facility, version, &place.key_facility_wrapped).await?;
    let (_, wrapped) = app.keys.new_data_key(facility, &facility_key, stream);
    tx.one(store::OPEN, &[&place.group, &stream, &version, &wrapped]).await?;
    read::place(tx, of).await
}

async fn write(app: &App, tx: Tx, place: &Place, drafts: Vec<Draft>) -> Result<Vec<Written>> {
    let (Some(stream), Some(key)) = (place.stream, read::key(app, place).await?) else {
        return Err(Error::internal("a stream was made, and is not there"));
    };
    let mut columns = Columns::default();
    for draft in &drafts {
        let place = Aad { table: "observation", stream, row: id(&draft.content) };
        let sealed = seal::seal(&key, place, draft.client_id, &draft.content, &draft.request);
        columns.kinds.push(draft.content.kind().as_str());
        columns.ids.push(sealed.id);
        columns.clients.push(sealed.client_id);
        columns.fingerprints.push(sealed.fingerprint);
        columns.measured.push(draft.measured_at);
        columns.posts.push(draft.post);
        columns.files.push(draft.file);
        columns.targets.push(draft.target);
        columns.commitments.push(sealed.commitment);
        columns.envelopes.push(sealed.envelope);
        columns.crossed.push(draft.crossed);
    }
    let c = &columns;
    let rows = tx
        .query_and_commit(
            store::OBSERVE,
            &[
                &place.group,
                &c.kinds,
                &c.ids,
                &c.clients,
                &c.fingerprints,
                &c.measured,
                &c.posts,
                &c.files,
                &c.targets,
                &c.commitments,
                &c.envelopes,
                &c.crossed,
            ],
        )
        .await?;
    app.vitals.note(place.group, Some(stream));
    app.hub.wake();
    Ok(rows.iter().map(|r| Written { id: r.get(0), created: !r.get::<_, bool>("existing") }).collect())
}

fn id(content: &Content) -> Uuid {
    match content {
        Content::Observation(o) => o.id,
        Content::ReferenceRange(r) => r.id,
        Content::WoundPicture(w) => w.id,
        Content::Withdrawal(w) => w.id,
        _ => Uuid::now_v7(),
    }
}

#[derive(Default)]
struct Columns {
    kinds: Vec<&'static str>,
    ids: Vec<Uuid>,
    clients: Vec<Uuid>,
    fingerprints: Vec<Vec<u8>>,
    measured: Vec<Option<jiff::Timestamp>>,
    posts: Vec<Option<Uuid>>,
    files: Vec<Option<Uuid>>,
    targets: Vec<Option<Uuid>>,
    commitments: Vec<Vec<u8>>,
    envelopes: Vec<Vec<u8>>,
    crossed: Vec<bool>,
}

/// The client id of one measurement of many: the same form, list or post gives the same ids.
pub fn part_id(of: Uuid, part: &str) -> Uuid {
    let hash = token::sha256(format!("renkei/observation/v1|{of}|{part}").as_bytes());
    token::id_of(&hash)
}
