//! The support desk: anybody asks, the answer finds the one who asked, and the database holds ciphertext.

use renkei::{config::Security, features::support, jobs, mail};
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

async fn answer(operator: &Client<'_>, id: Uuid, text: &str) -> Answer {
    answer_as(operator, id, Uuid::now_v7(), text).await
}

/// Every job with its state and payload.
async fn queue(w: &World) -> String {
    let sql = "SELECT coalesce(string_agg(state || ' ' || payload::text, '; '), '') FROM care.job";
    w.superuser().await.query_one(sql, &[]).await.expect("the queue").get(0)
}

/// Sends the one waiting letter and gives the path of the link in it.
async fn link_in_letter(w: &World, smtp: &Smtp) -> String {
    assert_eq!(jobs::round(&w.app, &[mail::KIND]).await.expect("a round"), 1);
    let letters = smtp.letters();
    assert_eq!((letters.len(), letters[0].to.as_str()), (1, "toi@example.jp"));
    let text = letters[0].text();
    assert!(!text.contains("印刷"), "nothing of the question or the answer: {text}");
    let link = text.split_whitespace().find(|l| l.contains("/support/answers/")).expect("a link");
    link.split_once("localhost:8080").expect("of this deployment").1.to_owned()
}

/// Asked by somebody unknown, answered; gives the path of the link in the letter.
async fn answered(w: &World, smtp: &Smtp) -> String {
    let operator = w.operator("unei").await;
    ask(&w.nobody(), Uuid::new_v4(), "印刷のしかたを教えてください。").await.expect(303);
    answer(&operator, only_inquiry(w).await, "右上の印刷を押してください。").await.expect(303);
    link_in_letter(w, smtp).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_whose_answer_cannot_be_opened_stays_good_and_one_of_two_gets_the_answer() {
    let smtp = Smtp::start(None).await;
    let w = World::with(smtp.carries(Security::None)).await;
    let path = answered(&w, &smtp).await;
    // The sealed text is damaged for a while: the reader gets an error, and the link is as good as before.
    let change = |how: &str| {
        format!(
            "SELECT guard.open_window('1 minute', 'test');
            ALTER TABLE care.inquiry_answer DISABLE TRIGGER no_row_change; UPDATE care.inquiry_answer SET body = {how};
            ALTER TABLE care.inquiry_answer ENABLE ALWAYS TRIGGER no_row_change;
            SELECT guard.close_windows()"
        )
    };
    let flip = change("set_byte(body, 20, get_byte(body, 20) # 1)");
    let superuser = w.superuser().await;
    superuser.batch_execute(&flip).await.expect("damaged");
    w.nobody().form(&path, &[]).await.expect(500);
    w.nobody().get(&path).await.expect(200);
    superuser.batch_execute(&flip).await.expect("mended");
    let (one, two) = (w.nobody(), w.nobody());
    let (one, two) = tokio::join!(one.form(&path, &[]), two.form(&path, &[]));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410]);
    let shown = [one.text(), two.text()].iter().filter(|t| t.contains("右上の印刷")).count();
    assert_eq!(shown, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_link_says_so() {
    let smtp = Smtp::start(None).await;
    let w = World::with(smtp.carries(Security::None)).await;
    let path = answered(&w, &smtp).await;
    w.nobody().get(&path).await.expect(200);
    let later = "UPDATE sec.inquiry_link SET expires_at = expires_at - interval '15 days'";
    w.superuser().await.batch_execute(later).await.expect("time passes");
    assert!(w.nobody().form(&path, &[]).await.expect(410).text().contains("期限が過ぎました"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_used_again_for_another_text_is_a_conflict_and_the_text_is_kept() {
    let w = World::new().await;
    let (nobody, operator) = (w.nobody(), w.operator("unei").await);
    let id = Uuid::new_v4();
    ask(&nobody, id, "はじめの問い").await.expect(303);
    ask(&nobody, id, "はじめの問い").await.expect(303);
    let page = ask(&nobody, id, "別の問い").await.expect(409).text();
    assert!(page.contains("別の問い") && page.contains("まだ送っていません"), "{page}");
    assert!(!page.contains(&id.to_string()), "the page names another inquiry: sent again, it is taken");
    let inquiry = only_inquiry(&w).await;
    // Somebody who is signed in has the same, with the other page.
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    let page = ask(&w.as_(&nurse), id, "はじめの問い").await.expect(409).text();
    assert!(page.contains("はじめの問い") && page.contains("まだ送っていません"), "{page}");
    // The operator's answers.
    let id = Uuid::now_v7();
    answer_as(&operator, inquiry, id, "はじめの答え").await.expect(303);
    answer_as(&operator, inquiry, id, "はじめの答え").await.expect(303);
    let page = answer_as(&operator, inquiry, id, "別の答え").await.expect(409).text();
    assert!(
        page.contains("別の答え") && page.contains("はじめの答え") && page.contains("まだ送っていません")
    );
    assert!(!page.contains(&id.to_string()));
    let superuser = w.superuser().await;
    let count: i64 =
        superuser.query_one("SELECT count(*) FROM care.inquiry_answer", &[]).await.expect("a count").get(0);
    assert_eq!(count, 1);
    // What the database keeps of it is keyed: no digest of the text stands anywhere.
    let row = superuser.query_one("SELECT fingerprint FROM care.inquiry_answer", &[]).await.expect("a row");
    let kept: Vec<u8> = row.get(0);
    let id_and_text = [id.as_bytes().as_slice(), "\"はじめの答え\"".as_bytes()].concat();
    for guess in ["はじめの答え".as_bytes(), "\"はじめの答え\"".as_bytes(), &id_and_text] {
        assert_ne!(kept, renkei::auth::token::sha256(guess));
    }
}

async fn answer_as(operator: &Client<'_>, id: Uuid, answer: Uuid, text: &str) -> Answer {
    let fields = [("answer", answer.to_string()), ("body", text.to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    operator.form(&format!("/operator/inquiries/{id}/answer"), &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_unknown_asks_and_reads_the_answer_once_by_the_link_in_a_letter() {
    let smtp = Smtp::start(None).await;
    let w = World::with(smtp.carries(Security::None)).await;
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
    let waiting = queue(&w).await;
    let path = link_in_letter(&w, &smtp).await;
    let path = path.as_str();
    // While it waited, the letter gave nobody who reads the database a link or an address; done, nothing of it is left.
    let token = path.rsplit_once('/').expect("a token").1;
    assert!(waiting.contains("waiting") && !waiting.contains(token), "{waiting}");
    assert!(!waiting.contains("support") && !waiting.contains("example.jp"), "{waiting}");
    let done = queue(&w).await;
    assert!(done.contains("done {}"), "{done}");
    // Looking at the link uses nothing up; opening does.
    for _ in 0..2 {
        let before = w.nobody().get(path).await.expect(200).text();
        assert!(!before.contains("右上の印刷"));
    }
    assert!(w.nobody().form(path, &[]).await.expect(200).text().contains("右上の印刷を押してください"));
    for gone in [w.nobody().form(path, &[]).await, w.nobody().get(path).await] {
        let gone = gone.expect(410).text();
        assert!(gone.contains("もう開かれました") && !gone.contains("右上の印刷"), "{gone}");
    }
    w.nobody().get("/support/answers/invented").await.expect(404);
    w.nobody().form("/support/answers/invented", &[]).await.expect(404);
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
