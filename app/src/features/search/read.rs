//! One search: what is in sight, through memory newest first, and every hit read again under row security.

use std::time::Instant;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    load::{load, off_the_thread},
    model::{Found, Hit, PAGE, Place, Wanted},
    present,
    scan::{Lane, Scan, Step},
    store,
};
use crate::{Error, Result, app::Shared, auth::Actor, db::Tx, features::groups::refusals};

/// What this person may read of what is wanted, newest first. That it was searched is in the access log when this
/// returns and the transaction commits; what was looked for is not.
///
/// # Errors
/// `NotFound` for a group that the person is not in, `TooMany` while another search of the person runs, `Busy` when too
/// many search.
pub async fn search(app: &Shared, tx: &mut Tx, wanted: Wanted) -> Result<Found> {
    let until = Instant::now() + app.search.answer_within;
    let (group, before) = (wanted.group, wanted.before);
    let sight = Sight::of(app, tx, &wanted).await?;
    let _person = sight.me.map(|me| app.search.turns.person(me)).transpose()?;
    let (groups, patients) = (sight.groups, sight.patients);
    let mut scan = Scan::new(wanted, sight.lanes);
    let (mut hits, mut complete, mut moved) = (Vec::new(), false, false);
    loop {
        let most = PAGE + 1 - hits.len();
        let (again, step) = off_the_thread(move || {
            let step = scan.run(most, until);
            Ok((scan, step))
        })
        .await?;
        scan = again;
        let stop = match step {
            // Once in any case: however slow the machine is, each page comes further than the one before.
            Step::Load(lanes) if !moved || Instant::now() < until => {
                moved = true;
                load(app, tx, &mut scan, &lanes).await?;
                continue;
            }
            Step::Load(_) | Step::TimeIsUp => true,
            Step::Full => false,
            Step::End => {
                complete = true;
                true
            }
        };
        let proposals = std::mem::take(&mut scan.proposals);
        hits.extend(present::hits(app, tx, &scan.wanted, &proposals).await?);
        if stop || hits.len() > PAGE {
            break;
        }
    }
    let found = page(hits, complete, scan.reached.filter(|reached| *reached < before).unwrap_or(before));
    log(tx, group, (&groups, patients), &found).await?;
    Ok(found)
}

/// The page and where it goes on: after its last hit when there are more, else where the scan stood when the time was up.
fn page(mut hits: Vec<Hit>, complete: bool, reached: Place) -> Found {
    let more = hits.len() > PAGE;
    hits.truncate(PAGE);
    let unfinished = !more && !complete;
    let next = match hits.last() {
        Some(last) if more => Some(last.place),
        _ => unfinished.then_some(reached),
    };
    let searched_back_to = next.filter(|place| unfinished && *place != Place::TOP).and_then(Place::time);
    Found { hits, next, unfinished, searched_back_to }
}

async fn log(
    tx: &mut Tx,
    group: Option<Uuid>,
    (groups, patients): (&[Uuid], usize),
    found: &Found,
) -> Result<()> {
    let mut shown: Vec<Uuid> = found.hits.iter().filter_map(|hit| hit.group).collect();
    let mut sheets: Vec<Uuid> =
        found.hits.iter().filter(|hit| hit.group.is_none()).filter_map(|hit| hit.patient).collect();
    for list in [&mut shown, &mut sheets] {
        list.sort_unstable();
        list.dedup();
    }
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let complete = found.next.is_none();
    let (patients, hits) = (count(patients), count(found.hits.len()));
    tx.query(store::SEARCHED, &[&group, &groups, &patients, &shown, &sheets, &hits, &complete])
        .await
        .map(drop)
}

/// What is in sight now: asked anew for every search.
struct Sight {
    lanes: Vec<Lane>,
    groups: Vec<Uuid>,
    /// Sheets beside those of the groups.
    patients: usize,
    me: Option<Uuid>,
}

impl Sight {
    async fn of(app: &Shared, tx: &mut Tx, wanted: &Wanted) -> Result<Self> {
        let before = wanted.older_than();
        let rows = tx.query(store::STREAMS, &[&wanted.group, &before.time(), &before.stream]).await?;
        let me = rows.first().map(|r| r.get("me"));
        let is_mine = |r: &&tokio_postgres::Row| r.get::<_, Option<Uuid>>("patient_id").is_none();
        let mut groups: Vec<Uuid> = rows.iter().filter(is_mine).map(|r| r.get("group_id")).collect();
        groups.sort_unstable();
        groups.dedup();
        if wanted.group.is_some() && groups.is_empty() {
            return Err(Error::NotFound);
        }
        let streams: Vec<Uuid> = rows.iter().map(|r| r.get("id")).collect();
        let known = app.search.memory.of(&streams);
        let (mut lanes, mut patients) = (Vec::with_capacity(rows.len()), 0);
        for (row, known) in rows.iter().zip(known) {
            let Some(newest) = row.get::<_, Option<i64>>("newest") else { continue };
            let (group, patient): (Option<Uuid>, Option<Uuid>) = (row.get("group_id"), row.get("patient_id"));
            patients += usize::from(patient.is_some() && group.is_none());
            let at = row.get::<_, Timestamp>("at").as_microsecond();
            let numbers = (row.get("first"), newest);
            lanes.push(Lane::new(row.get("id"), (group, patient), numbers, at, known));
        }
        Ok(Self { lanes, groups, patients, me })
    }
}

/// The whole of it for one request that shows nothing else.
pub async fn alone(app: &Shared, who: &Actor, wanted: Wanted) -> Result<Found> {
    let group = wanted.group;
    let _place = app.search.turns.place().await?;
    let found = async {
        let mut tx = app.db.acting(who).await?;
        let found = search(app, &mut tx, wanted).await?;
        tx.commit().await?;
        Ok(found)
    };
    refusals::noted(app, who, "searched", group, None, found.await).await
}
