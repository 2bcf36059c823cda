//! The table of contents of the product: every capability's routes, and the layers around them.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{Extensions, HeaderMap, StatusCode, Version, header},
    middleware,
    routing::get,
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, DefaultPredicate, Predicate},
    csrf::CsrfLayer,
};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::binding,
    features::{
        access, access_log, access_reviews, accounts, alarms, announcements, applications, asks,
        calendar_links, connections, consultations, copies, departures, devices, digests, disclosure,
        documents, duty, face_sheets, facilities, family, files, first_visit, groups, help, home, incidents,
        invitations, joining, labels, marks, masters, notices, notifications, operators, partners, passkeys,
        patients, posts, practice, proxy_entries, quarantines, recovery, regions, reviews, sealing, search,
        service_modes, sharing, sign_in, sign_in_notices, single_sign_on, status, stream, support, tasks,
        templates, tokens, visit_records, visits, vitals, webhooks, who_read, work_orders,
    },
    log, watch,
    web::{
        admission::admit,
        android,
        compression::only_for_own,
        error::write_errors,
        headers::secure,
        pwa,
        reading::read_elsewhere,
        time_limit::limit_time,
        ui::{asset, styles},
    },
    words,
};

/// Bytes of a request body, except where a route says otherwise (uploads).
pub const BODY_LIMIT: u64 = 256 * 1024;
/// Bytes of the largest form: two texts of a face sheet, each character as nine bytes.
pub const FORM_LIMIT: usize = 768 * 1024;

#[derive(OpenApi)]
#[openapi(info(
    title = "Renkei",
    version = "1",
    description = "The JSON API of Renkei. Times are RFC 3339 with offset, ids are UUIDs, errors are RFC 9457 problem details."
))]
struct Doc;

/// The JSON API with its description.
pub fn api() -> (Router<Shared>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Doc::openapi())
        .merge(sign_in::api::routes())
        .merge(sign_in::confirm_routes::api_routes())
        .merge(passkeys::api::routes())
        .merge(recovery::api::routes())
        .merge(copies::api::routes())
        .merge(devices::api::routes())
        .merge(devices::facility_api::routes())
        .merge(devices::policy_api::routes())
        .merge(devices::certificates::api::routes())
        .merge(access_log::api::routes())
        .merge(access_log::charts_api::routes())
        .merge(access_log::pages_api::routes())
        .merge(access_reviews::api::routes())
        .merge(who_read::api::routes())
        .merge(patients::api::routes())
        .merge(facilities::directory_api::routes())
        .merge(departures::api::routes())
        .merge(reviews::api::routes())
        .merge(joining::api::routes())
        .merge(facilities::staff_api::routes())
        .merge(access::api::routes())
        .merge(groups::api::routes())
        .merge(invitations::api::routes())
        .merge(face_sheets::api::routes())
        .merge(face_sheets::card_api::routes())
        .merge(posts::api::routes())
        .merge(posts::values_api::routes())
        .merge(posts::proof_api::routes())
        .merge(family::team_api::routes())
        .merge(connections::api::routes())
        .merge(consultations::api::routes())
        .merge(files::api::routes())
        .merge(announcements::api::routes())
        .merge(documents::policies::api::routes())
        .merge(status::api::routes())
        .merge(applications::api::routes())
        .merge(notifications::api::routes())
        .merge(notifications::facility_api::routes())
        .merge(notices::api::routes())
        .merge(marks::api::routes())
        .merge(labels::api::routes())
        .merge(templates::api::routes())
        .merge(vitals::api::routes())
        .merge(vitals::csv_routes::api_routes())
        .merge(vitals::wounds_api::routes())
        .merge(search::api::routes())
        .merge(asks::api::routes())
        .merge(duty::api::routes())
        .merge(tasks::api::routes())
        .merge(visits::api::routes())
        .merge(visit_records::api::routes())
        .merge(visit_records::before_api::routes())
        .merge(calendar_links::api::routes())
        .merge(digests::api::routes())
        .merge(partners::api::routes())
        .merge(tokens::api::routes())
        .merge(tokens::facility_api::routes())
        .merge(webhooks::api::routes())
        .merge(proxy_entries::api::routes())
        .merge(quarantines::api::routes())
        .merge(proxy_entries::facility_api::routes())
        .merge(OpenApiRouter::new().routes(utoipa_axum::routes!(stream::routes::events)))
        .split_for_parts()
}

/// What a team does all day around its timeline.
fn everyday() -> Router<Shared> {
    Router::new()
        .merge(notifications::routes::routes())
        .merge(notifications::facility_routes::routes())
        .merge(log::routes())
        .merge(pwa::routes(posts::model::MAX_FILES))
        .merge(marks::routes::routes())
        .merge(templates::routes())
        .merge(vitals::routes::routes())
        .merge(vitals::ranges::routes())
        .merge(vitals::csv_routes::routes())
        .merge(vitals::wounds::routes())
        .merge(search::routes::routes())
        .merge(asks::routes::routes())
        .merge(duty::routes::routes())
        .merge(family::routes())
        .merge(tasks::routes::routes())
        .merge(visits::routes::routes())
        .merge(visit_records::routes::routes())
        .merge(calendar_links::routes::routes())
        .merge(partners::routes::routes())
        .merge(digests::routes::routes())
        .merge(tokens::routes::routes())
        .merge(tokens::facility_routes::routes())
        .merge(webhooks::routes::routes())
        .merge(proxy_entries::routes::routes())
        .merge(quarantines::routes::routes())
        .merge(proxy_entries::facility_routes::routes())
        .merge(labels::routes::routes())
        .merge(help::routes())
        .merge(accounts::habit_routes::routes())
        .merge(first_visit::routes())
        .merge(practice::routes())
        .merge(sharing::routes())
}

