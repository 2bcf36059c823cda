//! The values in the text of a post, and the own link of somebody with whom others connect.

use super::*;

impl Scene {
    async fn told(&self, who: &Person, text: &str) -> Uuid {
        let body = json!({"client_id": Uuid::new_v4(), "body": text});
        id_of(&self.call(who, "POST", &self.of_group("posts"), body).await.expect(201).json())
    }

    async fn withdrawn(&self, post: Uuid) {
        let body = json!({"client_id": Uuid::new_v4(), "reason": "試験"});
        self.call(&self.nurse, "POST", &format!("/posts/{post}/withdrawal"), body).await.expect(201);
    }
}

fn of(post: Uuid) -> String {
    format!("/posts/{post}/observations")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_author_takes_values_out_of_a_post_and_everybody_reads_them() {
    let s = Scene::new().await;
    let post = s.told(&s.nurse, "8:00 体温 36.5、血圧 128/76、脈拍 72。体温 366 は書きまちがい").await;
    let offer = s.get(&s.nurse, &of(post)).await.expect(200).json();
    let values = offer["offered"]["values"].as_array().expect("values").clone();
    let by_code = |code: &str| values.iter().find(|v| v["code"] == code).expect("the value");
    let (warm, pressure) = (by_code("8310-5"), by_code("85354-9"));
    assert_eq!(
        (&warm["value"], &warm["unit"], &warm["look"]),
        (&json!(36.5), &json!("Cel"), &json!("usual"))
    );
    assert!(warm["measured_at"].is_string(), "the text says when");
    assert_eq!(pressure["components"][0]["value"], 128);
    assert_eq!(pressure["value"], Value::Null);
    assert_eq!(offer["items"], json!([]));
    // Nobody else is asked.
    let others = s.get(&s.doctor, &of(post)).await.expect(200).json();
    assert_eq!(others, json!({"offered": null, "items": [], "next": null}));
    let body = json!({"seen": offer["offered"]["seen"], "take": [warm["number"], pressure["number"]]});
    let taken = s.call(&s.nurse, "POST", &of(post), body.clone()).await.expect(201).json();
    assert_eq!((taken["items"].as_array().expect("items").len(), &taken["offered"]), (2, &Value::Null));
    let again = s.call(&s.nurse, "POST", &of(post), body).await.expect(200).json();
    assert_eq!(again, taken, "sent twice, recorded once");
    let read = s.get(&s.doctor, &of(post)).await.expect(200).json();
    assert_eq!(read["items"][0]["post_id"], json!(post));
    let path = format!("/patients/{}/observations", s.patient);
    let listed = s.get(&s.doctor, &path).await.expect(200).json();
    assert_eq!(listed["items"].as_array().expect("items").len(), 2);
    assert!(s.logged(&s.doctor, "viewed_vitals", "done").await >= 2);
    // What was withdrawn stays and says so; so does what stands in a post that does not.
    let first = id_of(&read["items"][0]);
    let body = json!({"client_id": Uuid::new_v4(), "reason": "試験"});
    s.call(&s.nurse, "POST", &format!("{path}/{first}/withdrawal"), body).await.expect(201);
    let status = |seen: &Value, n: usize| seen["items"][n]["status"].clone();
    let seen = s.get(&s.doctor, &of(post)).await.expect(200).json();
    assert_eq!((status(&seen, 0), status(&seen, 1)), (json!("entered-in-error"), json!("final")));
    s.withdrawn(post).await;
    let seen = s.get(&s.doctor, &of(post)).await.expect(200).json();
    assert_eq!(status(&seen, 1), "entered-in-error");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_taken_is_refused_and_nothing_is_recorded() {
    let s = Scene::new().await;
    let post = s.told(&s.nurse, "体温 36.5、脈拍 210、SpO2 96").await;
    let offer = s.get(&s.nurse, &of(post)).await.expect(200).json()["offered"].clone();
    let take = |numbers: Value| json!({"seen": offer["seen"], "take": numbers});
    for outsider in [&s.stranger, &s.admin] {
        s.get(outsider, &of(post)).await.expect(404);
        s.call(outsider, "POST", &of(post), take(json!([0]))).await.expect(404);
        assert_eq!(s.logged(outsider, "viewed_vitals", "refused").await, 1);
        assert_eq!(s.logged(outsider, "recorded_vitals", "refused").await, 1);
    }
    let other = s.call(&s.doctor, "POST", &of(post), take(json!([0]))).await;
    other.expect_code(403, "the_author_only");
    s.call(&s.nurse, "POST", &of(post), json!({"seen": "0", "take": [0]})).await.expect(412);
    for wrong in [json!([]), json!([9])] {
        s.call(&s.nurse, "POST", &of(post), take(wrong)).await.expect(422);
    }
    // A rare value is taken where somebody says that it is meant.
    let fast = offer["values"]
        .as_array()
        .expect("values")
        .iter()
        .find(|v| v["code"] == "8867-4")
        .expect("the pulse");
    assert_eq!(fast["look"], "unusual");
    s.call(&s.nurse, "POST", &of(post), take(json!([fast["number"]]))).await.expect(422);
    let tomorrow = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24)).to_string();
    let ahead = with(take(json!([0])), json!({"measured_at": tomorrow}));
    s.call(&s.nurse, "POST", &of(post), ahead).await.expect(422);
    s.call(&s.nurse, "POST", &of(post), with(take(json!([0])), json!({"for": "me"}))).await.expect(400);
    let path = format!("/patients/{}/observations", s.patient);
    let listed = s.get(&s.doctor, &path).await.expect(200).json();
    assert_eq!(listed["items"], json!([]), "until now nothing was recorded");
    // At a time that the text does not say.
    let hour_ago = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1)).to_string();
    let body = with(take(json!([0])), json!({"measured_at": hour_ago}));
    let taken = s.call(&s.nurse, "POST", &of(post), body.clone()).await.expect(201).json();
    assert_eq!(taken["items"][0]["measured_at"].as_str().map(|at| &at[..19]), Some(&hour_ago[..19]));
    let moved = with(body, json!({"measured_at": post_time(&s, post).await}));
    s.call(&s.nurse, "POST", &of(post), moved).await.expect(409);
    s.withdrawn(post).await;
    let late = s.call(&s.nurse, "POST", &of(post), take(json!([0]))).await;
    late.expect_code(409, "withdrawn_or_corrected_already");
}

