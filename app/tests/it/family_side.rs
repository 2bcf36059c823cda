//! What a relative does on the own timeline: files, corrections, taking back; and the team's calls beside it.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    family::{Live, Room, family_post, field, room},
    files::made::{docm, pdf, photo_with_a_place},
    world::{Answer, Client, id_of},
};

type Part = (&'static str, Option<&'static str>, Vec<u8>);

impl Room {
    fn page(&self) -> String {
        format!("/family/{}", self.group)
    }

    /// The form as a browser sends it.
    async fn send(
        &self,
        who: &Client<'_>,
        id: Uuid,
        body: &str,
        files: &[(&'static str, Vec<u8>)],
    ) -> Answer {
        let mut parts: Vec<Part> =
            vec![("client_id", None, id.to_string().into_bytes()), ("body", None, body.as_bytes().to_vec())];
        parts.extend(files.iter().map(|(name, bytes)| ("files", Some(*name), bytes.clone())));
        who.multipart(&self.page(), &parts).await
    }

    async fn newest(&self) -> Value {
        self.w.as_(&self.host).get(&self.family()).await.expect(200).json()["items"][0].clone()
    }

    /// Uploaded by the host and posted.
    async fn staff_file(&self, timeline: &str, name: &'static str, bytes: Vec<u8>) -> Uuid {
        let host = self.w.as_(&self.host);
        let parts: [Part; 2] = [("class", None, b"other".to_vec()), ("file", Some(name), bytes)];
        let file = id_of(&host.multipart("/api/v1/files", &parts).await.expect(201).json());
        let post =
            json!({"client_id": Uuid::new_v4(), "timeline": timeline, "body": "添付", "files": [file]});
        host.call("POST", &self.posts(), post).await.expect(201);
        file
    }
}

fn file_of(post: &Value, n: usize) -> String {
    post["files"][n]["id"].as_str().expect("a file").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relative_sends_a_photo_and_a_pdf_and_the_team_opens_them() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let (mika, host) = (r.w.as_kin(&kin), r.w.as_(&r.host));
    let id = Uuid::new_v4();
    let files = [("傷.jpg", photo_with_a_place()), ("お薬.pdf", pdf())];
    r.send(&mika, id, "傷の写真です", &files).await.expect(303);
    r.send(&mika, id, "傷の写真です", &files).await.expect(303);
    let stored = "SELECT count(*) FROM care.file";
    assert_eq!(r.w.superuser().await.query_one(stored, &[]).await.expect("a count").get::<_, i64>(0), 2);
    let post = r.newest().await;
    assert_eq!(
        (&post["files"][0]["name"], &post["files"][1]["name"]),
        (&json!("傷.jpg"), &json!("お薬.pdf"))
    );
    assert_eq!(
        (&post["files"][0]["class"], post["files"][0]["has_thumbnail"].as_bool()),
        (&json!("picture"), Some(true))
    );
    // The place is gone, for everybody; both sides open the same bytes.
    let photo = file_of(&post, 0);
    let hers = mika.get(&format!("/family/files/{photo}")).await.expect(200);
    assert!(hers.headers["content-disposition"].to_str().expect("text").starts_with("inline"));
    let theirs = host.get(&format!("/api/v1/files/{photo}")).await.expect(200);
    assert_eq!(hers.body, theirs.body);
    assert!(!crate::files::made::holds(&hers.body, b"GPS"));
    mika.get(&format!("/family/files/{photo}/thumbnail")).await.expect(200);
    host.get(&format!("/files/{photo}/thumbnail")).await.expect(200);
    mika.get(&format!("/api/v1/files/{photo}")).await.expect(200);
    let page = mika.get(&r.page()).await.expect(200).text();
    assert!(
        page.contains(&format!("/family/files/{photo}/thumbnail")) && page.contains("お薬.pdf"),
        "{page}"
    );
    let tab = host.get(&r.tab()).await.expect(200).text();
    assert!(tab.contains(&format!("/files/{photo}/thumbnail")) && !tab.contains("/family/files/"), "{tab}");
    // Opening stands in the log, once; the small picture goes with the page.
    let seen = "SELECT count(*) FROM care.access_event WHERE act = 'viewed_file' AND account_id = $1 AND outcome = 'done'";
    assert_eq!(r.w.superuser().await.query_one(seen, &[&kin.id]).await.expect("a count").get::<_, i64>(0), 2);
    // Words alone, a file alone; other kinds are refused and the words stay.
    r.send(&mika, Uuid::new_v4(), "", &[("あと.jpg", photo_with_a_place())]).await.expect(303);
    let refused =
        r.send(&mika, Uuid::new_v4(), "長い文を書きました", &[("x.docm", docm())]).await.expect(422).text();
    assert!(refused.contains("写真と PDFだけ") && refused.contains("長い文を書きました"), "{refused}");
    let many = [0, 1, 2, 3, 4].map(|n| ("a.pdf", [pdf(), format!("%{n}\n").into_bytes()].concat()));
    let refused = r.send(&mika, Uuid::new_v4(), "五つ", &many).await.expect(422).text();
    assert!(refused.contains("4つまで") && refused.contains("五つ"), "{refused}");
    r.send(&mika, id, "別の文", &[]).await.expect(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_of_the_teams_opens_at_the_familys_door() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let (mika, host) = (r.w.as_kin(&kin), r.w.as_(&r.host));
    let released = r.staff_file("family", "予定.pdf", pdf()).await;
    let teams = r.staff_file("team", "チーム.pdf", pdf()).await;
    let teams_photo = r.staff_file("team", "チーム.jpg", photo_with_a_place()).await;
    let macros = r.staff_file("family", "計算.docm", docm()).await;
    let parts: [Part; 2] = [("class", None, b"other".to_vec()), ("file", Some("まだ.pdf"), pdf())];
    let unposted = id_of(&host.multipart("/api/v1/files", &parts).await.expect(201).json());
    let elsewhere = r.w.group(&r.host, &r.host, "試験 花子").await;
    let parts: [Part; 2] = [("class", None, b"other".to_vec()), ("file", Some("花子.pdf"), pdf())];
    let others = id_of(&host.multipart("/api/v1/files", &parts).await.expect(201).json());
    let post = json!({"client_id": Uuid::new_v4(), "timeline": "family", "body": "添付", "files": [others]});
    host.call("POST", &format!("/api/v1/groups/{elsewhere}/posts"), post).await.expect(201);
    let ways = |file: Uuid| {
        [
            format!("/family/files/{file}"),
            format!("/family/files/{file}/thumbnail"),
            format!("/api/v1/files/{file}"),
        ]
    };
    mika.get(&ways(released)[0]).await.expect(200);
    mika.get(&ways(released)[2]).await.expect(200);
    for file in [teams, teams_photo, unposted, others, Uuid::new_v4()] {
        for path in ways(file) {
            mika.get(&path).await.expect(404);
        }
        if file != others {
            // The staff's own address, with her token: the door of the staff.
            assert!([303, 401].contains(&mika.get(&format!("/files/{file}")).await.status.as_u16()));
        }
    }
    // What could run something is for the team to look at.
    mika.get(&ways(macros)[0]).await.expect(403);
    let page = mika.get(&r.page()).await.expect(200).text();
    assert!(page.contains("計算.docm（この 画面では 開けません"), "{page}");
    for name in ["チーム.pdf", "チーム.jpg", "まだ.pdf", "花子"] {
        assert!(!page.contains(name), "{name}");
    }
    // Hers are hers alone until they are posted, and nobody attaches another's.
    let theft = json!({"client_id": Uuid::new_v4(), "timeline": "family", "body": "x", "files": [teams]});
    mika.call("POST", &r.posts(), theft).await.expect(422);
    // Taken back: the file goes with the post. Off the timeline: everything does.
    let id = r.newest().await["id"].as_str().expect("an id").to_owned();
    let reason = json!({"client_id": Uuid::new_v4(), "reason": "まちがい"});
    host.call("POST", &format!("/api/v1/posts/{id}/withdrawal"), reason).await.expect(201);
    mika.get(&ways(macros)[0]).await.expect(404);
    mika.get(&ways(released)[0]).await.expect(200);
    let path = format!("/api/v1/groups/{}/relatives/{}/removal", r.group, kin.id);
    host.call("POST", &path, json!({"client_id": Uuid::new_v4(), "reason": "試験"})).await.expect(204);
    mika.get(&ways(released)[2]).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relative_corrects_and_takes_back_what_she_wrote_and_nothing_else() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let (mika, host) = (r.w.as_kin(&kin), r.w.as_(&r.host));
    let ken = r.w.kin(&r.host, r.group, "ken", "family", "試験 健").await;
    r.send(&mika, Uuid::new_v4(), "熱は 38度", &[("体温計.jpg", photo_with_a_place())]).await.expect(303);
    let post = r.newest().await;
    let (id, photo) = (post["id"].as_str().expect("an id").to_owned(), file_of(&post, 0));
    let page = mika.get(&r.page()).await.expect(200).text();
    let (correction, withdrawal) =
        (format!("/family/posts/{id}/correction"), format!("/family/posts/{id}/withdrawal"));
    assert!(page.contains(&correction) && page.contains(&withdrawal), "{page}");
    let mut live = Live::page(&r.w, &kin).await;
    let form = mika.get(&correction).await.expect(200).text();
    assert!(form.contains("熱は 38度"));
    let client = field(&form, "client_id");
    assert!(
        mika.form(&correction, &[("client_id", &client), ("body", "熱は\u{202e}38度")])
            .await
            .expect(422)
            .text()
            .contains("使えない文字")
    );
    // Another's is shown and not hers to change; a nurse's session is nobody here.
    let fields = [("client_id", client.as_str()), ("body", "熱は 37度")];
    r.w.as_kin(&ken).form(&correction, &fields).await.expect(403);
    r.w.as_kin(&ken).get(&withdrawal).await.expect(403);
    r.w.as_(&r.nurse).form(&correction, &fields).await.expect(401);
    let staff = host.call("POST", &r.posts(), family_post("医師から")).await.expect(201).json();
    let staff = staff["id"].as_str().expect("an id");
    mika.get(&format!("/family/posts/{staff}/correction")).await.expect(403);
    let team = id_of(&host.post(r.group, "チームの話").await.expect(201).json());
    for what in ["correction", "withdrawal"] {
        mika.get(&format!("/family/posts/{team}/{what}")).await.expect(404);
    }
    mika.form(&correction, &fields).await.expect(303);
    mika.form(&correction, &fields).await.expect(303);
    mika.form(&correction, &[("client_id", &client), ("body", "熱は 36度")]).await.expect(409);
    mika.form(&correction, &[("client_id", &Uuid::new_v4().to_string()), ("body", "熱は 36度")])
        .await
        .expect(409);
    assert!(live.until("post.corrected").await.contains("\"timeline\":\"family\""));
    let now = r.newest().await;
    assert_eq!((&now["body"], &now["corrects"]), (&json!("熱は 37度"), &json!(id)));
    assert_eq!(file_of(&now, 0), photo, "its photo stays");
    mika.get(&format!("/family/files/{photo}")).await.expect(200);
    let first = mika.get(&format!("/api/v1/posts/{id}")).await.expect(200).json();
    assert!(
        first["corrected_by"].is_string() && first["body"].is_null() && first["files"] == json!([]),
        "{first}"
    );
    let tab = host.get(&r.tab()).await.expect(200).text();
    assert!(tab.contains("熱は 37度") && tab.contains("あとで 直されました"), "{tab}");
    // Taken back: words and photo are gone from both pages; that it was, and why, is said.
    let now = now["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/posts/{now}/withdrawal");
    let reason = json!({"client_id": Uuid::new_v4(), "reason": "母の ものでは ありません"});
    assert!(mika.call("POST", &path, reason.clone()).await.expect(201).json()["body"].is_null());
    mika.call("POST", &path, reason).await.expect(201);
    mika.get(&format!("/family/files/{photo}")).await.expect(404);
    live.until("post.withdrawn").await;
    for page in [mika.get(&r.page()).await.expect(200).text(), host.get(&r.tab()).await.expect(200).text()] {
        assert!(page.contains("母の ものでは ありません") && !page.contains("37度"), "{page}");
    }
    let acts = "SELECT string_agg(act, ' ' ORDER BY at) FROM care.access_event WHERE account_id = $1 AND act IN ('post', 'corrected', 'withdrew')";
    let acts: String = r.w.superuser().await.query_one(acts, &[&kin.id]).await.expect("the log").get(0);
    assert_eq!(acts, "post corrected withdrew");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_open_looks_again_without_a_second_view() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let mika = r.w.as_kin(&kin);
    let views = async || {
        let sql =
            "SELECT count(*) FROM care.access_event WHERE act = 'viewed_family_timeline' AND account_id = $1";
        r.w.superuser().await.query_one(sql, &[&kin.id]).await.expect("a count").get::<_, i64>(0)
    };
    let again = async || {
        let build = |b: axum::http::request::Builder| {
            b.header("x-renkei-background", "1").body(axum::body::Body::empty()).expect("a request")
        };
        mika.raw(build, "GET", &r.page()).await.expect(200).text()
    };
    r.w.as_(&r.host).call("POST", &r.posts(), family_post("ひとつめ")).await.expect(201);
    assert!(again().await.contains("ひとつめ"));
    assert_eq!(views().await, 1, "what was not read before is a view, however it is asked for");
    again().await;
    assert_eq!(views().await, 1, "nothing new is no view");
    mika.get(&r.page()).await.expect(200);
    assert_eq!(views().await, 2, "a page that is opened is");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_team_invites_lists_and_takes_off_by_json_too() {
    let r = room().await;
    let (host, nurse) = (r.w.as_(&r.host), r.w.as_(&r.nurse));
    let stranger = r.w.staff(r.w.facility("pharmacy", "試験薬局").await, "yakkyoku", "pharmacist").await;
    let stranger = r.w.as_(&stranger);
    let base = format!("/api/v1/groups/{}", r.group);
    let invitations = format!("{base}/relative-invitations");
    let body =
        json!({"client_id": Uuid::new_v4(), "role": "family", "name": "試験 美香", "relation": "長女"});
    let first = host.call("POST", &invitations, body.clone()).await.expect(201).json();
    assert_eq!(host.call("POST", &invitations, body.clone()).await.expect(200).json()["link"], first["link"]);
    let mut other = body.clone();
    other["name"] = json!("試験 健");
    host.call("POST", &invitations, other).await.expect(409);
    host.call("POST", &invitations, json!({"client_id": Uuid::new_v4(), "role": "family", "name": "x"}))
        .await
        .expect(422);
    nurse.call("POST", &invitations, body.clone()).await.expect(403);
    stranger.call("POST", &invitations, body).await.expect(404);
    let list = format!("{base}/relatives");
    let seen = host.get(&list).await.expect(200).json();
    assert_eq!((&seen["items"], &seen["invitations"][0]["name"]), (&json!([]), &json!("試験 美香")));
    assert_eq!(nurse.get(&list).await.expect(200).json()["invitations"], json!([]));
    stranger.get(&list).await.expect(404);
    let one = format!("{invitations}/{}", first["id"].as_str().expect("an id"));
    stranger.call("DELETE", &one, Value::Null).await.expect(404);
    nurse.call("DELETE", &one, Value::Null).await.expect(403);
    host.call("DELETE", &one, Value::Null).await.expect(204);
    host.call("DELETE", &one, Value::Null).await.expect(404);
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let seen = nurse.get(&list).await.expect(200).json();
    assert_eq!(
        (&seen["items"][0]["relation"], &seen["items"][0]["account_id"]),
        (&json!("長女"), &json!(kin.id))
    );
    // Hours and a release.
    let hours = format!("{base}/office-hours");
    let words = json!({"client_id": Uuid::new_v4(), "words": "平日の9時から"});
    nurse.call("PUT", &hours, words.clone()).await.expect(403);
    stranger.get(&hours).await.expect(404);
    host.call("PUT", &hours, words.clone()).await.expect(204);
    host.call("PUT", &hours, words).await.expect(204);
    assert_eq!(nurse.get(&hours).await.expect(200).json()["words"], "平日の9時から");
    let post = id_of(&host.post(r.group, "傷はきれいです").await.expect(201).json());
    let release = json!({"client_id": Uuid::new_v4(), "body": "傷は きれいに なりました"});
    let path = format!("/api/v1/posts/{post}/release");
    stranger.call("POST", &path, release.clone()).await.expect(404);
    let released = nurse.call("POST", &path, release.clone()).await.expect(201).json();
    assert_eq!(nurse.call("POST", &path, release).await.expect(201).json(), released);
    let mika = r.w.as_kin(&kin);
    let read = mika.get(&format!("/api/v1/posts/{}", released["post_id"].as_str().expect("an id"))).await;
    assert_eq!(read.expect(200).json()["body"], "傷は きれいに なりました");
    // Taken off; nobody of the staff's calls is hers.
    for path in [&list, &hours] {
        mika.get(path).await.expect(401);
    }
    let removal = format!("{base}/relatives/{}/removal", kin.id);
    let why = json!({"client_id": Uuid::new_v4(), "reason": "ご本人の希望"});
    nurse.call("POST", &removal, why.clone()).await.expect(403);
    stranger.call("POST", &removal, why.clone()).await.expect(404);
    host.call("POST", &removal, why.clone()).await.expect(204);
    host.call("POST", &removal, why).await.expect(204);
    mika.get("/api/v1/me").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_stand_over_the_teams_names_for_a_relative_who_wants_them() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let post = family_post("土曜日にうかがいます");
    r.w.as_(&r.host).call("POST", &r.posts(), post).await.expect(201);
    let mika = r.w.browser();
    mika.set("__Host-renkei-family", &kin.token);
    let pages = [r.page(), format!("{}/readers", r.page())];
    let set = async |readings: &str| {
        let fields = [("theme", "system"), ("text", "normal"), ("readings", readings)];
        mika.form("/family/display", &fields).await.expect(303);
    };
    for (readings, there) in [("off", false), ("on", true), ("off", false)] {
        set(readings).await;
        for page in &pages {
            let shown = mika.get(page).await.expect(200).text();
            assert!(shown.contains(&r.host.name) || there, "{page}");
            assert_eq!(shown.contains("<ruby>"), there, "{page}: {shown}");
        }
    }
    // Her own name was given by others, without a reading.
    set("on").await;
    assert!(mika.get(&r.page()).await.expect(200).text().contains("土曜日にうかがいます"));
}
