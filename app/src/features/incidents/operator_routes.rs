//! Operators run an incident.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts, csv,
    draft::{Known, draft},
    model::{ANSWER_FIELDS, Assessment, Scope, StepKind, answers, words},
    operator_forms::{Asked as AskedFields, Said},
    operator_views::{NewView, OneView, Row, contacts_page, list_page, new_page, one_page},
    rules::{Custody, clocks, key_proof, rule_of},
};
use crate::words::{stored, t};
use crate::{
    Error, FieldError, Result,
    app::Shared,
    auth::Operator,
    db::Tx,
    features::{facilities::known, operators, sign_in::acts::fold_login},
    web::{
        csv::download,
        forms::Errors,
        input::{self, Done, Fields, Form, moment, moment_value},
        urls,
        viewer::Asked,
    },
};

/// Operators.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::operator_incidents(), get(list).post(open))
        .route(urls::operator_new_incident(), get(write))
        .route("/operator/incidents/{incident}", get(show))
        .route("/operator/incidents/{incident}/assessment", post(assess))
        .route("/operator/incidents/{incident}/steps", post(step))
        .route("/operator/incidents/{incident}/scope", post(find))
        .route("/operator/incidents/{incident}/report", post(report))
        .route("/operator/incidents/{incident}/notice", post(tell))
        .route("/operator/incidents/{incident}/publication", post(publish))
        .route("/operator/incidents/{incident}/publication/withdrawal", post(withdraw))
        .route("/operator/incidents/{incident}/contacts", get(contacts))
        .route("/operator/incidents/{incident}/contacts.csv", get(contacts_csv))
}

type Pairs = Form<Vec<(String, String)>>;

const CUSTODY: Custody = Custody::LocalKeyFile;

fn malformed() -> Error {
    Error::BadRequest("unreadable_form".into())
}

fn seen(fields: &Fields) -> Result<i32> {
    fields.one("seen").parse().map_err(|_| malformed())
}

fn back(id: Uuid, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", urls::operator_incident(id))).into_response()
}

async fn list(State(app): State<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let (all, steps) = (acts::all(&mut tx).await?, acts::steps(&mut tx, None).await?);
    tx.commit().await?;
    let row = |incident: super::model::Incident| {
        let own: Vec<_> = steps.iter().filter(|s| s.incident == incident.id).cloned().collect();
        let rule = rule_of(incident.known_at)?;
        Ok(Row { clocks: clocks(&rule, incident.known_at, incident.kind, incident.improper, &own), incident })
    };
    let rows = all.into_iter().map(row).collect::<Result<Vec<_>>>()?;
    Ok(list_page(&name, &rows, Timestamp::now(), &ctx).into_response())
}

async fn write(State(app): State<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let name = operators::acts::name(&mut tx).await?;
    tx.commit().await?;
    let said = Said { known_at: moment_value(Timestamp::now()), ..Said::default() };
    Ok(new_page(&NewView { name, id: Uuid::now_v7(), said, errors: Errors::none() }, &ctx).into_response())
}

const SAID: &[&str] = &["id", "seen", "known_at", "title", "kind", "improper", "reached", "note", "drill"];

async fn open(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Form(pairs): Pairs,
) -> Result<Response> {
    let fields = Fields::only(pairs, SAID)?;
    let id = *fields.ids("id")?.first().ok_or_else(malformed)?;
    let mut tx = app.db.operating(&who).await?;
    let said =
        Assessment::parse(&fields).and_then(|said| Ok((said, known_at(&fields).map_err(|e| vec![e])?)));
    match said {
        Ok((said, known_at)) => {
            acts::open(&mut tx, id, fields.one("drill") == "on", known_at, &said).await?;
            tx.commit().await?;
            Ok(back(id, "opened"))
        }
        Err(problems) => {
            let name = operators::acts::name(&mut tx).await?;
            tx.commit().await?;
            let view = NewView { name, id, said: Said::of(&fields), errors: problems.into_iter().collect() };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, new_page(&view, &ctx)).into_response())
        }
    }
}

fn known_at(fields: &Fields) -> Result<Timestamp, FieldError> {
    let at = moment("known_at", fields.one("known_at"))?;
    let past = at.filter(|at| *at <= Timestamp::now());
    past.ok_or_else(|| FieldError::new("known_at", "time", t("知った時刻を、いまより前で入れてください。")))
}

async fn show(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Query(query): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let mut view = view(&app, &mut tx, id).await?;
    tx.commit().await?;
    view.done = match query.done.as_deref() {
        Some("opened") => Some(t("開きました。期限を数えはじめました。")),
        Some("assessed") => Some(t("見立てを直しました。")),
        Some("step") => Some(t("書きとめました。")),
        Some("found") => Some(t("アクセス記録から数えました。")),
        Some("report") => Some(t("報告の文を残しました。")),
        Some("told") => Some(t("施設に知らせました。")),
        Some("published") => Some(t("公表の文を変えました。")),
        _ => None,
    };
    Ok(one_page(&view, &ctx).into_response())
}

