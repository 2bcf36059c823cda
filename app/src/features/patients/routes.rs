//! The pages of patients: the list, the search, the registration.

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts::{self, NewPatient},
    new_views::{NewPatientView, new_patient_page},
    read::{self, Patient},
    room, rules,
    views::{GroupState, ON_A_PAGE, PatientRow, PatientsView, patients_page},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::face_sheets::fields,
    web::{
        forms::Errors,
        input::{self, Form},
        ui::time::day_of,
        urls,
        viewer::{Asked, Me},
    },
};

/// The list shows the patients whose face sheet the viewer may read; facility admins register.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/patients", get(list).post(register))
        .route("/patients/search", post(search).get(to_the_list))
        .route("/patients/new", get(new))
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    page: Option<usize>,
}

async fn list(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(q): Query<ListQuery>,
) -> Result<Response> {
    shown(&app, &who, asked, "viewed_patients", "", q.page.unwrap_or(0)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchForm {
    q: String,
}

async fn search(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form): Form<SearchForm>,
) -> Result<Response> {
    shown(&app, &who, asked, "searched_patients", form.q.trim(), 0).await
}

/// What was searched for stands in no address, so there is nothing to come back to, for instance after the idle lock.
async fn to_the_list() -> Redirect {
    Redirect::to(urls::patients())
}

async fn shown(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    what: &str,
    q: &str,
    page: usize,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let all = read::all(app, &mut tx, me.facility_id).await?;
    audit::viewed(&mut tx, what, None, None, None).await?;
    tx.commit().await?;
    let today = day_of(Timestamp::now());
    let found: Vec<&Patient> =
        all.iter().filter(|p| rules::is_found(q, p.text("name"), p.text("kana"))).collect();
    let here = found.iter().skip(page.saturating_mul(ON_A_PAGE)).take(ON_A_PAGE);
    let view = PatientsView {
        q: q.to_owned(),
        rows: here.map(|patient| row(patient, today)).collect(),
        found: found.len(),
        page,
        total: all.len(),
        may_register: me.admin,
        done: None,
    };
    Ok(patients_page(&view, &me.ctx(asked)).into_response())
}

fn row(patient: &Patient, today: Date) -> PatientRow {
    PatientRow {
        patient_id: patient.id,
        name: patient.text("name").to_owned(),
        kana: patient.text("kana").to_owned(),
        age: room::age(&patient.fields, today),
        number: patient.number.clone(),
        group: match patient.group {
            None => GroupState::None,
            Some(group) if !patient.member => GroupState::Open(group),
            Some(group) if patient.archived => GroupState::Archived(group),
            Some(group) => GroupState::Mine(group),
        },
    }
}

async fn new(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let me = admin(&app, &who).await?;
    let view = NewPatientView {
        client_id: Uuid::new_v4(),
        name: String::new(),
        kana: String::new(),
        birth_date: String::new(),
        gender: String::new(),
        number: String::new(),
        open_group: true,
        errors: Errors::none(),
    };
    Ok(new_patient_page(&view, &me.ctx(asked)).into_response())
}

/// The viewer, if she or he administers the facility. The database asks again before anything is written.
async fn admin(app: &Shared, who: &Actor) -> Result<Me> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    if me.admin { Ok(me) } else { Err(Error::Forbidden("facility_admin_only".into())) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewForm {
    client_id: Uuid,
    name: String,
    kana: String,
    birth_date: String,
    gender: String,
    number: String,
    open_group: Option<String>,
}

/// Registers, then leads on: to opening the group, or to the new face sheet.
async fn register(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form): Form<NewForm>,
) -> Result<Response> {
    let new = match parsed(&form) {
        Ok(new) => new,
        Err(errors) => {
            let me = admin(&app, &who).await?;
            let page = new_patient_page(&again(form, errors), &me.ctx(asked));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let registered = acts::register(&app, &who, &new).await;
    if let Err(Error::Forbidden(_)) = &registered {
        audit::refused(&app, &who, "registered_patient", None, None).await;
    }
    let (patient, _) = registered?;
    let next = match form.open_group {
        Some(_) => urls::open_group(patient),
        None => urls::face_sheet_done(patient, "registered"),
    };
    Ok(Redirect::to(&next).into_response())
}

fn parsed(form: &NewForm) -> Result<NewPatient, Errors> {
    let typed = [
        ("name", &form.name),
        ("kana", &form.kana),
        ("birthDate", &form.birth_date),
        ("gender", &form.gender),
    ];
    match (fields::read(typed), input::optional_text("number", &form.number, 40)) {
        (Ok(fields), Ok(number)) => Ok(NewPatient { client_id: form.client_id, number, fields }),
        (fields, number) => {
            let problems = fields.err().into_iter().flatten().map(|p| (entry(p.key), p.message));
            let number = number.err().map(|e| (e.field.into_owned(), e.message.into_owned()));
            Err(problems.chain(number).collect())
        }
    }
}

/// The name of the form's entry for a field.
fn entry(key: String) -> String {
    if key == "birthDate" { "birth_date".to_owned() } else { key }
}

fn again(form: NewForm, errors: Errors) -> NewPatientView {
    NewPatientView {
        client_id: form.client_id,
        name: form.name,
        kana: form.kana,
        birth_date: form.birth_date,
        gender: form.gender,
        number: form.number,
        open_group: form.open_group.is_some(),
        errors,
    }
}
