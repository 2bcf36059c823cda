//! Webhooks of a facility over real sockets: what arrives, what never does, and what becomes of what does not arrive.

mod failing;
mod receiver;
mod who;

use jiff::{SignedDuration, Timestamp};
use renkei::features::webhooks::send;
use serde_json::{Value, json};
use uuid::Uuid;

use self::receiver::Receiver;
use crate::world::{Facility, Person, World, id_of, tls};

pub struct Scene {
    pub w: World,
    pub receiver: Receiver,
    pub clinic: Facility,
    pub admin: Person,
    pub doctor: Person,
    pub group: Uuid,
    _folder: tempfile::TempDir,
}

/// A clinic, an operator who lists its receiver as one in the own network, and one who waits a second for answers.
pub async fn scene() -> Scene {
    let folder = tempfile::tempdir().expect("a folder");
    let (acceptor, authority) = tls::localhost(folder.path());
    let receiver = Receiver::start(acceptor).await;
    let w = World::with(|config| {
        config.webhooks.private_hosts = format!("localhost:{}", receiver.port);
        config.webhooks.hosts = "localhost, hook.example.jp".into();
        config.webhooks.ca_file = authority;
        config.webhooks.wait_seconds = 2;
    })
    .await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let doctor = w.staff(clinic, "isha", "doctor").await;
    let patient = w.patient(&admin, "鵜飼橋 花子").await;
    let group = w.team(&admin, patient, &[&doctor]).await;
    step_up(&w, &admin).await;
    Scene { w, receiver, clinic, admin, doctor, group, _folder: folder }
}

pub async fn step_up(w: &World, who: &Person) {
    let fresh = "UPDATE sec.session SET stepped_up_at = now() WHERE account_id = $1";
    w.superuser().await.execute(fresh, &[&who.id]).await.expect("stepped up");
}

impl Scene {
    pub fn path(&self) -> String {
        format!("/api/v1/facilities/{}/webhooks", self.clinic.id)
    }

    pub fn wanting(&self, kinds: &[&str]) -> Value {
        let url = format!("https://localhost:{}/hook", self.receiver.port);
        json!({"client_id": Uuid::new_v4(), "url": url, "kinds": kinds})
    }

    /// Its id and its secret.
    pub async fn make(&self, kinds: &[&str]) -> (Uuid, String) {
        let made =
            self.w.as_(&self.admin).call("POST", &self.path(), self.wanting(kinds)).await.expect(201).json();
        (id_of(&made), made["secret"].as_str().expect("shown once").to_owned())
    }

    /// An act of the admin's on a webhook.
    pub async fn act(&self, hook: Uuid, act: &str, body: Value) -> crate::world::Answer {
        self.w.as_(&self.admin).call("POST", &format!("{}/{hook}/{act}", self.path()), body).await
    }

    pub async fn post(&self) {
        self.w.as_(&self.doctor).post(self.group, "カナリアの言葉").await.expect(201);
    }

    /// Looks at what is new. How many calls it made of it.
    pub async fn look(&self) -> i32 {
        send::look(&self.w.app, Timestamp::now()).await.expect("a look")
    }

    /// Makes the calls that are due in so many seconds.
    pub async fn round_in(&self, seconds: i64) -> usize {
        let at = Timestamp::now() + SignedDuration::from_secs(seconds);
        send::round(&self.w.app, at).await.expect("a round")
    }

    /// A post, a look, and the call.
    pub async fn happens(&self) -> i32 {
        self.post().await;
        let put = self.look().await;
        self.round_in(0).await;
        put
    }

    pub async fn list(&self) -> Value {
        self.w.as_(&self.admin).get(&self.path()).await.expect(200).json()
    }

