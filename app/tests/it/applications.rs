//! From the application of a facility to its first admin, over real letters; and what secretariats do and do not see.

mod json;

use renkei::{config::Security, jobs, mail};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Client, World, smtp::Smtp};

/// Mail is carried, and there is a pledge.
async fn open(smtp: &Smtp) -> World {
    let w = World::with(smtp.carries(Security::None)).await;
    pledge(&w.operator("seiyaku").await, 1).await;
    w
}

async fn pledge(operator: &Client<'_>, n: i32) {
    let n = n.to_string();
    let fields = [
        ("n", n.as_str()),
        ("title", "利用の誓約"),
        ("body", "守ります。"),
        ("audience", "public"),
        ("effective_on", "2026-01-01"),
        ("change", "新しい版"),
    ];
    operator.form("/operator/policies/pledge", &fields).await.expect(303);
}

/// The newest letter to this address, sent on its way first.
async fn letter(w: &World, smtp: &Smtp, to: &str) -> String {
    jobs::round(&w.app, &[mail::KIND]).await.expect("a round");
    let letters = smtp.letters();
    letters.iter().rev().find(|l| l.to == to).unwrap_or_else(|| panic!("no letter to {to}")).text()
}

/// The path of the link in a letter.
fn link(letter: &str) -> String {
    let line = letter.lines().find(|l| l.starts_with("http://localhost:8080/")).expect("a link");
    line.trim().trim_start_matches("http://localhost:8080").to_owned()
}

async fn region(operator: &Client<'_>, name: &str) -> Uuid {
    let id = Uuid::now_v7();
    let text = id.to_string();
    let fields = [("id", text.as_str()), ("seen", "0"), ("name", name), ("kana", "しけん")];
    operator.form("/operator/regions", &fields).await.expect(303);
    id
}

fn body(region: Option<Uuid>, mail: &str) -> Value {
    json!({"client_id": Uuid::new_v4(), "kind": "clinic", "name": "あおば診療所", "kana": "あおばしんりょうじょ", "postal_code": "123-4567", "address": "ことり市1-2",
        "phone": "03-1234-5678", "responsible": {"name": "青葉 一", "kana": "あおば はじめ", "profession": "doctor"}, "mail": mail, "pledge_version": 1, "region": region})
}

/// Applied and confirmed: the id and the path of the applicant's page.
async fn confirmed(w: &World, smtp: &Smtp, region: Option<Uuid>, mail: &str) -> (Uuid, String) {
    let taken = w.nobody().call("POST", "/api/v1/facility-applications", body(region, mail)).await;
    let id = taken.expect(201).json()["id"].as_str().expect("an id").parse().expect("a UUID");
    let path = link(&letter(w, smtp, mail).await);
    w.nobody().form(&format!("{path}/confirmation"), &[]).await.expect(303);
    (id, path)
}

/// Ticks everything.
async fn check_all(w: &World, client: &Client<'_>, id: Uuid) {
    let rows = w.superuser().await.query("SELECT id::text FROM care.check_item WHERE active", &[]).await;
    for row in rows.expect("the items") {
        let item: String = row.get(0);
        let fields = [("item", item.as_str()), ("ticked", "yes")];
        client.form(&format!("/operator/applications/{id}/checks"), &fields).await.expect(303);
    }
}

async fn decide(client: &Client<'_>, id: Uuid, decision: &str, reason: &str) -> Answer {
    let path = format!("/api/v1/facility-applications/{id}/approval");
    client.call("POST", &path, json!({"decision": decision, "reason": reason})).await
}

const ADMIN: [(&str, &str); 7] = [
    ("name", "青葉 一"),
    ("kana", "あおば はじめ"),
    ("profession", "doctor"),
    ("phone", "090-1234-5678"),
    ("login_id", "Aoba.Hajime"),
    ("password", "kagami-nazo-8-fune"),
    ("again", "kagami-nazo-8-fune"),
];

