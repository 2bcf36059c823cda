//! Asking witnesses (C2SP tlog-witness): another host, a facility, an auditor. Each cosigns only what follows from what it has seen
//! before. A witness that is not reached is asked again at the next round; one that knows another tree is an alarm.

//!
//! Each is asked in a task of its own, beside the sealing: one that hangs holds up neither the log nor the others. Its line goes into the
//! published checkpoint as soon as it comes, and what it said is noted at the next round.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, header};
use rustls::ClientConfig;
use tlog::{
    checkpoint::Checkpoint,
    note::{Note, Signer, VerifyKey},
    tiles::{Folder, TileTree},
    witness::{AddCheckpoint, known_size},
};
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use super::{
    files::{self, on_disk},
    store,
};
use crate::{
    Error, Result, config,
    outbound::{self, Target, call},
};

const TIME: Duration = Duration::from_secs(5);
const MOST: usize = 20_000;
/// The same answer is written once in this time.
const TOLD: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub struct Witnesses(Vec<Witness>);

/// One of them, as the sealer knows it.
#[derive(Debug)]
struct Witness {
    desk: Arc<Desk>,
    /// The size that it has cosigned, as far as is known; it says so itself where that is wrong.
    size: u64,
    asked: Option<JoinHandle<Result<Answer>>>,
    /// What was written of its last answer, and when.
    told: Option<(&'static str, Instant)>,
}

/// Where and how it is asked.
#[derive(Debug)]
struct Desk {
    target: Target,
    key: VerifyKey,
    tls: Arc<ClientConfig>,
}

/// What came of asking.
#[derive(Debug)]
struct Answer {
    outcome: &'static str,
    /// Of the checkpoint that it was asked about.
    size: u64,
    line: Option<String>,
}

enum Said {
    /// Its line fits; the published note has it now.
    Cosigned(String),
    /// It knows this size.
    Knows(u64),
    Disagrees,
    /// It does not know this log or its key, or something before it turns the sealer away.
    Refused,
    Unreachable,
}

impl Answer {
    fn of(outcome: &'static str, size: u64) -> Self {
        Self { outcome, size, line: None }
    }
}

impl Witnesses {
    pub fn new(settings: &[config::Witness]) -> Result<Self> {
        let witness = |w: &config::Witness| {
            let desk = Desk {
                target: Target::parse(&w.url, w.private)?,
                key: w.key.parse().map_err(|e| Error::Internal(format!("the key of {}: {e}", w.url)))?,
                tls: outbound::tls::client(&w.ca_file)?,
            };
            Ok(Witness { desk: Arc::new(desk), size: 0, asked: None, told: None })
        };
        Ok(Self(settings.iter().map(witness).collect::<Result<_>>()?))
    }

    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|witness| witness.desk.key.name()).collect()
    }

    /// Notes what has come, and has those asked that have not cosigned the newest checkpoint, of `size` leaves.
    pub async fn look(&mut self, db: &Client, folder: &Folder, log: &Signer, size: u64) -> Result<()> {
        for witness in &mut self.0 {
            if let Some(done) = witness.asked.take_if(|task| task.is_finished()) {
                match done.await {
                    Ok(Ok(answer)) => witness.note(db, answer).await?,
                    // A fault on this side lets it be as silent as one on its own.
                    Ok(Err(error)) => {
                        tracing::warn!(%error, "a witness could not be asked");
                        witness.note(db, Answer::of("unreachable", size)).await?;
                    }
                    Err(error) => {
                        tracing::error!(%error, "asking a witness ended badly");
                        witness.note(db, Answer::of("unreachable", size)).await?;
                    }
                }
            }
            if witness.asked.is_none() && witness.size < size {
                let asking =
                    ask(witness.desk.clone(), folder.clone(), log.verify_key().clone(), witness.size);
                witness.asked = Some(tokio::spawn(asking));
            }
        }
        Ok(())
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        if let Some(task) = &self.asked {
            task.abort();
        }
    }
}

impl Witness {
    async fn note(&mut self, db: &Client, answer: Answer) -> Result<()> {
        let Answer { outcome, size, line } = answer;
        if self.told.is_none_or(|(last, at)| last != outcome || at.elapsed() >= TOLD) {
            store::note_witness(db, self.desk.key.name(), size, outcome, line.as_deref()).await?;
            self.told = Some((outcome, Instant::now()));
        }
        if outcome == "cosigned" {
            self.size = size;
        }
        Ok(())
    }
}

/// Asks about what is published now. A witness that knows another size is asked once more, with a proof from there.
async fn ask(desk: Arc<Desk>, folder: Folder, log: VerifyKey, known: u64) -> Result<Answer> {
    let bytes = files::published(&folder).await?.ok_or_else(|| Error::internal("no checkpoint"))?;
    let keys = [log.clone()];
    let opened = Checkpoint::open(&bytes, log.name(), &keys).map_err(Error::internal)?;
    let (note, checkpoint) = (opened.note, opened.checkpoint);
    let mut said = desk.once(&folder, &note, &checkpoint, known.min(checkpoint.size())).await?;
    if let Said::Knows(size) = said {
        said = match size {
            size if size > checkpoint.size() => Said::Disagrees,
            size => desk.once(&folder, &note, &checkpoint, size).await?,
        };
    }
    let (outcome, line) = match said {
        Said::Cosigned(line) => ("cosigned", Some(line)),
        Said::Disagrees | Said::Knows(_) => ("disagrees", None),
        Said::Refused => ("refused", None),
        Said::Unreachable => ("unreachable", None),
    };
    Ok(Answer { outcome, size: checkpoint.size(), line })
}

impl Desk {
    async fn once(&self, folder: &Folder, note: &Note, checkpoint: &Checkpoint, old: u64) -> Result<Said> {
        let (reader, size, root) = (folder.clone(), checkpoint.size(), checkpoint.root());
        let proof = on_disk(move || match old {
            0 => Ok(Vec::new()),
            old => TileTree::open(reader, size, root)?.consistency(old),
        })
        .await?;
        let body = AddCheckpoint { old, proof, checkpoint: note.clone() }.to_string();
        let Ok(Some(answer)) = tokio::time::timeout(TIME, self.send(body)).await else {
            return Ok(Said::Unreachable);
        };
        let kind = answer.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let text = String::from_utf8_lossy(&answer.body);
        Ok(match answer.status {
            200 => self.take(folder, note.clone(), &text).await?,
            409 => known_size(kind, &text).map_or(Said::Disagrees, Said::Knows),
            422 => Said::Disagrees,
            403 | 404 => Said::Refused,
            _ => Said::Unreachable,
        })
    }

    /// Its line goes into the published note, if it is its own and the note still stands.
    async fn take(&self, folder: &Folder, mut note: Note, line: &str) -> Result<Said> {
        let keys = [self.key.clone()];
        if note.take(line, &keys).map_or(true, |by| by.is_empty()) {
            return Ok(Said::Disagrees);
        }
        let writer = folder.clone();
        on_disk(move || writer.cosign(&note)).await?;
        Ok(Said::Cosigned(line.trim_end().to_owned()))
    }

    async fn send(&self, body: String) -> Option<outbound::Answer> {
        let path = format!("{}/add-checkpoint", self.target.path().trim_end_matches('/'));
        let request = Request::post(path)
            .header(header::HOST, self.target.authority())
            .body(Full::new(Bytes::from(body)))
            .ok()?;
        call(&self.target, &self.tls, request, MOST).await.ok()
    }
}