    /// The first webhook.
    pub async fn state(&self) -> Value {
        self.list().await["items"][0].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_says_that_something_happened_signed_and_nothing_of_what() {
    let s = scene().await;
    let (hook, secret) = s.make(&["post.created"]).await;
    assert_eq!(s.happens().await, 1);
    let got = s.receiver.last();
    assert!(got.head.starts_with("POST /hook HTTP/1.1\r\n"), "{}", got.head);
    let call = s.state().await["calls"][0].clone();
    let told = got.json();
    assert_eq!(told["type"], "post.created");
    assert_eq!(told["data"], json!({"event_id": call["id"]}));
    assert_eq!(told.as_object().expect("an object").len(), 3, "a kind, a time, an id");
    assert_eq!(got.header("webhook-id"), format!("msg_{}", call["id"].as_str().expect("an id")));
    for hidden in
        ["カナリア", "鵜飼橋", &s.group.to_string(), &s.doctor.id.to_string(), &s.clinic.id.to_string()]
    {
        assert!(!got.text().contains(hidden), "{hidden}");
    }
    assert!(got.is_signed_by(&secret));
    assert_eq!(
        (call["state"].as_str(), call["tries"].as_i64(), call["status"].as_i64()),
        (Some("delivered"), Some(1), Some(204))
    );
    assert!(s.state().await["delivered_at"].is_string());
    // The cursor stays a little behind, so the same event may come by again: it is told once.
    s.look().await;
    assert_eq!(s.round_in(0).await, 0);
    assert_eq!(s.receiver.count(), 1);
    // The secret was shown once, and stands sealed.
    let list = s.list().await.to_string();
    assert!(!list.contains(&secret) && !list.contains("whsec_"));
    let kept = "SELECT secret FROM sec.webhook WHERE id = $1";
    let kept: Vec<u8> = s.w.superuser().await.query_one(kept, &[&hook]).await.expect("a row").get(0);
    let key = data_encoding::BASE64.decode(secret.trim_start_matches("whsec_").as_bytes()).expect("a key");
    assert!(!kept.windows(key.len()).any(|w| w == key));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_kinds_asked_for_and_only_groups_with_somebody_of_the_facility() {
    let s = scene().await;
    s.make(&["post.withdrawn"]).await;
    assert_eq!(s.happens().await, 0, "not asked for");
    let (hook, _) = s.make(&["post.created"]).await;
    assert_eq!(s.happens().await, 1, "asked for, and what was before is not told");
    let station = s.w.facility("visiting_nurse_station", "試験訪問看護").await;
    let other = s.w.admin(station, "betsu", "nurse").await;
    let nurse = s.w.staff(station, "kango", "nurse").await;
    let patient = s.w.patient(&other, "別の 人").await;
    let group = s.w.team(&other, patient, &[&nurse]).await;
    s.w.as_(&nurse).post(group, "ここには診療所の人がいません").await.expect(201);
    assert_eq!(s.look().await, 0, "nobody of the clinic is there");
    // A conversation of two: its times alone would say who wrote.
    let asked = json!({"client_id": Uuid::new_v4(), "account_id": s.doctor.id, "facility_id": s.clinic.id, "greeting": "よろしくお願いします"});
    let connection =
        s.w.as_(&s.admin).call("POST", "/api/v1/connections", asked).await.expect(201).json()["id"].clone();
    let connection = format!("/api/v1/connections/{}", connection.as_str().expect("an id"));
    let yes = json!({"decision": "accept"});
    s.w.as_(&s.doctor).call("POST", &format!("{connection}/acceptance"), yes).await.expect(204);
    let two =
        s.w.as_(&s.admin).call("POST", &format!("{connection}/conversation"), Value::Null).await.expect(201);
    let two: Uuid = two.json()["id"].as_str().expect("an id").parse().expect("an id");
    s.w.as_(&s.admin).post(two, "二人の話です").await.expect(201);
    assert_eq!(s.look().await, 0, "a conversation of two");
    s.w.as_(&s.admin).call("DELETE", &format!("{}/{hook}", s.path()), Value::Null).await.expect(204);
    s.post().await;
    assert_eq!(s.look().await, 0, "it has ended");
    let db = s.w.superuser().await;
    let left = "SELECT secret IS NULL AND old_secret IS NULL FROM sec.webhook WHERE id = $1";
    assert!(db.query_one(left, &[&hook]).await.expect("a row").get::<_, bool>(0), "with its secrets");
}

#[tokio::test(flavor = "multi_thread")]
async fn for_a_time_two_secrets_are_good_and_a_known_one_is_good_no_more() {
    let s = scene().await;
    let (hook, first) = s.make(&["post.created"]).await;
    let body = json!({"client_id": Uuid::new_v4()});
    let second = s.act(hook, "rotation", body.clone()).await.expect(201).json()["secret"].clone();
    let second = second.as_str().expect("shown once").to_owned();
    assert_eq!(s.act(hook, "rotation", body.clone()).await.expect(200).json()["secret"], Value::Null);
    let mut other = body;
    other["at_once"] = json!(true);
    s.act(hook, "rotation", other).await.expect_code(409, "client_id_used_before");
    s.happens().await;
    let got = s.receiver.last();
    assert!(got.is_signed_by(&first) && got.is_signed_by(&second), "both");
    assert!(s.state().await["old_secret_until"].is_string());
    // One that nobody has taken over yet gives way; what the receiver knows stays.
    let third = s.act(hook, "rotation", json!({"client_id": Uuid::new_v4()})).await.expect(201).json();
    s.happens().await;
    let got = s.receiver.last();
    assert!(got.is_signed_by(&first) && !got.is_signed_by(&second));
    assert!(got.is_signed_by(third["secret"].as_str().expect("shown once")));
    let later = Timestamp::now() + SignedDuration::from_hours(73);
    s.post().await;
    s.look().await;
    assert_eq!(send::round(&s.w.app, later).await.expect("a round"), 1);
    let got = s.receiver.last();
    assert!(!got.is_signed_by(&first) && got.is_signed_by(third["secret"].as_str().expect("shown once")));
    send::forget(&s.w.app, later).await.expect("forgotten");
    let left = "SELECT old_secret IS NULL FROM sec.webhook WHERE id = $1";
    assert!(s.w.superuser().await.query_one(left, &[&hook]).await.expect("a row").get::<_, bool>(0));

    let body = json!({"client_id": Uuid::new_v4(), "at_once": true});
    let fourth = s.act(hook, "rotation", body).await.expect(201).json();
    s.happens().await;
    let got = s.receiver.last();
    assert!(!got.is_signed_by(third["secret"].as_str().expect("shown once")));
    assert!(got.is_signed_by(fourth["secret"].as_str().expect("shown once")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_network_and_hosts_that_nobody_listed_are_not_called() {
    let s = scene().await;
    let (hook, _) = s.make(&["post.created"]).await;
    s.happens().await;
    assert_eq!(s.receiver.count(), 1, "the receiver works");
    let port = s.receiver.port;
    for url in [
        "https://example.org/".to_owned(),
        format!("http://localhost:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::1]:{port}/"),
        format!("https://u:p@localhost:{port}/"),
        "https://169.254.169.254/".to_owned(),
        "https://localhost:5432/".to_owned(),
    ] {
        let body = json!({"client_id": Uuid::new_v4(), "url": url, "kinds": ["post.created"]});
        s.w.as_(&s.admin).call("POST", &s.path(), body).await.expect(422);
    }
    // A name of the public list that leads into the own network, as a rebinding name would.
    let db = s.w.superuser().await;
    let away = "UPDATE sec.webhook SET url = 'https://localhost/hook' WHERE id = $1";
    db.execute(away, &[&hook]).await.expect("at the usual port");
    s.happens().await;
    assert_eq!(s.state().await["calls"][0]["code"], "address_not_allowed");
    // The list became shorter.
    let away =
        "UPDATE sec.webhook SET url = 'https://other.example.jp/hook', held_until = NULL WHERE id = $1";
    db.execute(away, &[&hook]).await.expect("elsewhere");
    s.act(hook, "test", Value::Null).await.expect(202);
    s.round_in(0).await;
    assert_eq!(s.state().await["calls"][0]["code"], "host_not_listed");
    assert_eq!(s.receiver.count(), 1);
}