fn admin(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let value = |field| changes.iter().find(|(f, _)| *f == field).map(|(_, value)| *value);
    ADMIN.iter().map(|(field, standing)| (*field, value(*field).unwrap_or(standing))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_facility_applies_is_reviewed_by_its_secretariat_and_its_first_admin_comes_in() {
    let smtp = Smtp::start(None).await;
    let w = open(&smtp).await;
    let operator = w.operator("unei").await;
    let kita = region(&operator, "北地域").await;
    let office = w.secretariat(kita, "kita").await;
    let nobody = w.nobody();
    let first = body(Some(kita), "aoba@example.jp");
    let taken = nobody.call("POST", "/api/v1/facility-applications", first.clone()).await.expect(201).json();
    assert_eq!(taken["state"], "unconfirmed");
    let again = nobody.call("POST", "/api/v1/facility-applications", first.clone()).await.expect(200).json();
    assert_eq!(again, taken, "the same client id is the same application");
    let mut other = first.clone();
    other["name"] = json!("べつの診療所");
    nobody
        .call("POST", "/api/v1/facility-applications", other)
        .await
        .expect_code(409, "client_id_used_for_something_else");
    let id: Uuid = taken["id"].as_str().expect("an id").parse().expect("a UUID");
    // Nobody reviews what is not confirmed.
    for client in [&operator, &office] {
        let list = client.get("/api/v1/facility-applications").await.expect(200).json();
        assert_eq!(list["items"], json!([]));
        client.get(&format!("/operator/applications/{id}")).await.expect(404);
        decide(client, id, "approve", "").await.expect(404);
    }
    let text = letter(&w, &smtp, "aoba@example.jp").await;
    assert_eq!(smtp.letters().len(), 1, "one letter, however often it is sent");
    for word in ["あおば", "青葉", "ことり市", "03-1234"] {
        assert!(!text.contains(word), "a letter says nothing: {text}");
    }
    let own = link(&text);
    let page = nobody.get(&own).await.expect(200).text();
    assert!(page.contains("審査に進む") && page.contains("あおば診療所"), "{page}");
    nobody.form(&format!("{own}/confirmation"), &[]).await.expect(303);
    nobody.form(&format!("{own}/confirmation"), &[]).await.expect(303);
    assert!(nobody.get(&own).await.expect(200).text().contains("審査しています"));
    let list = office.get("/api/v1/facility-applications").await.expect(200).json();
    assert_eq!(list["items"][0]["name"], "あおば診療所");

    question_and_answer(&w, &smtp, &office, id, &own).await;

    decide(&office, id, "approve", "").await.expect_code(409, "checklist_first");
    let form = [("decision", "approve"), ("reason", "よい施設です")];
    let page = office.form(&format!("/operator/applications/{id}/decision"), &form).await.expect(409).text();
    assert!(page.contains("まだ印のないもの") && page.contains("よい施設です"), "{page}");
    check_all(&w, &office, id).await;
    let page = office.get(&format!("/operator/applications/{id}")).await.expect(200).text();
    assert!(page.contains("試験 事務局 が確かめた"), "{page}");
    let approved = decide(&office, id, "approve", "").await.expect(200).json();
    assert_eq!(approved["state"], "approved");
    let count = smtp.letters().len();
    assert_eq!(decide(&operator, id, "approve", "").await.expect(200).json(), approved, "approved once");
    decide(&operator, id, "refuse", "やはり").await.expect_code(409, "decided_already");
    let text = letter(&w, &smtp, "aoba@example.jp").await;
    assert_eq!(smtp.letters().len(), count + 1, "one letter");
    let page = operator.get("/operator/facilities").await.expect(200).text();
    assert!(page.contains("あおば診療所") && page.contains("北地域"), "{page}");

    first_admin(&w, &link(&text), approved["facility_id"].as_str().expect("an id")).await;
    let page = office.get(&format!("/operator/applications/{id}")).await.expect(200).text();
    assert!(page.contains("アカウントができました"), "{page}");
    let renewal = office.form(&format!("/operator/applications/{id}/first-admin"), &[]).await;
    renewal.expect(409);
}

async fn question_and_answer(w: &World, smtp: &Smtp, office: &Client<'_>, id: Uuid, own: &str) {
    let (note, ask) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    let at = |part: &str| format!("/operator/applications/{id}/{part}");
    let fields = [("entry", note.as_str()), ("body", "電話は夕方に")];
    office.form(&at("notes"), &fields).await.expect(303);
    let empty = office.form(&at("question"), &[("entry", ask.as_str()), ("body", " ")]).await.expect(422);
    assert!(empty.text().contains("入力してください"));
    let fields = [("entry", ask.as_str()), ("body", "番地を確かめてください")];
    for _ in 0..2 {
        office.form(&at("question"), &fields).await.expect(303);
    }
    let text = letter(w, smtp, "aoba@example.jp").await;
    assert!(!text.contains("番地"), "{text}");
    assert_eq!(smtp.letters().len(), 2, "asked once");
    // Both links lead to the page; it shows the question, and never the note.
    for path in [own.to_owned(), link(&text)] {
        let page = w.nobody().get(&path).await.expect(200).text();
        assert!(page.contains("番地を確かめてください") && !page.contains("電話は夕方に"), "{page}");
    }
    let entry = Uuid::new_v4().to_string();
    let answer = [
        ("entry", entry.as_str()),
        ("answer", "3番地でした"),
        ("region", ""),
        ("kind", "clinic"),
        ("name", "あおば診療所"),
        ("kana", "あおばしんりょうじょ"),
        ("postal_code", "12"),
        ("address", "ことり市1-3"),
        ("phone", "03-1234-5678"),
        ("person", "青葉 一"),
        ("person_kana", "あおば はじめ"),
        ("profession", "doctor"),
    ];
    let page = w.nobody().form(&format!("{own}/answer"), &answer).await.expect(422).text();
    assert!(
        page.contains("郵便番号を7けた") && page.contains("ことり市1-3") && page.contains("3番地でした"),
        "{page}"
    );
    let region = w
        .superuser()
        .await
        .query_one("SELECT region_id::text FROM care.facility_application WHERE id = $1", &[&id])
        .await;
    let region: String = region.expect("the application").get(0);
    let value = |field, standing| match field {
        "postal_code" => "1234567",
        "region" => region.as_str(),
        _ => standing,
    };
    let answer: Vec<(&str, &str)> =
        answer.iter().map(|(field, standing)| (*field, value(*field, standing))).collect();
    for _ in 0..2 {
        w.nobody().form(&format!("{own}/answer"), &answer).await.expect(303);
    }
    let page = office.get(&format!("/operator/applications/{id}")).await.expect(200).text();
    for words in ["3番地でした", "ことり市1-2 → ことり市1-3", "電話は夕方に", "ことり市1-3"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
}

/// The link is good once; the account sets up app authentication before anything else, and is the facility's admin.
async fn first_admin(w: &World, path: &str, facility: &str) {
    let nobody = w.nobody();
    let page = nobody.get(path).await.expect(200).text();
    assert!(page.contains("あおば診療所") && page.contains("青葉 一"), "{page}");
    let page = nobody.form(path, &admin(&[("password", "青葉 一12345")])).await.expect(422).text();
    assert!(
        page.contains("name=\"login_id\"") && page.contains("Aoba.Hajime") && !page.contains("青葉 一12345"),
        "{page}"
    );
    nobody.form(path, &admin(&[("again", "kagami-nazo-8-hune")])).await.expect(422);
    nobody.form(path, &admin(&[("login_id", "あ")])).await.expect(422);
    // An ID that somebody has: said, and the link is as good as before.
    let clinic = w.facility("clinic", "ほかの診療所").await;
    w.staff(clinic, "taken", "nurse").await;
    let page = nobody.form(path, &admin(&[("login_id", "taken")])).await.expect(409).text();
    assert!(page.contains("もう使われています"), "{page}");
    let entered = nobody.form(path, &ADMIN).await.expect(303);
    assert_eq!(entered.headers["location"], "/enrol");
    let cookies: Vec<_> =
        entered.headers.get_all("set-cookie").iter().filter_map(|c| c.to_str().ok()).collect();
    assert!(cookies.iter().any(|c| c.starts_with("__Host-renkei=")), "{cookies:?}");
    nobody.form(path, &admin(&[("login_id", "second")])).await.expect(410);
    nobody.get(path).await.expect(410);
    nobody.get("/first-admin/invented").await.expect(404);
    let sql = "SELECT s.facility_id::text, s.admin, c.mail, c.mail_confirmed_at IS NOT NULL, c.phone FROM care.account a JOIN care.staff s ON s.account_id = a.id JOIN sec.contact c ON c.account_id = a.id
      WHERE a.login_id = 'aoba.hajime'";
    let row = w.superuser().await.query_one(sql, &[]).await.expect("the admin");
    let found: (String, bool, String, bool, String) =
        (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
    assert_eq!(found, (facility.to_owned(), true, "aoba@example.jp".into(), true, "090-1234-5678".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_use_the_link_at_once_one_becomes_the_admin_and_an_old_link_opens_nothing() {
    let smtp = Smtp::start(None).await;
    let w = open(&smtp).await;
    let operator = w.operator("unei").await;
    let (id, _) = confirmed(&w, &smtp, None, "futari@example.jp").await;
    check_all(&w, &operator, id).await;
    decide(&operator, id, "approve", "").await.expect(200);
    let old = link(&letter(&w, &smtp, "futari@example.jp").await);
    w.nobody().get(&old).await.expect(200);
    operator.form(&format!("/operator/applications/{id}/first-admin"), &[]).await.expect(303);
    let new = link(&letter(&w, &smtp, "futari@example.jp").await);
    let page = w.nobody().get(&old).await.expect(410).text();
    assert!(page.contains("期限が過ぎました"), "{page}");
    w.nobody().form(&old, &ADMIN).await.expect(410);
    let (one, two) = (admin(&[]), admin(&[("login_id", "second")]));
    let (first, second) = (w.nobody(), w.nobody());
    let answers = tokio::join!(first.form(&new, &one), second.form(&new, &two));
    let mut statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
    statuses.sort_unstable();
    assert!(matches!(statuses, [303, 404 | 410]), "{statuses:?}");
    let sql = "SELECT count(*) FROM care.staff s JOIN care.facility_application a ON a.facility_id = s.facility_id WHERE a.id = $1 AND s.admin";
    let row = w.superuser().await.query_one(sql, &[&id]).await.expect("a count");
    assert_eq!(row.get::<_, i64>(0), 1);
    // Whoever lost has no account left behind.
    let row = w.superuser().await.query_one("SELECT count(*) FROM care.account", &[]).await.expect("a count");
    assert_eq!(row.get::<_, i64>(0), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_an_account_becomes_the_admin_with_it_and_not_with_a_second_one() {
    let smtp = Smtp::start(None).await;
    let w = open(&smtp).await;
    let operator = w.operator("unei").await;
    let clinic = w.facility("clinic", "本院").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let contact = "INSERT INTO sec.contact VALUES ($1, 'Isha@example.jp', now(), '', now())";
    w.superuser().await.execute(contact, &[&doctor.id]).await.expect("a contact");
    let (id, _) = confirmed(&w, &smtp, None, "isha@example.jp").await;
    check_all(&w, &operator, id).await;
    let facility = decide(&operator, id, "approve", "").await.expect(200).json()["facility_id"].clone();
    let path = link(&letter(&w, &smtp, "isha@example.jp").await);
    let page = w.nobody().form(&path, &ADMIN).await.expect(409).text();
    assert!(page.contains("もうアカウントをお持ち"), "{page}");
    let page = w.as_(&doctor).get(&path).await.expect(200).text();
    assert!(page.contains("このアカウントで管理者になる"), "{page}");
    w.as_(&doctor).form(&format!("{path}/account"), &[]).await.expect(303);
    w.as_(&doctor).form(&format!("{path}/account"), &[]).await.expect(404);
    let me = w.as_(&doctor).get("/api/v1/me").await.expect(200).json();
    let there = me["facilities"].as_array().expect("facilities").iter().find(|f| f["id"] == facility);
    assert!(there.is_some_and(|f| f["roles"].to_string().contains("facility_admin")), "{me}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_with_its_reason_on_the_page_alone() {
    let smtp = Smtp::start(None).await;
    let w = open(&smtp).await;
    let operator = w.operator("unei").await;
    let (id, own) = confirmed(&w, &smtp, None, "kotowari@example.jp").await;
    decide(&operator, id, "refuse", " ").await.expect(422);
    decide(&operator, id, "refuse", "名簿に見つかりません").await.expect(200);
    let count = smtp.letters().len();
    decide(&operator, id, "refuse", "名簿に見つかりません").await.expect(200);
    let text = letter(&w, &smtp, "kotowari@example.jp").await;
    assert_eq!(smtp.letters().len(), count + 1);
    assert!(!text.contains("名簿") && !text.contains("お断り"), "{text}");
    for path in [own, link(&text)] {
        let page = w.nobody().get(&path).await.expect(200).text();
        assert!(page.contains("名簿に見つかりません"), "{page}");
    }
    decide(&operator, id, "approve", "").await.expect_code(409, "decided_already");
    let none =
        w.superuser().await.query_one("SELECT count(*) FROM care.facility", &[]).await.expect("a count");
    assert_eq!(none.get::<_, i64>(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_confirms_is_gone_after_three_days_and_a_letter_too_many_is_not_sent() {
    let smtp = Smtp::start(None).await;
    let w = open(&smtp).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let taken =
            w.nobody().call("POST", "/api/v1/facility-applications", body(None, "many@example.jp")).await;
        ids.push(taken.expect(201).json()["id"].as_str().expect("an id").to_owned());
    }
    // A fourth letter in a day to the same person; a sixth application from one place in ten minutes.
    let full = w.nobody().call("POST", "/api/v1/facility-applications", body(None, "Many@example.jp")).await;
    full.expect_code(429, "too_many");
    for n in 0..2 {
        let mail = format!("other{n}@example.jp");
        w.nobody().call("POST", "/api/v1/facility-applications", body(None, &mail)).await.expect(201);
    }
    let full = w.nobody().call("POST", "/api/v1/facility-applications", body(None, "sixth@example.jp")).await;
    assert!(full.headers.contains_key("retry-after"));
    full.expect_code(429, "too_many");
    let path = link(&letter(&w, &smtp, "many@example.jp").await);
    w.nobody().get(&path).await.expect(200);
    let old = "UPDATE care.facility_application SET at = now() - interval '73 hours' WHERE mail = 'many@example.jp'";
    w.superuser().await.execute(old, &[]).await.expect("time passes");
    w.nobody().get(&path).await.expect(404);
    w.nobody().form(&format!("{path}/confirmation"), &[]).await.expect(404);
    let gone = renkei::features::applications::acts::forget_unconfirmed(&w.app).await.expect("forgotten");
    assert_eq!(gone, 3);
    let sql = "SELECT (SELECT count(*) FROM care.facility_application), (SELECT count(*) FROM sec.application_link)";
    let row = w.superuser().await.query_one(sql, &[]).await.expect("counts");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (2, 2), "the others stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_keeps_what_was_typed_and_asks_for_the_newest_pledge() {
    let smtp = Smtp::start(None).await;
    let w = open(&smtp).await;
    let id = Uuid::new_v4().to_string();
    let mut fields = vec![
        ("client_id", id.as_str()),
        ("region", ""),
        ("kind", "spaceship"),
        ("name", "あおば診療所"),
        ("kana", "あおば"),
        ("postal_code", "１２３－４５６７"),
        ("address", "ことり市1"),
        ("phone", "電話なし"),
        ("person", "青葉 一"),
        ("person_kana", "あおば"),
        ("profession", "doctor"),
        ("mail", "no address"),
        ("pledge", "1"),
    ];
    let page = w.nobody().form("/facility-applications/new", &fields).await.expect(422).text();
    for words in [
        "施設の種別を選んで",
        "電話番号を市外局番から",
        "メールアドレスの形",
        "誓約を読んで",
        "あおば診療所",
        "電話なし",
        &id,
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    fields.push(("facility_id", "x"));
    w.nobody().form("/facility-applications/new", &fields).await.expect(400);
    fields.pop();
    for (field, value) in &mut fields {
        match *field {
            "kind" => *value = "clinic",
            "phone" => *value = "03-1234-5678",
            "mail" => *value = "aoba@example.jp",
            _ => {}
        }
    }
    fields.push(("agreed", "on"));
    pledge(&w.operator("nihan").await, 2).await;
    let page = w.nobody().form("/facility-applications/new", &fields).await.expect(409).text();
    assert!(page.contains("新しい版になりました") && page.contains("第2版"), "{page}");
    fields.iter_mut().filter(|(f, _)| *f == "pledge").for_each(|(_, value)| *value = "2");
    w.nobody().form("/facility-applications/new", &fields).await.expect(303);
    w.nobody().form("/facility-applications/new", &fields).await.expect(303);
    let row = w
        .superuser()
        .await
        .query_one("SELECT count(*), max(pledge) FROM care.facility_application", &[])
        .await;
    let row = row.expect("a count");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i32>(1)), (1, 2));
    // Without a mail server nobody can apply, and the page says so.
    let silent = World::new().await;
    pledge(&silent.operator("unei").await, 1).await;
    let page = silent.nobody().get("/facility-applications/new").await.expect(200).text();
    assert!(page.contains("受け付けていません"), "{page}");
    let closed =
        silent.nobody().call("POST", "/api/v1/facility-applications", body(None, "a@example.jp")).await;
    closed.expect_code(409, "applications_closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_application_of_the_same_facility_is_pointed_out() {
    let smtp = Smtp::start(None).await;
    let w = open(&smtp).await;
    let operator = w.operator("unei").await;
    let (id, _) = confirmed(&w, &smtp, None, "a@example.jp").await;
    let page = operator.get(&format!("/operator/applications/{id}")).await.expect(200).text();
    assert!(!page.contains("同じ施設かもしれません"), "{page}");
    let (second, _) = confirmed(&w, &smtp, None, "b@example.jp").await;
    let page = operator.get(&format!("/operator/applications/{second}")).await.expect(200).text();
    assert!(page.contains("審査中の申請・名称も電話番号も同じ"), "{page}");
    w.facility("clinic", "あおば　診療所").await;
    let page = operator.get(&format!("/operator/applications/{id}")).await.expect(200).text();
    assert!(page.contains("利用中の施設・名称が同じ"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secretariat_sees_and_does_only_what_is_of_its_region() {
    let smtp = Smtp::start(None).await;
    let w = open(&smtp).await;
    let operator = w.operator("unei").await;
    let (kita, minami) = (region(&operator, "北地域").await, region(&operator, "南地域").await);
    let (north, south) = (w.secretariat(kita, "kita").await, w.secretariat(minami, "minami").await);
    let (id, _) = confirmed(&w, &smtp, Some(kita), "kita@example.jp").await;
    let (nowhere, _) = confirmed(&w, &smtp, None, "doko@example.jp").await;
    let text = Uuid::new_v4().to_string();
    let item = w.superuser().await.query_one("SELECT id::text FROM care.check_item LIMIT 1", &[]).await;
    let item: String = item.expect("an item").get(0);
    let acts = |id: Uuid| {
        let at = format!("/operator/applications/{id}");
        [
            (format!("{at}/checks"), vec![("item", item.clone()), ("ticked", "yes".into())]),
            (format!("{at}/notes"), vec![("entry", text.clone()), ("body", "x".into())]),
            (format!("{at}/question"), vec![("entry", Uuid::new_v4().to_string()), ("body", "x".into())]),
            (format!("{at}/decision"), vec![("decision", "refuse".into()), ("reason", "x".into())]),
        ]
    };
    let send = async |client: &Client<'_>, path: &str, fields: &[(&str, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        client.form(path, &fields).await
    };
    for (stranger, foreign) in [(&south, id), (&south, nowhere), (&north, nowhere)] {
        stranger.get(&format!("/operator/applications/{foreign}")).await.expect(404);
        for (path, fields) in acts(foreign) {
            send(stranger, &path, &fields).await.expect(404);
        }
        decide(stranger, foreign, "approve", "").await.expect(404);
    }
    let list = south.get("/api/v1/facility-applications").await.expect(200).json();
    assert_eq!(list["items"], json!([]));
    for (path, fields) in acts(id) {
        send(&north, &path, &fields).await.expect(303);
    }
    // Policies and notices: the own region's, and no other's.
    let policy = |client_id: &str, seen: &str| {
        vec![
            ("client_id", client_id.to_owned()),
            ("seen", seen.to_owned()),
            ("title", "方針".into()),
            ("body", "守ること".into()),
            ("change", "最初".into()),
        ]
    };
    let notice = vec![
        ("client_id", Uuid::new_v4().to_string()),
        ("title", "北の会議".to_owned()),
        ("body", "あす".to_owned()),
    ];
    for part in ["policies", "notices"] {
        south.get(&format!("/operator/regions/{kita}/{part}")).await.expect(404);
        north.get(&format!("/operator/regions/{kita}/{part}")).await.expect(200);
        operator.get(&format!("/operator/regions/{kita}/{part}")).await.expect(200);
        operator.get(&format!("/operator/regions/{}/{part}", Uuid::new_v4())).await.expect(404);
    }
    let client = Uuid::new_v4().to_string();
    let own = format!("/operator/regions/{kita}/policies");
    send(&south, &own, &policy(&client, "0")).await.expect(404);
    send(&north, &own, &policy(&client, "0")).await.expect(303);
    send(&north, &own, &policy(&client, "0")).await.expect(303);
    let page = send(&north, &own, &policy(&Uuid::new_v4().to_string(), "0")).await.expect(409).text();
    assert!(page.contains("先に新しい版を公開") && page.contains("第2版を公開する"), "{page}");
    send(&south, &format!("/operator/regions/{kita}/notices"), &notice).await.expect(404);
    send(&north, &format!("/operator/regions/{kita}/notices"), &notice).await.expect(303);
    // A session that was suspended, and a member of staff, are nobody here.
    renkei::features::operators::acts::suspend(&w.app, "kita").await.expect("suspended");
    assert_eq!(north.get("/operator/applications").await.status.as_u16(), 303);
    let log = operator.get("/operator/log").await.expect(200).text();
    for words in ["地域の方針を公開した", "利用申請を断った", "地域事務局を加えた"]
    {
        assert!(log.contains(words), "{words}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_facility_accepts_a_version_of_its_region_s_policy_and_the_counts_tell() {
    let w = World::new().await;
    let operator = w.operator("unei").await;
    let kita = region(&operator, "北地域").await;
    let office = w.secretariat(kita, "kita").await;
    let (clinic, elsewhere) =
        (w.facility("clinic", "北クリニック").await, w.facility("clinic", "西クリニック").await);
    let (admin, nurse) = (w.admin(clinic, "admin", "clerk").await, w.staff(clinic, "nurse", "nurse").await);
    let other = w.admin(elsewhere, "other", "clerk").await;
    let id = clinic.id.to_string();
    let put = [("facility", id.as_str()), ("act", "put")];
    operator.form(&format!("/operator/regions/{kita}/facilities"), &put).await.expect(303);
    let publish = async |n: i32, body: &str| {
        let (client, seen) = (Uuid::new_v4().to_string(), (n - 1).to_string());
        let fields = [
            ("client_id", client.as_str()),
            ("seen", seen.as_str()),
            ("title", "北の方針"),
            ("body", body),
            ("change", "改めた"),
        ];
        office.form(&format!("/operator/regions/{kita}/policies"), &fields).await.expect(303);
    };
    publish(1, "雪の日は早めに").await;
    assert!(w.as_(&nurse).get("/facility/region").await.expect(200).text().contains("雪の日は早めに"));
    assert!(
        w.as_(&other).get("/facility/region").await.expect(200).text().contains("どの地域にも入っていません")
    );
    let region = kita.to_string();
    let accept = |n: &'static str| [("region", region.clone()), ("n", n.to_owned())];
    let send = async |who, fields: [(&'static str, String); 2]| {
        let fields = fields.each_ref().map(|(k, v)| (*k, v.as_str()));
        w.as_(who).form("/facility/region", &fields).await
    };
    send(&nurse, accept("1")).await.expect(403);
    send(&other, accept("1")).await.expect(412);
    send(&admin, accept("2")).await.expect(412);
    send(&admin, accept("1")).await.expect(303);
    let page = w.as_(&nurse).get("/facility/region").await.expect(200).text();
    assert!(page.contains("北地域・方針 第1版") && page.contains("admin 試子"), "{page}");
    publish(2, "雪の日はとても早めに").await;
    send(&admin, accept("1")).await.expect(412);
    let page = office.get("/operator/facilities").await.expect(200).text();
    assert!(page.contains("第1版のまま") && !page.contains("西クリニック"), "{page}");
    send(&admin, accept("2")).await.expect(303);
    // Counts: posts of this month and of the one before, in the groups that the facility manages.
    let patient = w.patient(&admin, "試験 花子").await;
    let group = w.team(&admin, patient, &[&nurse]).await;
    for n in 0..3 {
        w.as_(&nurse).post(group, &format!("{n}")).await.expect(201);
    }
    let counted = async || {
        let page = office.get("/operator/facilities").await.expect(200).text();
        let row = page
            .split("北クリニック")
            .nth(1)
            .expect("the row")
            .split("</tr>")
            .next()
            .expect("its end")
            .to_owned();
        let cells: Vec<String> = row
            .split("<td")
            .skip(1)
            .filter_map(|c| c.split_once('>'))
            .map(|c| c.1.split('<').next().unwrap_or_default().to_owned())
            .collect();
        cells[1..].join(" ")
    };
    assert_eq!(counted().await, "2 1 3 0");
    let earlier = "SELECT guard.open_window('5 minutes', 'test'); ALTER TABLE care.post DISABLE TRIGGER USER;
      UPDATE care.post SET at = date_trunc('month', now(), 'Asia/Tokyo') - interval '3 days' WHERE seq <= 2;
      UPDATE care.post SET at = date_trunc('month', now(), 'Asia/Tokyo') - interval '40 days' WHERE seq = 1";
    w.superuser().await.batch_execute(earlier).await.expect("a month passes");
    assert_eq!(counted().await, "2 1 1 1");
    let page = office.get("/operator/facilities").await.expect(200).text();
    assert!(!page.contains("花子") && !page.contains("試子"), "counts, never names");
    assert!(!page.contains("第1版のまま"), "{page}");
    let log = "SELECT count(*) FROM care.access_event WHERE act = 'accepted_region_policy'";
    let row = w.superuser().await.query_one(log, &[]).await.expect("the log");
    assert_eq!(row.get::<_, i64>(0), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_chosen_is_what_the_lists_say() {
    let smtp = Smtp::start(None).await;
    let w = open(&smtp).await;
    let operator = w.operator("unei").await;
    let word = |code: &'static str, ja: &'static str, more: &[(&'static str, &'static str)]| {
        let fixed =
            [("list", "facility_kind"), ("code", code), ("label_ja", ja), ("label_en", "x"), ("place", "5")];
        fixed.into_iter().chain(more.iter().copied()).collect::<Vec<_>>()
    };
    let (active, may, new) = (("active", "on"), ("may_join", "on"), ("new", "on"));
    operator.form("/operator/masters", &word("hot_spring", "湯治場", &[active, may, new])).await.expect(303);
    operator.form("/operator/masters", &word("hot_spring", "別の湯", &[active, may, new])).await.expect(409);
    operator.form("/operator/masters", &word("Hot", "湯", &[active, may, new])).await.expect(422);
    operator.form("/operator/masters", &word("unknown_code", "湯", &[active])).await.expect(404);
    let page = w.nobody().get("/facility-applications/new").await.expect(200).text();
    assert!(page.contains("湯治場") && page.contains("value=\"clinic\""), "{page}");
    operator.form("/operator/masters", &word("clinic", "クリニック", &[active])).await.expect(303);
    let page = w.nobody().get("/facility-applications/new").await.expect(200).text();
    assert!(!page.contains("value=\"clinic\""), "{page}");
    let refused = w.nobody().call("POST", "/api/v1/facility-applications", body(None, "a@example.jp")).await;
    assert_eq!(refused.expect(422).json()["errors"][0]["field"], "kind");
    let mut fits = body(None, "a@example.jp");
    fits["kind"] = json!("hot_spring");
    w.nobody().call("POST", "/api/v1/facility-applications", fits).await.expect(201);
    // What stands keeps its code.
    let clinic = w.facility("clinic", "北クリニック").await;
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    let found = w.as_(&nurse).get("/api/v1/facilities?q=%E5%8C%97").await.expect(200).json();
    assert_eq!(found["items"][0]["kind"], "clinic");
}
