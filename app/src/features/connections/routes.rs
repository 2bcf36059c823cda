//! The pages of connections. Every form works without JavaScript.

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use maud::Markup;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts, direct,
    model::{Connection, Decision, State as Stands},
    read,
    views::{ConnectionsView, EndView, MineView, Row, connections_page, end_page, mine_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::{App, Shared},
    auth::Actor,
    features::{
        groups::{pages, refusals::noted},
        sign_in::enrol_views::qr,
    },
    web::{
        input::{Done, Form},
        person::Person,
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person, the own connections. The pages hold nothing of a patient, so opening them leaves no event; acts do.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::connections(), get(show).post(super::ask_routes::send))
        .route(urls::new_connection(), get(super::ask_routes::ask))
        .route(urls::my_connection_link(), get(mine))
        .route("/connections/{connection}/acceptance", post(answer))
        .route("/connections/{connection}/end", get(ask_end).post(end))
        .route("/connections/{connection}/conversation", post(converse))
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(query): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let all = read::mine(&mut tx, &app).await?;
    tx.commit().await?;
    let done = query.done.as_deref().and_then(done_words).map(str::to_owned);
    Ok(connections_page(&view(&all, &me, done), &me.ctx(asked)).into_response())
}

fn done_words(code: &str) -> Option<&'static str> {
    Some(match code {
        "asked" => t("申し込みました。返事があると、お知らせが届きます。"),
        "accepted" => t("つながりました。「話す」から、1対1で話せます。"),
        "declined" => t("つながりませんでした。断ったことは、相手に伝わりません。"),
        "ended" => t("つながりを終えました。"),
        "withdrawn" => t("申し込みを取り消しました。"),
        "gone" => t("この申し込みは、もう終わっています。"),
        _ => return None,
    })
}

fn view(all: &[Connection], me: &Me, done: Option<String>) -> ConnectionsView {
    let rows = |fits: &dyn Fn(&Connection) -> bool| -> Vec<Row> {
        all.iter().filter(|c| fits(c)).map(|c| row(c, me)).collect()
    };
    ConnectionsView {
        asking: rows(&|c| c.state == Stands::Asked && c.incoming),
        standing: rows(&|c| c.state == Stands::Accepted),
        asked: rows(&|c| c.state == Stands::Asked && !c.incoming),
        // Of two people only the last one, and none where there is one again.
        ended: rows(&|c| c.state == Stands::Ended && !all.iter().any(|later| follows(later, c))),
        done,
        now: Timestamp::now(),
    }
}

fn follows(later: &Connection, ended: &Connection) -> bool {
    later.person.id == ended.person.id
        && (later.state == Stands::Accepted
            || (later.state == Stands::Ended && later.ended_at > ended.ended_at))
}

fn row(c: &Connection, me: &Me) -> Row {
    Row {
        id: c.id,
        person: person(c),
        greeting: c.greeting.clone().filter(|_| c.state == Stands::Asked),
        at: c.ended_at.or(c.connected_at).unwrap_or(c.asked_at),
        group: c.group_id,
        other_facility: c.my_facility_id != me.facility_id,
    }
}

/// The other one, as the pages name her.
pub fn person(c: &Connection) -> Person {
    pages::person(c.person.id, &c.person.name, &c.person.profession, &c.person.facility)
}

fn back(done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", urls::connections())).into_response()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerForm {
    decision: Decision,
}

async fn answer(
    State(app): State<Shared>,
    who: Actor,
    Path(connection): Path<Uuid>,
    Form(form): Form<AnswerForm>,
) -> Result<Response> {
    let done = acts::answer(&app, &who, connection, form.decision).await;
    match noted(&app, &who, "accepted_connection", None, Some(connection), done).await {
        Ok(()) if form.decision == Decision::Accept => Ok(back("accepted")),
        Ok(()) => Ok(back("declined")),
        Err(Error::Conflict(_)) => Ok(back("gone")),
        Err(error) => Err(error),
    }
}

async fn ask_end(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(connection): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let found = read::one(&mut tx, &app, connection).await?;
    tx.commit().await?;
    if found.state != Stands::Accepted {
        return Ok(back("gone"));
    }
    let view = EndView { id: connection, person: person(&found) };
    Ok(end_page(&view, &me.ctx(asked)).into_response())
}

async fn end(State(app): State<Shared>, who: Actor, Path(connection): Path<Uuid>) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let before = read::one(&mut tx, &app, connection).await;
    tx.commit().await?;
    let code = if before.is_ok_and(|c| c.state == Stands::Asked) { "withdrawn" } else { "ended" };
    let done = acts::end(&app, &who, connection).await;
    noted(&app, &who, "ended_connection", None, Some(connection), done).await?;
    Ok(back(code))
}

/// One tap: there, whether it was there before or not.
async fn converse(State(app): State<Shared>, who: Actor, Path(connection): Path<Uuid>) -> Result<Response> {
    let opened = direct::open(&app, &who, connection).await;
    match noted(&app, &who, "member_opened", None, Some(connection), opened).await {
        Ok((group, _)) => Ok(Redirect::to(&format!("{}#compose", urls::group(group))).into_response()),
        Err(Error::Conflict(_)) => Ok(back("gone")),
        Err(error) => Err(error),
    }
}

/// Where somebody else asks this person for a connection, and the same as a QR code. It names her in the directory and opens nothing.
pub(super) fn my_link(app: &App, facility: Uuid, account: Uuid) -> Result<(String, Markup)> {
    let link = format!("{}{}", app.config.base_url, urls::ask_person(facility, account));
    let code = qr(&link).ok_or_else(|| Error::internal("the link fits no code"))?;
    Ok((link, code))
}

async fn mine(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    let (link, code) = my_link(&app, me.facility_id, me.account_id)?;
    let ctx = me.ctx(asked);
    let person = match &ctx.viewer {
        Some(viewer) => Person {
            account_id: viewer.account_id,
            name: viewer.name.clone(),
            profession: viewer.profession,
            facility: viewer.facility.clone(),
        },
        None => return Err(Error::NotSignedIn),
    };
    Ok(mine_page(&MineView { person, link, code }, &ctx).into_response())
}
