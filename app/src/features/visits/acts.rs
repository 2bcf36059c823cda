//! The verbs: plan, change. Pages, API and the sample call these.

use envelope::Aad;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    model::{Change, Changed, NewVisit, Party, Visit},
    plan::Plan,
    read,
    rules::Exception,
};
use crate::words::t;
use crate::{Error, Result, app::App, auth::Actor, seal, web::ui::time};

const MAKE: &str = "SELECT id, created FROM act.make_visit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const CHANGE: &str = "SELECT act.change_visit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// Visits of a group that are not over, at most; the same number stands in `act.make_visit`.
const MOST: usize = 200;

/// How often a change of one occurrence is done anew when somebody changes another one meanwhile.
const TRIES: usize = 4;

/// The visit, and whether it is new: the same client id again gives the first one.
pub async fn plan(app: &App, who: &Actor, group: Uuid, new: &NewVisit) -> Result<(Uuid, bool)> {
    match try_plan(app, who, group, new).await {
        Err(Error::Conflict(constraint)) if constraint == "visit_client_id_key" => {
            try_plan(app, who, group, new).await
        }
        other => other,
    }
}

async fn try_plan(app: &App, who: &Actor, group: Uuid, new: &NewVisit) -> Result<(Uuid, bool)> {
    let mut tx = app.db.acting(who).await?;
    let stream = app.keys.group_streams(&mut tx, group).await?.team;
    let key = app.keys.data_key(&mut tx, stream).await?;
    let (visit, event) = (Uuid::now_v7(), Uuid::now_v7());
    let (envelope, _) =
        seal::seal_words(&key, Aad { table: "visit", stream, row: visit }, new.client_id, &new.plan)?;
    let changed = Changed { plan: new.plan.clone(), reason: String::new() };
    let (said, _) =
        seal::seal_words(&key, Aad { table: "visit_event", stream, row: event }, new.client_id, &changed)?;
    let request = record::jcs(&(&new.plan, new.party)).map_err(Error::internal)?;
    let fingerprint = envelope::fingerprint(&key, new.client_id, &request).to_vec();
    let Party { facility, account } = new.party;
    let over: Vec<Uuid> = {
        let (today, all) = (time::day_of(Timestamp::now()), read::list(app, &mut tx, Some(group)).await?);
        all.iter().filter(|v| v.plan.is_over(today)).map(|v| v.id).collect()
    };
    let rows = tx
        .query_and_commit(
            MAKE,
            &[
                &group,
                &visit,
                &facility,
                &account,
                &new.client_id,
                &fingerprint,
                &envelope,
                &event,
                &said,
                &over,
            ],
        )
        .await
        .map_err(named)?;
    let row = rows.first().ok_or_else(|| Error::internal("act.make_visit gives one row"))?;
    app.hub.wake();
    Ok((row.get(0), row.get(1)))
}

/// Does one change. A change of one occurrence is of the series as it stands when it is done.
pub async fn change(app: &App, who: &Actor, visit: Uuid, client_id: Uuid, change: &Change) -> Result<()> {
    let mut tries = TRIES;
    loop {
        tries -= 1;
        match try_change(app, who, visit, client_id, change).await {
            Err(Error::Stale) if tries > 0 && !matches!(change, Change::Plan { .. }) => {}
            Err(Error::Conflict(constraint)) if tries > 0 && constraint == "visit_event_client_id_key" => {}
            other => return other,
        }
    }
}

async fn try_change(app: &App, who: &Actor, id: Uuid, client_id: Uuid, change: &Change) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let visit = read::one(app, &mut tx, id).await?;
    let stream = app.keys.group_streams(&mut tx, visit.group).await?.team;
    let key = app.keys.data_key(&mut tx, stream).await?;
    let (party, plan, reason, seen) = after(&visit, change);
    let today = time::day_of(Timestamp::now());
    // One that was over counts again.
    if visit.plan.is_over(today) && !plan.is_over(today) {
        let all = read::list(app, &mut tx, Some(visit.group)).await?;
        if all.iter().filter(|v| !v.plan.is_over(today)).count() >= MOST {
            return Err(Error::Conflict("too_many_visits".into()));
        }
    }
    let event = Uuid::now_v7();
    let (envelope, _) = seal::seal_words(&key, Aad { table: "visit", stream, row: id }, client_id, &plan)?;
    let changed = Changed { plan, reason };
    let (said, _) =
        seal::seal_words(&key, Aad { table: "visit_event", stream, row: event }, client_id, &changed)?;
    let request = record::jcs(&asked(change)).map_err(Error::internal)?;
    let fingerprint = envelope::fingerprint(&key, client_id, &request).to_vec();
    tx.query_and_commit(
        CHANGE,
        &[
            &id,
            &change.kind(),
            &seen,
            &party.facility,
            &party.account,
            &client_id,
            &fingerprint,
            &envelope,
            &event,
            &said,
        ],
    )
    .await
    .map_err(named)?;
    app.hub.wake();
    Ok(())
}

/// What the client sent, for telling a retry from something else: not what the series makes of it.
fn asked(change: &Change) -> serde_json::Value {
    match change {
        // What held before depends on when it is done.
        Change::Plan { party, plan, .. } => serde_json::json!([party, plan.kind, plan.note, plan.series]),
        Change::Move { day, to, reason } => serde_json::json!([day, to, reason]),
        Change::Cancel { day, reason } | Change::End { from: day, reason } => {
            serde_json::json!([day, reason])
        }
        Change::Restore { day } => serde_json::json!([day]),
    }
}

/// Who comes and the plan after a change, why, and the version that it was seen at.
fn after(visit: &Visit, change: &Change) -> (Party, Plan, String, i32) {
    let now = visit.plan.clone();
    let except = |day, to, reason: &String| {
        now.clone().changed_on(day, |s| s.except(Exception { day, to, reason: reason.clone() }))
    };
    let (plan, reason) = match change {
        Change::Plan { party, plan, seen } => return (*party, plan.clone(), String::new(), *seen),
        Change::Move { day, to, reason } => (except(*day, Some(*to), reason), reason.clone()),
        Change::Cancel { day, reason } => (except(*day, None, reason), reason.clone()),
        Change::Restore { day } => (now.changed_on(*day, |s| s.restored(*day)), String::new()),
        Change::End { from, reason } => (now.ended_before(*from), reason.clone()),
    };
    (visit.party, plan, reason, visit.version)
}

fn named(error: Error) -> Error {
    match error {
        Error::Invalid(fields) if fields.iter().any(|f| f.message == "no_member") => Error::invalid(
            "party",
            "no_member",
            t("選ばれた施設の方は、いまこのグループにいません。選び直してください。"),
        ),
        Error::Invalid(fields) if fields.iter().any(|f| f.message == "no_patient_to_visit") => {
            Error::invalid("kind", "no_patient", t("訪問の予定は、患者さんのグループにだけ入れられます。"))
        }
        other => other,
    }
}
