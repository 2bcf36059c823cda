//! The support desk: anybody asks, the answer finds the one who asked, and the database holds ciphertext.

use renkei::{
    config::{Config, Security},
    features::support,
    jobs, mail,
};
use uuid::Uuid;

use crate::world::{Answer, Client, World, smtp::Smtp};

async fn ask(client: &Client<'_>, id: Uuid, body: &str) -> Answer {
    let id = id.to_string();
    let fields = [
        ("client_id", id.as_str()),
        ("category", "use"),
        ("name", "試験 太郎"),
        ("mail", "toi@example.jp"),
        ("body", body),
    ];
    client.form("/support", &fields).await
}

fn number(answer: &Answer) -> String {
    let to = answer.headers["location"].to_str().expect("a location");
    to.rsplit_once("number=").expect("a number").1.to_owned()
}

async fn only_inquiry(w: &World) -> Uuid {
    let rows = w.superuser().await.query("SELECT id FROM care.inquiry", &[]).await.expect("inquiries");
    assert_eq!(rows.len(), 1);
    rows[0].get(0)
}

fn with_mail(smtp: &Smtp) -> impl FnOnce(&mut Config) + use<> {
    let port = smtp.address.port();
    move |c| {
        c.mail.host = "localhost".into();
        c.mail.port = port;
        c.mail.security = Security::None;
        c.mail.from = "renkei@example.jp".into();
    }
}

async fn answer(operator: &Client<'_>, id: Uuid, text: &str) -> Answer {
    let fields = [("answer", Uuid::now_v7().to_string()), ("body", text.to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    operator.form(&format!("/operator/inquiries/{id}/answer"), &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_unknown_asks_and_reads_the_answer_once_by_the_link_in_a_letter() {
    let smtp = Smtp::start(None).await;
    let w = World::with(with_mail(&smtp)).await;
    let operator = w.operator("unei").await;
    let client_id = Uuid::new_v4();
    let sent = ask(&w.nobody(), client_id, "印刷のしかたを教えてください。").await.expect(303);
    assert_eq!(
        number(&sent),
        number(&ask(&w.nobody(), client_id, "印刷のしかたを教えてください。").await.expect(303)),
        "sent twice, asked once"
    );
    let id = only_inquiry(&w).await;
    let page = operator.get(&format!("/operator/inquiries/{id}")).await.expect(200).text();
    assert!(page.contains("印刷のしかた") && page.contains("toi@example.jp"));
    operator.form(&format!("/operator/inquiries/{id}/state"), &[("act", "take")]).await.expect(303);
    assert!(operator.get("/operator/inquiries").await.expect(200).text().contains("確認中"));
    answer(&operator, id, " ").await.expect(422);
    answer(&operator, id, "右上の印刷を押してください。").await.expect(303);
    let sql = "SELECT (payload->>'subject') || (payload->>'text') FROM care.job";
    let text: String = w.superuser().await.query_one(sql, &[]).await.expect("the letter").get(0);
    assert_eq!(jobs::round(&w.app, &[mail::KIND]).await.expect("a round"), 1);
    let letters = smtp.letters();
    assert_eq!((letters.len(), letters[0].to.as_str()), (1, "toi@example.jp"));
    assert!(!text.contains("印刷"), "nothing of the question or the answer: {text}");
    let link = text.split_whitespace().find(|l| l.contains("/support/answers/")).expect("a link");
    let path = link.split_once("localhost:8080").expect("of this deployment").1;
    // Looking at the link uses nothing up; opening does.
    for _ in 0..2 {
        let before = w.nobody().get(path).await.expect(200).text();
        assert!(!before.contains("右上の印刷"));
    }
    assert!(w.nobody().form(path, &[]).await.expect(200).text().contains("右上の印刷を押してください"));
    w.nobody().form(path, &[]).await.expect(404);
    w.nobody().get(path).await.expect(404);
    w.nobody().get("/support/answers/invented").await.expect(404);
    let facts = support::acts::facts(&w.app).await.expect("facts");
    assert_eq!((facts.answered, facts.asked, facts.first_answers), (1, 1, 1));
    assert!(facts.mean_first_answer.is_some_and(|s| s >= 0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_reads_the_answer_on_the_page_and_nobody_else_does() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (nurse, doctor) =
        (w.staff(clinic, "nurse", "nurse").await, w.staff(clinic, "doctor", "doctor").await);
    let operator = w.operator("unei").await;
    ask(&w.as_(&nurse), Uuid::new_v4(), "通知が届きません。").await.expect(303);
    let id = only_inquiry(&w).await;
    answer(&operator, id, "設定を見てください。").await.expect(303);
    let page = w.as_(&nurse).get("/support").await.expect(200).text();
    assert!(page.contains("通知が届きません") && page.contains("設定を見てください"));
    assert!(!w.as_(&doctor).get("/support").await.expect(200).text().contains("設定を見てください"));
    operator.form(&format!("/operator/inquiries/{id}/state"), &[("act", "close")]).await.expect(303);
    answer(&operator, id, "あとから").await.expect(409);
    operator.form(&format!("/operator/inquiries/{id}/state"), &[("act", "reopen")]).await.expect(303);
    answer(&operator, id, "あとから").await.expect(303);
    operator.get(&format!("/operator/inquiries/{}", Uuid::new_v4())).await.expect(404);
    let log = operator.get("/operator/log").await.expect(200).text();
    assert!(log.contains("問い合わせに答えた") && !log.contains("設定を見て"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_is_ciphertext_and_a_patient_s_name_is_asked_about() {
    let w = World::new().await;
    let page = w.nobody().get("/support").await.expect(200).text();
    assert!(
        page.contains("患者さんのお名前や病状は書かないでください。") && page.contains("09:00から17:00まで")
    );
    let told = ask(&w.nobody(), Uuid::new_v4(), "試験様の血圧が保存できません").await.expect(422).text();
    assert!(
        told.contains("患者さんのお名前や病状が入っているように")
            && told.contains("試験様の血圧が保存できません"),
        "kept as typed"
    );
    let id = Uuid::new_v4().to_string();
    let sure = [
        ("client_id", id.as_str()),
        ("category", "use"),
        ("name", "試験 太郎"),
        ("mail", "toi@example.jp"),
        ("body", "血圧の入力欄の色を変えたい"),
        ("sure", "on"),
    ];
    w.nobody().form("/support", &sure).await.expect(303);
    let row =
        w.superuser().await.query_one("SELECT contact, body FROM care.inquiry", &[]).await.expect("the row");
    for column in 0..2 {
        let bytes: Vec<u8> = row.get(column);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains("血圧") && !text.contains("試験") && !text.contains("example"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sender_cannot_flood_the_desk_and_it_stays_reachable_while_the_service_is_stopped() {
    let w = World::new().await;
    let set = "SELECT act.set_mode(NULL, 'stopped', '試験のため', NULL)";
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    w.app.db.job(set, &[]).await.expect("stopped");
    w.as_(&nurse).get("/").await.expect(503);
    for n in 0..5 {
        ask(&w.as_(&nurse), Uuid::new_v4(), &format!("{n} 回め")).await.expect(303);
    }
    let held = ask(&w.nobody(), Uuid::new_v4(), "六回め").await.expect(429);
    assert!(held.headers.contains_key("retry-after") && held.text().contains("六回め"), "kept as typed");
    let later = "UPDATE sec.inquiry_knock SET at = at - interval '11 minutes'";
    w.superuser().await.batch_execute(later).await.expect("time passes");
    ask(&w.nobody(), Uuid::new_v4(), "六回め").await.expect(303);
}
