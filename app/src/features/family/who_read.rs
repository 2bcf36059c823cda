//! For a patient and relatives: who of the staff read the record, as far as the facility tells.

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    read,
    who_read_views::{Look, WhoReadView, who_read_page},
};
use crate::{
    Result, app::App, app::Shared, auth::Relative, features::who_read::model::Told, web::viewer::Asked,
};

const POLICY: &str = "SELECT shown, names, kinds, delay_days FROM fam.reader_policy($1, $2)";
const WHO_READ: &str = "SELECT day, facility, profession, name, what FROM fam.who_read($1, $2)";

/// Whoever came in by the family's door; a facility that does not tell has no such page (404).
pub fn routes() -> Router<Shared> {
    Router::new().route("/family/{group}/who-read", get(page))
}

/// What the caller is told; `None`: nothing.
pub(super) async fn told(app: &App, who: &Relative, group: Uuid) -> Result<Option<Told>> {
    let rows = app.db.family(POLICY, &[&who.token_hash(), &group]).await?;
    let told = |r: &Row| Told { shown: r.get(0), names: r.get(1), kinds: r.get(2), delay_days: r.get(3) };
    Ok(rows.first().map(told))
}

/// Whatever one person looked at on a day is one line: rows of the same person follow each other.
fn add(looks: &mut Vec<Look>, look: Look) {
    match looks.last_mut() {
        Some(last) if last.is_of(&look) => last.what.extend(look.what),
        _ => looks.push(look),
    }
}

async fn page(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Path(group): Path<Uuid>,
) -> Result<Response> {
    let place = read::place(&app, &who, group).await?;
    let told = told(&app, &who, group).await?.ok_or(crate::Error::NotFound)?;
    // The view stands in the log with the same statement.
    let rows = app.db.family(WHO_READ, &[&who.token_hash(), &group]).await?;
    let mut days: Vec<(Date, Vec<Look>)> = Vec::new();
    for r in &rows {
        let day: Date = r.get(0);
        let what: Option<String> = r.get(4);
        let look = Look {
            facility: r.get::<_, Option<String>>(1).unwrap_or_default(),
            profession: r.get(2),
            name: r.get(3),
            what: what.into_iter().collect(),
        };
        match days.last_mut() {
            Some((last, looks)) if *last == day => add(looks, look),
            _ => days.push((day, vec![look])),
        }
    }
    Ok(who_read_page(&WhoReadView { place, told, days }, &ctx).into_response())
}
