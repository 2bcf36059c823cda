//! The reference ranges of one patient: what holds, the form, and every version with who and why.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    form::amount,
    model::{MAX_REASON, NewRange, Place, RangeVersion, part, range_now},
    read::{self, Of},
    routes::{Opened, opened},
    rules::{self, Range},
    sign::{Part, Sign},
};
use crate::words::{fill, t};
use crate::{
    FieldError, Result,
    app::Shared,
    audit::noting_refusal,
    auth::Actor,
    db::Tx,
    features::{face_sheets, patients::room::Room},
    opaque_debug,
    web::{
        forms::{Entry, Errors, done, hidden},
        input::{self, Done, Form},
        page::how_to,
        ui::{Choice, Ctx, submit, time},
        urls,
        viewer::Asked,
    },
};

/// Members see; the host and the team's doctors set.
pub fn routes() -> Router<Shared> {
    Router::new().route("/patients/{patient}/vitals/ranges", get(show).post(set))
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    client_id: Uuid,
    code: String,
    low: String,
    high: String,
    reason: String,
}

struct RangesView {
    room: Room,
    place: Place,
    ranges: Vec<RangeVersion>,
    age: Option<i32>,
    typed: Typed,
    errors: Errors,
    done: Option<&'static str>,
    now: Timestamp,
}

opaque_debug!(Typed, RangesView);

impl Typed {
    fn empty() -> Self {
        let text = String::new;
        Self { client_id: Uuid::new_v4(), code: text(), low: text(), high: text(), reason: text() }
    }

    fn read(&self) -> Result<NewRange, Vec<FieldError>> {
        let mut problems = Vec::new();
        let part = part(&self.code);
        if part.is_none() {
            problems.push(FieldError::new("code", "unknown", t("どの値の範囲かを選んでください。")));
        }
        let mut end = |field: &'static str, typed: &str| match amount(typed) {
            None if !typed.trim().is_empty() => {
                problems.push(FieldError::new(field, "number", t("数字で入れてください。")));
                None
            }
            end => end,
        };
        let range = Range { low: end("low", &self.low), high: end("high", &self.high) };
        if problems.is_empty() && part.is_some_and(|part| !rules::is_sensible(part, range)) {
            let why = t("下限と上限を確かめてください。下限は上限より小さく、どちらもありえる値にします。");
            problems.push(FieldError::new("low", "range", why));
        }
        let reason =
            input::text("reason", &self.reason, MAX_REASON).map_err(|problem| problems.push(problem));
        match (part, reason) {
            (Some(part), Ok(reason)) if problems.is_empty() => {
                Ok(NewRange { client_id: self.client_id, part, range, reason })
            }
            _ => Err(problems),
        }
    }
}

/// In whole years, where the face sheet says so.
async fn age(app: &Shared, tx: &mut Tx, patient: Uuid, now: Timestamp) -> Result<Option<i32>> {
    let sheets = face_sheets::read::latest_many(tx, app, &[patient]).await?;
    let born = sheets.get(&patient).and_then(|(_, fields)| fields.get("birthDate"));
    Ok(born.and_then(|born| time::age(born, time::day_of(now))).map(|(years, _)| i32::from(years)))
}

async fn view(app: &Shared, open: Opened, typed: Typed) -> Result<(crate::web::viewer::Me, RangesView)> {
    let Opened { mut tx, me, place, room } = open;
    let now = Timestamp::now();
    let ranges = read::ranges(app, &mut tx, &place).await?;
    let age = age(app, &mut tx, place.patient, now).await?;
    tx.commit().await?;
    Ok((me, RangesView { room, place, ranges, age, typed, errors: Errors::none(), done: None, now }))
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Query(query): Query<Done>,
) -> Result<Response> {
    let open = opened(&app, &who, patient).await?;
    let (me, mut view) = view(&app, open, Typed::empty()).await?;
    view.done = query.done.map(|_| t("範囲を決めました。こえた値が記録されると、メンバーにお知らせします。"));
    Ok(page(&view, &me.ctx(asked)).into_response())
}

async fn set(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    match typed.read() {
        Ok(new) => {
            let set = acts::set_range(&app, &who, Of::Patient(patient), &new).await;
            noting_refusal(&app, &who, "set_reference_range", patient, set).await?;
            let page = format!("{}?done=set", urls::vitals_ranges(patient));
            Ok(Redirect::to(&urls::sent(&page, typed.client_id)).into_response())
        }
        Err(problems) => {
            let open = opened(&app, &who, patient).await?;
            let (me, mut view) = view(&app, open, typed).await?;
            view.errors = problems.into_iter().collect();
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&view, &me.ctx(asked))).into_response())
        }
    }
}

