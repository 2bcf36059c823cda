//! The life of an alarm: raised once, told once, told again while nobody has seen it, seen, ended. And what letters and
//! calls never hold.

use renkei::{config::Security, features::alarms, jobs, mail, outbound};

use super::{forget_windows, open, run};
use crate::world::{World, smtp::Smtp};

async fn told_world(smtp: &Smtp) -> World {
    let w = World::with(|config| {
        (config.mail.host, config.mail.port) = ("localhost".into(), smtp.address.port());
        (config.mail.security, config.mail.from) = (Security::None, "renkei@example.jp".into());
        config.watch.mail_to = "kanri@example.jp, yakan@example.jp".into();
        config.watch.remind_minutes = 60;
    })
    .await;
    forget_windows(&w).await;
    w
}

async fn round(w: &World) {
    alarms::watch(&w.app).await.expect("a round");
    while jobs::round(&w.app, &[mail::KIND, outbound::KIND]).await.expect("a round") > 0 {}
}

/// Something that is true until it is taken away.
const TRUE: &str = "SELECT act.know_schedules(ARRAY['test']); SELECT act.schedule_started('test'); SELECT act.schedule_finished('test', 'failed', false)";
const OVER: &str = "SELECT act.schedule_finished('test', 'done', true)";

fn decoded(letter: &crate::world::smtp::Received) -> String {
    let text = letter.data.split("\r\n\r\n").nth(1).unwrap_or_default();
    let text: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    String::from_utf8(data_encoding::BASE64.decode(&text).expect("base64")).expect("UTF-8")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_is_told_once_again_while_unseen_and_ends_when_it_is_over() {
    let smtp = Smtp::start(None).await;
    let w = told_world(&smtp).await;
    round(&w).await;
    assert!(
        smtp.letters().is_empty() && open(&w).await.is_empty(),
        "a quiet deployment: {:?}",
        open(&w).await
    );
    run(&w, TRUE).await;
    round(&w).await;
    round(&w).await;
    let letters = smtp.letters();
    let mut to: Vec<_> = letters.iter().map(|l| l.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["kanri@example.jp", "yakan@example.jp"], "once each");
    let text = decoded(&letters[0]);
    assert!(text.contains("決まった時刻の仕事が失敗しました") && text.contains("/operator/watch"), "{text}");
    // Nobody looks for an hour: once more.
    run(&w, "UPDATE care.alarm SET told_at = told_at - interval '61 minutes'").await;
    round(&w).await;
    round(&w).await;
    assert_eq!(smtp.letters().len(), 4);
    // Seen on the page: no reminder any more.
    let operator = w.operator("unei").await;
    let page = operator.get("/operator/watch").await.expect(200).text();
    let path = page
        .split("action=\"")
        .find_map(|p| p.split('"').next().filter(|p| p.ends_with("/seen")))
        .expect("a button");
    operator.form(path, &[]).await.expect(303);
    let again = operator.get("/operator/watch").await.expect(200).text();
    assert!(again.contains("試験 運営が見ました") && !again.contains("/seen\""), "{again}");
    run(&w, "UPDATE care.alarm SET told_at = told_at - interval '61 minutes' WHERE code = 'schedule_failed'")
        .await;
    round(&w).await;
    let about = smtp.letters().iter().filter(|l| decoded(l).contains("決まった時刻の仕事")).count();
    assert_eq!(about, 4, "seen is seen");
    // Over, and quiet for two minutes: ended.
    run(&w, OVER).await;
    round(&w).await;
    assert!(open(&w).await.contains(&"schedule_failed".to_owned()), "not at once");
    run(&w, "UPDATE care.alarm SET last_true_at = last_true_at - interval '3 minutes' WHERE code = 'schedule_failed'").await;
    round(&w).await;
    assert!(!open(&w).await.contains(&"schedule_failed".to_owned()));
    let sql = "SELECT kind FROM care.alarm_event WHERE code = 'schedule_failed' ORDER BY at";
    let life: Vec<String> =
        w.superuser().await.query(sql, &[]).await.expect("events").iter().map(|r| r.get(0)).collect();
    assert_eq!(life, ["raised", "told", "told", "seen", "ended"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_name_nobody_and_the_life_of_an_alarm_cannot_be_rewritten() {
    let smtp = Smtp::start(None).await;
    let w = told_world(&smtp).await;
    let clinic = w.facility("clinic", "試験医院").await;
    let nurse = w.staff(clinic, "kango", "nurse").await;
    w.session(&nurse).await;
    round(&w).await;
    assert!(open(&w).await.contains(&"new_device".to_owned()));
    let letters = smtp.letters();
    assert!(!letters.is_empty());
    for letter in &letters {
        let text = decoded(letter);
        for private in [nurse.id.to_string().as_str(), "kango", "試験医院"] {
            assert!(!text.contains(private), "{text}");
        }
    }
    let superuser = w.superuser().await;
    for sql in [
        "UPDATE care.alarm_event SET kind = 'seen'",
        "DELETE FROM care.alarm_event",
        "UPDATE care.fingerprint SET reason = 'x'",
        "TRUNCATE care.alarm_event",
    ] {
        let refused = superuser.batch_execute(sql).await;
        assert!(refused.is_err() || sql.contains("fingerprint"), "{sql}");
    }
    for role in ["renkei_app", "renkei_operator", "renkei_job"] {
        assert!(w.role(role).await.query("SELECT * FROM care.alarm", &[]).await.is_err(), "{role}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_job_is_seen_on_the_page_and_started_again_from_it() {
    let w = World::new().await;
    jobs::enqueue_now(&w.app, &super::FAILS, &serde_json::json!({})).await.expect("queued");
    jobs::round(&w.app, &[super::FAILS]).await.expect("a round");
    let operator = w.operator("unei").await;
    let page = operator.get("/operator/watch").await.expect(200).text();
    assert!(page.contains("not_today") && page.contains("警報を知らせる先がありません"));
    let path = page
        .split("action=\"")
        .find_map(|p| p.split('"').next().filter(|p| p.ends_with("/again")))
        .expect("a button");
    operator.form(path, &[]).await.expect(303);
    assert_eq!(jobs::round(&w.app, &[super::FAILS]).await.expect("a round"), 1, "it is tried again");
    let nothing = uuid::Uuid::new_v4();
    operator.form(&format!("/operator/watch/jobs/{nothing}/again"), &[]).await.expect(404);
    operator.form(&format!("/operator/watch/alarms/{nothing}/seen"), &[]).await.expect(404);
}
