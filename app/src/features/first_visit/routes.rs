//! The three steps, what was answered to them, and the way there from the start page.

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use super::views::{self, State as Answers, Step, StepView};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    db::Tx,
    features::accounts,
    web::{
        input::{Fields, Form},
        urls,
        viewer::{Asked, Me},
    },
};

const MINE: &str = "SELECT notices, protection, practice FROM act.my_first_visit()";
const SHOW: &str = "SELECT act.show_first_visit()";
const ANSWER: &str = "SELECT act.answer_first_visit($1, $2)";

/// Any signed-in person, for herself.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::first_visit(), get(overview)).route("/welcome/{step}", get(show).post(answer))
}

/// Where the start page leads whoever has not been there yet: the first step, noted as shown.
pub async fn begin(tx: Tx) -> Result<Response> {
    tx.query_and_commit(SHOW, &[]).await?;
    Ok(Redirect::to(&urls::first_visit_step(Step::Notices.code())).into_response())
}

async fn answers(tx: &mut Tx) -> Result<Answers> {
    let rows = tx.query(MINE, &[]).await?;
    let Some(row) = rows.first() else { return Ok(Answers::default()) };
    let done = |n: usize| row.get::<_, Option<&str>>(n).map(|word| word == "done");
    Ok(Answers { answered: [done(0), done(1), done(2)] })
}

async fn overview(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let answers = answers(&mut tx).await?;
    tx.commit().await?;
    Ok(views::overview_page(&answers, &me.ctx(asked)).into_response())
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    Path(step): Path<String>,
    asked: Asked,
) -> Result<Response> {
    let step = Step::from_code(&step).ok_or(Error::NotFound)?;
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let protection = accounts::store::protection(&mut tx).await?;
    tx.commit().await?;
    let view = StepView { step, second_factor: protection.second_factor, codes: protection.recovery_codes };
    Ok(views::step_page(&view, &me.ctx(asked)).into_response())
}

/// On to the next step, from the last one to the start page.
async fn answer(
    State(app): State<Shared>,
    who: Actor,
    Path(step): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect> {
    let step = Step::from_code(&step).ok_or(Error::NotFound)?;
    let fields = Fields::only(pairs, &["answer"])?;
    let answer = match fields.one("answer") {
        word @ ("done" | "skipped") => word,
        _ => return Err(Error::BadRequest("unreadable_form".into())),
    };
    app.db.acting(&who).await?.query_and_commit(ANSWER, &[&step.code(), &answer]).await?;
    Ok(match step.next() {
        Some(next) => Redirect::to(&urls::first_visit_step(next.code())),
        None => Redirect::to(urls::home()),
    })
}
