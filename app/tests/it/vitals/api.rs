use serde_json::{Value, json};
use uuid::Uuid;

use super::{Team, temperature};
use crate::world::id_of;

#[tokio::test(flavor = "multi_thread")]
async fn members_record_and_read_and_nobody_else_knows_of_it() {
    let t = Team::new().await;
    let pressure = json!({"client_id": Uuid::new_v4(), "code": "85354-9", "components": [{"code": "8480-6", "value": 128, "unit": "mm[Hg]"}, {"code": "8462-4", "value": "76"}],
        "measured_at": "2026-11-17T08:10:00+09:00", "device": "上腕式", "note": "食後"});
    let made = t.record(&t.nurse, pressure.clone()).await;
    assert_eq!(made["components"][0]["value"], json!(128));
    assert_eq!(
        made["components"][1],
        json!({"code": "8462-4", "display": "Diastolic blood pressure", "value": 76, "unit": "mm[Hg]"})
    );
    assert_eq!((&made["status"], &made["measured_at"]), (&json!("final"), &json!("2026-11-16T23:10:00Z")));
    assert_eq!(made["author"]["id"], json!(t.nurse.id));
    // The same send again is the same record; with another value it is a conflict.
    let again = t.send(&t.nurse, pressure.clone()).await.expect(200).json();
    assert_eq!(again["id"], made["id"]);
    let mut other = pressure;
    other["note"] = json!("食前");
    t.send(&t.nurse, other).await.expect(409);
    assert_eq!(t.list(&t.doctor, "").await.len(), 1);
    for outsider in [&t.stranger, &t.clerk] {
        t.w.as_(outsider).get(&t.path()).await.expect(404);
        t.send(outsider, temperature(36.5, "2026-11-17T08:10:00+09:00")).await.expect(404);
        t.send(outsider, json!({"client_id": Uuid::new_v4(), "code": "0"})).await.expect(404);
        t.range(outsider, "8310-5", json!(36), json!(37.5)).await.expect(404);
        let withdrawal = format!("{}/{}/withdrawal", t.path(), id_of(&made));
        t.w.as_(outsider)
            .call("POST", &withdrawal, json!({"client_id": Uuid::new_v4(), "reason": "x"}))
            .await
            .expect(404);
    }
    t.w.nobody().get(&t.path()).await.expect(401);
    t.holds(1).await;
    let log = t.w.log_of(t.patient).await;
    for entry in [
        ("recorded_vitals", "done"),
        ("viewed_vitals", "done"),
        ("viewed_vitals", "refused"),
        ("recorded_vitals", "refused"),
    ] {
        assert!(log.contains(&(entry.0.into(), entry.1.into())), "{entry:?} in {log:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_and_what_is_rare_is_asked_about() {
    let t = Team::new().await;
    t.record(&t.nurse, temperature(36.5, "2026-11-17T08:10:00+09:00")).await;
    let wrong = async |change: &dyn Fn(&mut Value), code: &str| {
        let mut body = temperature(36.5, "2026-11-17T08:10:00+09:00");
        change(&mut body);
        let answer = t.send(&t.nurse, body).await.expect(422).json();
        assert_eq!(answer["errors"][0]["code"], code, "{answer}");
    };
    wrong(&|b| b["code"] = json!("15074-8"), "unknown").await;
    wrong(&|b| b["value"] = json!(73.2), "impossible").await;
    wrong(&|b| b["value"] = json!(-3), "number").await;
    wrong(&|b| b["value"] = json!("36,5"), "number").await;
    wrong(&|b| b["value"] = json!(null), "number").await;
    wrong(&|b| b["unit"] = json!("[degF]"), "unit").await;
    wrong(&|b| b["components"] = json!([{"code": "8310-5", "value": 36}]), "shape").await;
    wrong(&|b| b["measured_at"] = json!("2199-01-01T00:00:00Z"), "in_the_future").await;
    wrong(&|b| b["value"] = json!(33.1), "implausible").await;
    let mut rare = temperature(33.1, "2026-11-17T08:10:00+09:00");
    rare["confirmed"] = json!(true);
    assert_eq!(t.record(&t.nurse, rare).await["value"], json!(33.1));
    let turned = json!({"client_id": Uuid::new_v4(), "code": "85354-9", "components": [{"code": "8480-6", "value": 80}, {"code": "8462-4", "value": 130}]});
    t.send(&t.nurse, turned).await.expect(422);
    t.w.as_(&t.nurse)
        .call(
            "POST",
            &t.path(),
            json!({"client_id": Uuid::new_v4(), "code": "8310-5", "value": 36, "extra": 1}),
        )
        .await
        .expect(400);
    // The floor: also a service that forgets the rule records nothing of the future.
    t.holds(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_paged_filtered_and_in_the_order_of_measuring() {
    let t = Team::new().await;
    for (day, value) in [(3, 36.3), (1, 36.1), (2, 36.2), (2, 36.25)] {
        t.record(&t.nurse, temperature(value, &format!("2026-11-0{day}T08:00:00Z"))).await;
    }
    t.record(&t.nurse, json!({"client_id": Uuid::new_v4(), "code": "8867-4", "value": 72, "measured_at": "2026-11-02T08:00:00Z"})).await;
    let values =
        |items: &[Value]| items.iter().map(|i| i["value"].as_f64().expect("a value")).collect::<Vec<_>>();
    assert_eq!(values(&t.list(&t.doctor, "code=8310-5").await), [36.3, 36.25, 36.2, 36.1]);
    assert_eq!(values(&t.list(&t.doctor, "code=8867-4").await), [72.0]);
    assert_eq!(
        values(&t.list(&t.doctor, "from=2026-11-02T00:00:00Z&to=2026-11-03T00:00:00Z").await),
        [72.0, 36.25, 36.2]
    );
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{}?limit=2{cursor}", t.path());
        let page = t.w.as_(&t.doctor).get(&path).await.expect(200).json();
        found.extend(values(page["items"].as_array().expect("items")));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found, [36.3, 72.0, 36.25, 36.2, 36.1]);
    t.w.as_(&t.doctor).get(&format!("{}?cursor=x", t.path())).await.expect(400);
    t.w.as_(&t.doctor).get(&format!("{}?code=0", t.path())).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_system_reads_them_as_fhir() {
    let t = Team::new().await;
    t.range(&t.doctor, "8480-6", json!(90), json!(140)).await.expect(200);
    let pressure = json!({"client_id": Uuid::new_v4(), "code": "85354-9", "components": [{"code": "8480-6", "value": 152}, {"code": "8462-4", "value": 88}]});
    t.record(&t.nurse, pressure).await;
    t.record(&t.nurse, json!({"client_id": Uuid::new_v4(), "code": "59408-5", "value": 96})).await;
    let path = format!("{}?limit=10", t.path());
    let answer =
        t.w.as_(&t.doctor)
            .raw(
                |r| {
                    r.header("accept", "application/fhir+json")
                        .body(axum::body::Body::empty())
                        .expect("a request")
                },
                "GET",
                &path,
            )
            .await
            .expect(200);
    assert_eq!(answer.headers["content-type"], "application/fhir+json");
    let bundle = answer.json();
    let of = |code: &str| {
        let entries = bundle["entry"].as_array().expect("entries");
        let found = entries.iter().find(|e| e["resource"]["code"]["coding"][0]["code"] == code);
        found.unwrap_or_else(|| panic!("{code} in {bundle}"))["resource"].clone()
    };
    let pressure = of("85354-9");
    assert_eq!(
        pressure["component"][0]["valueQuantity"],
        json!({"value": 152, "unit": "mm[Hg]", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"})
    );
    assert_eq!(pressure["component"][0]["interpretation"][0]["coding"][0]["code"], "H");
    assert!(
        pressure.get("valueQuantity").is_none() && pressure["component"][1].get("interpretation").is_none()
    );
    assert_eq!(pressure["category"][0]["coding"][0]["code"], "vital-signs");
    assert_eq!(of("2708-6")["code"]["coding"][1]["code"], "59408-5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_keeps_the_value_and_says_why() {
    let t = Team::new().await;
    let mine = id_of(&t.record(&t.nurse, temperature(36.5, "2026-11-17T08:10:00+09:00")).await);
    let hers = id_of(&t.record(&t.doctor, temperature(36.6, "2026-11-17T08:20:00+09:00")).await);
    let withdraw = async |who, id: Uuid, reason: &str| {
        let body = json!({"client_id": Uuid::new_v4(), "reason": reason});
        t.w.as_(who).call("POST", &format!("{}/{id}/withdrawal", t.path()), body).await
    };
    withdraw(&t.nurse, hers, "ほかの人の値").await.expect(403);
    withdraw(&t.nurse, mine, " ").await.expect(422);
    let gone = withdraw(&t.nurse, mine, "測り直したため").await.expect(201).json();
    assert_eq!((&gone["status"], &gone["value"]), (&json!("entered-in-error"), &json!(36.5)));
    assert_eq!(gone["withdrawn"]["reason"], "測り直したため");
    withdraw(&t.nurse, mine, "もう一度").await.expect(409);
    withdraw(&t.doctor, hers, "別の患者さんの値だったため").await.expect(201);
    withdraw(&t.doctor, Uuid::new_v4(), "ない").await.expect(404);
    t.holds(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn host_and_doctors_set_ranges_every_version_stays_and_who_crosses_one_tells_the_team() {
    let t = Team::new().await;
    let second = t.w.staff(t.nurse.facility, "isha2", "doctor").await;
    t.w.join(&t.doctor, t.group, &second).await;
    t.range(&t.nurse, "8310-5", json!(36), json!(37.5)).await.expect(403);
    t.range(&second, "8310-5", json!(37.5), json!(36)).await.expect(422);
    t.range(&second, "8310-5", json!(36), json!(38)).await.expect(200);
    let set = t.range(&t.doctor, "8310-5", json!(null), json!(37.5)).await.expect(200).json();
    assert_eq!((&set["items"][0]["low"], &set["items"][0]["high"]), (&json!(null), &json!(37.5)));
    assert_eq!(set["versions"].as_array().map(Vec::len), Some(2));
    assert_eq!(set["versions"][1]["changed_by"]["id"], json!(second.id));
    let notices = async |who| t.w.as_(who).get("/notices").await.expect(200).text();
    // Within, ends included: nobody is told.
    let calm = t.record(&t.nurse, temperature(37.5, "2026-11-17T08:10:00+09:00")).await;
    assert!(calm.get("interpretation").is_some_and(Value::is_null));
    assert!(!notices(&t.doctor).await.contains("範囲をこえた"));
    let fever = t.record(&t.nurse, temperature(38.4, "2026-11-17T08:20:00+09:00")).await;
    assert_eq!(fever["interpretation"], "high");
    for told in [&t.doctor, &second] {
        let page = notices(told).await;
        assert!(page.contains("範囲をこえた値があります") && !page.contains("38.4"), "contentless");
    }
    for silent in [&t.nurse, &t.stranger] {
        assert!(!notices(silent).await.contains("範囲をこえた"), "the author knows, a stranger may not");
    }
    // Whoever has looked has no news.
    t.w.as_(&t.doctor).get(&format!("/patients/{}/vitals", t.patient)).await.expect(200);
    assert!(
        !notices(&t.doctor).await.contains("範囲をこえた") && notices(&second).await.contains("範囲をこえた")
    );
    // Without an end none holds any more.
    let ended = t.range(&t.doctor, "8310-5", json!(null), json!(null)).await.expect(200).json();
    assert_eq!((&ended["items"], ended["versions"].as_array().map(Vec::len)), (&json!([]), Some(3)));
    t.holds(5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_from_now_on_sees_what_is_recorded_from_then_on_and_an_archive_closes_the_book() {
    let t = Team::new().await;
    t.record(&t.nurse, temperature(36.5, "2026-11-17T08:10:00+09:00")).await;
    t.range(&t.doctor, "8310-5", json!(36), json!(37.5)).await.expect(200);
    t.post(&t.nurse, "はじめの投稿").await;
    let late = t.w.staff(t.nurse.facility, "ato", "nurse").await;
    let body = json!({"client_id": Uuid::new_v4(), "account_id": late.id, "facility_id": late.facility.id, "role": "member", "from_now_on": true});
    let invited =
        t.w.as_(&t.doctor)
            .call("POST", &format!("/api/v1/groups/{}/invitations", t.group), body)
            .await
            .expect(201)
            .json();
    let accept = format!("/api/v1/invitations/{}/acceptance", id_of(&invited));
    t.w.as_(&late)
        .call("POST", &accept, json!({"client_id": Uuid::new_v4(), "decision": "accept"}))
        .await
        .expect(200);
    assert!(t.list(&late, "").await.is_empty());
    t.record(&t.nurse, temperature(37.0, "2026-11-17T09:10:00+09:00")).await;
    assert_eq!(t.list(&late, "").await.len(), 1);
    assert_eq!(t.list(&t.doctor, "").await.len(), 2);
    let ranges =
        t.w.as_(&late)
            .get(&format!("/api/v1/patients/{}/reference-ranges", t.patient))
            .await
            .expect(200)
            .json();
    assert_eq!(ranges["items"][0]["high"], json!(37.5), "a range holds for whoever looks");
    t.w.end_membership(&t.doctor, t.group, &late).await;
    t.w.as_(&late).get(&t.path()).await.expect(404);
    t.w.archive(&t.doctor, t.group).await;
    t.send(&t.nurse, temperature(36.5, "2026-11-17T10:10:00+09:00")).await.expect(409);
    t.range(&t.doctor, "8310-5", json!(36), json!(38)).await.expect(409);
    assert_eq!(t.list(&t.doctor, "").await.len(), 2);
    t.holds(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn first_records_that_meet_make_one_stream_and_retries_one_record() {
    let t = Team::new().await;
    let same = temperature(36.5, "2026-11-17T08:10:00+09:00");
    let sends = (0..8).map(|n| {
        let body = if n % 2 == 0 {
            same.clone()
        } else {
            temperature(36.0 + f64::from(n) / 10.0, "2026-11-17T08:10:00+09:00")
        };
        t.send(&t.nurse, body)
    });
    let answers = futures_util::future::join_all(sends).await;
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 5, "one of the same, and four others");
    assert!(answers.iter().all(|a| a.status == 201 || a.status == 200));
    assert_eq!(t.count("SELECT count(*) FROM care.stream WHERE kind = 'observations'").await, 1);
    t.holds(5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_refuses_what_the_service_forgets() {
    let t = Team::new().await;
    t.record(&t.nurse, temperature(36.5, "2026-11-17T08:10:00+09:00")).await;
    let superuser = t.w.superuser().await;
    for change in [
        "UPDATE care.observation SET measured_at = now()",
        "DELETE FROM care.observation",
        "TRUNCATE care.observation",
    ] {
        assert!(superuser.batch_execute(change).await.is_err(), "{change}");
    }
    let app = t.w.role("renkei_app").await;
    assert!(app.batch_execute("INSERT INTO care.observation SELECT * FROM care.observation").await.is_err());
    let seen: i64 =
        app.query_one("SELECT count(*) FROM care.observation", &[]).await.expect("nothing").get(0);
    assert_eq!(seen, 0, "nobody without a name sees a row");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_house_misses_the_guards_of_the_observations() {
    let t = Team::new().await;
    let superuser = t.w.superuser().await;
    let missing = async || {
        let sql = "SELECT (act.state_of_the_house()->>'guards')::int";
        superuser.query_one(sql, &[]).await.expect("the state").get::<_, i32>(0)
    };
    assert_eq!(missing().await, 0, "every guard stands");
    superuser
        .batch_execute(
            "SELECT guard.open_window('1 minute', 'test'); DROP TRIGGER no_row_change ON care.observation",
        )
        .await
        .expect("a superuser may");
    assert_eq!(missing().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_measurement_without_a_time_is_sent_twice_and_stands_once() {
    let t = Team::new().await;
    let mut body = json!({"client_id": Uuid::new_v4(), "code": "8310-5", "value": 36.5});
    t.record(&t.nurse, body.clone()).await;
    t.send(&t.nurse, body.clone()).await.expect(200);
    body["value"] = json!(36.6);
    t.send(&t.nurse, body).await.expect(409);
    assert_eq!(t.list(&t.nurse, "").await.len(), 1);
}
