//! The page of the access log and its CSV.

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    audit_events, charts_routes, csv,
    filter::{Filter, Typed, usual_period},
    patients::{self, Name},
    read::{self, Counts, Event, Page},
    shown_routes,
    views::{self, AccessLogView, AccessRow, CountRow, access_log_page},
};
use crate::words::{fill, t};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::{facilities::staff, sign_in::Fresh},
    web::{
        csv::download,
        forms::Errors,
        ui::{Profession, time},
        urls,
        viewer::{Asked, Me},
    },
};

/// Events on one page.
const PAGE: usize = 100;
/// Events in one CSV file. A longer period is saved in parts.
const CSV: usize = 20_000;

/// The facility admin, for the facility for which they act.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::access_log(), get(page))
        .route(urls::access_log_csv(), get(save))
        .route(urls::audit_events(), get(save_audit_events))
        .merge(charts_routes::routes())
        .merge(shown_routes::routes())
}

async fn page(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(mut typed): Query<Typed>,
) -> Result<Response> {
    let now = Timestamp::now();
    if typed.from.is_empty() && typed.to.is_empty() {
        (typed.from, typed.to) = usual_period(now);
    }
    let (mut tx, me) = staff::administrating(&app, &who, "viewed_access_log", None).await?;
    let (filter, errors) = match typed.read(now) {
        Ok(filter) => (Some(filter), Errors::none()),
        Err(problems) => (None, problems.into_iter().collect()),
    };
    let about = filter.as_ref().and_then(|f| f.patient);
    audit::viewed(&mut tx, "viewed_access_log", None, about, None).await?;
    let view = view(&app, &mut tx, &me, &typed, filter.as_ref(), errors).await?;
    tx.commit().await?;
    let status = if filter.is_some() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, access_log_page(&view, &me.ctx(asked))).into_response())
}

async fn view(
    app: &Shared,
    tx: &mut Tx,
    me: &Me,
    typed: &Typed,
    filter: Option<&Filter>,
    errors: Errors,
) -> Result<AccessLogView> {
    let (page, counts) = match filter {
        Some(filter) => (read::page(tx, filter, PAGE).await?, read::counts(tx, filter).await?),
        None => (
            Page { events: Vec::new(), newer: None, older: None },
            Counts { total: 0, per_patient: Vec::new(), per_person: Vec::new() },
        ),
    };
    let own = patients::of_facility(tx, app).await?;
    let mut names: HashMap<Uuid, Name> = patients::names(tx, app, &elsewhere(&page, &counts, &own)).await?;
    names.extend(own.iter().map(|(id, name)| (*id, Name { name: name.clone(), kana: String::new() })));
    let link = |cursor: Option<super::filter::Cursor>| {
        cursor.map(|c| typed.query_with(&[("cursor", &c.to_string())]))
    };
    Ok(AccessLogView {
        facility: me.facility.clone(),
        filter: views::Filter {
            patient: typed.patient.clone(),
            account: typed.account.clone(),
            kind: typed.kind.clone(),
            device: typed.device.clone(),
            from: typed.from.clone(),
            to: typed.to.clone(),
        },
        patients: own.iter().map(|(id, name)| (id.to_string(), name.clone())).collect(),
        accounts: accounts(tx, &counts.per_person).await?,
        devices: match filter {
            Some(filter) => read::devices_seen(tx, filter.from).await?,
            None => Vec::new(),
        },
        errors,
        newer: link(page.newer),
        older: link(page.older),
        rows: page.events.into_iter().map(|event| row(event, &names)).collect(),
        total: u64::try_from(counts.total).unwrap_or_default(),
        per_patient: counts
            .per_patient
            .iter()
            .map(|(id, n)| count(typed, "patient", *id, patient_name(&names, *id), *n))
            .collect(),
        per_person: counts
            .per_person
            .iter()
            .map(|(id, n, name, code)| count(typed, "account", *id, in_words(name, code), *n))
            .collect(),
        csv_query: typed.query(),
    })
}