pub fn router(app: Shared) -> Router {
    let (api, document) = api();
    let document = serde_json::to_value(&document).unwrap_or_default();
    let readable = crate::web::api_docs::page(&document);
    Router::new()
        .merge(sign_in::routes::routes())
        .merge(single_sign_on::routes::routes())
        .merge(sign_in::confirm_routes::routes())
        .merge(passkeys::routes::routes())
        .merge(recovery::routes())
        .merge(sign_in_notices::routes())
        .merge(home::routes::routes())
        .merge(groups::routes::routes())
        .merge(invitations::routes::routes())
        .merge(notices::routes::routes())
        .merge(connections::routes::routes())
        .merge(consultations::routes::routes())
        .merge(accounts::routes::routes())
        .merge(devices::own_routes::routes())
        .merge(devices::facility_routes::routes())
        .merge(devices::policy_routes::routes())
        .merge(devices::certificates::routes::routes())
        .merge(facilities::routes::routes())
        .merge(departures::routes::routes())
        .merge(reviews::routes::routes())
        .merge(departures::withdrawal_routes::routes())
        .merge(joining::routes::routes())
        .merge(accounts::contact_routes::routes())
        .merge(accounts::language::routes())
        .merge(access::routes::routes())
        .merge(access_log::routes::routes())
        .merge(access_reviews::routes::routes())
        .merge(who_read::routes::routes())
        .merge(posts::pages::routes())
        .merge(patients::routes::routes())
        .merge(face_sheets::routes::routes())
        .merge(files::routes::routes())
        .merge(announcements::routes::routes())
        .merge(announcements::operator_routes::routes())
        .merge(service_modes::routes::routes())
        .merge(incidents::operator_routes::routes())
        .merge(support::routes::routes())
        .merge(support::operator_routes::routes())
        .merge(incidents::facility_routes::routes())
        .merge(incidents::contact_routes::routes())
        .merge(incidents::public::routes())
        .merge(operators::routes::routes())
        .merge(work_orders::operator_routes::routes())
        .merge(work_orders::facility_routes::routes())
        .merge(regions::routes::routes())
        .merge(regions::desk_routes::routes())
        .merge(regions::facility_routes::routes())
        .merge(applications::routes::routes())
        .merge(applications::desk_routes::routes())
        .merge(applications::first_admin::routes::routes())
        .merge(masters::routes::routes())
        .merge(alarms::routes::routes())
        .merge(documents::routes())
        .merge(sealing::routes::routes())
        .merge(disclosure::routes::routes())
        .merge(status::routes::routes())
        .merge(everyday())
        .merge(api)
        .route("/api/v1/openapi.json", get(move || std::future::ready(axum::Json(document.clone()))))
        .route("/api/v1/docs", get(move || std::future::ready(readable.clone())))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .merge(android::routes())
        .merge(asset::router())
        .merge(styles::router())
        .layer(middleware::from_fn_with_state(family::api::third_door(&app), family::api::by_the_third_door))
        .layer(middleware::from_fn_with_state(app.clone(), tokens::door::by_token))
        .layer(DefaultBodyLimit::max(BODY_LIMIT as usize))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            axum::response::IntoResponse::into_response(Error::internal("a handler panicked"))
        }))
        .layer(middleware::from_fn_with_state(app.clone(), documents::ask_for_acceptance))
        .layer(CsrfLayer::new())
        .merge(sharing::arrival())
        .layer(middleware::from_fn_with_state(app.clone(), read_elsewhere))
        .layer(middleware::from_fn_with_state(app.clone(), limit_time))
        .layer(middleware::from_fn_with_state(app.clone(), admit))
        .layer(middleware::from_fn(audit::shows))
        .layer(middleware::from_fn(write_errors))
        .layer(middleware::from_fn(words::speak))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(no_download)))
        .layer(middleware::from_fn(only_for_own))
        .layer(middleware::from_fn_with_state(app.clone(), watch::note))
        .layer(middleware::from_fn_with_state(app.clone(), secure))
        .layer(middleware::from_fn(binding::write_certificate))
        .with_state(app)
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadyQuery {
    #[serde(rename = "for")]
    purpose: Option<String>,
}

/// What a balancer asks. `ready`: everything. `reading`: the primary is away, and this node reads from a standby; it stays
/// in the balancer, and writes get their 503. 503: this node can serve nobody. `?for=writes` is 503 unless `ready`.
async fn ready(
    axum::extract::State(app): axum::extract::State<Shared>,
    axum::extract::Query(query): axum::extract::Query<ReadyQuery>,
) -> Result<&'static str> {
    watch::ready(&app)?;
    match app.db.ready().await {
        Ok(()) => Ok("ready\n"),
        Err(error) if query.purpose.as_deref() == Some("writes") => Err(error),
        Err(_) => app.db.ready_to_read().await.map(|()| "reading\n"),
    }
}

/// Files that people download are not compressed: most of them are already, and their length must stay known.
fn no_download(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.contains_key(header::CONTENT_DISPOSITION)
}
