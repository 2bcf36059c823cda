//! Making a generation: the database, then the files (so that none that the database names is missing), then the heads of
//! all chains, then the signed list of everything.

use std::time::Duration;

use generations::{Manifest, Mirror};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Place, Trouble, heads, kept, place::DATABASE, store, vault};
use crate::cli::deployment;

/// Between two looks whether another backup has ended.
const WAIT: Duration = Duration::from_secs(1);

/// What was made.
#[derive(Debug)]
pub struct Made {
    pub label: String,
    pub bytes: u64,
    pub uploads: usize,
    pub records: i64,
    pub seconds: f64,
}

/// One entry of `care.backup_run`.
#[derive(Debug, Default)]
pub struct Note<'a> {
    pub kind: &'a str,
    pub started: Timestamp,
    pub generation: Option<&'a str>,
    pub to: Option<Timestamp>,
    pub bytes: Option<i64>,
    pub records: Option<i64>,
    pub files: Option<i64>,
    pub missing: Option<i64>,
    pub immutable: Option<bool>,
    pub code: Option<&'a str>,
}

/// A backup now, noted whatever its outcome.
pub async fn now(place: &Place, say: &mut (dyn FnMut(&str) + Send)) -> Result<Made, Trouble> {
    let started = Timestamp::now();
    let made = generation(place, say).await;
    let mut entry = Note { kind: "backup", started, ..Note::default() };
    match &made {
        Ok(made) => {
            entry.generation = Some(&made.label);
            entry.bytes = i64::try_from(made.bytes).ok();
            entry.files = i64::try_from(made.uploads).ok();
            entry.records = Some(made.records);
        }
        Err(trouble) => entry.code = Some(trouble.code()),
    }
    note(place, &entry).await?;
    // The generation is made; that it could not be looked at is said, and the schedule looks again.
    for looked in [kept::note(place).await, vault::note(place).await.map(drop)] {
        if let Err(trouble) = looked {
            tracing::warn!(code = trouble.code(), %trouble, "after a backup");
        }
    }
    made
}

async fn generation(place: &Place, say: &mut (dyn FnMut(&str) + Send)) -> Result<Made, Trouble> {
    let begun = std::time::Instant::now();
    let started = Timestamp::now();
    say("the database …");
    let generation = back_up(place, say).await?;
    if generation.damaged_pages {
        return Err(Trouble::Unsound("the database has pages whose checksum is wrong".into()));
    }
    say("the uploaded files …");
    Mirror::open(&place.config.blobs, &place.store).await?.ship().await?;
    say("the heads of all chains …");
    let published = publish(place).await?;
    let label = &generation.label;
    published.write(&place.store, &format!("generations/{label}/heads.json"), &place.key.signer()).await?;
    say("the signed list of everything …");
    let before = forget_expired(place).await?;
    let folder = format!("{DATABASE}/backup/{}/{label}", pgbackrest::STANZA);
    let span = (started, generation.stopped);
    let program = env!("CARGO_PKG_VERSION");
    let mut manifest = Manifest::take(&place.store, label, span, program, &folder, before.as_ref()).await?;
    manifest.first_segment = Some(generation.first_segment.clone()).filter(|segment| !segment.is_empty());
    manifest.write(&place.store, &place.key.signer()).await?;
    place.store.put("signer", hex::encode(place.public()).into_bytes()).await?;
    Ok(Made {
        label: label.clone(),
        bytes: manifest.bytes(),
        uploads: manifest.uploads.len(),
        records: published.records,
        seconds: begun.elapsed().as_secs_f64(),
    })
}

/// The engine runs one backup at a time; another one's end is waited for.
async fn back_up(
    place: &Place,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<pgbackrest::Generation, Trouble> {
    let mut said = false;
    loop {
        let done = match place.engine.prepare().await {
            Ok(()) => place.engine.back_up().await,
            Err(error) => Err(error),
        };
        match done {
            Err(pgbackrest::Error::Busy) => {}
            other => return Ok(other?),
        }
        if !std::mem::replace(&mut said, true) {
            say("another backup is running; waiting for its end …");
        }
        tokio::time::sleep(WAIT).await;
    }
}

/// Lists of generations that the engine has let go are removed. Returns the newest that is left.
async fn forget_expired(place: &Place) -> Result<Option<Manifest>, Trouble> {
    let kept = place.engine.info().await?.generations;
    let mut newest = None;
    for label in Manifest::labels(&place.store).await? {
        if kept.iter().any(|generation| generation.label == label) {
            newest = Some(label);
            continue;
        }
        for (name, _) in place.store.list(&format!("generations/{label}")).await? {
            place.store.remove(&name).await?;
        }
    }
    match newest {
        // A damaged older list only costs reading the files again.
        Some(label) => Ok(Manifest::read(&place.store, &label, &place.public()).await.ok()),
        None => Ok(None),
    }
}

/// Publishes the heads of all chains, once the log up to them has arrived: what is published can be restored.
pub async fn publish(place: &Place) -> Result<heads::Heads, Trouble> {
    let alone = deployment::connect(&place.job).await?;
    while !alone.query_one(store::PUBLISH, &[]).await?.get::<_, bool>(0) {
        tokio::time::sleep(WAIT).await;
    }
    let kept =
        place.engine.info().await?.generations.into_iter().map(|generation| generation.label).collect();
    let heads = heads::take(&place.verify, kept).await?;
    heartbeat(place).await?;
    place.engine.check().await?;
    let signer = place.key.signer();
    heads.write(&place.store, heads::NEWEST, &signer).await?;
    if let Some(outside) = place.published()? {
        heads.write(&outside, heads::NEWEST, &signer).await?;
    }
    Ok(heads)
}

/// One row is touched, so that the log says what time it is and any second can be restored on a quiet deployment.
pub async fn heartbeat(place: &Place) -> Result<(), Trouble> {
    let client = deployment::connect(&place.job).await?;
    client.query_one(store::HEARTBEAT, &[]).await?;
    Ok(())
}

pub async fn note(place: &Place, entry: &Note<'_>) -> Result<(), Trouble> {
    let client = deployment::connect(&place.job).await?;
    note_with(&client, entry).await
}

pub async fn note_with(client: &tokio_postgres::Client, entry: &Note<'_>) -> Result<(), Trouble> {
    let outcome = if entry.code.is_some() { "failed" } else { "done" };
    client
        .query_one(
            store::NOTE,
            &[
                &Uuid::now_v7(),
                &entry.kind,
                &entry.started,
                &outcome,
                &entry.generation,
                &entry.to,
                &entry.bytes,
                &entry.records,
                &entry.files,
                &entry.missing,
                &entry.immutable,
                &entry.code,
            ],
        )
        .await?;
    Ok(())
}