/// Patients on the page whom the facility does not manage: their names show only if the admin may read their sheet.
fn elsewhere(page: &Page, counts: &Counts, own: &[(Uuid, String)]) -> Vec<Uuid> {
    let seen = page.events.iter().filter_map(|e| e.patient_id).chain(counts.per_patient.iter().map(|c| c.0));
    let mut ids: Vec<Uuid> = seen.filter(|id| !own.iter().any(|o| o.0 == *id)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The staff, and whoever else stands in the log of the period.
pub(super) async fn accounts(
    tx: &mut Tx,
    others: &[(Uuid, i64, String, String)],
) -> Result<Vec<(String, String)>> {
    let staff = staff::all(tx).await?;
    let mut all: Vec<(Uuid, String)> =
        staff.iter().map(|c| (c.account_id, in_words(&c.name, &c.profession))).collect();
    for (id, _, name, code) in others {
        if !all.iter().any(|(known, _)| known == id) {
            all.push((*id, in_words(name, code)));
        }
    }
    Ok(all.into_iter().map(|(id, words)| (id.to_string(), words)).collect())
}

fn in_words(name: &str, profession: &str) -> String {
    format!("{name}({})", Profession::of(profession).label())
}

pub(super) fn patient_name(names: &HashMap<Uuid, Name>, id: Uuid) -> String {
    names.get(&id).map_or_else(|| t("ほかの施設の患者さん").to_owned(), |n| n.name.clone())
}

/// `小野寺 ハル子 様`; somebody whose name is not known has no title.
pub(super) fn patient_with_title(names: &HashMap<Uuid, Name>, id: Uuid) -> String {
    match names.get(&id) {
        Some(name) => fill(t("{0} 様"), &[("0", &name.name)]),
        None => patient_name(names, id),
    }
}

fn count(typed: &Typed, field: &str, id: Uuid, name: String, n: i64) -> CountRow {
    let query = typed.query_with(&[(field, &id.to_string())]);
    CountRow { name, count: u64::try_from(n).unwrap_or_default(), query }
}

fn row(event: Event, names: &HashMap<Uuid, Name>) -> AccessRow {
    let refused = event.outcome == "refused";
    AccessRow {
        when: time::to_the_second(event.at),
        act: event.words(),
        who: event.account.map(|(_, name, code)| (name, Profession::of(&code))),
        facility: event.facility.map(|(_, name)| name).unwrap_or_default(),
        refused,
        patient: event.patient_id.map(|id| patient_name(names, id)),
        device: event.device.unwrap_or_default(),
        duration: event.seconds.map(duration),
    }
}

/// `41秒`, `3分12秒`, `1時間5分`.
pub(super) fn duration(seconds: i32) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => fill(t("{s}秒"), &[("s", &s)]),
        (0, m, s) => fill(t("{m}分{s}秒"), &[("m", &m), ("s", &s)]),
        (h, m, _) => fill(t("{h}時間{m}分"), &[("h", &h), ("m", &m)]),
    }
}

/// The events of a file: everything that the filter finds, or a reason why it is too much; with the names of its patients.
async fn whole(app: &Shared, who: &Actor, what: &'static str, typed: &Typed) -> Result<Whole> {
    let (mut tx, _) = staff::administrating(app, who, what, None).await?;
    let filter = typed.read(Timestamp::now()).map_err(Error::Invalid)?;
    audit::viewed(&mut tx, what, None, filter.patient, None).await?;
    let page = read::page(&mut tx, &filter, CSV).await?;
    if page.older.is_some() {
        return Err(Error::invalid("to", "too_many", t("2万件をこえます。期間を分けて保存してください。")));
    }
    let mut ids: Vec<Uuid> = page.events.iter().filter_map(|e| e.patient_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = patients::names(&mut tx, app, &ids).await?;
    tx.commit().await?;
    Ok(Whole { events: page.events, names })
}

struct Whole {
    events: Vec<Event>,
    names: HashMap<Uuid, Name>,
}

async fn save(State(app): State<Shared>, Fresh(who): Fresh, Query(typed): Query<Typed>) -> Result<Response> {
    let whole = whole(&app, &who, "downloaded_access_log", &typed).await?;
    let file = csv::file(&whole.events, |id| patient_name(&whole.names, id));
    Ok(download("access-log.csv", file))
}

async fn save_audit_events(
    State(app): State<Shared>,
    Fresh(who): Fresh,
    Query(typed): Query<Typed>,
) -> Result<Response> {
    let whole = whole(&app, &who, "exported_audit_events", &typed).await?;
    let deployment = audit_events::Deployment::of(&app);
    let patient = |id: Uuid| whole.names.get(&id).map(|name| name.name.clone());
    Ok(audit_events::download(&audit_events::file(&deployment, &whole.events, patient)))
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn lengths_as_people_say_them() {
        let shown: Vec<_> = [0, 41, 192, 3_900].into_iter().map(duration).collect();
        assert_eq!(shown, ["0秒", "41秒", "3分12秒", "1時間5分"]);
    }
}
