//! The part of `renkei verify` that looks at the log: whether every row has its leaf and every leaf its row, whether the leaves make up what was
//! signed, and whether the files say the same. With statements of its own: what the database's functions say is not believed.

mod copies;
mod disk;
mod keys;
mod leaves;
mod rows;
mod signed;
mod stamps;
mod witnesses;

use tlog::note::VerifyKey;
use tokio_postgres::Client;
use uuid::Uuid;

use super::verify::Report;
use crate::{Result, config::Config};

pub use copies::{Copies, read as copies};
pub use disk::{Published, published};

/// Rows of one question: each is answered by an index, and no sort or hash grows with the log.
const AT_A_TIME: i64 = 20_000;
/// So many faults of one kind say enough.
const ENOUGH: usize = 100;

const THERE: &str = "SELECT pg_catalog.to_regclass('care.log_entry') IS NOT NULL";

/// A leaf's kind in words; the numbers are those of the migration that made the log.
fn kind(number: i16) -> &'static str {
    match number {
        1 => "post",
        2 => "receipt",
        3 => "membership_event",
        4 => "face_sheet_version",
        5 => "observation",
        10 => "access_event",
        _ => "operator_event",
    }
}

fn name(number: i16, place: Uuid, seq: i64) -> String {
    match number {
        1..=5 => format!("{}, stream {place}, seq {seq}", kind(number)),
        _ => format!("{} {place}", kind(number)),
    }
}

/// What is held against the database, read before it is looked at.
#[derive(Debug, Default)]
pub struct Outside {
    pub published: Option<Published>,
    pub copies: Copies,
}

/// `given`: the public keys that whoever asks trusts.
pub async fn check(
    client: &Client,
    config: &Config,
    deployment: Uuid,
    (given, outside): (&[VerifyKey], Outside),
    report: &mut Report,
) -> Result<()> {
    if !client.query_one(THERE, &[]).await?.get::<_, bool>(0) {
        report.said.push("this database is from before the log".into());
        if outside.published.is_some() {
            report.bad.push("the database is older than what was signed: it knows of no log".into());
        }
        return Ok(());
    }
    rows::check(client, report).await?;
    let keys = keys::Keys::new(config, given, deployment);
    let (stamps, mut roots) = (stamps::read(client).await?, copies::Roots::default());
    outside.copies.want(&mut roots);
    stamps.iter().for_each(|stamp| stamp.want(&mut roots));
    let newest = signed::check(client, &keys, deployment, &mut roots, report).await?;
    witnesses::check(client, config, report).await?;
    outside.copies.check(&keys, deployment, (&newest, &roots), report);
    stamps::check(&stamps, config, &keys, deployment, (&newest, &roots), report)?;
    if let Some(published) = outside.published {
        disk::check(&published, config, &keys, (deployment, &newest), report).await?;
    }
    report.said.extend(keys.said());
    Ok(())
}
