//! Who is told of a post, and what leaves for it: against a push service of our own that opens what it gets.

mod deciding;
mod letters;
mod notices;
pub(crate) mod phone;
mod pushing;
mod settings;

use jiff::{SignedDuration, Timestamp};
use renkei::{features::notifications, jobs};
use serde_json::json;
use uuid::Uuid;

use crate::world::{Facility, Person, World};
use phone::{Phone, Service};

/// A clinic with a doctor, who hosts, and a nurse of another facility, who is reached on a phone.
struct Scene {
    w: World,
    clinic: Facility,
    station: Facility,
    doctor: Person,
    nurse: Person,
    group: Uuid,
    service: Service,
    phone: Phone,
}

impl Scene {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut renkei::config::Config)) -> Self {
        let service = Service::start().await;
        let w = World::with(|config| {
            config.push.hosts = "127.0.0.1".into();
            config.push.private = true;
            change(config);
        })
        .await;
        let clinic = w.facility("clinic", "試験クリニック").await;
        let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
        let doctor = w.admin(clinic, "isha", "doctor").await;
        let nurse = w.admin(station, "kango", "nurse").await;
        let group = w.group(&doctor, &doctor, "小野寺 ハル子").await;
        w.join(&doctor, group, &nurse).await;
        let phone = Phone::new();
        phone.subscribe(&w, &nurse, &service).await.expect(201);
        // What happened so far is not what these tests look at.
        notifications::look(&w.app, Timestamp::now()).await.expect("a look");
        Self { w, clinic, station, doctor, nurse, group, service, phone }
    }

    async fn post(&self, text: &str) -> Uuid {
        crate::world::id_of(&self.w.as_(&self.doctor).post(self.group, text).await.expect(201).json())
    }

    /// Looks for what is new now, and decides as if it were so much later: nobody is at work in the product any more. How many
    /// were told.
    async fn look_after(&self, minutes: i64) -> i32 {
        let at_once = notifications::look(&self.w.app, Timestamp::now()).await.expect("a look");
        let later = Timestamp::now() + SignedDuration::from_mins(minutes);
        at_once + notifications::look(&self.w.app, later).await.expect("a later look")
    }

    async fn send(&self) -> usize {
        jobs::round(&self.w.app, &[notifications::KIND]).await.expect("a round")
    }

    async fn rows(&self, sql: &str) -> Vec<String> {
        let rows = self.w.superuser().await.query(sql, &[]).await.expect(sql);
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn states(&self) -> Vec<String> {
        self.rows("SELECT state FROM care.notification ORDER BY seq").await
    }

    async fn deliveries(&self) -> Vec<String> {
        self.rows("SELECT d.state FROM care.delivery d JOIN care.notification n USING (post_id, account_id) ORDER BY n.seq").await
    }

    async fn run(&self, sql: &str) {
        self.w.superuser().await.batch_execute(sql).await.expect(sql);
    }

    /// From now on every post calls somebody like this: what the function says of itself that it will say one day.
    async fn every_post_is(&self, why: &str) {
        self.calls(&format!("SELECT p, NULL::uuid, '{why}'::text FROM pg_catalog.unnest(p_posts) p")).await;
    }

    async fn every_post_is_ordinary(&self) {
        self.calls("SELECT NULL::uuid, NULL::uuid, NULL::text WHERE false").await;
    }

    async fn calls(&self, body: &str) {
        self.run(&format!(
            "SELECT guard.open_window('1 minute', 'test');
             CREATE OR REPLACE FUNCTION sec.calls_for(p_posts uuid[]) RETURNS TABLE (post_id uuid, account_id uuid, why text) LANGUAGE sql STABLE AS $$ {body} $$;
             SELECT guard.close_windows();"
        ))
        .await;
    }

    async fn read(&self, person: &Person, seq: i64) {
        let path = format!("/api/v1/groups/{}/read", self.group);
        self.w.as_(person).call("POST", &path, json!({"up_to_seq": seq})).await.expect(204);
    }
}
