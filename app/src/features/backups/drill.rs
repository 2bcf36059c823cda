//! The drill: what was backed up is restored, twice, into a scratch cluster, and everything in it is checked. The newest
//! state is held against what was last published; the other one is of a random second within what is kept.

use std::{path::PathBuf, time::Instant};

use generations::{Manifest, Mirror};
use jiff::Timestamp;
use pgbackrest::{Info, Target};

use super::{
    Place, Trouble,
    make::{Note, note},
    restore::{self, Report},
    scratch::{self, Folder},
};

/// What the drill found. `bad` is empty when everything holds.
#[derive(Debug, Default)]
pub struct Outcome {
    pub generation: String,
    /// The random second that was restored.
    pub second: Option<Timestamp>,
    pub records: u64,
    pub files: u64,
    pub opened: Option<uuid::Uuid>,
    pub missing: i64,
    pub minutes: f64,
    pub bad: Vec<Finding>,
}

/// One thing that does not hold: a word for tables, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub code: &'static str,
    pub text: String,
}

impl From<Trouble> for Finding {
    fn from(trouble: Trouble) -> Self {
        Self { code: trouble.code(), text: trouble.to_string() }
    }
}

/// Runs it, and notes the outcome where the deployment answers.
///
/// `quick` leaves the random second out.
pub async fn run(place: &Place, quick: bool, say: &mut (dyn FnMut(&str) + Send)) -> Result<Outcome, Trouble> {
    let (begun, started) = (Instant::now(), Timestamp::now());
    let mut outcome = Outcome::default();
    if let Err(trouble) = everything(place, quick, &mut outcome, say).await {
        outcome.bad.push(trouble.into());
    }
    outcome.minutes = begun.elapsed().as_secs_f64() / 60.0;
    let entry = Note {
        kind: "drill",
        started,
        generation: Some(outcome.generation.as_str()).filter(|label| !label.is_empty()),
        to: outcome.second,
        records: i64::try_from(outcome.records).ok(),
        files: i64::try_from(outcome.files).ok(),
        missing: Some(outcome.missing),
        code: outcome.bad.first().map(|finding| finding.code),
        ..Note::default()
    };
    if let Err(trouble) = note(place, &entry).await {
        // The drill may run where the deployment itself is lost; then there is nowhere to note it.
        tracing::warn!(%trouble, "the drill's outcome could not be noted");
    }
    Ok(outcome)
}

