//! The timeline through the API.

use serde_json::json;
use uuid::Uuid;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_post_is_read_by_the_team_and_by_nobody_else() {
    let w = World::new().await;
    let (clinic, station) = (
        w.facility("clinic", "試験クリニック").await,
        w.facility("visiting_nurse_station", "試験訪問看護").await,
    );
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let nurse = w.staff(station, "nurse", "nurse").await;
    let stranger = w.staff(station, "stranger", "nurse").await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    w.join(&doctor, group, &nurse).await;

    let post = w.as_(&doctor).post(group, "血圧 128/76、食事は全量でした。").await.expect(201).json();
    assert_eq!(post["seq"], 1);
    assert_eq!(post["author"]["profession"], "doctor");
    assert_eq!(post["read_by"], json!({"count": 0, "total": 1}));

    let path = format!("/api/v1/groups/{group}/posts");
    let page = w.as_(&nurse).get(&path).await.expect(200).json();
    assert_eq!(page["items"][0]["body"], "血圧 128/76、食事は全量でした。");
    assert_eq!(page["next"], json!(null));
    for path in [path.clone(), format!("/api/v1/posts/{}", post["id"].as_str().unwrap())] {
        w.as_(&stranger).get(&path).await.expect_code(404, "not_found");
        w.nobody().get(&path).await.expect_code(401, "not_signed_in");
    }
    w.as_(&stranger).post(group, "x").await.expect_code(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_sends_of_one_client_id_make_one_post() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    let body = json!({"client_id": Uuid::new_v4(), "body": "一度だけ"});
    let path = format!("/api/v1/groups/{group}/posts");
    let client = w.as_(&doctor);
    let sends =
        futures_util::future::join_all((0..50).map(|_| client.call("POST", &path, body.clone()))).await;
    let created = sends.iter().filter(|a| a.status == 201).count();
    assert_eq!(created, 1);
    assert!(
        sends.iter().all(|a| a.status == 200 || a.status == 201),
        "{:?}",
        sends.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    assert_eq!(w.as_(&doctor).get(&path).await.json()["items"].as_array().unwrap().len(), 1);

    let other = json!({"client_id": body["client_id"], "body": "別の文"});
    w.as_(&doctor).call("POST", &path, other).await.expect_code(409, "client_id_used_for_something_else");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_lands_behind_an_archiving_that_happens_at_the_same_time() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    w.as_(&doctor).post(group, "開いているとき").await.expect(201);
    let client = w.as_(&doctor);
    let archive = async {
        let body = json!({"client_id": Uuid::new_v4(), "archived": true, "reason": "試験"});
        client.call("PUT", &format!("/api/v1/groups/{group}/archive"), body).await
    };
    let posts = futures_util::future::join_all((0..24).map(|_| client.post(group, "同時に")));
    let (archived, posts) = futures_util::future::join(archive, posts).await;
    assert!(archived.status.is_success(), "{}", archived.text());
    let written = posts.iter().filter(|a| a.status == 201).count();
    assert!(posts.iter().all(|a| a.status == 201 || a.status == 409), "written or refused, nothing else");
    let page = client.get(&format!("/api/v1/groups/{group}/posts")).await.expect(200).json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(written + 1));
    client.post(group, "閉じたあと").await.expect(409);
}
