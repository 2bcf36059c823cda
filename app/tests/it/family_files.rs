//! Photos and files that the team puts on the family timeline: with a post there, and with a team post that is let through.

use renkei::{Error, auth::Actor, cli::verify, service::ServiceMode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    family::{Room, family_post, room, room_in},
    files::made::{docm, holds, pdf, photo_with_a_place},
    world::{Answer, Client, World, id_of, kin::Kin},
};

type Part = (&'static str, Option<&'static str>, Vec<u8>);
type File = (&'static str, Vec<u8>);

fn another_pdf(n: u8) -> Vec<u8> {
    [pdf(), format!("%{n}\n").into_bytes()].concat()
}

impl Room {
    async fn mika(&self) -> Kin {
        self.w.kin(&self.host, self.group, "mika", "family", "試験 美香").await
    }

    /// The form of the team's tab, as a browser sends it.
    async fn write(&self, who: &Client<'_>, id: Uuid, body: &str, files: &[File]) -> Answer {
        let mut parts: Vec<Part> =
            vec![("client_id", None, id.to_string().into_bytes()), ("body", None, body.as_bytes().to_vec())];
        parts.extend(files.iter().map(|(name, bytes)| ("files", Some(*name), bytes.clone())));
        who.multipart(&self.tab(), &parts).await
    }

    /// Uploaded by the host.
    async fn upload(&self, name: &'static str, bytes: Vec<u8>) -> Uuid {
        let parts: [Part; 2] = [("class", None, b"other".to_vec()), ("file", Some(name), bytes)];
        id_of(&self.w.as_(&self.host).multipart("/api/v1/files", &parts).await.expect(201).json())
    }

    /// A post of the host's on the team's timeline.
    async fn team_post(&self, files: &[Uuid]) -> Uuid {
        let post = json!({"client_id": Uuid::new_v4(), "body": "仙骨部の写真です", "files": files});
        id_of(&self.w.as_(&self.host).call("POST", &self.posts(), post).await.expect(201).json())
    }

    async fn count(&self, sql: &str) -> i64 {
        self.w.superuser().await.query_one(sql, &[]).await.expect("a count").get(0)
    }

    async fn verifies(&self) {
        let access = crate::world::cluster().await.config("renkei_verify", &self.w.database);
        let report = verify::check(&access, &self.w.app.config, None).await.expect("it runs");
        assert!(report.bad.is_empty() && report.files > 0, "{report:?}");
    }
}

fn ways(file: Uuid) -> [String; 3] {
    [
        format!("/family/files/{file}"),
        format!("/family/files/{file}/thumbnail"),
        format!("/api/v1/files/{file}"),
    ]
}

/// The form of the page that lets a post through.
async fn let_through(who: &Client<'_>, post: Uuid, id: Uuid, words: &str, files: &[Uuid]) -> Answer {
    let (id, files) = (id.to_string(), files.iter().map(Uuid::to_string).collect::<Vec<_>>());
    let mut fields = vec![("client_id", id.as_str()), ("words", words)];
    fields.extend(files.iter().map(|file| ("id", file.as_str())));
    who.form(&format!("/posts/{post}/release"), &fields).await
}

fn ids_of(post: &Value) -> Vec<Uuid> {
    post["files"].as_array().expect("files").iter().map(id_of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nurse_writes_with_a_photo_and_the_daughter_opens_it() {
    let r = room().await;
    let kin = r.mika().await;
    let (mika, host, nurse) = (r.w.as_kin(&kin), r.w.as_(&r.host), r.w.as_(&r.nurse));
    let form = nurse.get(&r.tab()).await.expect(200).text();
    assert!(form.contains("multipart/form-data") && form.contains("accept=\"image/*,application/pdf\""));
    let id = Uuid::new_v4();
    let files =
        [("傷.jpg", photo_with_a_place()), ("予定.pdf", pdf()), ("メモ.txt", b"you can read this".to_vec())];
    for _ in 0..2 {
        let sent = r.write(&nurse, id, "傷はきれいになりました", &files).await.expect(303);
        assert!(sent.headers["location"].to_str().expect("an address").contains(&format!("sent={id}")));
    }
    assert_eq!(r.count("SELECT count(*) FROM care.file").await, 3, "sent twice, stored once");
    let page = host.get(&r.family()).await.expect(200).json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
    let post = &page["items"][0];
    assert_eq!(
        (&post["files"][0]["class"], &post["files"][1]["class"], &post["author"]["name"]),
        (&json!("picture"), &json!("other"), &json!("kango 試子"))
    );
    let [photo, paper, note] = ids_of(post)[..] else { panic!("three files") };
    let seen = mika.get(&ways(photo)[0]).await.expect(200);
    assert!(seen.headers["content-disposition"].to_str().expect("text").starts_with("inline"));
    assert!(!holds(&seen.body, b"GPS"), "the place is gone");
    mika.get(&ways(photo)[1]).await.expect(200);
    mika.get(&ways(paper)[0]).await.expect(200);
    let note = mika.get(&ways(note)[0]).await.expect(200);
    assert!(note.headers["content-disposition"].to_str().expect("text").starts_with("attachment"));
    let page = mika.get(&format!("/family/{}", r.group)).await.expect(200).text();
    assert!(page.contains(&ways(photo)[1]) && page.contains("予定.pdf"), "{page}");
    let tab = nurse.get(&r.tab()).await.expect(200).text();
    assert!(tab.contains(&format!("/files/{photo}/thumbnail")) && !tab.contains("/family/files/"), "{tab}");
    // A photo alone; words alone, as browsers send them without files.
    r.write(&nurse, Uuid::new_v4(), "", &[("あと.jpg", photo_with_a_place())]).await.expect(303);
    let plain = Uuid::new_v4().to_string();
    nurse.form(&r.tab(), &[("client_id", &plain), ("body", "文だけ")]).await.expect(303);
    // Somebody on another family's timeline, and somebody of the staff from elsewhere.
    let elsewhere = r.w.group(&r.host, &r.host, "試験 花子").await;
    let other = r.w.kin(&r.host, elsewhere, "hanako", "family", "試験 次郎").await;
    for way in ways(photo) {
        r.w.as_kin(&other).get(&way).await.expect(404);
    }
    let pharmacy = r.w.facility("pharmacy", "試験薬局").await;
    let stranger = r.w.staff(pharmacy, "yakkyoku", "pharmacist").await;
    let before = r.count("SELECT count(*) FROM care.file").await;
    let admin = r.w.admin(r.host.facility, "kanri", "other").await;
    for person in [&stranger, &admin] {
        let who = r.w.as_(person);
        r.write(&who, Uuid::new_v4(), "x", &[("x.jpg", photo_with_a_place())]).await.expect(404);
    }
    assert_eq!(r.count("SELECT count(*) FROM care.file").await, before, "nothing of theirs was read");
    // Taken back on the tab: the photo goes with the post.
    let post = id_of(post);
    assert!(tab.contains(&format!("/posts/{post}/withdrawal")), "{tab}");
    let reason = json!({"client_id": Uuid::new_v4(), "reason": "別の方の写真でした"});
    nurse.call("POST", &format!("/api/v1/posts/{post}/withdrawal"), reason).await.expect(201);
    for way in ways(photo) {
        mika.get(&way).await.expect(404);
    }
    r.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_a_file_the_words_stay() {
    let r = room_in(World::with(|c| c.limits.file_bytes = 60_000).await).await;
    let kin = r.mika().await;
    let (mika, nurse) = (r.w.as_kin(&kin), r.w.as_(&r.nurse));
    let words = "きょうの傷のようすを長く書きました";
    let id = Uuid::new_v4();
    let five = [0, 1, 2, 3, 4].map(|n| ("表.pdf", another_pdf(n)));
    let large = |bytes: usize| [("大.pdf", [pdf(), vec![b' '; bytes]].concat())];
    let wrong: [(&[File], &str); 6] = [
        (&[("計算.docm", docm())], "ご家族の画面では開けない"),
        (&[("頁.html", b"<!doctype html><script>1</script>".to_vec())], "ご家族の画面では開けない"),
        (&[("空.pdf", Vec::new())], "中身のないファイル"),
        (&five, "4つまで"),
        (&large(80_000), "大きすぎます"),
        // More than is read past.
        (&large(60_000 * 20), "大きすぎます"),
    ];
    for (files, why) in wrong {
        let page = r.write(&nurse, id, words, files).await.expect(422).text();
        assert!(page.contains(why) && page.contains(words), "{why}: {page}");
        assert!(page.contains("もう一度選んで") && page.contains(&id.to_string()), "{page}");
    }
    // What the scanner or the page does not know of was not stored; four and the same id go through.
    assert_eq!(r.count("SELECT count(*) FROM care.post").await, 0);
    r.write(&nurse, id, words, &five[..4]).await.expect(303);
    let lost = r.write(&nurse, id, "ちがう文になりました", &[]).await.expect(409).text();
    assert!(lost.contains("ちがう文になりました"), "{lost}");
    let empty = r.write(&nurse, Uuid::new_v4(), " ", &[]).await.expect(422).text();
    assert!(!empty.contains("もう一度選んで"), "{empty}");
    // At the family's door as well.
    let door = format!("/family/{}", r.group);
    let parts: [Part; 3] = [
        ("client_id", None, id.to_string().into_bytes()),
        ("body", None, words.as_bytes().to_vec()),
        ("files", Some("大.pdf"), vec![b' '; 60_000 * 20]),
    ];
    let page = mika.multipart(&door, &parts).await.expect(422).text();
    assert!(page.contains("大きすぎます") && page.contains(words) && page.contains("もう一度"), "{page}");
    // The session is over; the service only reads.
    for (path, lead) in [(r.tab(), "\"/sign-in\""), (door.clone(), "\"/family/sign-in\"")] {
        let page = r.w.nobody().multipart(&path, &parts).await.expect(401).text();
        assert!(page.contains(words) && page.contains(lead), "{page}");
    }
    r.set(ServiceMode::ReadOnly).await;
    for files in [&[][..], &[("傷.jpg", photo_with_a_place())][..]] {
        let page = r.write(&nurse, Uuid::new_v4(), words, files).await.expect(503).text();
        assert!(page.contains(words) && page.contains("読むだけ"), "{page}");
    }
    r.set(ServiceMode::Normal).await;
    r.write(&nurse, Uuid::new_v4(), words, &[]).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_takes_words_and_no_photo() {
    let r = room_in(World::with(|c| c.watch.refuse_uploads_percent = 0).await).await;
    let kin = r.mika().await;
    let (mika, nurse) = (r.w.as_kin(&kin), r.w.as_(&r.nurse));
    let photo = [("傷.jpg", photo_with_a_place())];
    let page = r.write(&nurse, Uuid::new_v4(), "傷のようす", &photo).await.expect(422).text();
    assert!(page.contains("文だけなら送れます") && page.contains("傷のようす"), "{page}");
    r.write(&nurse, Uuid::new_v4(), "傷のようす", &[]).await.expect(303);
    let parts: [Part; 3] = [
        ("client_id", None, Uuid::new_v4().to_string().into_bytes()),
        ("body", None, "写真を 送ります".as_bytes().to_vec()),
        ("files", Some("傷.jpg"), photo_with_a_place()),
    ];
    let door = format!("/family/{}", r.group);
    let page = mika.multipart(&door, &parts).await.expect(422).text();
    assert!(page.contains("文だけなら 送れます") && page.contains("写真を 送ります"), "{page}");
    mika.multipart(&door, &parts[..2]).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn chosen_files_of_a_colleagues_post_go_along_and_the_others_stay_shut() {
    let r = room().await;
    let kin = r.mika().await;
    let (mika, host, nurse) = (r.w.as_kin(&kin), r.w.as_(&r.host), r.w.as_(&r.nurse));
    let shown = r.upload("見せる.jpg", photo_with_a_place()).await;
    let kept = r.upload("見せない.jpg", photo_with_a_place()).await;
    let macros = r.upload("計算.docm", docm()).await;
    let source = r.team_post(&[kept, shown, macros]).await;
    let page = nurse.get(&format!("/posts/{source}/release")).await.expect(200).text();
    for file in [shown, kept] {
        assert!(page.contains(&format!("name=\"id\" value=\"{file}\"")), "{page}");
        assert!(page.contains(&format!("/files/{file}/thumbnail")), "{page}");
    }
    assert!(!page.contains(" checked"), "nothing is chosen beforehand: {page}");
    assert!(
        page.contains("計算.docm") && page.contains("見せられません") && !page.contains(&macros.to_string())
    );
    for way in ways(shown) {
        mika.get(&way).await.expect(404);
    }
    let id = Uuid::new_v4();
    let_through(&nurse, source, id, "傷はここまで良くなりました", &[shown]).await.expect(303);
    let_through(&nurse, source, id, "傷はここまで良くなりました", &[shown]).await.expect(303);
    let_through(&nurse, source, id, "傷はここまで良くなりました", &[shown, kept]).await.expect(409);
    let theirs = mika.get(&ways(shown)[0]).await.expect(200);
    assert_eq!(theirs.body, host.get(&format!("/api/v1/files/{shown}")).await.expect(200).body);
    mika.get(&ways(shown)[1]).await.expect(200);
    for way in ways(kept).into_iter().chain(ways(macros)) {
        mika.get(&way).await.expect(404);
    }
    let page = mika.get(&format!("/family/{}", r.group)).await.expect(200).text();
    assert!(page.contains(&ways(shown)[1]) && page.contains("傷はここまで"), "{page}");
    assert!(!page.contains("見せない.jpg") && !page.contains("計算") && !page.contains("仙骨部"), "{page}");
    // One post, one file, the same bytes: nothing was stored a second time.
    assert_eq!(r.count("SELECT count(*) FROM care.file").await, 3);
    assert_eq!(r.count("SELECT count(*) FROM care.release").await, 1);
    let post = host.get(&r.family()).await.expect(200).json()["items"][0].clone();
    assert_eq!((ids_of(&post), &post["author"]["name"]), (vec![shown], &json!("kango 試子")));
    r.verifies().await;
    let seen = "SELECT count(*) FROM care.access_event WHERE act = 'viewed_file' AND outcome = 'done' AND account_id IN (SELECT account_id FROM care.relative)";
    assert_eq!(r.count(seen).await, 1);
    // Whoever is on another family's timeline finds none of them.
    let elsewhere = r.w.group(&r.host, &r.host, "試験 花子").await;
    let other = r.w.kin(&r.host, elsewhere, "hanako", "family", "試験 次郎").await;
    for way in ways(shown) {
        r.w.as_kin(&other).get(&way).await.expect(404);
    }
    // The family post is taken back: shut there, and the team keeps its photo.
    let reason = json!({"client_id": Uuid::new_v4(), "reason": "別の写真でした"});
    let path = format!("/api/v1/posts/{}/withdrawal", id_of(&post));
    nurse.call("POST", &path, reason).await.expect(201);
    for way in ways(shown) {
        mika.get(&way).await.expect(404);
    }
    host.get(&format!("/api/v1/files/{shown}")).await.expect(200);
    nurse.get(&format!("/files/{shown}/thumbnail")).await.expect(200);
    // And may let it through again; a photo needs no words.
    let_through(&nurse, source, Uuid::new_v4(), " ", &[]).await.expect(422);
    let_through(&nurse, source, Uuid::new_v4(), " ", &[shown]).await.expect(303);
    mika.get(&ways(shown)[0]).await.expect(200);
    // Whoever wrote the team post corrects it, perhaps to withdraw it then: the photo shuts for the family, whoever let it through, and is
    // not named.
    let page = async || r.w.as_kin(&kin).get(&format!("/family/{}", r.group)).await.expect(200).text();
    assert!(page().await.contains("見せる.jpg"));
    let words = json!({"client_id": Uuid::new_v4(), "body": "別の患者さんの写真でした"});
    host.call("POST", &format!("/api/v1/posts/{source}/corrections"), words).await.expect(201);
    for way in ways(shown) {
        mika.get(&way).await.expect(404);
    }
    assert!(!page().await.contains("見せる.jpg") && !page().await.contains(&ways(shown)[1]));
    // So it is where it is withdrawn at once.
    let [again, other] = [r.upload("二つめ.jpg", photo_with_a_place()).await, r.team_post(&[]).await];
    let source = r.team_post(&[again]).await;
    let_through(&nurse, other, Uuid::new_v4(), "文だけ", &[]).await.expect(303);
    let_through(&nurse, source, Uuid::new_v4(), "写真です", &[again]).await.expect(303);
    mika.get(&ways(again)[0]).await.expect(200);
    let reason = json!({"client_id": Uuid::new_v4(), "reason": "別の患者さんの写真でした"});
    host.call("POST", &format!("/api/v1/posts/{source}/withdrawal"), reason).await.expect(201);
    mika.get(&ways(again)[0]).await.expect(404);
    assert!(page().await.contains("写真です") && !page().await.contains("二つめ.jpg"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_but_one_of_the_post_that_stands_goes_along() {
    let r = room().await;
    let kin = r.mika().await;
    let (mika, host, nurse) = (r.w.as_kin(&kin), r.w.as_(&r.host), r.w.as_(&r.nurse));
    let [first, second] = [r.upload("一.jpg", photo_with_a_place()).await, r.upload("二.pdf", pdf()).await];
    let macros = r.upload("計算.docm", docm()).await;
    let refused = r.upload("危険.pdf", pdf()).await;
    let of_another = r.upload("別.pdf", pdf()).await;
    let unposted = r.upload("まだ.pdf", pdf()).await;
    let source = r.team_post(&[first, second, macros, refused]).await;
    r.team_post(&[of_another]).await;
    let elsewhere = r.w.group(&r.host, &r.host, "試験 花子").await;
    let foreign = r.upload("花子.pdf", pdf()).await;
    let post = json!({"client_id": Uuid::new_v4(), "body": "添付", "files": [foreign]});
    host.call("POST", &format!("/api/v1/groups/{elsewhere}/posts"), post).await.expect(201);
    let found = format!("UPDATE care.file_state SET state = 'refused' WHERE file_id = '{refused}'");
    r.w.superuser().await.batch_execute(&found).await.expect("the scan found something");
    let path = format!("/api/v1/posts/{source}/release");
    let body = |files: &[Uuid]| json!({"client_id": Uuid::new_v4(), "body": "", "files": files});
    // By JSON: in any order, twice the same, no words needed.
    let mut both = body(&[second, first]);
    let released = nurse.call("POST", &path, both.clone()).await.expect(201).json();
    both["files"] = json!([first, second]);
    assert_eq!(nurse.call("POST", &path, both).await.expect(201).json(), released);
    let post = released["post_id"].as_str().expect("an id");
    let post = mika.get(&format!("/api/v1/posts/{post}")).await.expect(200).json();
    assert_eq!(ids_of(&post), [first, second], "in the order of the team post");
    nurse.call("POST", &path, body(&[])).await.expect(422);
    for file in [of_another, unposted, foreign, Uuid::new_v4()] {
        let answer = nurse.call("POST", &path, body(&[first, file])).await.expect(422).json();
        assert_eq!(answer["errors"][0]["code"], "not_of_this_post", "{answer}");
        let page = let_through(&nurse, source, Uuid::new_v4(), "打った文", &[first, file]).await;
        let page = page.expect(422).text();
        assert!(page.contains("もとの投稿に付いていません") && page.contains("打った文"), "{page}");
        assert!(page.contains(&format!("value=\"{first}\" checked")), "what was chosen stays: {page}");
    }
    for file in [macros, refused] {
        let answer = nurse.call("POST", &path, body(&[file])).await.expect(422).json();
        assert_eq!(answer["errors"][0]["code"], "not_for_family", "{answer}");
        mika.get(&ways(file)[0]).await.expect(404);
    }
    // Who is not of the group, and a group that the nurse is not in.
    let pharmacy = r.w.facility("pharmacy", "試験薬局").await;
    let stranger = r.w.staff(pharmacy, "yakkyoku", "pharmacist").await;
    r.w.as_(&stranger).call("POST", &path, body(&[first])).await.expect(404);
    let_through(&r.w.as_(&stranger), source, Uuid::new_v4(), "x", &[first]).await.expect(404);
    mika.call("POST", &path, body(&[first])).await.expect(401);
    // What is being scanned may go along, and opens when the scan is over.
    let state =
        |state: &str| format!("UPDATE care.file_state SET state = '{state}' WHERE file_id = '{of_another}'");
    let slow = r.team_post(&[of_another]).await;
    r.w.superuser().await.batch_execute(&state("scanning")).await.expect("a slow scan");
    let_through(&nurse, slow, Uuid::new_v4(), "調べている間", &[of_another]).await.expect(303);
    mika.get(&ways(of_another)[0]).await.expect(409);
    r.w.superuser().await.batch_execute(&state("ready")).await.expect("the scan is over");
    mika.get(&ways(of_another)[0]).await.expect(200);
    // Corrected or withdrawn: its files do not go along, and what was typed stays.
    let correction = json!({"client_id": Uuid::new_v4(), "body": "別の部位でした", "files": [first]});
    let corrected = host.call("POST", &format!("/api/v1/posts/{source}/corrections"), correction).await;
    let corrected = id_of(&corrected.expect(201).json());
    nurse.call("POST", &path, body(&[second])).await.expect_code(409, "source_is_another_now");
    let page = let_through(&nurse, source, Uuid::new_v4(), "打った文", &[second]).await.expect(409).text();
    assert!(page.contains("打った文") && page.contains("もとの投稿は訂正された"), "{page}");
    let path = format!("/api/v1/posts/{corrected}/release");
    nurse.call("POST", &path, body(&[second])).await.expect(422);
    nurse.call("POST", &path, body(&[first])).await.expect(201);
    let reason = json!({"client_id": Uuid::new_v4(), "reason": "別の方のことでした"});
    host.call("POST", &format!("/api/v1/posts/{corrected}/withdrawal"), reason).await.expect(201);
    nurse.call("POST", &path, body(&[first])).await.expect_code(409, "source_is_another_now");
    r.verifies().await;
}

/// With the statements of the service, and without its care.
#[tokio::test(flavor = "multi_thread")]
async fn no_statement_puts_a_file_onto_a_post_that_does_not_name_it() {
    let r = room().await;
    let kin = r.mika().await;
    let (mika, host, nurse) = (r.w.as_kin(&kin), r.w.as_(&r.host), r.w.as_(&r.nurse));
    let [first, second] = [r.upload("一.pdf", pdf()).await, r.upload("二.pdf", pdf()).await];
    let (source, other) = (r.team_post(&[first]).await, r.team_post(&[second]).await);
    let hers = async || id_of(&nurse.call("POST", &r.posts(), family_post("文")).await.expect(201).json());
    let (plain, bare) = (hers().await, hers().await);
    let hosts = id_of(&host.call("POST", &r.posts(), family_post("文")).await.expect(201).json());
    let path = format!("/api/v1/posts/{source}/release");
    let body = json!({"client_id": Uuid::new_v4(), "body": "文", "files": [first]});
    let released = nurse.call("POST", &path, body).await.expect(201).json();
    let released: Uuid = released["post_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let who = Actor::from_token(&r.nurse.token);
    let note = async |post: Uuid, source: Uuid, files: Vec<Uuid>| {
        let keys = vec![vec![0u8; 60]; files.len()];
        let tx = r.w.app.db.acting(&who).await.expect("the nurse acts");
        tx.query_and_commit("SELECT act.note_release($1, $2, $3, $4)", &[&post, &source, &files, &keys]).await
    };
    note(plain, other, Vec::new()).await.expect("a release without files");
    note(released, source, vec![first]).await.expect("again is fine");
    // Of its own post, and of nobody's: not even beside one that may go along.
    let elsewhere = r.upload("三.pdf", pdf()).await;
    for (post, source, files) in [
        (bare, source, vec![first]),
        (bare, source, vec![second]),
        (bare, source, vec![elsewhere]),
        (bare, source, vec![Uuid::new_v4()]),
        (bare, source, vec![second, elsewhere]),
        (released, other, vec![first]),
        (released, other, vec![second]),
        (released, other, Vec::new()),
    ] {
        let refused = note(post, source, files).await;
        assert!(matches!(refused, Err(Error::Invalid(_) | Error::Conflict(_))), "{refused:?}");
    }
    assert!(matches!(note(hosts, source, Vec::new()).await, Err(Error::NotFound)), "another's post");
    assert!(matches!(note(source, source, Vec::new()).await, Err(Error::NotFound)), "none of the family's");
    // A post of the family's takes no upload of somebody else's by the way of every post.
    let theft = json!({"client_id": Uuid::new_v4(), "timeline": "family", "body": "x", "files": [second]});
    nurse.call("POST", &r.posts(), theft).await.expect(422);
    mika.get(&ways(first)[0]).await.expect(200);
    mika.get(&ways(second)[0]).await.expect(404);
    assert_eq!(r.count("SELECT count(*) FROM care.post_file").await, 3);
    r.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_that_is_played_in_parts_at_the_familys_door_stands_once_in_the_log() {
    let r = room().await;
    let kin = r.mika().await;
    let mika = r.w.as_kin(&kin);
    let mut sound = b"ID3\x03\x00\x00\x00\x00\x00\x00".to_vec();
    sound.resize(5_000, 7);
    let file = r.upload("声.mp3", sound.clone()).await;
    let post =
        json!({"client_id": Uuid::new_v4(), "timeline": "family", "body": "きょうの声です", "files": [file]});
    r.w.as_(&r.host).call("POST", &r.posts(), post).await.expect(201);
    let views = async || {
        let sql = "SELECT count(*) FROM care.access_event WHERE act = 'viewed_file' AND outcome = 'done' AND account_id IN (SELECT account_id FROM care.relative)";
        r.count(sql).await
    };
    let part = async |range: &'static str| {
        let asks = |b: axum::http::request::Builder| {
            b.header("range", range).body(axum::body::Body::empty()).expect("a request")
        };
        mika.raw(asks, "GET", &ways(file)[0]).await
    };
    // Also when the first part that is asked for is not the beginning.
    let answer = part("bytes=1-").await.expect(206);
    assert_eq!((answer.body.as_ref(), views().await), (&sound[1..], 1));
    part("bytes=2000-2999").await.expect(206);
    part("bytes=0-").await.expect(206);
    assert_eq!(views().await, 1);
    mika.get(&ways(file)[0]).await.expect(200);
    assert_eq!(views().await, 2, "saving it is a view of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_picture_alone_is_a_view_and_with_its_page_it_is_part_of_that() {
    let r = room().await;
    let kin = r.mika().await;
    let mika = r.w.as_kin(&kin);
    let file = r.upload("傷.jpg", photo_with_a_place()).await;
    let post =
        json!({"client_id": Uuid::new_v4(), "timeline": "family", "body": "よくなりました", "files": [file]});
    r.w.as_(&r.host).call("POST", &r.posts(), post).await.expect(201);
    let views = async || {
        r.count("SELECT count(*) FROM care.access_event WHERE act = 'viewed_file' AND outcome = 'done' AND account_id IN (SELECT account_id FROM care.relative)").await
    };
    // Fetched again within the time of an opening it is the same view.
    for _ in 0..2 {
        mika.get(&ways(file)[1]).await.expect(200);
        assert_eq!(views().await, 1);
    }
    let other = r.w.kin(&r.host, r.group, "hanako", "family", "試験 花子").await;
    r.w.as_kin(&other).get(&format!("/family/{}", r.group)).await.expect(200);
    r.w.as_kin(&other).get(&ways(file)[1]).await.expect(200);
    assert_eq!(views().await, 1);
}
