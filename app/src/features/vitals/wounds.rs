//! Wounds (傷の写真): posted pictures by the place on the body, in the order of their days, with what was measured.

use std::collections::HashSet;

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
    acts,
    form::Typed,
    model::{Chart, Place, RangeVersion},
    read::{self, Of},
    routes::{placed, rare},
    sign::Sign,
    sites, store,
    wound_views::{Picture, Site, WoundsView, wounds_page},
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::Shared,
    audit::noting_refusal,
    auth::Actor,
    db::Tx,
    features::groups,
    web::{
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// What is measured of a wound.
pub const MEASURES: [Sign; 2] = [Sign::WoundSize, Sign::DesignR];

/// Pictures without a place on the page; more come when these have one.
const WAITING_SHOWN: usize = 12;

/// Members of the patient's group now.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/patients/{patient}/wounds", get(show).post(tag))
        .route("/patients/{patient}/wounds/measures", post(measure))
}

/// The page, with its pictures.
async fn view(
    app: &Shared,
    who: &Actor,
    patient: Uuid,
    typed: Typed,
    problems: Vec<FieldError>,
) -> Result<(Me, WoundsView)> {
    let Seen { mut tx, place, sites, waiting: mut new, .. } = seen(app, who, patient).await?;
    let me = Me::load(&mut tx).await?;
    let room = groups::read::room(&mut tx, app, place.group).await?;
    tx.commit().await?;
    new.truncate(WAITING_SHOWN);
    let ask = rare(&problems);
    let errors: Errors = problems.into_iter().collect();
    let view = WoundsView { room, place, sites, new, typed, errors, ask, done: None, now: Timestamp::now() };
    Ok((me, view))
}

/// The wounds of one patient, as a member sees them.
pub(super) struct Seen {
    pub(super) tx: Tx,
    place: Place,
    pub(super) sites: Vec<Site>,
    /// Pictures without a place.
    pub(super) waiting: Vec<Picture>,
    pub(super) ranges: Vec<RangeVersion>,
}

/// That they are shown is a view of the group's files; page and API open them here.
pub(super) async fn seen(app: &Shared, who: &Actor, patient: Uuid) -> Result<Seen> {
    let (mut tx, place) = placed(app, who, patient).await?;
    if !app.openings.is_open(who, place.group, "viewed_files") {
        app.openings.opened(&mut tx, who, place.group, place.group, "viewed_files").await?;
    }
    let chart = read::chart(app, &mut tx, &place, Timestamp::MIN, Timestamp::MAX, read::ALL).await?;
    let posted = pictures(&mut tx, &place).await?;
    let tagged: HashSet<Uuid> = chart.pictures.iter().filter(|p| !p.withdrawn).map(|p| p.file).collect();
    let waiting = posted.iter().filter(|p| !tagged.contains(&p.file) && !p.gone).cloned().collect();
    let sites = series(&chart, &posted);
    Ok(Seen { tx, place, sites, waiting, ranges: chart.ranges })
}

/// Each site with its pictures and measures, the newest wound first.
fn series(chart: &Chart, posted: &[Picture]) -> Vec<Site> {
    let mut all: Vec<Site> = Vec::new();
    let mut of = |key: &str, add: &mut dyn FnMut(&mut Site)| {
        let at = all.iter().position(|site| site.key == key).unwrap_or_else(|| {
            all.push(Site::empty(key, sites::name(key)));
            all.len() - 1
        });
        add(&mut all[at]);
    };
    for picture in chart.pictures.iter().filter(|picture| !picture.withdrawn) {
        if let Some(posted) =
            posted.iter().find(|p| p.file == picture.file && p.post == picture.post && !p.gone)
        {
            of(&picture.site, &mut |site| site.pictures.push(posted.clone()));
        }
    }
    for one in chart.observed.iter().filter(|o| MEASURES.contains(&o.sign)) {
        if let Some(key) = &one.site {
            of(key, &mut |site| site.measures.push(one.clone()));
        }
    }
    for site in &mut all {
        site.pictures.sort_by_key(|picture| picture.at);
    }
    all.sort_by_key(|site| std::cmp::Reverse(site.newest()));
    all
}

/// The pictures in the team's posts, the newest first.
async fn pictures(tx: &mut Tx, place: &Place) -> Result<Vec<Picture>> {
    let rows = tx.query(store::PICTURES, &[&place.group]).await?;
    Ok(rows
        .iter()
        .map(|r| Picture { file: r.get(0), post: r.get(1), at: r.get(2), small: r.get(3), gone: r.get(4) })
        .collect())
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Query(query): Query<Done>,
) -> Result<Response> {
    let (me, mut view) = view(&app, &who, patient, Typed::fresh(Timestamp::now()), Vec::new()).await?;
    view.done = query.done.as_deref().and_then(|code| match code {
        "tagged" => Some(t("写真に場所を付けました。")),
        "measured" => Some(t("記録しました。")),
        _ => None,
    });
    Ok(wounds_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TagForm {
    client_id: Uuid,
    post: Uuid,
    file: Uuid,
    site: String,
}

async fn tag(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Form(form): Form<TagForm>,
) -> Result<Response> {
    if !sites::is_known(&form.site) {
        let problem = FieldError::new("waiting", "unknown", t("写真の場所を選んでください。"));
        let typed = Typed::fresh(Timestamp::now());
        let (me, view) = view(&app, &who, patient, typed, vec![problem]).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, wounds_page(&view, &me.ctx(asked))).into_response());
    }
    let of = Of::Patient(patient);
    let tagged = acts::tag(&app, &who, of, form.client_id, (form.post, form.file), &form.site).await;
    noting_refusal(&app, &who, "tagged_wound", patient, tagged).await?;
    Ok(Redirect::to(&urls::wounds_done(patient, "tagged")).into_response())
}

/// Records the measures of one wound.
async fn measure(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let typed = Typed::parse(pairs)?;
    let site = typed.typed("site").to_owned();
    let read = match typed.read(&MEASURES, Timestamp::now()) {
        Ok(_) if !sites::is_known(&site) => {
            Err(vec![FieldError::new("site", "unknown", t("傷の場所を選んでください。"))])
        }
        read => read,
    };
    match read {
        Ok(mut new) => {
            for one in &mut new {
                one.site = Some(site.clone());
            }
            let recorded = acts::record(&app, &who, Of::Patient(patient), &new).await;
            noting_refusal(&app, &who, "recorded_vitals", patient, recorded).await?;
            Ok(Redirect::to(&urls::wounds_done(patient, "measured")).into_response())
        }
        Err(problems) => {
            let (me, view) = view(&app, &who, patient, typed, problems).await?;
            if view.place.archived {
                return Err(Error::Conflict("archived".into()));
            }
            Ok((StatusCode::UNPROCESSABLE_ENTITY, wounds_page(&view, &me.ctx(asked))).into_response())
        }
    }
}