/// Everything about one incident. The draft stands in the report's form as long as no version was kept.
async fn view(app: &Shared, tx: &mut Tx, id: Uuid) -> Result<OneView> {
    let incident = acts::one(tx, id).await?;
    let steps = acts::steps(tx, Some(id)).await?;
    let scopes = acts::scopes(tx, id).await?;
    let scope = scopes.first().map(|s| s.version);
    let affected = match scope {
        Some(scope) => acts::affected(tx, id, scope).await?,
        None => Vec::new(),
    };
    let contacts = match scope {
        Some(scope) => acts::contacts(tx, id, scope).await?,
        None => Vec::new(),
    };
    let reports = acts::reports(tx, id).await?;
    let rule = rule_of(incident.known_at)?;
    // What becomes a report to an authority is Japanese.
    let (proof, only_ciphertext) = stored(|| key_proof(CUSTODY, &incident.reached));
    let known = Known {
        incident: &incident,
        steps: &steps,
        affected: scope.map(|_| affected.as_slice()),
        custody: CUSTODY,
    };
    Ok(OneView {
        name: operators::acts::name(tx).await?,
        clocks: clocks(&rule, incident.known_at, incident.kind, incident.improper, &steps),
        source: rule.source,
        answers: reports.first().map_or_else(|| stored(|| draft(known)), |r| r.answers.clone()),
        publications: acts::publications(tx, id).await?,
        facilities: known::choices(&known::all(tx).await?),
        said: Said::standing(&incident),
        asked: AskedFields::default(),
        typed_publication: None,
        errors: Errors::none(),
        mails: app.config.mail.is_configured(),
        done: None,
        now: Timestamp::now(),
        incident,
        steps,
        proof,
        only_ciphertext,
        scopes,
        affected,
        contacts,
        reports,
    })
}

/// The page again with what was typed and what stands against it.
async fn refused(
    app: &Shared,
    mut tx: Tx,
    id: Uuid,
    ctx: &crate::web::ui::Ctx,
    problems: Vec<FieldError>,
    typed: impl FnOnce(&mut OneView),
) -> Result<Response> {
    let mut view = view(app, &mut tx, id).await?;
    tx.commit().await?;
    view.errors = problems.into_iter().collect();
    typed(&mut view);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, one_page(&view, ctx)).into_response())
}

async fn assess(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Form(pairs): Pairs,
) -> Result<Response> {
    let fields = Fields::only(pairs, SAID)?;
    let mut tx = app.db.operating(&who).await?;
    match Assessment::parse(&fields) {
        Ok(said) => {
            acts::assess(&mut tx, id, seen(&fields)?, &said).await?;
            tx.commit().await?;
            Ok(back(id, "assessed"))
        }
        Err(problems) => refused(&app, tx, id, &ctx, problems, |v| v.said = Said::of(&fields)).await,
    }
}

async fn step(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Form(pairs): Pairs,
) -> Result<Response> {
    let fields = Fields::only(pairs, &["kind", "happened_at", "step_note"])?;
    let mut tx = app.db.operating(&who).await?;
    let kind = StepKind::from_code(fields.one("kind")).filter(|k| StepKind::BY_HAND.contains(k));
    let note = input::optional_text("step_note", fields.one("step_note"), 1000);
    let happened = moment("happened_at", fields.one("happened_at"));
    match (kind, happened, note) {
        (Some(kind), Ok(Some(happened)), Ok(note)) => {
            acts::take_step(&mut tx, id, kind, happened, &note).await?;
            tx.commit().await?;
            Ok(back(id, "step"))
        }
        (_, happened, note) => {
            let none = || FieldError::new("kind", "empty", t("したことと、いつかを入れてください。"));
            let problems: Vec<_> = [happened.err(), note.err()].into_iter().flatten().collect();
            let problems = if problems.is_empty() { vec![none()] } else { problems };
            refused(&app, tx, id, &ctx, problems, |_| {}).await
        }
    }
}

const SCOPE: &[&str] = &["from", "to", "accounts", "sessions", "devices", "patients", "facilities"];

async fn find(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Form(pairs): Pairs,
) -> Result<Response> {
    let fields = Fields::only(pairs, SCOPE)?;
    let mut tx = app.db.operating(&who).await?;
    let scope = match accounts(&mut tx, fields.one("accounts")).await? {
        Ok(accounts) => Scope::parse(&fields, accounts),
        Err(problem) => Err(vec![problem]),
    };
    match scope {
        Ok(scope) => {
            acts::find_affected(&mut tx, id, &scope).await?;
            tx.commit().await?;
            Ok(back(id, "found"))
        }
        Err(problems) => refused(&app, tx, id, &ctx, problems, |v| v.asked = AskedFields::of(&fields)).await,
    }
}

