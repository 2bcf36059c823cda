//! The doors for devices: one where every client shows a certificate of the built-in authority, and one where a device gets it.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    http::{Request, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use hyper::body::Incoming;
use listen::{Door, Live, Peer, Stats};
use tls_profile::{Revocable, fingerprint, rustls::server::danger::ClientCertVerifier};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use super::{LOOK, answer, bind, settings};
use crate::words::t;
use crate::{Error, Result, app::App, auth::binding::Certified, config::host_of};

/// What is open.
#[derive(Debug, Default)]
pub struct Doors {
    pub app: Option<SocketAddr>,
    pub enrol: Option<SocketAddr>,
    /// To be ended with the server.
    pub tasks: Vec<JoinHandle<()>>,
}

/// Opens the doors that the configuration names. The same checks as the main port's, and its limits for each.
pub async fn open_for_devices(
    app: &Arc<App>,
    router: &Router,
    stop: &watch::Receiver<bool>,
) -> Result<Doors> {
    let devices = &app.config.devices;
    let mut doors = Doors::default();
    if let Some(listen) = devices.app()? {
        // Whatever was taken back before this start is known before the first handshake.
        app.devices.look(app).await?;
        let verifier = app.devices.verifier();
        let live = live(app, &devices.app_url, Some(verifier.clone()))?;
        let listener = bind(listen).await?;
        doors.app = Some(listener.local_addr().map_err(Error::internal)?);
        let router = router.clone();
        let service = tower::service_fn(move |request| certified(verifier.clone(), router.clone(), request));
        doors.tasks.extend(serve(app, listener, live, service, stop));
    }
    if let Some(listen) = devices.enrol()? {
        let live = live(app, &devices.enrol_url, None)?;
        let listener = bind(listen).await?;
        doors.enrol = Some(listener.local_addr().map_err(Error::internal)?);
        let router = router.clone();
        let service = tower::service_fn(move |request| enrolling(router.clone(), request));
        doors.tasks.extend(serve(app, listener, live, service, stop));
    }
    Ok(doors)
}

fn live(app: &App, url: &str, verifier: Option<Arc<dyn ClientCertVerifier>>) -> Result<Arc<Live>> {
    let settings = settings(&app.config, vec![host_of(url).to_owned()], verifier);
    Live::open(settings).map_err(|e| Error::Internal(format!("TLS for devices ({}): {e}", host_of(url))))
}

fn serve<S>(
    app: &App,
    listener: TcpListener,
    live: Arc<Live>,
    service: S,
    stop: &watch::Receiver<bool>,
) -> [JoinHandle<()>; 2]
where
    S: tower::Service<Request<Incoming>, Response = Response, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send + 'static,
{
    let watching = tokio::spawn(live.clone().watch(LOOK));
    let limits = app.config.connections.clone();
    let serving =
        listen::serve(listener, Door::Tls(live), limits, Arc::new(Stats::default()), service, stop.clone());
    [watching, tokio::spawn(async move { drop(serving.await) })]
}

/// Each request says by which certificate it came, and is refused when that was taken back after the handshake.
async fn certified(
    verifier: Arc<Revocable>,
    router: Router,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let shown =
        request.extensions().get::<Peer>().and_then(|peer| peer.certificate.as_ref()).map(fingerprint);
    match shown.filter(|shown| !verifier.is_revoked(shown)) {
        Some(shown) => {
            request.extensions_mut().insert(Certified(hex::encode(shown)));
            answer(router, request).await
        }
        None => Ok(refused(
            StatusCode::UNAUTHORIZED,
            t("この端末の証明書は取り消されています。施設の管理者に連絡してください。"),
        )),
    }
}

/// Nothing but enrolling is answered here.
async fn enrolling(router: Router, request: Request<Incoming>) -> Result<Response, Infallible> {
    let path = request.uri().path();
    let open = path.starts_with("/device-enrolment/")
        || path == "/api/v1/device-enrolments"
        || path.starts_with("/assets/")
        || path == "/healthz";
    if open {
        answer(router, request).await
    } else {
        Ok(refused(StatusCode::NOT_FOUND, t("見つかりません。")))
    }
}

/// No page is behind this: closing the connection is all that helps.
fn refused(status: StatusCode, why: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONNECTION, "close"),
    ];
    (status, headers, why).into_response()
}
