//! The page of the search. What was typed comes by POST and goes back into the page, nowhere else.

use axum::{
    Form as LaxForm, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    model::{Found, Hit, Kind, SearchBody, Wanted},
    read, store,
    views::{self, Choices, HitRow, PersonChoice, Results, SearchView, Typed},
};
use crate::words::{fill, t};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::{
        face_sheets,
        groups::{self, pages, refusals},
    },
    web::{
        forms::Errors,
        input::Fields,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person, in what that person may read.
pub fn routes() -> Router<Shared> {
    Router::new().route("/search", get(form).post(search))
}

#[derive(Debug, Deserialize)]
struct Where {
    group: Option<Uuid>,
}

async fn form(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(query): Query<Where>,
) -> Result<Response> {
    let shown = async {
        let mut tx = app.db.acting(&who).await?;
        let me = Me::load(&mut tx).await?;
        let choices = choices(&app, &mut tx, query.group).await?;
        audit::viewed(&mut tx, "viewed_groups", None, None, None).await?;
        tx.commit().await?;
        Ok((me, choices))
    };
    let (me, choices) = refusals::noted(&app, &who, "searched", query.group, None, shown.await).await?;
    let typed = Typed { group: query.group.map(|id| id.to_string()).unwrap_or_default(), ..Typed::default() };
    let view = SearchView { typed, choices, errors: Errors::none(), results: None };
    Ok(views::page(&view, &me.ctx(asked)).into_response())
}

/// The names of the form's fields.
const FIELDS: &[&str] =
    &["q", "group", "author", "profession", "facility", "kind", "files", "label", "from", "to", "cursor"];

async fn search(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    LaxForm(pairs): LaxForm<Vec<(String, String)>>,
) -> Result<Response> {
    let fields = Fields::only(pairs, FIELDS)?;
    let typed = typed(&fields);
    let body = body(&fields)?;
    let group = body.group;
    let wanted = Wanted::try_from(&body);
    let _place = app.search.turns.place().await?;
    let done = async {
        let mut tx = app.db.acting(&who).await?;
        let me = Me::load(&mut tx).await?;
        let choices = choices(&app, &mut tx, group).await?;
        let found = match wanted {
            Ok(wanted) => {
                let found = read::search(&app, &mut tx, wanted).await?;
                Ok(results(&app, &mut tx, &choices, found, body.cursor.is_some()).await?)
            }
            Err(problems) => Err(problems),
        };
        tx.commit().await?;
        Ok((me, choices, found))
    };
    let (me, choices, found) = refusals::noted(&app, &who, "searched", group, None, done.await).await?;
    let (status, errors, results) = match found {
        Ok(results) => (StatusCode::OK, Errors::none(), Some(results)),
        Err(problems) => (StatusCode::UNPROCESSABLE_ENTITY, pages::errors(problems, &[]), None),
    };
    let view = SearchView { typed, choices, errors, results };
    Ok((status, views::page(&view, &me.ctx(asked))).into_response())
}

fn typed(fields: &Fields) -> Typed {
    let one = |name| fields.one(name).to_owned();
    Typed {
        q: one("q"),
        group: one("group"),
        author: one("author"),
        profession: one("profession"),
        facility: one("facility"),
        kinds: fields.all("kind").into_iter().map(str::to_owned).collect(),
        has_files: fields.one("files") == "on",
        label: one("label"),
        from: one("from"),
        to: one("to"),
    }
}

/// The same request as JSON would make it. Ids and kinds are the page's own.
fn body(fields: &Fields) -> Result<SearchBody> {
    let unreadable = || Error::BadRequest("unreadable_form".into());
    let text = |name| Some(fields.one(name).trim().to_owned()).filter(|text| !text.is_empty());
    let id = |name| text(name).map(|id| id.parse::<Uuid>()).transpose().map_err(|_| unreadable());
    let kinds = fields.all("kind").into_iter().map(Kind::from_code).collect::<Option<Vec<_>>>();
    Ok(SearchBody {
        q: fields.one("q").to_owned(),
        group: id("group")?,
        from: text("from"),
        to: text("to"),
        author: id("author")?,
        profession: text("profession"),
        facility: id("facility")?,
        kinds: kinds.ok_or_else(unreadable)?,
        has_files: fields.one("files") == "on",
        label: text("label"),
        cursor: text("cursor"),
    })
}

/// What the filters offer: groups and people that the viewer knows anyway. `NotFound` for a group that is none of them.
async fn choices(app: &Shared, tx: &mut Tx, group: Option<Uuid>) -> Result<Choices> {
    let titles = groups::read::titles(tx, app).await?;
    if group.is_some_and(|group| !titles.contains_key(&group)) {
        return Err(Error::NotFound);
    }
    let patients: Vec<Uuid> = tx.query(store::PATIENT_GROUPS, &[]).await?.iter().map(|r| r.get(0)).collect();
    let polite = |(id, title): (Uuid, String)| {
        (id, if patients.contains(&id) { fill(t("{title} 様"), &[("title", &title)]) } else { title })
    };
    let mut groups: Vec<(Uuid, String)> = titles.into_iter().map(polite).collect();
    groups.sort_by_cached_key(|(id, title)| (folding::fold(title), *id));
    let rows = tx.query(store::PEOPLE, &[&group]).await?;
    let mut facilities: Vec<(Uuid, String)> =
        rows.iter().map(|r| (r.get("facility_id"), r.get("facility"))).collect();
    facilities.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
    facilities.dedup();
    let person = |r: &tokio_postgres::Row| PersonChoice {
        id: r.get("account_id"),
        name: r.get("name"),
        profession: r.get("profession"),
        facility: r.get("facility"),
    };
    Ok(Choices { groups, people: rows.iter().map(person).collect(), facilities })
}

async fn results(
    app: &Shared,
    tx: &mut Tx,
    choices: &Choices,
    found: Found,
    goes_on: bool,
) -> Result<Results> {
    // Sheets of patients without a group of the viewer: the facility's own, for its admin.
    let alone: Vec<Uuid> =
        found.hits.iter().filter(|h| h.group.is_none()).filter_map(|h| h.patient).collect();
    let sheets = face_sheets::read::latest_many(tx, app, &alone).await?;
    let name = |hit: &Hit| match (hit.group, hit.patient) {
        (Some(group), _) => choices.title(group).to_owned(),
        (None, Some(patient)) => {
            let name = sheets.get(&patient).and_then(|(_, fields)| fields.get("name"));
            name.map(|name| fill(t("{name} 様"), &[("name", &name)])).unwrap_or_default()
        }
        (None, None) => String::new(),
    };
    Ok(Results {
        next: found.next.map(super::model::Place::cursor),
        unfinished: found.unfinished,
        searched_back_to: found.searched_back_to,
        goes_on,
        rows: found.hits.into_iter().map(|hit| HitRow { title: name(&hit), hit }).collect(),
        now: Timestamp::now(),
    })
}
