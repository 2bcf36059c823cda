//! Policies with acceptance, the register, and papers, through the router.

use serde_json::{Value, json};

use crate::world::{Client, World};

const TERMS: [(&str, &str); 7] = [
    ("n", "1"),
    ("title", "利用規約"),
    ("body", "## 1. 約束\n\n一つめの約束。\n\n二つめの約束。"),
    ("audience", "public"),
    ("must_accept", "on"),
    ("effective_on", "2026-01-01"),
    ("change", "最初の版"),
];

fn changed<'a>(fields: &[(&'a str, &'a str)], with: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(k, v)| *with.iter().find(|(w, _)| w == k).unwrap_or(&(*k, *v))).collect()
}

async fn publish(operator: &Client<'_>, policy: &str, fields: &[(&str, &str)]) {
    operator.form(&format!("/operator/policies/{policy}"), fields).await.expect(303);
}

async fn due(client: &Client<'_>) -> Vec<Value> {
    client.get("/api/v1/terms").await.expect(200).json()["items"].as_array().expect("items").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_reachable_before_the_newest_terms_are_accepted() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (admin, nurse) = (w.admin(clinic, "admin", "clerk").await, w.staff(clinic, "nurse", "nurse").await);
    let group = w.group(&admin, &nurse, "試験 患者").await;
    let nurse = w.as_(&nurse);
    // Nothing is demanded: everything is open.
    nurse.get("/groups").await.expect(200);
    nurse.post(group, "前").await.expect(201);

    let operator = w.operator("unei").await;
    publish(&operator, "terms", &TERMS).await;
    let led = nurse.get("/groups").await.expect(303);
    assert_eq!(led.headers["location"], "/terms?next=/groups");
    nurse.get("/api/v1/groups").await.expect_code(403, "terms_to_accept");
    nurse.post(group, "あいだ").await.expect_code(403, "terms_to_accept");
    nurse.get("/api/v1/events").await.expect_code(403, "terms_to_accept");
    let page = nurse.get("/terms?next=/groups").await.expect(200).text();
    assert!(page.contains("二つめの約束") && page.contains("同意して進む"));
    let open = due(&nurse).await;
    assert_eq!((open.len(), &open[0]["version"], &open[0]["accepted_version"]), (1, &json!(1), &Value::Null));
    // A form that somebody was typing into keeps its words.
    let kept =
        nurse.form(&format!("/groups/{group}/posts"), &[("body", "書きかけの文")]).await.expect(403).text();
    assert!(kept.contains("書きかけの文"));

    let id = open[0]["id"].as_str().unwrap().to_owned();
    let to = nurse.form("/terms", &[("versions", &id), ("next", "/groups")]).await.expect(303);
    assert_eq!(to.headers["location"], "/groups");
    nurse.get("/groups").await.expect(200);
    nurse.post(group, "後").await.expect(201);
    assert!(due(&nurse).await.is_empty());
    // It is on record: who, which version, when.
    let seen = operator.get("/operator/policies/terms/versions/1").await.expect(200).text();
    assert!(seen.contains("nurse 試子") && seen.contains("試験クリニック"));
    let log = w.as_(&admin);
    log.form("/terms", &[("versions", &id)]).await.expect(303);
    let log = log.get("/facility/access-log").await.expect(200).text();
    assert!(log.contains("規約の版に同意しました"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_shows_its_difference_and_one_that_demands_nothing_holds_nobody_up() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    let (nurse, operator) = (w.as_(&nurse), w.operator("unei").await);
    publish(&operator, "terms", &TERMS).await;
    let first = due(&nurse).await[0]["id"].as_str().unwrap().to_owned();
    nurse.call("POST", &format!("/api/v1/terms/{first}/acceptance"), Value::Null).await.expect(204);
    nurse.get("/groups").await.expect(200);

    let second =
        changed(&TERMS, &[("n", "2"), ("body", "## 1. 約束\n\n一つめの約束。\n\n二つめの約束（改）。")]);
    // A misprint put right without asking anybody.
    let silent: Vec<_> = second.iter().filter(|(k, _)| *k != "must_accept").copied().collect();
    publish(&operator, "terms", &silent).await;
    nurse.get("/groups").await.expect(200);
    let third = changed(&second, &[("n", "3"), ("change", "二つめを改めた")]);
    publish(&operator, "terms", &third).await;
    nurse.get("/groups").await.expect(303);
    let page = nurse.get("/terms").await.expect(200).text();
    assert!(page.contains("消えた行: </span>二つめの約束。"), "{page}");
    assert!(page.contains("増えた行: </span>二つめの約束（改）。"));
    let open = due(&nurse).await;
    assert_eq!((&open[0]["version"], &open[0]["accepted_version"]), (&json!(3), &json!(1)));
    // A version that will begin later is not asked for yet.
    let later = changed(&third, &[("n", "4"), ("effective_on", "2999-01-01")]);
    publish(&operator, "terms", &later).await;
    assert_eq!(due(&nurse).await[0]["version"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gate_leaves_the_doors_open_and_public_texts_readable() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    let operator = w.operator("unei").await;
    publish(&operator, "terms", &TERMS).await;
    publish(
        &operator,
        "confidential",
        &[
            ("n", "1"),
            ("title", "秘密情報取扱規程"),
            ("body", "内部の文"),
            ("audience", "internal"),
            ("effective_on", "2026-01-01"),
            ("change", "最初の版"),
        ],
    )
    .await;
    let text = w.nobody().get("/policies/terms").await.expect(200).text();
    assert!(text.contains("一つめの約束"));
    w.nobody().get("/policies/confidential").await.expect(404);
    w.nobody().get("/policies/security").await.expect(404);
    let nurse = w.as_(&nurse);
    nurse.get("/menu/policies").await.expect(303);
    nurse.form("/lock", &[]).await.expect(303);
    nurse.form("/sign-out", &[]).await.expect(303);
    nurse.get("/api/v1/terms").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_cannot_stand_is_refused_with_everything_that_was_typed() {
    let w = World::new().await;
    let operator = w.operator("unei").await;
    let bad = changed(&TERMS, &[("title", ""), ("audience", "internal"), ("effective_on", "きのう")]);
    let page = operator.form("/operator/policies/terms", &bad).await.expect(422).text();
    assert!(
        page.contains("一つめの約束")
            && page.contains("日付を入れてください")
            && page.contains("同意を求められません")
    );
    publish(&operator, "terms", &TERMS).await;
    // The second of two operators who write version 1.
    let late = operator.form("/operator/policies/terms", &TERMS).await.expect(422).text();
    assert!(late.contains("ほかの運営者が先に"));
    // Nothing in a text becomes markup.
    let evil =
        changed(&TERMS, &[("n", "2"), ("body", "<script>alert(1)</script>\n\n[x](javascript:alert(1))")]);
    publish(&operator, "terms", &evil).await;
    let page = w.nobody().get("/policies/terms").await.expect(200).text();
    assert!(
        page.contains("&lt;script&gt;alert(1)")
            && !page.contains("<script>alert")
            && !page.contains("href=\"javascript")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_register_keeps_every_version_and_what_was_removed() {
    let w = World::new().await;
    let operator = w.operator("unei").await;
    let person = [
        ("role", "final"),
        ("name", "山田 仮名"),
        ("duty", "全体を見る"),
        ("from", "2026-04-01"),
        ("to", ""),
    ];
    operator.form("/operator/register/new/person", &person).await.expect(303);
    let refused = operator
        .form("/operator/register/new/person", &[("role", "final"), ("name", "のこる名前")])
        .await
        .expect(422)
        .text();
    assert!(refused.contains("のこる名前"));
    operator.get("/operator/register/new/nothing").await.expect(404);
    let list = operator.get("/operator/register").await.expect(200).text();
    let entry = list.split("/operator/register/").find(|p| p.contains("山田 仮名")).expect("the entry");
    let path = format!("/operator/register/{}", &entry[..36]);
    let mut next = person.to_vec();
    next[1] = ("name", "佐藤 仮名");
    next.push(("n", "2"));
    operator.form(&path, &next).await.expect(303);
    operator.form(&path, &next).await.expect(422);
    let page = operator.get(&path).await.expect(200).text();
    assert!(
        page.contains("消えた行: </span>氏名: 山田 仮名")
            && page.contains("増えた行: </span>氏名: 佐藤 仮名")
    );
    operator.form(&path, &[("n", "3"), ("remove", "1")]).await.expect(303);
    assert!(!operator.get("/operator/register").await.expect(200).text().contains("佐藤 仮名"));
    assert!(operator.get(&path).await.expect(200).text().contains("外した"), "the history stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_is_encrypted_opened_by_its_facility_s_admins_alone_and_every_opening_is_on_record() {
    let w = World::new().await;
    let (one, two) = (w.facility("clinic", "一の医院").await, w.facility("clinic", "二の医院").await);
    let (admin, staff) = (w.admin(one, "admin", "clerk").await, w.staff(one, "nurse", "nurse").await);
    let other = w.admin(two, "other", "clerk").await;
    let operator = w.operator("unei").await;
    let facility = one.id.to_string();
    let fields = |facility: &str| {
        vec![
            ("kind", None, b"contract".to_vec()),
            ("title", None, "利用契約書".into()),
            ("party", None, "一の医院".into()),
            ("facility", None, facility.as_bytes().to_vec()),
            ("file", Some("keiyaku.txt"), "契約のなかみ CANARY-7731".into()),
        ]
    };
    operator.multipart("/operator/papers", &fields(&facility)).await.expect(303);
    operator.multipart("/operator/papers", &fields("")).await.expect(303);
    let list = w.as_(&admin).get("/facility/papers").await.expect(200).text();
    assert_eq!(list.matches("利用契約書").count(), 1, "what is the operator's alone is not there");
    let id = list.split("/facility/papers/").nth(1).map(|p| p[..36].to_owned()).expect("a paper");
    let opened = w.as_(&admin).get(&format!("/facility/papers/{id}")).await.expect(200);
    assert!(opened.text().contains("CANARY-7731"));
    assert!(opened.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    w.as_(&staff).get("/facility/papers").await.expect(403);
    w.as_(&staff).get(&format!("/facility/papers/{id}")).await.expect(403);
    w.as_(&other).get("/facility/papers").await.expect(200);
    w.as_(&other).get(&format!("/facility/papers/{id}")).await.expect(404);
    operator.get(&format!("/operator/papers/{id}/content")).await.expect(200);
    let record = operator.get(&format!("/operator/papers/{id}")).await.expect(200).text();
    assert_eq!(record.matches("開いた</b>").count(), 2, "{record}");
    assert!(record.contains("admin 試子"));
    // On the disk there is only ciphertext.
    let bytes =
        std::fs::read(w.folder.path().join(format!("blobs/papers/{}", id.replace('-', "")))).expect("stored");
    assert!(!bytes.windows(11).any(|part| part == b"CANARY-7731"));
    operator.form(&format!("/operator/papers/{id}/end"), &[]).await.expect(303);
    w.as_(&admin).get(&format!("/facility/papers/{id}")).await.expect(404);
    let empty = [("kind", None, b"contract".to_vec()), ("title", None, b"x".to_vec())];
    operator.multipart("/operator/papers", &empty).await.expect(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_that_the_scanner_cannot_look_at_is_not_stored() {
    let fields = [
        ("kind", None, b"contract".to_vec()),
        ("title", None, "検査を待つ契約書".into()),
        ("party", None, "一の医院".into()),
        ("facility", None, Vec::new()),
        ("file", Some("keiyaku.txt"), "なかみ".into()),
    ];
    let w = World::new().await;
    w.operator("unei").await.multipart("/operator/papers", &fields).await.expect(303);
    let w = World::with(|c| c.clamd = "unix:/nonexistent/clamd.socket".into()).await;
    let refused = w.operator("unei").await.multipart("/operator/papers", &fields).await.expect(503).text();
    assert!(
        refused.contains("ウイルス検査が今は動いていない") && refused.contains("検査を待つ契約書"),
        "{refused}"
    );
    let papers = "SELECT count(*) FROM care.paper";
    let stored = w.superuser().await.query_one(papers, &[]).await.expect("a count");
    assert_eq!(stored.get::<_, i64>(0), 0);
}
