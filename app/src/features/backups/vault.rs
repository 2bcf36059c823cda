//! What the vault, or the bucket, says of itself, noted whenever it changes and once a day. Where there is neither, nothing
//! is noted but, once, that there is none any more, and the product says いいえ to immutable.

use generations::vault::State;
use jiff::{SignedDuration, Timestamp};

use super::{
    Facts, Place, Trouble,
    make::{self, Note},
    read::Run,
    store,
};
use crate::cli::deployment;

/// A vault that has not pulled for this long is not counted on.
const SILENT: SignedDuration = SignedDuration::from_mins(15);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// It was taken out of the configuration: what it said last is no alarm any more.
const NONE: &str = "vault_none";

/// One look.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    newest: Option<String>,
    files: Option<i64>,
    immutable: bool,
    code: Option<&'static str>,
}

/// Returns a word where it is not well.
pub async fn note(place: &Place) -> Result<Option<&'static str>, Trouble> {
    let started = Timestamp::now();
    let looked = look(place, started).await?;
    let client = deployment::connect(&place.job).await?;
    let known = Facts::of(&client.query(store::FACTS, &[]).await?).vault;
    let Some(said) = looked else {
        if was_one(known.as_ref()) {
            tracing::info!("there is no vault any more");
            make::note_with(
                &client,
                &Note { kind: "vault", started, immutable: Some(false), code: Some(NONE), ..Note::default() },
            )
            .await?;
        }
        return Ok(None);
    };
    let same = known.is_some_and(|run| {
        run.generation == said.newest
            && run.immutable == Some(said.immutable)
            && run.code.as_deref() == said.code
            && started.duration_since(run.finished) < DAY
    });
    if same {
        return Ok(said.code);
    }
    match said.code {
        Some(code) => tracing::error!(code, "copies that cannot be changed: no"),
        None => tracing::info!(immutable = said.immutable, "the vault was looked at"),
    }
    let entry = Note {
        kind: "vault",
        started,
        generation: said.newest.as_deref(),
        files: said.files,
        immutable: Some(said.immutable),
        code: said.code,
        ..Note::default()
    };
    make::note_with(&client, &entry).await?;
    Ok(said.code)
}

fn was_one(known: Option<&Run>) -> bool {
    known.is_some_and(|run| run.code.as_deref() != Some(NONE))
}

async fn look(place: &Place, now: Timestamp) -> Result<Option<Said>, Trouble> {
    if let Some(immutable) = place.bucket_is_locked().await? {
        let code = (!immutable).then_some("bucket_not_locked");
        return Ok(Some(Said { immutable, code, ..Said::default() }));
    }
    Ok(state(place).map(|state| of_vault(state.as_ref(), now)))
}

/// What the vault's own file says; `None` where no vault is configured, an error where it cannot be read.
pub fn state(place: &Place) -> Option<Result<State, generations::Error>> {
    let folder = &place.config.backup.vault;
    (!folder.as_os_str().is_empty()).then(|| State::read(folder))
}

fn of_vault(state: Result<&State, &generations::Error>, now: Timestamp) -> Said {
    let Ok(state) = state else { return Said { code: Some("vault_silent"), ..Said::default() } };
    let silent = now.duration_since(state.pulled_at) > SILENT;
    Said {
        newest: state.generations.last().cloned(),
        files: i64::try_from(state.copied).ok(),
        immutable: state.immutable && !silent,
        code: match (silent, state.faults.is_empty()) {
            (true, _) => Some("vault_silent"),
            (false, false) => Some("vault_fault"),
            (false, true) => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_there_is_no_vault_any_more_is_noted_once_and_only_where_there_was_one() {
        let at = Timestamp::UNIX_EPOCH;
        let run = |code: Option<&str>| Run {
            started: at,
            finished: at,
            generation: None,
            to: None,
            bytes: None,
            records: None,
            files: None,
            missing: None,
            immutable: Some(false),
            code: code.map(str::to_owned),
        };
        assert!(!was_one(None));
        assert!(was_one(Some(&run(None))) && was_one(Some(&run(Some("vault_fault")))));
        assert!(!was_one(Some(&run(Some(NONE)))));
    }

    #[test]
    fn a_silent_vault_is_not_counted_on_and_a_fault_is_said() {
        let now: Timestamp = "2026-04-01T02:00:00Z".parse().expect("a time");
        let whole =
            State { pulled_at: now, generations: vec!["A".into()], immutable: true, ..State::default() };
        let said = of_vault(Ok(&whole), now);
        assert!(said.immutable && said.code.is_none(), "{said:?}");
        let later = of_vault(Ok(&whole), now + SignedDuration::from_mins(16));
        assert!(!later.immutable && later.code == Some("vault_silent"), "{later:?}");
        let faulty = State { faults: vec!["the generation B is not whole".into()], ..whole };
        assert_eq!(of_vault(Ok(&faulty), now).code, Some("vault_fault"));
        let gone = generations::Error::Missing("state.json".into());
        assert_eq!(of_vault(Err(&gone), now), Said { code: Some("vault_silent"), ..Said::default() });
    }
}
