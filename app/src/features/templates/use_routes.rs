//! The pages in a group: choosing a template, filling it in, sending.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use uuid::Uuid;

use super::{
    fill::{self, entry},
    form::MAX_LINES,
    model::Template,
    read,
    use_views::{ChooserView, FillView, choices, chooser_page, fill_page},
};
use crate::words::{fill, t};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::{
        groups::{self, views::GroupTab},
        posts::{
            self,
            model::{MAX_BODY, NewPost, TemplateBody, Timeline},
        },
    },
    web::{
        forms::Errors,
        input::{Fields, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// Members of the group; everybody else gets a 404.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/groups/{group}/templates", get(choose))
        .route("/groups/{group}/templates/{template}", get(ask).post(send))
}

/// A group that the caller may write to now, with its frame.
async fn open_group(tx: &mut Tx, app: &Shared, group: Uuid) -> Result<groups::frame::Frame> {
    if !groups::read::role(tx, group).await?.is_member() {
        return Err(Error::NotFound);
    }
    if groups::read::archived(tx, group).await? {
        return Err(Error::Conflict("archived".into()));
    }
    audit::viewed(tx, "viewed_templates", Some(group), None, None).await?;
    groups::frame::frame(tx, app, group, GroupTab::Team).await
}

async fn choose(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response> {
    let view = async {
        let mut tx = app.db.acting(&who).await?;
        let me = Me::load(&mut tx).await?;
        let frame = open_group(&mut tx, &app, group).await?;
        let templates = read::all(&app, &mut tx).await?;
        tx.commit().await?;
        Ok((me, ChooserView { header: frame.header, templates }))
    };
    let (me, view) = refusals(&app, &who, group, view.await).await?;
    Ok(if headers.contains_key("x-renkei-fragment") {
        choices(&view).into_response()
    } else {
        chooser_page(&view, &me.ctx(asked)).into_response()
    })
}

async fn refusals<T>(app: &Shared, who: &Actor, group: Uuid, result: Result<T>) -> Result<T> {
    groups::refusals::noted(app, who, "viewed_templates", Some(group), None, result).await
}

async fn ask(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path((group, template)): Path<(Uuid, Uuid)>,
) -> Result<Response> {
    let page = sheet(&app, &who, asked, group, template, Sent::fresh(), None).await;
    refusals(&app, &who, group, page).await
}

/// What was typed, and what is wrong with it.
struct Sent {
    client_id: Uuid,
    typed: Vec<(String, String)>,
    errors: Errors,
}

impl Sent {
    fn fresh() -> Self {
        Self { client_id: Uuid::now_v7(), typed: Vec::new(), errors: Errors::none() }
    }
}

/// The form, as it is first shown or again with everything that was typed.
async fn sheet(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    group: Uuid,
    template: Uuid,
    sent: Sent,
    notice: Option<&'static str>,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let frame = open_group(&mut tx, app, group).await?;
    // Also one that was removed while somebody was filling it in.
    let template = read::one(app, &mut tx, template).await?;
    tx.commit().await?;
    let status = match (sent.errors.is_empty(), notice) {
        (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
        (true, Some(_)) => StatusCode::CONFLICT,
        (true, None) => StatusCode::OK,
    };
    let view = FillView {
        header: frame.header,
        readers: frame.members,
        template,
        client_id: sent.client_id,
        typed: sent.typed,
        errors: sent.errors,
        notice,
    };
    Ok((status, fill_page(&view, &me.ctx(asked))).into_response())
}

/// `client_id`, `version`, `more`, and one entry for each line that asks for something.
fn fields(pairs: Vec<(String, String)>) -> Result<Fields> {
    // Also those of a longer version that was changed meanwhile.
    let own: Vec<String> = (0..MAX_LINES).map(entry).collect();
    let names: Vec<&str> = own.iter().map(String::as_str).chain(["client_id", "version", "more"]).collect();
    Fields::only(pairs, &names)
}

const CHANGED: &str = "書いているあいだに、この定型文が直されました。書いたものは、同じ場所に残っています。欄を確かめてから送ってください。";
const SENT_BEFORE: &str = "この用紙は、前に一度送られています。このまま送ると、別の投稿になります。チームの画面を確かめてください。";

async fn send(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path((group, template)): Path<(Uuid, Uuid)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let found = read::one(&app, &mut tx, template).await?;
    tx.commit().await?;
    let blocks = found.blocks();
    let form = fields(pairs.clone())?;
    let unreadable = || Error::BadRequest("unreadable_form".into());
    let client_id: Uuid = form.one("client_id").parse().map_err(|_| unreadable())?;
    let version: u32 = form.one("version").parse().map_err(|_| unreadable())?;
    let sent = |client_id, errors| Sent { client_id, typed: pairs.clone(), errors };
    if version != found.version {
        return sheet(&app, &who, asked, group, template, sent(client_id, Errors::none()), Some(t(CHANGED)))
            .await;
    }
    let body = match fill::text(&blocks, |name| form.one(name), form.one("more")).and_then(short_enough) {
        Ok(body) => body,
        Err(errors) => return sheet(&app, &who, asked, group, template, sent(client_id, errors), None).await,
    };
    match posts::acts::post(&app, &who, group, new_post(client_id, body, &found)).await {
        Ok(posted) => Ok(Redirect::to(&urls::sent_post(group, posted.post.id, client_id)).into_response()),
        Err(Error::Conflict(reason)) if reason == "client_id_used_for_something_else" => {
            let again = sent(Uuid::now_v7(), Errors::none());
            sheet(&app, &who, asked, group, template, again, Some(t(SENT_BEFORE))).await
        }
        Err(other) => Err(other),
    }
}

fn new_post(client_id: Uuid, body: String, template: &Template) -> NewPost {
    let used = TemplateBody { id: template.id, version: template.version };
    NewPost { template: Some(used), ..NewPost::words(Timeline::Team, body, client_id) }
}

fn short_enough(body: String) -> Result<String, Errors> {
    let length = body.chars().count();
    if length <= MAX_BODY {
        return Ok(body);
    }
    let why = fill(
        t("全部あわせて{MAX_BODY}文字までにしてください（いま{length}文字）。"),
        &[("MAX_BODY", &MAX_BODY), ("length", &length)],
    );
    Err(Errors::one("more", &why))
}
