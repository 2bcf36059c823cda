//! 緊急の連絡先: whom operators call or write to when something concerns the facility.

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::acts;
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{
        facilities::views::{AdminTab, admin_bar},
        sign_in::Fresh,
    },
    mail,
    web::{
        forms::{Entry, Errors, done},
        input::{self, Done, Form},
        page::{Page, page},
        ui::{Ctx, Tab, submit},
        urls,
        viewer::{Asked, Me},
    },
};

/// The facility's admin; 403 for others.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::facility_contact(), get(show).post(save))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactForm {
    person: String,
    phone: String,
    mail: String,
}

async fn show(
    State(app): State<Shared>,
    Fresh(who): Fresh,
    asked: Asked,
    Query(query): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let found = acts::my_contact(&mut tx).await?;
    tx.commit().await?;
    let form = found.map(|(person, phone, mail)| ContactForm { person, phone, mail }).unwrap_or_default();
    Ok(contact_page(&me.facility, &form, &Errors::none(), query.done.is_some(), &me.ctx(asked))
        .into_response())
}

fn checked(form: &ContactForm) -> Result<ContactForm, Vec<FieldError>> {
    let mut wrong = Vec::new();
    let mut keep = |result: Result<String, FieldError>| {
        result.unwrap_or_else(|e| {
            wrong.push(e);
            String::new()
        })
    };
    let person = keep(input::line("person", &form.person, 120));
    let phone = keep(input::line("phone", &form.phone, 40));
    let mail = keep(input::optional_text("mail", &form.mail, 254));
    if !phone.is_empty() && !phone.chars().all(|c| c.is_ascii_digit() || "+-() ".contains(c)) {
        wrong.push(FieldError::new(
            "phone",
            "phone",
            t("電話番号は、半角の数字とハイフンで入れてください。"),
        ));
    }
    if !mail.is_empty()
        && let Err(Error::Invalid(problems)) = mail::address(&mail)
    {
        wrong.extend(problems);
    }
    if wrong.is_empty() { Ok(ContactForm { person, phone, mail }) } else { Err(wrong) }
}

async fn save(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form): Form<ContactForm>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    match checked(&form) {
        Ok(c) => {
            let saved = acts::set_contact(&mut tx, &c.person, &c.phone, &c.mail).await;
            match saved {
                Ok(()) => tx.commit().await?,
                Err(again) if again.wants_step_up() => return Err(again),
                Err(refused) => {
                    drop(tx);
                    audit::refused(&app, &who, "changed_contact", None, None).await;
                    return Err(refused);
                }
            }
            Ok(Redirect::to(&format!("{}?done=saved", urls::facility_contact())).into_response())
        }
        Err(problems) => {
            let me = Me::load(&mut tx).await?;
            acts::my_contact(&mut tx).await?;
            tx.commit().await?;
            let errors: Errors = problems.into_iter().collect();
            let page = contact_page(&me.facility, &form, &errors, false, &me.ctx(asked));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

fn contact_page(facility: &str, form: &ContactForm, e: &Errors, saved: bool, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(saved.then_some(t("連絡先を残しました。"))))
        (e.summary())
        p { (t("患者さんの情報に関わることが起きたとき、運営がここへ電話します。診療時間の外でもつながる番号にしてください。")) }
        form.stack method="post" action=(urls::facility_contact()) {
            (Entry::line("person", t("連絡先の人")).value(&form.person).errors(e).need().max_chars(120))
            (Entry::line("phone", t("電話番号")).value(&form.phone).errors(e).need().inputmode("tel").autocomplete("tel"))
            (Entry::line("mail", t("メールアドレス")).value(&form.mail).errors(e).inputmode("email").autocomplete("email")
                .help(t("メールには「連絡がある」ことだけを書きます。患者さんのことは書きません。")))
            (submit(t("残す")))
        }
    };
    page(
        ctx,
        Page {
            title: t("緊急の連絡先"),
            tab: Tab::Menu,
            bar: admin_bar(facility, AdminTab::Incidents),
            body,
        },
    )
}