fn parts() -> impl Iterator<Item = (Sign, &'static Part)> {
    Sign::VITAL.into_iter().flat_map(|sign| sign.parts().iter().map(move |part| (sign, part)))
}

fn page(view: &RangesView, ctx: &Ctx) -> Markup {
    let back = urls::vitals(view.place.patient);
    let may = view.place.sets_ranges && !view.place.archived;
    let body = html! {
        (view.errors.summary())
        (done(view.done))
        p { (t("この患者さんの値が、どの間にあればよいかの目安です。こえた値が記録されると、チームのメンバーのお知らせに出ます。")) }
        (now(view))
        @if may { (form(view, &back)) } @else { p.small.soft { (t("範囲を決められるのは、連携ホストと、チームの医師です。")) } }
        (history(view))
        (how_to("vitals-ranges"))
    };
    view.room.page(
        ctx,
        t("バイタルの範囲"),
        view.room.deeper(t("範囲"), (&back, t("バイタルに戻る"))),
        body,
        None,
    )
}

fn now(view: &RangesView) -> Markup {
    html! {
        section aria-labelledby="range-now" {
            h2 id="range-now" { (t("いまの範囲")) }
            div.table-scroll tabindex="0" {
                table.figures {
                    thead { tr { th scope="col" { (t("値")) } th scope="col" { (t("この患者さんの範囲")) } th scope="col" { (t("ふつうの目安")) } } }
                    tbody {
                        @for (sign, part) in parts() {
                            @let range = range_now(&view.ranges, part);
                            tr {
                                th scope="row" { (t(part.name)) }
                                td { @if range.is_empty() { (t("決めていません")) } @else { b { (range.words()) } " " (sign.unit()) } }
                                td.soft { @match rules::hint(part, view.age) { Some(hint) => { (hint.words()) " " (sign.unit()) }, None => "—" } }
                            }
                        }
                    }
                }
            }
            p.small.soft { (t("「ふつうの目安」は年齢からの参考で、お知らせには使いません。")) }
        }
    }
}

fn form(view: &RangesView, action: &str) -> Markup {
    let choices: Vec<(String, String)> = parts()
        .map(|(sign, part)| {
            (part.code.to_owned(), fill(t("{0}（{1}）"), &[("0", &t(part.name)), ("1", &sign.unit())]))
        })
        .collect();
    let choices: Vec<Choice<'_>> =
        choices.iter().map(|(value, label)| Choice { value, label, help: None }).collect();
    let (typed, errors) = (&view.typed, &view.errors);
    html! {
        section aria-labelledby="range-form" {
            h2 id="range-form" { (t("範囲を決める・変える")) }
            form.stack method="post" action={ (action) "/ranges" } data-keep=(format!("range/{}", view.place.patient)) data-version=(view.ranges.len()) data-came-back[!errors.is_empty()] {
                (hidden("client_id", &typed.client_id.to_string()))
                (Entry::select("code", t("どの値"), &choices).value(&typed.code).errors(errors).need())
                (Entry::line("low", t("下限（これより低いと知らせる）")).value(&typed.low).inputmode("decimal").autocomplete("off").errors(errors).help(t("なければ空のままにします。")))
                (Entry::line("high", t("上限（これより高いと知らせる）")).value(&typed.high).inputmode("decimal").autocomplete("off").errors(errors).help(t("両方を空にすると、範囲をなくします。")))
                (Entry::text("reason", t("理由"), 2).value(&typed.reason).errors(errors).need().help(t("例: 感染をくり返すため、37.5℃で早めに知りたい")))
                (submit(t("この範囲にする")))
            }
        }
    }
}

fn history(view: &RangesView) -> Markup {
    html! {
        @if !view.ranges.is_empty() {
            section aria-labelledby="range-history" {
                h2 id="range-history" { (t("これまでの範囲")) }
                ol.versions {
                    @for version in view.ranges.iter().rev() {
                        li {
                            b { (t(version.part.name)) " " (version.range.words()) }
                            " " (version.reason)
                            small { (time::when(version.at, view.now)) (t("・")) (version.by.name) (t("（")) (version.by.facility) (t("）")) }
                        }
                    }
                }
            }
        }
    }
}
