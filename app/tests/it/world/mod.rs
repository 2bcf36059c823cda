//! A world with names: facilities, staff, patients, groups, and a way to ask the router as any of them.

#![allow(dead_code, reason = "each test module uses its part")]

pub mod authenticator;
pub mod bounce;
pub mod browser;
mod cluster;
pub mod kin;
pub mod smtp;
pub mod team;
pub mod tls;

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use renkei::{
    app::Shared,
    auth::{password, totp},
    config::Config,
    db::Access,
    features::sign_in,
};
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

pub use cluster::{connect, shared as cluster};

pub const PASSWORD: &str = "kagami-nazo-8-fune";

pub struct World {
    pub app: Shared,
    pub database: String,
    router: Router,
    pub folder: tempfile::TempDir,
    /// Nothing where the database was made in another way.
    _kept: Option<cluster::Kept>,
    _tasks: Vec<tokio::task::JoinHandle<()>>,
}

#[derive(Debug, Clone, Copy)]
pub struct Facility {
    pub id: Uuid,
}

/// Somebody who can sign in.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: Uuid,
    pub login_id: String,
    pub name: String,
    pub facility: Facility,
    pub secret: [u8; totp::SECRET_BYTES],
    pub token: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of a cookie that the answer sets; an emptied one is none.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all(header::SET_COOKIE).iter().filter_map(|v| v.to_str().ok());
        let mut values =
            lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')?.split(';').next());
        values.rfind(|value| !value.is_empty()).map(str::to_owned)
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    #[track_caller]
    pub fn expect_code(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.json()["code"], code, "{}", answer.text());
        answer
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let (database, kept) = cluster::fresh_database().await;
        Self { _kept: Some(kept), ..Self::on(database, change).await }
    }

    /// On a database that was made in another way.
    pub async fn on(database: String, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut config = Config::in_folder(folder.path(), ([127, 0, 0, 1], 0).into());
        config.base_url = "http://localhost:8080".into();
        config.database.connections = 8;
        // Rates are for one test each: others ask as fast as they can.
        config.limits = renkei::config::Limits::default().without_rates();
        // Nor does a test ask how full this machine's disk is.
        config.watch.refuse_uploads_percent = 101;
        change(&mut config);
        let access = access(&database).await;
        let app = Arc::new(renkei::cli::open(config, &access).await.expect("the app opens"));
        let tasks = vec![tokio::spawn(renkei::features::stream::run(app.clone()))];
        Self {
            router: renkei::router::router(app.clone()),
            app,
            database,
            folder,
            _kept: None,
            _tasks: tasks,
        }
    }

    /// A second node of the same deployment, with the same key and files and its own ways to the database.
    pub async fn node_with(&self, change: impl FnOnce(&mut Config), access: Access) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut config = self.app.config.clone();
        change(&mut config);
        let app = Arc::new(renkei::cli::open(config, &access).await.expect("the app opens"));
        let tasks = vec![tokio::spawn(app.db.clone().watch_primary())];
        let router = renkei::router::router(app.clone());
        Self {
            router,
            app,
            database: self.database.clone(),
            folder,
            _kept: self._kept.clone(),
            _tasks: tasks,
        }
    }

    /// A second node of the same deployment on which no push service is listed.
    pub async fn node_without_push(&self) -> Self {
        let access = access(&self.database).await;
        self.node_with(|config| config.push.hosts = String::new(), access).await
    }

    /// A second server on the same database, without a port.
    pub async fn another_node(&self, change: impl FnOnce(&mut Config)) -> Shared {
        Arc::new(self.node(change).await)
    }

    /// The same before it is shared.
    pub async fn node(&self, change: impl FnOnce(&mut Config)) -> renkei::app::App {
        let mut config = self.app.config.clone();
        change(&mut config);
        let access = access(&self.database).await;
        renkei::cli::open(config, &access).await.expect("the app opens")
    }

    /// The superuser, for looking behind the curtain.
    pub async fn superuser(&self) -> tokio_postgres::Client {
        connect(&cluster().await.config("postgres", &self.database)).await
    }

    pub async fn role(&self, role: &str) -> tokio_postgres::Client {
        connect(&cluster().await.config(role, &self.database)).await
    }

    pub async fn facility(&self, kind: &str, name: &str) -> Facility {
        let id = Uuid::now_v7();
        renkei::features::facilities::acts::add(&self.app, id, kind, name, "しせつ", "")
            .await
            .expect("a facility");
        Facility { id }
    }

    pub async fn admin(&self, facility: Facility, login_id: &str, profession: &str) -> Person {
        self.person(facility, login_id, profession, true).await
    }

    pub async fn staff(&self, facility: Facility, login_id: &str, profession: &str) -> Person {
        self.person(facility, login_id, profession, false).await
    }

    async fn person(&self, facility: Facility, login_id: &str, profession: &str, admin: bool) -> Person {
        let (id, secret) = (Uuid::now_v7(), totp::fresh_secret());
        let name = format!("{login_id} 試子");
        let new = renkei::features::facilities::acts::NewAccount {
            id,
            login_id,
            name: &name,
            kana: login_id,
            profession,
            password_hash: HASH
                .get_or_init(|| async { password::hash(PASSWORD.into()).await.expect("hash") })
                .await,
            totp_secret: Some(secret),
        };
        renkei::features::facilities::acts::add_account(&self.app, &new).await.expect("an account");
        renkei::features::facilities::acts::add_staff(&self.app, facility.id, id, admin)
            .await
            .expect("a tie");
        let mut person =
            Person { id, login_id: login_id.into(), name, facility, secret, token: String::new() };
        person.token = self.session(&person).await;
        person
    }

    /// A session without the price of Argon2: straight through the database's own end of a sign-in.
    pub async fn session(&self, person: &Person) -> String {
        sign_in::acts::trusted_session(&self.app, person.id, sign_in::acts::Trusted::default())
            .await
            .expect("a session")
            .token
    }

    pub fn as_<'a>(&'a self, person: &Person) -> Client<'a> {
        Client {
            world: self,
            token: Some(person.token.clone()),
            operator: false,
            kin: false,
            certificate: None,
            fragment: false,
        }
    }

    pub fn nobody(&self) -> Client<'_> {
        Client { world: self, token: None, operator: false, kin: false, certificate: None, fragment: false }
    }

    /// A new operator with a session, without the price of Argon2: straight through the database's own end of a sign-in.
    pub async fn operator(&self, login_id: &str) -> Client<'_> {
        use renkei::features::operators::acts;
        let hash = HASH.get_or_init(|| async { password::hash(PASSWORD.into()).await.expect("hash") }).await;
        let added = acts::add(&self.app, login_id, "試験 運営", hash, &totp::fresh_secret()).await;
        self.at_the_console(added.expect("an operator")).await
    }

    /// A new secretariat of a region, likewise.
    pub async fn secretariat(&self, region: Uuid, login_id: &str) -> Client<'_> {
        use renkei::features::operators::acts;
        let hash = HASH.get_or_init(|| async { password::hash(PASSWORD.into()).await.expect("hash") }).await;
        let (region, secret) = (region.to_string(), totp::fresh_secret());
        let added = acts::add_secretariat(&self.app, &region, login_id, "試験 事務局", hash, &secret).await;
        self.at_the_console(added.expect("a secretariat")).await
    }

    async fn at_the_console(&self, id: Uuid) -> Client<'_> {
        use renkei::auth::token;
        const DONE: &str =
            "SELECT act.operator_sign_in_done($1, $2, $3, $4, 1, '1 hour', NULL, NULL, NULL, '')";
        let session = token::fresh();
        let session_hash = token::hash(&session);
        let ids = (Uuid::now_v7(), Uuid::now_v7());
        let done = self.app.db.signing_in(DONE, &[&ids.0, &id, &ids.1, &session_hash.as_slice()]).await;
        done.expect("signed in");
        Client {
            world: self,
            token: Some(session),
            operator: true,
            kin: false,
            certificate: None,
            fragment: false,
        }
    }

    pub fn totp_now(&self, person: &Person) -> String {
        totp::code_at(&person.secret, self.app.unix_seconds()).expect("a code")
    }

    /// The answer as soon as its head is there.
    pub async fn open(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.expect("the router is infallible")
    }

    /// Somebody's live stream; from the last id that was seen, if any was.
    pub async fn listen(&self, who: &Person, last: Option<&str>) -> axum::response::Response {
        let request = Request::builder().uri("/api/v1/events").header("host", "localhost:8080");
        let mut request = request.header(header::AUTHORIZATION, format!("Bearer {}", who.token));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        self.open(request.body(Body::empty()).expect("a request")).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.open(request).await;
        let (parts, body) = response.into_parts();
        // A live stream has no end: its status is the answer.
        if parts
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|t| t.as_bytes().starts_with(b"text/event-stream"))
        {
            return Answer { status: parts.status, headers: parts.headers, body: Bytes::new() };
        }
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