async fn post_time(s: &Scene, post: Uuid) -> Value {
    s.get(&s.nurse, &format!("/posts/{post}")).await.expect(200).json()["created_at"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rare_value_is_recorded_where_it_is_meant() {
    let s = Scene::new().await;
    let post = s.told(&s.nurse, "脈拍 210").await;
    let offer = s.get(&s.nurse, &of(post)).await.expect(200).json()["offered"].clone();
    let meant = json!({"seen": offer["seen"], "take": [0], "confirmed": [0]});
    let taken = s.call(&s.nurse, "POST", &of(post), meant).await.expect(201).json();
    assert_eq!(taken["items"][0]["value"], 210, "{taken}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_without_a_patient_and_the_family_s_talk_offer_nothing() {
    let s = Scene::new().await;
    let free = json!({"client_id": Uuid::new_v4(), "kind": "free", "title": "勉強会"});
    let free = id_of(&s.call(&s.nurse, "POST", "/groups", free).await.expect(201).json());
    let body = json!({"client_id": Uuid::new_v4(), "body": "体温 36.5"});
    let post = id_of(
        &s.call(&s.nurse, "POST", &format!("/groups/{free}/posts"), body.clone()).await.expect(201).json(),
    );
    let seen = s.get(&s.nurse, &of(post)).await.expect(200).json();
    assert_eq!(seen, json!({"offered": null, "items": [], "next": null}));
    s.call(&s.nurse, "POST", &of(post), json!({"seen": "0", "take": [0]})).await.expect(412);
    s.w.kin(&s.doctor, s.group, "mika", "family", "試験 美香").await;
    let family = with(body, json!({"client_id": Uuid::new_v4(), "timeline": "family"}));
    let family = id_of(&s.call(&s.nurse, "POST", &s.of_group("posts"), family).await.expect(201).json());
    s.get(&s.nurse, &of(family)).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_link_names_the_person_and_leads_where_she_is_asked() {
    let s = Scene::new().await;
    let mine = s.get(&s.nurse, "/me/connection-link").await.expect(200).json();
    assert_eq!((&mine["account_id"], &mine["facility_id"]), (&json!(s.nurse.id), &json!(s.station.id)));
    assert!(mine["qr"].as_str().expect("a code").starts_with("<svg"));
    let link = mine["link"].as_str().expect("a link");
    let page = s.w.as_(&s.nurse).get("/connections/me").await.expect(200).text();
    assert!(page.contains(&link.replace('&', "&amp;")), "the page has the same");
    let at = link.find("/connections/new").expect("the page that asks");
    let asks = s.w.as_(&s.doctor).get(&link[at..]).await.expect(200).text();
    assert!(asks.contains(&s.nurse.name));
    let body = json!({"client_id": Uuid::new_v4(), "account_id": mine["account_id"], "facility_id": mine["facility_id"]});
    s.call(&s.doctor, "POST", "/connections", body).await.expect(201);
    s.w.nobody().get("/api/v1/me/connection-link").await.expect(401);
}
