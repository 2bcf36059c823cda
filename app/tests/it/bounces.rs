//! Letters that were taken and come back later: a report reaches the right person's address and nothing else.

use renkei::{config::Security, jobs, mail, service::ServiceMode};
use serde_json::json;

use crate::{
    recovery::reachable,
    service_modes,
    world::{
        Facility, Person, World,
        bounce::{BOUNCES, Pipe, report, with_settings},
        smtp::{Received, Smtp},
    },
};

/// A station whose admin and nurse have confirmed addresses.
struct Scene {
    w: World,
    smtp: Smtp,
    pipe: Pipe,
    station: Facility,
    admin: Person,
    nurse: Person,
}

const OWN_PAGE: &str = "メールが届いていません";
const ADMINS_PAGE: &str = "メールサーバーに断られました";

impl Scene {
    async fn new() -> Self {
        let smtp = Smtp::start(None).await;
        let w = World::with(|config| {
            smtp.carries(Security::None)(config);
            config.mail.bounces = BOUNCES.into();
        })
        .await;
        let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
        let admin = w.admin(station, "kanri", "nurse").await;
        let nurse = w.staff(station, "kango", "nurse").await;
        for person in [&admin, &nurse] {
            reachable(&w, person).await;
        }
        let pipe = Pipe::to(&w).await;
        Self { w, smtp, pipe, station, admin, nurse }
    }

    /// A letter that somebody sends to herself, as the mail server took it.
    async fn letter_to(&self, person: &Person) -> Received {
        self.w.as_(person).form("/menu/notifications/test", &[("channel", "mail")]).await.expect(303);
        assert_eq!(jobs::round(&self.w.app, &[mail::KIND]).await.expect("a round"), 1);
        let letter = self.smtp.letters().pop().expect("a letter");
        assert_eq!(letter.to, format!("{}@example.jp", person.login_id));
        letter
    }

    /// Whether her own page and the admin's say that letters to this person fail.
    async fn fails(&self, person: &Person) -> (bool, bool) {
        let own = self.w.as_(person).get("/menu/notifications").await.expect(200).text();
        let path = format!("/api/v1/facilities/{}/interruptions", self.station.id);
        let all = self.w.as_(&self.admin).get(&path).await.expect(200).json();
        let one = all["items"].as_array().expect("the staff").iter().find(|i| i["id"] == json!(person.id));
        (own.contains(OWN_PAGE), one.expect("of the staff")["mail_refused"] == json!(true))
    }

    async fn rows(&self, sql: &str) -> Vec<String> {
        let rows = self.w.superuser().await.query(sql, &[]).await.expect(sql);
        rows.iter().map(|row| row.get(0)).collect()
    }

