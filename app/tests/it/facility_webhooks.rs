//! Webhooks of a facility over real sockets: what arrives, what never does, and what becomes of what does not arrive.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use renkei::{features::webhooks::send, jobs};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

use crate::world::{Facility, Person, World, tls};

#[derive(Clone)]
struct Sink {
    calls: Arc<Mutex<Vec<(String, Vec<u8>)>>>,
    status: Arc<Mutex<&'static str>>,
    port: u16,
}

impl Sink {
    /// Answers every call over TLS and keeps its head and body.
    async fn start(acceptor: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let sink = Self { calls: Arc::default(), status: Arc::new(Mutex::new("204 No Content")), port };
        let kept = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, acceptor) = (kept.clone(), acceptor.clone());
                tokio::spawn(async move {
                    kept.answer(BufReader::new(acceptor.accept(stream).await.ok()?)).await
                });
            }
        });
        sink
    }

    async fn answer(
        &self,
        mut stream: BufReader<tokio_rustls::server::TlsStream<tokio::net::TcpStream>>,
    ) -> Option<()> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            stream.read_line(&mut head).await.ok()?;
        }
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: "))?.parse().ok()?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        self.calls.lock().expect("the calls").push((head, body));
        let status = *self.status.lock().expect("the status");
        let text = format!("HTTP/1.1 {status}\r\nlocation: https://localhost/\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(text.as_bytes()).await.ok()?;
        stream.flush().await.ok()
    }

    fn says(&self, status: &'static str) {
        *self.status.lock().expect("the status") = status;
    }

    fn count(&self) -> usize {
        self.calls.lock().expect("the calls").len()
    }

    fn last(&self) -> (String, Vec<u8>) {
        self.calls.lock().expect("the calls").last().expect("a call").clone()
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    head.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
}

struct Scene {
    w: World,
    sink: Sink,
    clinic: Facility,
    admin: Person,
    doctor: Person,
    group: Uuid,
    _folder: tempfile::TempDir,
}

async fn scene(private: bool) -> Scene {
    let folder = tempfile::tempdir().expect("a folder");
    let (acceptor, authority) = tls::localhost(folder.path());
    let sink = Sink::start(acceptor).await;
    let w = World::with(|config| {
        config.webhooks.hosts = "localhost".into();
        config.webhooks.ca_file = authority;
        config.webhooks.private = private;
    })
    .await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let doctor = w.staff(clinic, "isha", "doctor").await;
    let patient = w.patient(&admin, "鵜飼橋 花子").await;
    let group = w.team(&admin, patient, &[&doctor]).await;
    let fresh = "UPDATE sec.session SET stepped_up_at = now() WHERE account_id = $1";
    w.superuser().await.execute(fresh, &[&admin.id]).await.expect("stepped up");
    Scene { w, sink, clinic, admin, doctor, group, _folder: folder }
}

impl Scene {
    fn path(&self) -> String {
        format!("/api/v1/facilities/{}/webhooks", self.clinic.id)
    }

    fn new(&self, kinds: &[&str]) -> Value {
        let url = format!("https://localhost:{}/hook", self.sink.port);
        json!({"client_id": Uuid::new_v4(), "url": url, "kinds": kinds})
    }

    async fn make(&self, kinds: &[&str]) -> (Uuid, String) {
        let made =
            self.w.as_(&self.admin).call("POST", &self.path(), self.new(kinds)).await.expect(201).json();
        (crate::world::id_of(&made), made["secret"].as_str().expect("shown once").to_owned())
    }

    async fn post(&self) {
        self.w.as_(&self.doctor).post(self.group, "カナリアの言葉").await.expect(201);
    }

    /// A look, and every call that is due.
    async fn happens(&self) -> i32 {
        let put = send::look(&self.w.app, Timestamp::now()).await.expect("a look");
        jobs::round(&self.w.app, &[send::KIND]).await.expect("a round");
        put
    }

    async fn state(&self) -> Value {
        self.w.as_(&self.admin).get(&self.path()).await.expect(200).json()["items"][0].clone()
    }

