//! A list of people: read and shown line by line, and only then, in a second step, invited.

use axum::{
    Router,
    extract::{DefaultBodyLimit, Multipart, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    csv_list::{Known, Line, read},
    csv_views::{CheckView, MadeView, ask_page, check_page, made_page, sheets_page},
    model::NewInvitation,
    views::HandOut,
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    db::Tx,
    features::facilities::staff::{self, administrating},
    router::FORM_LIMIT,
    web::{
        csv::{download, file, received},
        forms::Errors,
        input::Form,
        ui::time,
        viewer::Asked,
    },
};

/// Bytes of a list: five hundred people with room to spare. In a form each character may be nine bytes.
const LIST: usize = 128 * 1024;

pub fn routes() -> Router<Shared> {
    let make = post(make).layer(DefaultBodyLimit::max(FORM_LIMIT));
    Router::new()
        .route("/facility/staff/invitations/csv", get(ask).post(check))
        .route("/facility/staff/invitations/csv/sample", get(sample))
        .route("/facility/staff/invitations/csv/confirmation", make)
}

async fn ask(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let (tx, me) = administrating(&app, &who, "invited_staff", None).await?;
    tx.commit().await?;
    Ok(ask_page(&me.facility.clone(), "", &Errors::none(), &me.ctx(asked)).into_response())
}

async fn sample(State(app): State<Shared>, who: Actor) -> Result<Response> {
    let (tx, _) = administrating(&app, &who, "invited_staff", None).await?;
    tx.commit().await?;
    let head = ["氏名", "ふりがな", "職種", "ID", "メール", "管理者"];
    let row = ["見本 花子", "みほん はなこ", "看護師", "", "", ""].map(str::to_owned);
    Ok(download("staff.csv", file(head, [row])))
}

/// Who is there already.
pub(super) async fn known(tx: &mut Tx) -> Result<Known> {
    let staff = staff::all(tx).await?;
    let waiting = acts::all(tx).await?;
    let open = waiting.into_iter().filter(|w| w.state == "open").map(|w| (Some(w.client_id), w.name, w.kana));
    Ok(Known {
        login_ids: staff.iter().map(|c| c.login_id.clone()).collect(),
        people: staff.into_iter().map(|c| (None, c.name, c.kana)).chain(open).collect(),
    })
}

async fn check(State(app): State<Shared>, who: Actor, asked: Asked, form: Multipart) -> Result<Response> {
    let (mut tx, me) = administrating(&app, &who, "invited_staff", None).await?;
    let (list, unread) = received(form, LIST).await?;
    let known = known(&mut tx).await?;
    tx.commit().await?;
    let client_id = Uuid::now_v7();
    let lines = match unread {
        Some(why) => Err(why.to_owned()),
        None => read(&list, client_id, &known),
    };
    let (facility, mails) = (me.facility.clone(), app.config.mail.is_configured());
    match lines {
        Ok(lines) => {
            let view = CheckView { facility, client_id, list, lines, mails };
            Ok(check_page(&view, &me.ctx(asked)).into_response())
        }
        Err(why) => {
            let page = ask_page(&facility, &list, &Errors::one("list", &why), &me.ctx(asked));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// How the links come: on a page, as sheets to hand over, or for a spreadsheet program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum As {
    Page,
    Sheets,
    Csv,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MakeForm {
    client_id: Uuid,
    list: String,
    answer: As,
}

/// Reads the list again, whatever the page before said, and invites whoever can be. Sent again it gives the same links.
async fn make(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form): Form<MakeForm>,
) -> Result<Response> {
    let (mut tx, me) = administrating(&app, &who, "invited_staff", None).await?;
    let known = known(&mut tx).await?;
    let lines = read(&form.list, form.client_id, &known);
    let lines = lines.map_err(|_| Error::BadRequest("unreadable_form".into()))?;
    let new: Vec<NewInvitation> = lines.iter().filter_map(|l| l.read.clone().ok()).collect();
    let made = acts::invite(&app, tx, &new).await?;
    let numbers = lines.iter().filter(|l| l.read.is_ok()).map(|l| l.number);
    let outs = new.into_iter().zip(made).map(|(new, (invited, _))| HandOut {
        name: new.name,
        profession: new.profession.label(),
        invited,
    });
    let view = MadeView {
        facility: me.facility.clone(),
        client_id: form.client_id,
        list: form.list,
        made: numbers.zip(outs).collect(),
        skipped: lines.iter().filter(|l| l.read.is_err()).cloned().collect::<Vec<Line>>(),
    };
    Ok(match form.answer {
        As::Page => made_page(&view, &me.ctx(asked)).into_response(),
        As::Sheets => sheets_page(&view, &me.ctx(asked)).into_response(),
        As::Csv => download("staff-links.csv", links(&view)),
    })
}

fn links(view: &MadeView) -> String {
    let row = |(number, out): &(u64, HandOut)| {
        let result = match (out.invited.state.as_str(), out.invited.mailed) {
            ("open", true) => t("メールで送りました"),
            ("open", false) => t("手渡してください"),
            _ => t("もう終わっています"),
        };
        let until = time::date_long(out.invited.expires_at);
        [number.to_string(), out.name.clone(), result.to_owned(), out.invited.link.clone(), until]
    };
    file([t("行"), "氏名", t("結果"), t("リンク"), t("期限")], view.made.iter().map(row))
}