/// Sign-in IDs or account ids, mixed. An ID that nobody has must not silently widen or narrow the search.
async fn accounts(tx: &mut Tx, typed: &str) -> Result<Result<Vec<Uuid>, FieldError>> {
    let mut found = Vec::new();
    let mut logins = Vec::new();
    for word in words(typed) {
        match word.parse() {
            Ok(id) => found.push(id),
            Err(_) => logins.push(fold_login(word)),
        }
    }
    let known = acts::accounts_of(tx, &logins).await?;
    let missing = logins.iter().find(|login| !known.iter().any(|(l, _)| l == *login));
    found.extend(known.iter().map(|(_, id)| *id));
    Ok(match missing {
        Some(_) => {
            Err(FieldError::new("accounts", "unknown", t("このIDの人はいません。つづりを確かめてください。")))
        }
        None => Ok(found),
    })
}

async fn report(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Form(pairs): Pairs,
) -> Result<Response> {
    let names: Vec<&str> = ANSWER_FIELDS.into_iter().chain(["seen"]).collect();
    let fields = Fields::only(pairs, &names)?;
    let mut tx = app.db.operating(&who).await?;
    match answers(&fields) {
        Ok(answers) => {
            acts::save_report(&mut tx, id, seen(&fields)?, &answers).await?;
            tx.commit().await?;
            Ok(back(id, "report"))
        }
        Err(problems) => {
            let typed = ANSWER_FIELDS.map(|name| fields.one(name).to_owned());
            refused(&app, tx, id, &ctx, problems, |v| v.answers = typed).await
        }
    }
}

/// With the newest list and the newest report.
async fn tell(State(app): State<Shared>, who: Operator, Path(id): Path<Uuid>) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let incident = acts::one(&mut tx, id).await?;
    let scope = acts::scopes(&mut tx, id).await?.first().map(|s| s.version).unwrap_or_default();
    let report = acts::reports(&mut tx, id).await?.first().map(|r| r.version).unwrap_or_default();
    acts::tell_facilities(&app, &mut tx, &incident, scope, report).await?;
    tx.commit().await?;
    app.jobs.ring();
    Ok(back(id, "told"))
}

async fn publish(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Form(pairs): Pairs,
) -> Result<Response> {
    let fields = Fields::only(pairs, &["seen", "public_title", "public_body"])?;
    let mut tx = app.db.operating(&who).await?;
    let title = input::line("public_title", fields.one("public_title"), 120);
    let body = input::text("public_body", fields.one("public_body"), 8000);
    match (title, body) {
        (Ok(title), Ok(body)) => {
            acts::publish(&mut tx, id, seen(&fields)?, &title, &body, false).await?;
            tx.commit().await?;
            Ok(back(id, "published"))
        }
        (title, body) => {
            let problems = [title.err(), body.err()].into_iter().flatten().collect();
            let typed = (fields.one("public_title").to_owned(), fields.one("public_body").to_owned());
            refused(&app, tx, id, &ctx, problems, |v| v.typed_publication = Some(typed)).await
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WithdrawalForm {
    seen: i32,
}

async fn withdraw(
    State(app): State<Shared>,
    who: Operator,
    Path(id): Path<Uuid>,
    Form(form): Form<WithdrawalForm>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let publications = acts::publications(&mut tx, id).await?;
    let newest = publications.first().ok_or(Error::NotFound)?;
    acts::publish(&mut tx, id, form.seen, &newest.title, &newest.body, true).await?;
    tx.commit().await?;
    Ok(back(id, "published"))
}

/// The phone list of the newest scope.
async fn phone_list(tx: &mut Tx, id: Uuid) -> Result<(super::model::Incident, Vec<super::model::Contact>)> {
    let incident = acts::one(tx, id).await?;
    let scope = acts::scopes(tx, id).await?.first().map(|s| s.version).ok_or(Error::NotFound)?;
    let contacts = acts::contacts(tx, id, scope).await?;
    Ok((incident, contacts))
}

async fn contacts(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let (incident, contacts) = phone_list(&mut tx, id).await?;
    let name = operators::acts::name(&mut tx).await?;
    tx.commit().await?;
    Ok(contacts_page(&name, &incident, &contacts, &ctx).into_response())
}

async fn contacts_csv(State(app): State<Shared>, who: Operator, Path(id): Path<Uuid>) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let (_, contacts) = phone_list(&mut tx, id).await?;
    tx.commit().await?;
    Ok(download("phone-list.csv", csv::phone_list(&contacts)))
}