pub async fn access(database: &str) -> Access {
    let c = cluster().await;
    Access {
        app: c.config("renkei_app", database),
        auth: c.config("renkei_auth", database),
        job: c.config("renkei_job", database),
        operator: Some(c.config("renkei_operator", database)),
        family: Some(c.config("renkei_family", database)),
        sealer: Some(c.config("renkei_sealer", database)),
        connections: 8,
        tls: renkei::db::Tls::default(),
    }
}

static HASH: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();

/// Asks as one person.
#[derive(Clone)]
pub struct Client<'a> {
    world: &'a World,
    token: Option<String>,
    /// The token is an operator's.
    operator: bool,
    /// The token is a patient's or relative's.
    kin: bool,
    /// Comes in over the listener for devices, with the certificate of this fingerprint.
    certificate: Option<String>,
    /// As the scripts of a page ask.
    fragment: bool,
}

/// What a browser keeps when it has signed in: session and device cookie in one word, which `as_` takes for a token.
pub fn browser(answer: &Answer) -> String {
    browser_on(answer, "")
}

/// The same of a browser that had a device cookie before.
pub fn browser_on(answer: &Answer, device: &str) -> String {
    let device = answer.cookie("__Host-renkei-device").unwrap_or_else(|| device.to_owned());
    format!("{}~{device}", answer.cookie("__Host-renkei").unwrap_or_default())
}

