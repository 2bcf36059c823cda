//! Pictures of wounds by their place on the body.

use super::*;

impl Scene {
    /// A post with a picture.
    async fn picture(&self, text: &str) -> (Uuid, Uuid) {
        let photo = crate::files::made::photo_with_a_place();
        let parts = [("class", None, b"picture".to_vec()), ("file", Some("kakato.jpg"), photo)];
        let file =
            id_of(&self.w.as_(&self.nurse).multipart("/api/v1/files", &parts).await.expect(201).json());
        let body = json!({"client_id": Uuid::new_v4(), "body": text, "files": [file]});
        let post = self.call(&self.nurse, "POST", &self.of_group("posts"), body).await.expect(201).json();
        (id_of(&post), file)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_given_their_place_and_stand_in_order_beside_what_was_measured() {
    let s = Scene::new().await;
    let (first, second) = (s.picture("右かかと").await, s.picture("右かかと 2回目").await);
    let path = format!("/patients/{}/wounds", s.patient);
    let waiting = s.get(&s.doctor, &path).await.expect(200).json();
    assert_eq!((&waiting["items"], &waiting["without_site"][0]["file_id"]), (&json!([]), &json!(second.1)));
    assert!(waiting["known_sites"].as_array().expect("sites").iter().any(|k| k["site"] == "heel.right"));
    let tag = |(post, file): (Uuid, Uuid)| json!({"client_id": Uuid::new_v4(), "post_id": post, "file_id": file, "site": "heel.right"});
    let body = tag(first);
    let made = s.call(&s.doctor, "POST", &format!("{path}/pictures"), body.clone()).await.expect(201).json();
    let again = s.call(&s.doctor, "POST", &format!("{path}/pictures"), body.clone()).await.expect(200).json();
    assert_eq!(made, again);
    s.call(&s.nurse, "POST", &format!("{path}/pictures"), tag(second)).await.expect(201);
    let size =
        json!({"client_id": Uuid::new_v4(), "code": "design-r-total", "value": 12, "site": "heel.right"});
    s.call(&s.nurse, "POST", &format!("/patients/{}/observations", s.patient), size).await.expect(201);
    let wounds = s.get(&s.nurse, &path).await.expect(200).json();
    let heel = &wounds["items"][0];
    assert_eq!(
        (&heel["site"], &heel["name"], &wounds["without_site"]),
        (&json!("heel.right"), &json!("右かかと"), &json!([]))
    );
    let files: Vec<_> =
        heel["pictures"].as_array().expect("pictures").iter().map(|p| p["file_id"].clone()).collect();
    assert_eq!(files, [json!(first.1), json!(second.1)], "the oldest first");
    assert_eq!(heel["measures"][0]["value"], 12);
    assert!(s.logged(&s.nurse, "viewed_files", "done").await > 0, "the pictures are files of the group");
    // The same id for another place, a place that there is not, a picture in no post.
    let other = with(body.clone(), json!({"site": "sacrum"}));
    s.call(&s.doctor, "POST", &format!("{path}/pictures"), other).await.expect(409);
    let nowhere = with(tag(first), json!({"site": "heel"}));
    s.call(&s.doctor, "POST", &format!("{path}/pictures"), nowhere).await.expect(422);
    let loose = with(tag(first), json!({"file_id": Uuid::new_v4()}));
    s.call(&s.doctor, "POST", &format!("{path}/pictures"), loose).await.expect(404);
    for outsider in [&s.stranger, &s.admin] {
        s.get(outsider, &path).await.expect(404);
        s.call(outsider, "POST", &format!("{path}/pictures"), tag(first)).await.expect(404);
        assert_eq!(s.logged(outsider, "tagged_wound", "refused").await, 1);
    }
}