    async fn try_at(&self, call: &Value, now: Timestamp) {
        let id = call["id"].as_str().expect("an id").parse().expect("a UUID");
        send::attempt(&self.w.app, id, now).await.expect("noted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_says_that_something_happened_signed_and_nothing_of_what() {
    let s = scene(true).await;
    let (_, secret) = s.make(&["post.created"]).await;
    s.post().await;
    assert_eq!(s.happens().await, 1);
    let (head, body) = s.sink.last();
    assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
    let told: Value = serde_json::from_slice(&body).expect("JSON");
    let call = s.state().await["calls"][0].clone();
    assert_eq!(told["type"], "post.created");
    assert_eq!(told["data"], json!({"event_id": call["id"]}));
    assert_eq!(told.as_object().expect("an object").len(), 3, "a kind, a time, an id");
    let text = format!("{head}{}", String::from_utf8_lossy(&body));
    for hidden in
        ["カナリア", "鵜飼橋", &s.group.to_string(), &s.doctor.id.to_string(), &s.clinic.id.to_string()]
    {
        assert!(!text.contains(hidden), "{hidden}");
    }
    let key = data_encoding::BASE64.decode(secret.trim_start_matches("whsec_").as_bytes()).expect("a key");
    let (id, second) = (header(&head, "webhook-id"), header(&head, "webhook-timestamp"));
    let wanted = send::signature(&key, id, second.parse().expect("a second"), &body);
    assert_eq!(header(&head, "webhook-signature"), wanted);
    assert_eq!((call["state"].as_str(), call["tries"].as_i64()), (Some("delivered"), Some(1)));
    // The cursor stays a little behind, so the same event comes by again: it is told once.
    s.happens().await;
    assert_eq!(s.sink.count(), 1);
    let list = s.w.as_(&s.admin).get(&s.path()).await.expect(200).text();
    assert!(!list.contains(&secret) && !list.contains("whsec_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_kinds_asked_for_and_only_groups_with_somebody_of_the_facility() {
    let s = scene(true).await;
    s.make(&["post.withdrawn"]).await;
    s.post().await;
    assert_eq!(s.happens().await, 0, "not asked for");
    let (hook, _) = s.make(&["post.created"]).await;
    s.post().await;
    assert_eq!(s.happens().await, 1);
    let station = s.w.facility("visiting_nurse_station", "試験訪問看護").await;
    let other = s.w.admin(station, "betsu", "nurse").await;
    let group = {
        let patient = s.w.patient(&other, "別の 人").await;
        s.w.team(&other, patient, &[&s.w.staff(station, "kango", "nurse").await]).await
    };
    let nurse = s.w.superuser().await;
    let posted = "SELECT count(*) FROM care.membership WHERE group_id = $1 AND facility_id = $2";
    let ours: i64 = nurse.query_one(posted, &[&group, &s.clinic.id]).await.expect("a count").get(0);
    assert_eq!(ours, 0);
    let told = "SELECT count(*) FROM care.event WHERE group_id = $1 AND kind = 'post.created'";
    assert_eq!(nurse.query_one(told, &[&group]).await.expect("a count").get::<_, i64>(0), 0);
    let event = "INSERT INTO care.event (kind, group_id, timeline, post_id, seq, at) VALUES ('post.created', $1, 'team', $2, 1, clock_timestamp())";
    nurse.execute(event, &[&group, &Uuid::new_v4()]).await.expect("an event of theirs");
    assert_eq!(s.happens().await, 0, "nobody of the clinic is there");
    s.w.as_(&s.admin).call("DELETE", &format!("{}/{hook}", s.path()), Value::Null).await.expect(204);
    s.post().await;
    assert_eq!(s.happens().await, 0, "it has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_arrive_is_tried_again_shown_sent_by_hand_and_at_last_stopped() {
    let s = scene(true).await;
    let (hook, _) = s.make(&["post.created"]).await;
    s.sink.says("500 Internal Server Error");
    s.post().await;
    s.happens().await;
    let call = s.state().await["calls"][0].clone();
    assert_eq!((call["state"].as_str(), call["code"].as_str()), (Some("waiting"), Some("receiver_failed")));
    let now = Timestamp::now();
    for _ in 1..12 {
        s.try_at(&call, now).await;
    }
    assert_eq!((s.sink.count(), s.state().await["calls"][0]["state"].as_str()), (12, Some("failed")));
    let page = s.w.as_(&s.admin).get("/facility/webhooks").await.expect(200).text();
    assert!(page.contains("届きませんでした") && page.contains("もう一度送る"));
    s.sink.says("200 OK");
    let resend = format!("{}/{hook}/calls/{}/resending", s.path(), call["id"].as_str().expect("an id"));
    s.w.as_(&s.admin).call("POST", &resend, Value::Null).await.expect(202);
    s.try_at(&call, now).await;
    let state = s.state().await;
    assert_eq!(
        (state["calls"][0]["state"].as_str(), state["failing_since"].as_str()),
        (Some("delivered"), None)
    );
    s.w.as_(&s.admin).call("POST", &resend, Value::Null).await.expect(409);

    s.sink.says("302 Found");
    s.w.as_(&s.admin).call("POST", &format!("{}/{hook}/test", s.path()), Value::Null).await.expect(202);
    jobs::round(&s.w.app, &[send::KIND]).await.expect("a round");
    let state = s.state().await;
    assert_eq!(state["calls"][0]["code"], "redirected", "followed nowhere, tried no more");
    assert_eq!(state["disabled_at"], Value::Null);
    s.sink.says("503 Service Unavailable");
    s.post().await;
    s.happens().await;
    let call = s.state().await["calls"][0].clone();
    s.try_at(&call, now + SignedDuration::from_hours(5 * 24 + 1)).await;
    let state = s.state().await;
    assert!(state["disabled_at"].is_string() && state["calls"][0]["state"] == "failed", "{state}");
    let told = "SELECT count(*) FROM care.event WHERE kind = 'notice' AND account_id = $1";
    assert_eq!(
        s.w.superuser().await.query_one(told, &[&s.admin.id]).await.expect("a count").get::<_, i64>(0),
        1
    );
    s.post().await;
    assert_eq!(s.happens().await, 0, "called no more");
    s.w.as_(&s.admin).call("POST", &format!("{}/{hook}/resumption", s.path()), Value::Null).await.expect(204);
    s.post().await;
    assert!(s.happens().await >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_network_and_hosts_that_nobody_listed_are_not_called() {
    let s = scene(true).await;
    s.make(&["post.created"]).await;
    s.post().await;
    s.happens().await;
    assert_eq!(s.sink.count(), 1, "the sink works");
    for url in ["https://example.org/", "http://localhost/", "https://127.0.0.1/", "https://u:p@localhost/"] {
        let body = json!({"client_id": Uuid::new_v4(), "url": url, "kinds": ["post.created"]});
        s.w.as_(&s.admin).call("POST", &s.path(), body).await.expect(422);
    }
    // The host is on the list, but where its name leads is not public.
    let node = s.w.another_node(|config| config.webhooks.private = false).await;
    let away = "UPDATE sec.webhook SET url = 'https://localhost/hook'";
    s.w.superuser().await.execute(away, &[]).await.expect("at the usual port");
    s.post().await;
    send::look(&node, Timestamp::now()).await.expect("a look");
    jobs::round(&node, &[send::KIND]).await.expect("a round");
    assert_eq!(s.state().await["calls"][0]["code"], "address_not_allowed");
    assert_eq!(s.sink.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn making_one_is_the_admin_s_and_asks_again_who_it_is() {
    let s = scene(true).await;
    let body = s.new(&["post.created"]);
    let made = s.w.as_(&s.admin).call("POST", &s.path(), body.clone()).await.expect(201).json();
    let again = s.w.as_(&s.admin).call("POST", &s.path(), body.clone()).await.expect(200).json();
    assert_eq!((again["id"].clone(), again["secret"].clone()), (made["id"].clone(), Value::Null));
    let mut other = body;
    other["kinds"] = json!(["task.changed"]);
    s.w.as_(&s.admin).call("POST", &s.path(), other).await.expect_code(409, "client_id_used_before");
    s.w.as_(&s.doctor).call("POST", &s.path(), s.new(&["post.created"])).await.expect(403);
    s.w.as_(&s.doctor).get(&s.path()).await.expect(403);
    let stale = "UPDATE sec.session SET stepped_up_at = NULL WHERE account_id = $1";
    s.w.superuser().await.execute(stale, &[&s.admin.id]).await.expect("time passes");
    let late = s.w.as_(&s.admin).call("POST", &s.path(), s.new(&["post.created"])).await;
    late.expect_code(403, "step_up_required");
}