/// The device's part of it.
pub fn device_of(browser: &str) -> &str {
    browser.split_once('~').expect("of a browser").1
}

impl Client<'_> {
    pub fn certified(mut self, fingerprint: &str) -> Self {
        self.certificate = Some(fingerprint.to_owned());
        self
    }

    pub fn fragments(mut self) -> Self {
        self.fragment = true;
        self
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let mut builder = Request::builder().method(method).uri(path).header("host", "localhost:8080");
        if self.fragment {
            builder = builder.header("x-renkei-fragment", "1");
        }
        if let Some(certificate) = &self.certificate {
            builder = builder.extension(renkei::auth::binding::Certified(certificate.clone()));
        }
        match &self.token {
            Some(token) if self.operator => {
                builder.header(header::COOKIE, format!("__Host-renkei-operator={token}"))
            }
            Some(token) if self.kin && !path.starts_with("/api/") => {
                builder.header(header::COOKIE, format!("__Host-renkei-family={token}"))
            }
            Some(token) if token.contains('~') => {
                let (session, device) = token.split_once('~').unwrap_or_default();
                builder
                    .header(header::COOKIE, format!("__Host-renkei={session}; __Host-renkei-device={device}"))
            }
            Some(token) if path.starts_with("/api/") => {
                builder.header(header::AUTHORIZATION, format!("Bearer {token}"))
            }
            Some(token) => builder.header(header::COOKIE, format!("__Host-renkei={token}")),
            None => builder,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.world.send(self.request("GET", path).body(Body::empty()).expect("a request")).await
    }

    pub async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call_with(method, path, body, &[]).await
    }

    pub async fn call_with(&self, method: &str, path: &str, body: Value, headers: &[(&str, &str)]) -> Answer {
        let mut builder = self.request(method, path).header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.world.send(builder.body(body).expect("a request")).await
    }

    /// A form as a page sends it.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_urlencoded::to_string(fields).expect("a form");
        let builder =
            self.request("POST", path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.world
            .send(builder.header("sec-fetch-site", "same-origin").body(Body::from(body)).expect("a request"))
            .await
    }

    /// A multipart form: (field, file name, bytes).
    pub async fn multipart(&self, path: &str, fields: &[(&str, Option<&str>, Vec<u8>)]) -> Answer {
        let mut body = Vec::new();
        for (name, file, bytes) in fields {
            let file = file
                .map(|f| format!("; filename=\"{f}\"\r\nContent-Type: application/octet-stream"))
                .unwrap_or_default();
            body.extend(
                format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
                    .into_bytes(),
            );
            body.extend(bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--cut--\r\n");
        let builder =
            self.request("POST", path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut");
        self.world
            .send(builder.header("sec-fetch-site", "same-origin").body(Body::from(body)).expect("a request"))
            .await
    }

    pub async fn raw(
        &self,
        build: impl FnOnce(axum::http::request::Builder) -> Request<Body>,
        method: &str,
        path: &str,
    ) -> Answer {
        self.world.send(build(self.request(method, path))).await
    }

    pub async fn post(&self, group: Uuid, text: &str) -> Answer {
        let body = json!({"client_id": Uuid::new_v4(), "body": text});
        self.call("POST", &format!("/api/v1/groups/{group}/posts"), body).await
    }
}

impl World {
    pub async fn patient(&self, admin: &Person, name: &str) -> Uuid {
        let body = json!({"client_id": Uuid::new_v4(), "fields": {"name": name, "kana": "テスト"}});
        let answer = self.as_(admin).call("POST", "/api/v1/patients", body).await.expect(201);
        id_of(&answer.json())
    }

    /// Registers a patient and opens the group, with `host` (staff of the admin's facility) as its host.
    pub async fn group(&self, admin: &Person, host: &Person, name: &str) -> Uuid {
        let patient = self.patient(admin, name).await;
        let body =
            json!({"client_id": Uuid::new_v4(), "kind": "patient", "patient_id": patient, "host": host.id});
        id_of(&self.as_(admin).call("POST", "/api/v1/groups", body).await.expect(201).json())
    }

    /// The host invites, the person accepts: a host's own invitation needs no approval.
    pub async fn join(&self, host: &Person, group: Uuid, person: &Person) {
        let body = json!({"client_id": Uuid::new_v4(), "account_id": person.id, "facility_id": person.facility.id, "role": "member"});
        let answer = self
            .as_(host)
            .call("POST", &format!("/api/v1/groups/{group}/invitations"), body)
            .await
            .expect(201);
        let invitation = id_of(&answer.json());
        let body = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
        self.as_(person)
            .call("POST", &format!("/api/v1/invitations/{invitation}/acceptance"), body)
            .await
            .expect(200);
    }
}

pub fn id_of(value: &Value) -> Uuid {
    value["id"].as_str().and_then(|t| t.parse().ok()).unwrap_or_else(|| panic!("no id in {value}"))
}
