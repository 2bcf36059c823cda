//! Notices for patients and relatives: of what the team writes on their timeline, once, without a word of it, and of nothing else.

use jiff::{SignedDuration, Timestamp};
use renkei::{
    config::Security,
    features::{family::ring, notifications},
    jobs, mail,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    family::{Room, family_post, room_in},
    notifications::phone::{Phone, Service},
    world::{Client, World, bounce, kin::Kin, smtp::Smtp},
};

struct Scene {
    r: Room,
    service: Service,
    phone: Phone,
    mika: Kin,
}

impl Scene {
    async fn with(change: impl FnOnce(&mut renkei::config::Config)) -> Self {
        let service = Service::start().await;
        let w = World::with(|config| {
            config.push.hosts = "127.0.0.1".into();
            config.push.private = true;
            change(config);
        });
        let r = room_in(w.await).await;
        let mika = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
        let phone = Phone::new();
        let s = Self { r, service, phone, mika };
        // The tests run at any hour.
        s.set("on", "off").await;
        s
    }

    async fn new() -> Self {
        let s = Self::with(|_| {}).await;
        s.mika().call("POST", "/family/notices/subscription", s.phone.body(&s.service)).await.expect(201);
        s
    }

    fn mika(&self) -> Client<'_> {
        self.r.w.as_kin(&self.mika)
    }

    async fn set(&self, told: &str, quiet: &str) {
        let fields = [("told", told), ("quiet", quiet), ("from", "00:00"), ("to", "00:00")];
        self.mika().form("/family/notices", &fields).await.expect(303);
    }

    async fn posts(&self, words: &str) {
        let host = self.r.w.as_(&self.r.host);
        host.call("POST", &self.r.posts(), family_post(words)).await.expect(201);
    }

    /// As if it were so much later: nobody has the page open any more. How many were told.
    async fn look_after(&self, minutes: i64) -> i32 {
        let at_once = ring::look(&self.r.w.app, Timestamp::now()).await.expect("a look");
        let later = Timestamp::now() + SignedDuration::from_mins(minutes);
        at_once + ring::look(&self.r.w.app, later).await.expect("a later look")
    }

    async fn send(&self) -> usize {
        jobs::round(&self.r.w.app, &[ring::KIND, notifications::KIND]).await.expect("a round")
    }

    async fn states(&self) -> Vec<String> {
        let sql = "SELECT n.state FROM care.relative_notice n JOIN care.account a ON a.id = n.account_id WHERE a.login_id = 'mika' ORDER BY n.seq";
        let rows = self.r.w.superuser().await.query(sql, &[]).await.expect("the notices");
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn page(&self) -> String {
        self.mika().get("/family/notices").await.expect(200).text()
    }

    /// Whether this phone is to be reached.
    async fn wanted(&self) -> bool {
        let found = self.mika().get("/family/notices/subscription").await.expect(200).json();
        assert!(found["push"]["public_key"].is_string(), "{found}");
        found["push"]["wanted"].as_bool().expect("a yes or a no")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_team_writes_rings_once_says_nothing_and_the_phone_answers() {
    let s = Scene::new().await;
    let again = s.mika().call("POST", "/family/notices/subscription", s.phone.body(&s.service)).await;
    again.expect(200);
    s.posts("母の 血圧は 120です").await;
    assert_eq!(s.look_after(2).await, 1);
    assert_eq!((s.look_after(2).await, s.send().await), (0, 1), "and once");
    let pushes = s.service.pushes();
    let text = s.phone.open(&pushes[0]);
    assert_eq!((pushes.len(), &text["k"]), (1, &json!("f")));
    assert_eq!(text.as_object().map(serde_json::Map::len), Some(3), "version, token, page: {text}");
    assert!(!s.page().await.contains("さいごに とどいた"));
    let nobody = s.r.w.nobody();
    nobody.call("POST", "/push/confirmations", json!({"token": text["t"]})).await.expect(204);
    assert!(s.page().await.contains("さいごに とどいた"));
    // A second post within minutes is no second ring; once the page was seen, the next one is.
    s.posts("あしたは 雨です").await;
    assert_eq!(s.look_after(2).await, 0);
    let timeline = format!("/family/{}", s.r.group);
    s.mika().get(&timeline).await.expect(200);
    s.posts("かさを もって いきます").await;
    assert_eq!(s.look_after(60).await, 1);
    assert_eq!(s.states().await, ["told", "joined", "told"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_rung_of_the_teams_own_talk_of_another_relative_or_of_what_was_seen() {
    let s = Scene::new().await;
    let (host, mika) = (s.r.w.as_(&s.r.host), s.mika());
    let ken = s.r.w.kin(&s.r.host, s.r.group, "ken", "family", "試験 健").await;
    // The allowed case first.
    s.posts("ご家族へ").await;
    assert_eq!((s.look_after(2).await, s.send().await), (1, 1));
    mika.get(&format!("/family/{}", s.r.group)).await.expect(200);
    let quiet = async |why: &str| {
        assert_eq!((s.look_after(120).await, s.send().await), (0, 0), "{why}");
        assert_eq!(s.service.pushes().len(), 1, "{why}");
    };
    let urgent = json!({"client_id": Uuid::new_v4(), "body": "チームの 急ぎの 話", "urgent": true});
    host.call("POST", &s.r.posts(), urgent).await.expect(201);
    quiet("an urgent post of the team's").await;
    s.r.w.as_kin(&ken).call("POST", &s.r.posts(), family_post("兄です")).await.expect(201);
    quiet("a post of another relative").await;
    s.posts("もう ひとつ").await;
    mika.get(&format!("/family/{}", s.r.group)).await.expect(200);
    quiet("what was on the screen before").await;
    // Decided, and seen before it was sent.
    s.posts("みっつめ").await;
    assert_eq!(s.look_after(120).await, 1);
    mika.get(&format!("/family/{}", s.r.group)).await.expect(200);
    s.send().await;
    assert_eq!(s.service.pushes().len(), 1, "seen between deciding and sending");
    // Off is off, and the night waits for its end.
    s.set("off", "off").await;
    s.posts("よっつめ").await;
    quiet("switched off").await;
    s.set("on", "on").await;
    s.posts("いつつめ").await;
    assert_eq!(s.look_after(120).await, 0, "quiet all day");
    assert_eq!(s.states().await.last().map(String::as_str), Some("waiting"));
    // Taken off the timeline: nothing is left to ring.
    let removal = json!({"client_id": Uuid::new_v4(), "reason": "試験"});
    let path = format!("/api/v1/groups/{}/relatives/{}/removal", s.r.group, s.mika.id);
    host.call("POST", &path, removal).await.expect(204);
    // Quiet all day and every day is asked about again after a week and more.
    assert_eq!(s.look_after(30_000).await, 0);
    assert_eq!(s.states().await.last().map(String::as_str), Some("void"));
    let left = "SELECT count(*) FROM sec.relative_subscription WHERE endpoint IS NOT NULL";
    assert_eq!(s.r.w.superuser().await.query_one(left, &[]).await.expect("a count").get::<_, i64>(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_tried_again_and_given_up_where_it_can_be_seen() {
    let s = Scene::new().await;
    s.service.will_answer(&["503 Service Unavailable"]);
    s.mika().form("/family/notices/test", &[]).await.expect(303);
    assert_eq!(s.send().await, 1);
    assert!(s.page().await.contains("もう一度 送って みます"));
    let due = "UPDATE care.job SET run_at = now() WHERE kind = 'family_push' AND state = 'waiting'";
    s.r.w.superuser().await.execute(due, &[]).await.expect("the clock runs");
    assert_eq!(s.send().await, 1);
    assert!(s.page().await.contains("スマートフォンの 返事を まって います"));
    let timeline = format!("/family/{}", s.r.group);
    assert!(!s.mika().get(&timeline).await.expect(200).text().contains("とどいて いません"));
    s.service.will_answer(&["403 Forbidden"]);
    s.posts("ご家族へ").await;
    assert_eq!((s.look_after(2).await, s.send().await), (1, 1));
    assert!(s.page().await.contains("とどいて いません"));
    assert!(s.mika().get(&timeline).await.expect(200).text().contains("お知らせが とどいて いません"));
    // What the push service does not know any more is forgotten, and the phone may subscribe anew; signing out forgets it too.
    assert!(s.wanted().await);
    s.service.will_answer(&["410 Gone"]);
    s.posts("もう ひとつ").await;
    assert_eq!((s.look_after(60).await, s.send().await), (1, 1));
    assert!(s.page().await.contains("まだ 知らせません"));
    assert!(s.wanted().await, "she did not end it");
    s.mika().call("POST", "/family/notices/subscription", s.phone.body(&s.service)).await.expect(201);
    s.mika().form("/family/notices/end", &[("which", "here")]).await.expect(303);
    assert!(!s.wanted().await, "she ended it");
    s.mika().call("POST", "/family/notices/subscription", s.phone.body(&s.service)).await.expect(201);
    s.mika().form("/family/sign-out", &[]).await.expect(303);
    let left = "SELECT count(*) FROM sec.relative_subscription WHERE endpoint IS NOT NULL";
    assert_eq!(s.r.w.superuser().await.query_one(left, &[]).await.expect("a count").get::<_, i64>(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_of_the_family_and_one_of_the_staff_are_two_though_they_are_one() {
    let s = Scene::new().await;
    // A nurse whose mother is a patient: one browser, one address of the push service.
    s.phone.subscribe(&s.r.w, &s.r.nurse, &s.service).await.expect(201);
    notifications::look(&s.r.w.app, Timestamp::now()).await.expect("a look");
    s.posts("ご家族へ").await;
    assert_eq!((s.look_after(2).await, s.send().await), (1, 1));
    assert_eq!(s.phone.open(&s.service.pushes()[0])["k"], "f");
    s.r.w.as_(&s.r.host).post(s.r.group, "チームの話").await.expect(201);
    let later = Timestamp::now() + SignedDuration::from_mins(2);
    notifications::look(&s.r.w.app, Timestamp::now()).await.expect("a look");
    notifications::look(&s.r.w.app, later).await.expect("a look");
    assert_eq!((s.look_after(2).await, s.send().await), (0, 1));
    let pushes = s.service.pushes();
    assert_eq!((pushes.len(), &s.phone.open(&pushes[1])["k"]), (2, &json!("p")));
    // The nurse's session is none at this door, and the other way round.
    let body = s.phone.body(&s.service);
    s.r.w.as_(&s.r.nurse).call("POST", "/family/notices/subscription", body.clone()).await.expect(303);
    assert!(s.wanted().await);
    s.r.w.as_(&s.r.nurse).get("/family/notices/subscription").await.expect(303);
    s.mika().call("POST", "/api/v1/me/push-subscriptions", body).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_goes_to_an_address_whose_number_was_typed_and_names_nobody() {
    let smtp = Smtp::start(None).await;
    let s = Scene::with(|config| {
        smtp.carries(Security::None)(config);
        config.mail.bounces = bounce::BOUNCES.into();
    })
    .await;
    let work = async || jobs::round(&s.r.w.app, &[mail::KIND]).await.expect("a round");
    let mail = "/family/notices/mail";
    let kept = s.mika().form(mail, &[("mail", "mika＠どこか")]).await.expect(422).text();
    assert!(kept.contains("mika＠どこか") && kept.contains("メールアドレスの形"));
    s.mika().form(mail, &[("mail", "mika@example.jp")]).await.expect(303);
    assert_eq!(work().await, 1);
    s.posts("まだ 確かめて いない").await;
    assert_eq!(s.look_after(2).await, 0, "an address that nobody has confirmed");
    let text = smtp.letters()[0].text();
    let code: String = text.split("数字：").nth(1).expect("a number").chars().take(6).collect();
    let wrong = if code == "123456" { "654321" } else { "123456" };
    let confirm = "/family/notices/mail/confirmation";
    s.mika().form(confirm, &[("code", wrong)]).await.expect(422);
    // Another relative's number is nothing here, nor is hers somebody else's.
    let ken = s.r.w.kin(&s.r.host, s.r.group, "ken", "family", "試験 健").await;
    s.r.w.as_kin(&ken).form(confirm, &[("code", &code)]).await.expect(422);
    s.mika().form(confirm, &[("code", &code)]).await.expect(303);
    s.mika().form(confirm, &[("code", &code)]).await.expect(422);
    assert!(s.page().await.contains("mika@example.jp"));
    s.mika().get(&format!("/family/{}", s.r.group)).await.expect(200);
    s.posts("母の 血圧は 120です").await;
    assert_eq!((s.look_after(60).await, work().await), (1, 1));
    let letter = smtp.letters().pop().expect("a letter");
    let text = letter.text();
    assert_eq!(letter.to, "mika@example.jp");
    assert!(
        text.contains("新しいものがあります") && text.contains("http://localhost:8080/family\r\n"),
        "{text}"
    );
    for word in ["血圧", "120", "試験", "太郎", "美香", "クリニック", &s.r.group.to_string()] {
        assert!(!text.contains(word) && !letter.data.contains(word), "{word}");
    }
    // It comes back later: the page says so, until the next one is taken.
    assert!(!s.page().await.contains("とどきませんでした"));
    let pipe = bounce::Pipe::to(&s.r.w).await;
    assert_eq!(pipe.takes(&bounce::report(&letter.from, "failed", "5.1.1")), 0);
    assert!(s.page().await.contains("さいごの メールが とどきませんでした"));
    s.mika().get(&format!("/family/{}", s.r.group)).await.expect(200);
    s.posts("つぎの こと").await;
    assert_eq!((s.look_after(120).await, work().await), (1, 1));
    // Refused by the server: the page says so. Given back: the address is forgotten.
    assert!(!s.page().await.contains("とどきませんでした"));
    smtp.refuse_next(1, "550 no such person\r\n");
    s.mika().get(&format!("/family/{}", s.r.group)).await.expect(200);
    s.posts("もう ひとつ").await;
    assert_eq!((s.look_after(180).await, work().await), (1, 1));
    assert!(s.page().await.contains("さいごの メールが とどきませんでした"));
    s.mika().form("/family/notices/mail/end", &[]).await.expect(303);
    assert!(!s.page().await.contains("mika@example.jp"));
    // Five letters with a number a day: this door is no way to write to strangers.
    for _ in 0..4 {
        s.mika().form(mail, &[("mail", "dareka@example.jp")]).await.expect(303);
    }
    let refused = s.mika().form(mail, &[("mail", "dareka@example.jp")]).await.expect(422).text();
    assert!(refused.contains("今日は もう 5回"), "{refused}");
}