async fn everything(
    place: &Place,
    quick: bool,
    outcome: &mut Outcome,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<(), Trouble> {
    let info = place.engine.info().await?;
    let Some(newest) = info.generations.last() else {
        return Err(pgbackrest::Error::NoBackup("the repository holds no generation".into()).into());
    };
    outcome.generation.clone_from(&newest.label);
    say("the signed lists and the log …");
    look(place, &info, outcome).await?;
    let blobs = blobs(place).await?;
    say("the newest state …");
    match restored(place, Target::Newest, None, &blobs.0, say).await {
        Ok(report) => take_over(outcome, report, true),
        Err(trouble) => outcome.bad.push(trouble.into()),
    }
    let second = if quick { None } else { random_second(place, &info).await? };
    if let Some(second) = second {
        say(&format!("the random second {second} …"));
        outcome.second = Some(second);
        match restored(place, Target::Time(second), None, &blobs.0, say).await {
            Ok(report) => take_over(outcome, report, false),
            Err(trouble) => outcome.bad.push(trouble.into()),
        }
    }
    if !outcome.bad.is_empty() {
        name_the_newest_sound(place, &info, outcome).await?;
    }
    Ok(())
}

/// What can be seen without restoring: lists, missing generations, gaps in the log.
async fn look(place: &Place, info: &Info, outcome: &mut Outcome) -> Result<(), Trouble> {
    let (published, troubles) = restore::published(place).await?;
    outcome.bad.extend(troubles.into_iter().map(Finding::from));
    for label in published.iter().flat_map(|heads| &heads.generations) {
        if !info.generations.iter().any(|generation| generation.label == *label) {
            let text =
                format!("the generation {label} is missing: it was there when the heads were last published");
            outcome.bad.push(Finding { code: "generation_missing", text });
        }
    }
    let there = Manifest::listing(&place.store).await?;
    for generation in info.generations.iter().rev() {
        // Every byte of the newest is read, of the others whether everything is there.
        let faults = if generation.label == outcome.generation {
            restore::check_generation(place, &generation.label).await?
        } else {
            restore::look_at(place, &generation.label, &there).await?
        };
        for fault in faults {
            outcome
                .bad
                .push(Finding { code: "damaged", text: format!("generation {}: {fault}", generation.label) });
        }
    }
    if let Some(oldest) = info.generations.first() {
        let gaps = place.engine.gaps(&oldest.first_segment).await?;
        outcome.bad.extend(gaps.iter().map(|gap| Finding { code: "segment_missing", text: gap.to_string() }));
    }
    Ok(())
}

/// The uploads to check against: the mirror itself where it is a folder, a copy of it where it is a bucket.
async fn blobs(place: &Place) -> Result<(PathBuf, Option<Folder>), Trouble> {
    if place.config.backup.s3.is_none() {
        return Ok((place.config.backup.repository.join("uploads"), None));
    }
    let folder = Folder::beside(place, "drill-uploads");
    Mirror::bring_back(&place.store, &folder.0).await?;
    Ok((folder.0.clone(), Some(folder)))
}

async fn restored(
    place: &Place,
    target: Target,
    label: Option<&str>,
    blobs: &std::path::Path,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Report, Trouble> {
    let folder = Folder::beside(place, "drill");
    let cluster = scratch::bring_up(place, &folder.0, label, target, say).await?;
    let report = restore::examine(place, &place.config, &cluster, blobs).await;
    cluster.stop().await?;
    report
}

fn take_over(outcome: &mut Outcome, report: Report, newest: bool) {
    outcome.bad.extend(report.bad.into_iter().map(|text| Finding { code: "unsound", text }));
    let Some((missing, at)) = report.missing else { return };
    if missing.other_deployment {
        let text = "the restored database is of another deployment than the published heads".to_owned();
        outcome.bad.push(Finding { code: "other_deployment", text });
    }
    for stream in &missing.rewritten {
        let text = format!("the stream {stream} holds another record than the one that was published");
        outcome.bad.push(Finding { code: "rewritten", text });
    }
    if newest {
        (outcome.records, outcome.files, outcome.opened) = (report.records, report.files, report.opened);
        outcome.missing = missing.records;
        if missing.records > 0 {
            let text = format!(
                "{} records in {} streams are missing that were published at {at}",
                missing.records,
                missing.behind.len()
            );
            outcome.bad.push(Finding { code: "records_missing", text });
        }
    }
}

/// On the present history: between the end of its oldest generation and the last moment whose log has certainly arrived.
async fn random_second(place: &Place, info: &Info) -> Result<Option<Timestamp>, Trouble> {
    let (published, _) = restore::published(place).await?;
    // What a restore left behind has other seconds of the same name.
    let timeline = info.archives.last().and_then(|archive| archive.last.get(..8)).unwrap_or_default();
    let oldest = info.generations.iter().find(|generation| generation.first_segment.starts_with(timeline));
    let (Some(oldest), Some(heads)) = (oldest, published) else { return Ok(None) };
    let (from, to) = (oldest.stopped.as_second() + 1, heads.taken_at.as_second());
    if to < from {
        return Ok(None);
    }
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).map_err(crate::Error::internal)?;
    let span = u64::try_from(to - from).unwrap_or_default() + 1;
    let offset = i64::try_from(u64::from_be_bytes(bytes) % span).unwrap_or_default();
    Ok(Some(Timestamp::from_second(from + offset).map_err(crate::Error::internal)?))
}

/// Where something is wrong, the reader wants to know what can be relied on.
async fn name_the_newest_sound(place: &Place, info: &Info, outcome: &mut Outcome) -> Result<(), Trouble> {
    for generation in info.generations.iter().rev() {
        if restore::check_generation(place, &generation.label).await?.is_empty() {
            let text = format!(
                "the newest generation whose files are all as they were written: {}",
                generation.label
            );
            outcome.bad.push(Finding { code: "note", text });
            return Ok(());
        }
    }
    outcome
        .bad
        .push(Finding { code: "note", text: "no generation has all its files as they were written".into() });
    Ok(())
}