    async fn noted(&self) -> Vec<String> {
        let sql = "SELECT concat(c.mail, ' ', m.delayed, ' ', m.returned_at IS NOT NULL) FROM sec.sent_mail m JOIN sec.contact c USING (account_id) ORDER BY 1";
        self.rows(sql).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_marks_the_address_and_person_admin_and_operator_see_it() {
    let s = Scene::new().await;
    let letter = s.letter_to(&s.nurse).await;
    assert_eq!(letter.header("From"), Some("renkei@example.jp"), "people see the same sender as before");
    let token = letter.from.strip_prefix("bounces+").and_then(|rest| rest.strip_suffix("@example.jp"));
    assert_eq!(token.map(str::len), Some(26), "{}", letter.from);
    assert!(!letter.data.contains(token.expect("a token")), "it stands in the envelope alone");
    assert_ne!(s.letter_to(&s.admin).await.from, letter.from);
    let own = async || s.w.as_(&s.nurse).get("/menu/notifications").await.expect(200).text();
    assert!(own().await.contains("メールサーバーに渡しました"));
    assert_eq!(s.fails(&s.nurse).await, (false, false));

    assert_eq!(s.pipe.takes(&report(&letter.from, "failed", "5.1.1")), 0);
    assert_eq!(s.fails(&s.nurse).await, (true, true));
    assert!(own().await.contains("試しの結果：届かずに戻ってきました"));
    assert_eq!(s.fails(&s.admin).await, (false, false), "hers alone");
    let page = s.w.as_(&s.admin).get("/facility/interruptions").await.expect(200).text();
    assert!(page.contains(ADMINS_PAGE) && page.contains(&s.nurse.name) && !page.contains("kango@example.jp"));
    let settings = s.w.as_(&s.nurse).get("/api/v1/me/notification-settings").await.expect(200).json();
    assert_eq!(settings["mail_refused"], json!(true));
    let alarms = "SELECT concat(code, ' ', subject, ' ', number) FROM act.watch_jobs()";
    assert_eq!(s.rows(alarms).await, ["mail_failing returned 1"]);

    // A new address begins anew, also when the old one's letters come back only now.
    let late = s.letter_to_old_address().await;
    s.run("UPDATE sec.contact SET changed_at = now() + interval '1 second'").await;
    assert_eq!(s.fails(&s.nurse).await, (true, true), "another telephone number is no other address");
    s.run("UPDATE sec.contact SET mail_confirmed_at = now() + interval '1 second'").await;
    assert_eq!(s.fails(&s.nurse).await, (false, false));
    assert_eq!(s.pipe.takes(&report(&late.from, "failed", "5.1.1")), 0);
    assert_eq!(s.fails(&s.nurse).await, (false, false));
    // What came back is kept as long as what was refused, the rest for two weeks.
    s.run("UPDATE sec.sent_mail SET sent_at = sent_at - interval '15 days'").await;
    jobs::forget_old(&s.w.app).await.expect("forgotten");
    assert_eq!(s.noted().await, ["kango@example.jp 0 t", "kango@example.jp 0 t"]);
    s.run("UPDATE sec.sent_mail SET sent_at = sent_at - interval '76 days'").await;
    jobs::forget_old(&s.w.app).await.expect("forgotten");
    assert!(s.noted().await.is_empty());
}

impl Scene {
    /// One more, within the minute in which a second try would not be sent.
    async fn letter_to_old_address(&self) -> Received {
        self.run("UPDATE sec.mail_test SET at = at - interval '2 minutes'").await;
        self.letter_to(&self.nurse).await
    }

    async fn run(&self, sql: &str) {
        self.w.superuser().await.batch_execute(sql).await.expect(sql);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_else_arrives_changes_nothing() {
    let s = Scene::new().await;
    let (nurses, admins) = (s.letter_to(&s.nurse).await, s.letter_to(&s.admin).await);
    let untouched = ["kango@example.jp 0 f", "kanri@example.jp 0 f"];
    let stranger = "bounces+aaaaaaaaaaaaaaaaaaaaaaaaaa@example.jp";
    // Reports on nothing of ours, on what arrived, on no letter in particular.
    for message in [
        report(stranger, "failed", "5.1.1"),
        report(BOUNCES, "failed", "5.1.1"),
        report(&nurses.from, "delivered", "2.1.5"),
        report(&nurses.from, "relayed", "2.1.9"),
    ] {
        assert_eq!(s.pipe.takes(&message), 0);
    }
    // Programs are not answered; people and rubbish are refused.
    let head = format!("From: kango@example.jp\r\nTo: {}\r\n", nurses.from);
    let absent = format!(
        "{head}Auto-Submitted: auto-replied\r\nSubject: x\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    );
    assert_eq!(s.pipe.takes(absent.as_bytes()), 0);
    let round = s.smtp.letters().pop().expect("a letter of ours").data;
    assert_eq!(
        s.pipe.takes(format!("Delivered-To: {}\r\n{round}", nurses.from).as_bytes()),
        0,
        "it came round"
    );
    let person = format!("{head}Subject: x\r\n\r\nWho reads this?\r\n");
    let garbage: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let mut giant = report(&nurses.from, "failed", "5.1.1");
    giant.extend(vec![b'x'; 3 << 20]);
    for message in [person.as_bytes(), &garbage, &giant, b"", &[0xff; 10]] {
        assert_eq!(s.pipe.takes(message), 65);
    }
    assert_eq!(s.noted().await, untouched);

    // A delay is counted and shown to nobody.
    assert_eq!(s.pipe.takes(&report(&nurses.from, "delayed", "4.4.1")), 0);
    assert_eq!(s.noted().await, ["kango@example.jp 1 f", "kanri@example.jp 0 f"]);
    assert_eq!((s.fails(&s.nurse).await, s.fails(&s.admin).await), ((false, false), (false, false)));

    // Whoever has one letter's address says nothing of another's, whatever stands in the report: the envelope decides.
    let sly = String::from_utf8(report(&admins.from, "failed", "5.1.1")).expect("text");
    let sly = sly.replace("somebody@example.com", "kango@example.jp");
    assert_eq!(s.pipe.takes(sly.as_bytes()), 0);
    assert_eq!((s.fails(&s.nurse).await, s.fails(&s.admin).await), ((false, false), (true, true)));
    // The argument is surer than the head; case is lost on the way.
    let shouted = nurses.from.to_uppercase();
    assert_eq!(s.pipe.takes_for(&report(&admins.from, "failed", "5.1.1"), Some(&shouted)), 0);
    assert_eq!(s.fails(&s.nurse).await, (true, true));
    // Again: as it was.
    let when = "SELECT returned_at::text FROM sec.sent_mail ORDER BY 1";
    let first = s.rows(when).await;
    for action in [("failed", "5.1.1"), ("delayed", "4.4.1"), ("delivered", "2.0.0")] {
        assert_eq!(s.pipe.takes(&report(&nurses.from, action.0, action.1)), 0);
    }
    assert_eq!(s.rows(when).await, first);
    assert_eq!(s.noted().await, ["kango@example.jp 1 t", "kanri@example.jp 0 t"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_the_mail_server_keeps_the_report() {
    let s = Scene::new().await;
    let letter = s.letter_to(&s.nurse).await;
    let failed = report(&letter.from, "failed", "5.1.1");
    let nowhere = s.w.folder.path().display();
    for url in
        [format!("host={nowhere} dbname=renkei user=renkei_bounce"), "nonsense".to_owned(), String::new()]
    {
        assert_eq!(Pipe::by(&url).takes(&failed), 75, "{url}");
    }
    // What is no report needs no database.
    assert_eq!(Pipe::by("nonsense").takes(b"Subject: x\r\n\r\nx\r\n"), 65);
    assert_eq!(with_settings(&s.w.folder.path().join("none.toml"), &failed), 75);
    assert_eq!(s.fails(&s.nurse).await, (false, false));
    // By the settings of a node, in whatever mode the service is.
    service_modes::set(&s.w, None, ServiceMode::Stopped).await;
    let socket = crate::world::cluster().await.socket_dir().display().to_string();
    let url = |name: &str| format!("{name} = \"host={socket} dbname={} user=renkei_{name}\"\n", s.w.database);
    let roles: String = ["app", "auth", "job", "bounce"].map(url).concat();
    let settings = s.w.folder.path().join("renkei.toml");
    let text = format!(
        "base_url = \"http://localhost:8080\"\nblobs = \"{nowhere}/b\"\nmaster_key_file = \"{nowhere}/k\"\n[database]\n{roles}"
    );
    std::fs::write(&settings, text).expect("settings");
    assert_eq!(with_settings(&settings, &failed), 0);
    service_modes::set(&s.w, None, ServiceMode::Normal).await;
    assert_eq!(s.fails(&s.nurse).await, (true, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pipes_role_may_say_that_a_letter_came_back_and_nothing_else() {
    let s = Scene::new().await;
    s.letter_to(&s.nurse).await;
    let pipe = s.w.role("renkei_bounce").await;
    let said = pipe.query_one("SELECT act.mail_returned($1, true)", &[&[7u8; 32].as_slice()]).await;
    assert_eq!(said.expect("its one function").get::<_, &str>(0), "unknown");
    for sql in [
        "SELECT 1 FROM sec.sent_mail",
        "SELECT 1 FROM sec.contact",
        "SELECT 1 FROM care.job",
        "SELECT 1 FROM care.post",
        "SELECT act.note_sent_mail(gen_random_uuid(), 'x', '')",
        "SELECT act.dead_jobs(1)",
        "SELECT sec.mail_fails(gen_random_uuid())",
        "SELECT op.me()",
    ] {
        let refused = pipe.query(sql, &[]).await.expect_err(sql);
        assert_eq!(refused.code().map(|c| c.code()), Some("42501"), "{sql}");
    }
    for role in ["renkei_app", "renkei_auth", "renkei_job", "renkei_operator", "renkei_family"] {
        let refused =
            s.w.role(role).await.query("SELECT act.mail_returned('', true)", &[]).await.expect_err(role);
        assert_eq!(refused.code().map(|c| c.code()), Some("42501"), "{role}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_letters_leave_as_before() {
    let smtp = Smtp::start(None).await;
    let w = World::with(smtp.carries(Security::None)).await;
    let to = mail::address("kanri@example.jp").expect("an address");
    mail::enqueue_now(&w.app, &to, &mail::Letter::new("試験")).await.expect("queued");
    assert_eq!(jobs::round(&w.app, &[mail::KIND]).await.expect("a round"), 1);
    assert_eq!(smtp.letters()[0].from, "renkei@example.jp");
    let kept = w.superuser().await.query("SELECT 1 FROM sec.sent_mail", &[]).await.expect("the notes");
    assert!(kept.is_empty());
}

/// A letter of which the server's answer was lost is sent again. What comes back of the first try says nothing of the second.
#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_judged_by_its_last_try() {
    let s = Scene::new().await;
    s.smtp.refuse_next(1, "451 4.3.0 later\r\n");
    s.w.as_(&s.nurse).form("/menu/notifications/test", &[("channel", "mail")]).await.expect(303);
    jobs::round(&s.w.app, &[mail::KIND]).await.expect("a round");
    let first = s.smtp.refused().pop().expect("the first try");
    let failed = |letter: &Received| report(&letter.from, "failed", "5.1.1");
    // As long as it is the last one, it counts.
    assert_eq!(s.pipe.takes(&failed(&first)), 0);
    assert_eq!(s.fails(&s.nurse).await, (true, true));
    s.run("UPDATE care.job SET run_at = now() WHERE state = 'waiting'").await;
    jobs::round(&s.w.app, &[mail::KIND]).await.expect("a round");
    let second = s.smtp.letters().pop().expect("the second try");
    assert_ne!(first.from, second.from);
    assert_eq!(s.fails(&s.nurse).await, (false, false), "the second has arrived");
    assert_eq!(s.pipe.takes(&failed(&first)), 0);
    assert_eq!(s.fails(&s.nurse).await, (false, false), "and the first comes back once more");
    let own = s.w.as_(&s.nurse).get("/menu/notifications").await.expect(200).text();
    assert!(own.contains("メールサーバーに渡しました"), "{own}");
    assert_eq!(s.pipe.takes(&failed(&second)), 0);
    assert_eq!(s.fails(&s.nurse).await, (true, true));
    // The letter that waits is found by an index.
    let superuser = s.w.superuser().await;
    superuser.batch_execute("SET enable_seqscan = off").await.expect("a setting");
    let plan = "EXPLAIN SELECT j.id FROM care.job j WHERE j.state = 'waiting' AND j.kind = 'mail' AND j.payload ->> 'message' = 'x'";
    let plan = superuser.query(plan, &[]).await.expect("a plan");
    assert!(plan.iter().any(|row| row.get::<_, &str>(0).contains("job_letter_waiting")), "{plan:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_invited_sees_that_the_letter_did_not_arrive() {
    let s = Scene::new().await;
    let other = s.w.admin(s.station, "kanri2", "nurse").await;
    let path = format!("/api/v1/facilities/{}/staff-invitations", s.station.id);
    let body = json!({"client_id": uuid::Uuid::new_v4(), "name": "五十嵐 みずほ", "kana": "いがらし みずほ", "profession": "nurse", "mail": "mizuho@example.com"});
    let made = s.w.as_(&s.admin).call("POST", &path, body).await.expect(201).json();
    let link = format!("{path}/{}/link", made["id"].as_str().expect("an id"));
    let sent = async || {
        jobs::round(&s.w.app, &[mail::KIND]).await.expect("a round");
        s.smtp.letters().pop().expect("a letter")
    };
    let page = async |who: &Person| {
        s.w.as_(who)
            .get("/facility/staff/invitations")
            .await
            .expect(200)
            .text()
            .contains("メールが届きませんでした")
    };
    let listed =
        async || s.w.as_(&s.admin).get(&path).await.expect(200).json()["items"][0]["mail_failed"].clone();
    let told = async |who: &Person| {
        let all = s.w.as_(who).get("/api/v1/me/notices").await.expect(200).json();
        let items = all["items"].as_array().expect("notices").clone();
        items.into_iter().find(|n| n["kind"] == json!("invitation_undelivered"))
    };
    let letter = sent().await;
    assert_eq!(letter.to, "mizuho@example.com");
    assert_eq!((page(&s.admin).await, listed().await, told(&s.admin).await), (false, json!(false), None));

    let number = async || {
        let counts = s.w.as_(&s.admin).get("/api/v1/me/counts").await.expect(200).json();
        counts["notices"].as_i64().expect("a number")
    };
    let before = number().await;
    assert_eq!(s.pipe.takes(&report(&letter.from, "failed", "5.1.1")), 0);
    assert_eq!(number().await, before + 1);
    assert!(page(&s.admin).await && page(&other).await, "every admin sees the list");
    assert_eq!(listed().await, json!(true));
    let notice = told(&s.admin).await.expect("a notice");
    assert_eq!((&notice["count"], &notice["new"]), (&json!(1), &json!(true)));
    assert!(
        !notice.to_string().contains("五十嵐") && !notice.to_string().contains("example.com"),
        "{notice}"
    );
    assert_eq!(told(&s.admin).await.expect("still there")["new"], json!(false), "it was seen");
    assert_eq!(number().await, before);
    assert_eq!(told(&other).await, None, "she has not invited");
    assert_eq!(told(&s.nurse).await, None);

    // A new link is a new letter, which the server refuses at once this time.
    s.w.as_(&s.admin).call("POST", &link, json!(null)).await.expect(200);
    assert_eq!((listed().await, told(&s.admin).await), (json!(false), None));
    s.smtp.refuse_next(1, "550 5.1.1 no such person\r\n");
    sent().await;
    assert_eq!(listed().await, json!(true));
    assert_eq!(told(&s.admin).await.expect("a notice")["new"], json!(true));
    let page = s.w.as_(&s.admin).get("/notices").await.expect(200).text();
    assert!(page.contains("招待のメールが届きませんでした") && !page.contains("五十嵐"), "{page}");
    // Whoever invited is no admin any more: it is the others' to see to.
    let admin = async |is: bool| {
        let sql = "UPDATE care.staff SET admin = $2 WHERE account_id = $1";
        s.w.superuser().await.execute(sql, &[&s.admin.id, &is]).await.expect("a tie");
    };
    admin(false).await;
    assert_eq!(told(&s.admin).await, None);
    assert_eq!(told(&other).await.expect("a notice")["count"], json!(1));
    admin(true).await;
    assert_eq!(told(&other).await, None);
    // Taken back, nobody has to do anything about it.
    let one = link.strip_suffix("/link").expect("of the link");
    s.w.as_(&s.admin).call("DELETE", one, json!(null)).await.expect(204);
    assert_eq!(told(&s.admin).await, None);
}
