//! *Unexpected system change*: what the deployment is made of now, against what was accepted.
//!
//! The database measures its own parts (tables, functions, triggers, policies, grants, roles, settings …), each node its
//! binary and configuration. A difference names the part, never its content. What changed within a change window is accepted
//! when the window has closed (the window itself is an alarm); the rest somebody accepts with `renkei fingerprint accept`.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use tokio_postgres::Row;

use super::{
    sources::{Finding, Found},
    store,
};
use crate::{Error, Result, app::Shared, watch};

pub(super) const CODES: [&str; 1] = ["system_change"];
const MEASURE: &str = "SELECT part, digest, lines FROM act.measure()";
const STATE: &str = "SELECT parts, nodes, window_reason, window_open FROM act.fingerprint_state()";
const ACCEPT: &str = "SELECT act.accept_fingerprint($1, $2)";

/// Part and digest. Parts of a node are `binary NAME` and `configuration NAME`.
pub type Parts = BTreeMap<String, String>;

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// There was nothing to compare with: the first start accepts itself.
    First,
    Same,
    /// A change window explains what differs; it is accepted now.
    Explained,
    /// A window is open: nothing is said before it has closed.
    Waiting,
    /// The parts that nobody has accepted.
    Different(Vec<String>),
}

/// What there is, and the parts of it that nobody has accepted. Raises nothing.
pub async fn look(app: &Shared) -> Result<(Parts, Vec<String>)> {
    let (parts, state) = (measure(app).await?, state(app).await?);
    let different = differences(&state.accepted.unwrap_or_default(), &parts);
    Ok((parts, different))
}

/// Compares, and raises or ends the alarm. For a node: its own parts belong to the first fingerprint too.
pub async fn compare(app: &Shared) -> Result<Compared> {
    watch::report(app, "unknown", true).await?;
    check(app).await
}

async fn check(app: &Shared) -> Result<Compared> {
    let (parts, state) = (measure(app).await?, state(app).await?);
    let Some(accepted) = &state.accepted else {
        accept(app, "はじめての起動", &parts).await?;
        return Ok(Compared::First);
    };
    let different = differences(accepted, &parts);
    if state.window_open {
        return Ok(Compared::Waiting);
    }
    let of_database = different.iter().all(|part| !part.contains(' '));
    let compared = match &state.window_reason {
        _ if different.is_empty() => Compared::Same,
        Some(reason) if of_database => {
            accept(app, &format!("変更の窓：{reason}"), &merged(accepted, &parts)).await?;
            Compared::Explained
        }
        _ => Compared::Different(different.clone()),
    };
    let found = match &compared {
        Compared::Different(parts) => parts
            .iter()
            .map(|part| Finding { code: CODES[0].into(), subject: part.clone(), number: 1 })
            .collect(),
        _ => Vec::new(),
    };
    keep_open(app, found).await?;
    Ok(compared)
}

/// The alarm stays open from one hourly comparison to the next: only a comparison ends it.
async fn keep_open(app: &Shared, findings: Vec<Finding>) -> Result<()> {
    let looked_at = CODES.to_vec();
    store::note(app, &Found { looked_at, findings }, Duration::ZERO).await.map(drop)
}

/// Accepts what there is now, for a reason.
pub async fn accept_now(app: &Shared, reason: &str) -> Result<Parts> {
    let known = state(app).await?.accepted.unwrap_or_default();
    let parts = merged(&known, &measure(app).await?);
    accept(app, reason, &parts).await?;
    check(app).await?;
    Ok(parts)
}

async fn accept(app: &Shared, reason: &str, parts: &Parts) -> Result<()> {
    let reason: String = reason.chars().take(400).collect();
    app.db.job(ACCEPT, &[&reason, &json!(parts)]).await.map(drop)
}

/// The parts that differ from `accepted`, new and missing ones too. A node that is not there now is not missing here.
pub fn differences(accepted: &Parts, now: &Parts) -> Vec<String> {
    let known = now
        .iter()
        .filter(|(part, digest)| !is_accepted(accepted, part, digest))
        .map(|(part, _)| part.clone());
    let gone = accepted.keys().filter(|part| !part.contains(' ') && !now.contains_key(*part)).cloned();
    known.chain(gone).collect()
}

/// A node that nobody has seen before may run a program that was accepted on another one.
fn is_accepted(accepted: &Parts, part: &str, digest: &String) -> bool {
    match accepted.get(part) {
        Some(known) => known == digest,
        None => {
            part.starts_with("binary ")
                && accepted.iter().any(|(p, d)| p.starts_with("binary ") && d == digest)
        }
    }
}

/// What is there now, and what was accepted of nodes that are away.
fn merged(accepted: &Parts, now: &Parts) -> Parts {
    let mut all: Parts =
        accepted.iter().filter(|(part, _)| part.contains(' ')).map(|(p, d)| (p.clone(), d.clone())).collect();
    all.extend(now.iter().map(|(p, d)| (p.clone(), d.clone())));
    all
}

/// The parts of the database and of the nodes that are there.
pub async fn measure(app: &Shared) -> Result<Parts> {
    let rows = app.db.job(MEASURE, &[]).await?;
    let mut parts: Parts = rows.iter().map(|r| (r.get(0), r.get(1))).collect();
    let rows = app.db.job(STATE, &[]).await?;
    let nodes: Value = rows.first().map_or(Value::Null, |r| r.get(1));
    for (node, own) in nodes.as_object().into_iter().flatten() {
        for (part, digest) in own.as_object().into_iter().flatten() {
            parts.insert(format!("{part} {node}"), digest.as_str().unwrap_or_default().to_owned());
        }
    }
    Ok(parts)
}

struct State {
    accepted: Option<Parts>,
    window_reason: Option<String>,
    window_open: bool,
}

async fn state(app: &Shared) -> Result<State> {
    let rows = app.db.job(STATE, &[]).await?;
    let row: &Row = rows.first().ok_or_else(|| Error::internal("no state of the fingerprint"))?;
    let accepted: Option<Value> = row.get(0);
    let accepted = accepted.map(serde_json::from_value).transpose().map_err(Error::internal)?;
    Ok(State { accepted, window_reason: row.get(2), window_open: row.get(3) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(all: &[(&str, &str)]) -> Parts {
        all.iter().map(|(p, d)| ((*p).to_owned(), (*d).to_owned())).collect()
    }

    #[test]
    fn differences_name_parts_and_forgive_nodes_that_are_away() {
        let accepted = parts(&[("grants", "a"), ("roles", "b"), ("binary one", "c")]);
        assert!(differences(&accepted, &accepted).is_empty());
        assert!(differences(&accepted, &parts(&[("grants", "a"), ("roles", "b")])).is_empty());
        assert_eq!(
            differences(&accepted, &parts(&[("grants", "x"), ("binary one", "c"), ("binary two", "d")])),
            ["binary two", "grants", "roles"]
        );
        assert!(
            differences(&accepted, &parts(&[("grants", "a"), ("roles", "b"), ("binary two", "c")]))
                .is_empty()
        );
        assert_eq!(
            merged(&accepted, &parts(&[("grants", "x")])),
            parts(&[("grants", "x"), ("binary one", "c")])
        );
    }
}
