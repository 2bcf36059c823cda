//! Time stamps that are kept: each is the authority's, over a checkpoint of this log.

use jiff::Timestamp;
use rustls::pki_types::TrustAnchor;
use tlog::checkpoint::Checkpoint;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{
    ENOUGH,
    copies::{Found, Roots, one},
    keys::Keys,
    signed::Newest,
};
use crate::{
    Result,
    cli::verify::Report,
    config::Config,
    log::copies::{Copied, authorities, check_stamp},
};

/// A restored database may be from before them.
const THERE: &str = "SELECT pg_catalog.to_regclass('care.checkpoint_stamp') IS NOT NULL";
const STAMPS: &str = "SELECT size, note, token, stamped_at FROM care.checkpoint_stamp ORDER BY epoch, size";

#[derive(Debug)]
pub struct Stamp {
    size: i64,
    note: String,
    token: Vec<u8>,
    at: Timestamp,
}

impl Stamp {
    pub fn want(&self, roots: &mut Roots) {
        if let Ok(checkpoint) = Checkpoint::read(self.note.as_bytes()) {
            roots.want(checkpoint.size());
        }
    }
}

pub async fn read(client: &Client) -> Result<Vec<Stamp>> {
    if !client.query_one(THERE, &[]).await?.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let rows = client.query(STAMPS, &[]).await?;
    let stamp =
        |r: &tokio_postgres::Row| Stamp { size: r.get(0), note: r.get(1), token: r.get(2), at: r.get(3) };
    Ok(rows.iter().map(stamp).collect())
}

pub fn check(
    stamps: &[Stamp],
    config: &Config,
    keys: &Keys,
    deployment: Uuid,
    log: (&Newest, &Roots),
    report: &mut Report,
) -> Result<()> {
    if stamps.is_empty() {
        return Ok(());
    }
    let settings = &config.log.timestamp;
    let known = settings.is_on() || !settings.roots_file.as_os_str().is_empty();
    let authorities = if known { Some(authorities(settings)?) } else { None };
    let (mut checked, mut faults) = (0_u64, 0);
    for stamp in stamps {
        match fault(stamp, authorities.as_deref(), keys, deployment, log) {
            None => checked += 1,
            Some(fault) if faults < ENOUGH => {
                faults += 1;
                report.bad.push(format!("the time stamp of {} leaves: {fault}", stamp.size));
            }
            Some(_) => {}
        }
    }
    report.said.push(match authorities {
        Some(_) => format!("{checked} time stamps checked"),
        None => {
            format!("{checked} time stamps are kept; no authority is set to check them by ([log.timestamp])")
        }
    });
    Ok(())
}

fn fault(
    stamp: &Stamp,
    authorities: Option<&[TrustAnchor<'_>]>,
    keys: &Keys,
    deployment: Uuid,
    log: (&Newest, &Roots),
) -> Option<String> {
    let Ok(checkpoint) = Checkpoint::read(stamp.note.as_bytes()) else {
        return Some("what was stamped is no checkpoint".into());
    };
    let copied = Copied { from: String::new(), note: stamp.note.clone() };
    match one(&copied, &checkpoint, keys, deployment, log) {
        Ok(Found::Elsewhere) => return Some("what was stamped is of another deployment".into()),
        Ok(_) => {}
        Err(fault) => return Some(fault),
    }
    if i64::try_from(checkpoint.size()).ok() != Some(stamp.size) {
        return Some("what was stamped has another size".into());
    }
    match check_stamp(&stamp.token, &stamp.note, authorities?) {
        Ok(at) if at.as_microsecond() == stamp.at.as_microsecond() => None,
        Ok(_) => Some("it says another time".into()),
        Err(refused) => Some(refused.to_string()),
    }
}
