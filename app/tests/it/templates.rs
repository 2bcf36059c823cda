//! Templates: whose they are, their versions, and what becomes of one that is filled in.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Person, World, id_of};

const VISIT: &str = "01930000-0000-7000-8000-00000000a001";

struct Scene {
    w: World,
    admin: Person,
    nurse: Person,
    outsider: Person,
    group: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let pharmacy = w.facility("pharmacy", "試験薬局").await;
    let admin = w.admin(clinic, "doctor", "doctor").await;
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    let outsider = w.admin(pharmacy, "outsider", "pharmacist").await;
    let group = w.group(&admin, &admin, "試験 太郎").await;
    w.join(&admin, group, &nurse).await;
    Scene { w, admin, nurse, outsider, group }
}

fn new(owner: &str, name: &str, content: &str) -> Value {
    json!({"client_id": Uuid::new_v4(), "owner": owner, "name": name, "content": content})
}

impl Scene {
    async fn made(&self, who: &Person, body: Value) -> Uuid {
        id_of(&self.w.as_(who).call("POST", "/api/v1/templates", body).await.expect(201).json())
    }

    async fn names(&self, who: &Person) -> Vec<String> {
        let all = self.w.as_(who).get("/api/v1/templates").await.expect(200).json();
        let names = all["items"].as_array().expect("items").iter();
        names
            .filter(|t| t["owner"] != "deployment")
            .map(|t| t["name"].as_str().expect("a name").to_owned())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_s_is_hers_alone_and_a_facility_s_everybody_s_there() {
    let s = scene().await;
    let mine = s.made(&s.nurse, new("person", "夜の訪問", "□ 呼吸を見た")).await;
    let ours = s.made(&s.admin, new("facility", "朝の訪問", "体温：[数 ℃]")).await;
    assert_eq!(s.names(&s.nurse).await, ["夜の訪問", "朝の訪問"]);
    assert_eq!(s.names(&s.admin).await, ["朝の訪問"]);
    assert_eq!(s.names(&s.outsider).await, [] as [&str; 0]);
    let path = |id: Uuid| format!("/api/v1/templates/{id}");
    s.w.as_(&s.nurse).get(&path(mine)).await.expect(200);
    s.w.as_(&s.nurse).get(&path(ours)).await.expect(200);
    for (who, id) in [(&s.admin, mine), (&s.outsider, mine), (&s.outsider, ours)] {
        s.w.as_(who).get(&path(id)).await.expect_code(404, "not_found");
        let change = json!({"name": "x", "content": "□ x"});
        s.w.as_(who).call_with("PUT", &path(id), change, &[("if-match", "\"1\"")]).await.expect(404);
        s.w.as_(who).get(&format!("/templates/{id}")).await.expect(404);
    }
    // The facility's is the admin's to write.
    s.w.as_(&s.nurse).call("POST", "/api/v1/templates", new("facility", "x", "□ x")).await.expect(403);
    let change = json!({"name": "x", "content": "□ x"});
    s.w.as_(&s.nurse).call_with("PUT", &path(ours), change, &[("if-match", "\"1\"")]).await.expect(403);
    // Built-in ones are read by everybody and written by nobody.
    let visit = s.w.as_(&s.outsider).get(&format!("/api/v1/templates/{VISIT}")).await.expect(200).json();
    assert_eq!(visit["owner"], "deployment");
    let change = json!({"name": "x", "content": "□ x"});
    let path = format!("/api/v1/templates/{VISIT}");
    s.w.as_(&s.admin).call_with("PUT", &path, change, &[("if-match", "\"1\"")]).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_a_version_and_the_second_saver_loses_nothing() {
    let s = scene().await;
    let body = new("facility", "訪問", "□ 服薬");
    let id = s.made(&s.admin, body.clone()).await;
    let client = s.w.as_(&s.admin);
    // The same client id again is the same template; with another text it is a conflict.
    assert_eq!(id_of(&client.call("POST", "/api/v1/templates", body.clone()).await.expect(200).json()), id);
    let mut other = body;
    other["content"] = json!("□ 別");
    client
        .call("POST", "/api/v1/templates", other)
        .await
        .expect_code(409, "client_id_used_for_something_else");

    let path = format!("/api/v1/templates/{id}");
    let put = |seen: &'static str, content: &str| {
        let body = json!({"name": "訪問", "content": content});
        let path = path.clone();
        let client = &client;
        async move { client.call_with("PUT", &path, body, &[("if-match", seen)]).await }
    };
    assert_eq!(put("\"1\"", "□ 服薬\n□ 口の中").await.expect(200).json()["version"], 2);
    put("\"1\"", "□ 服薬\n□ 口の中").await.expect(200); // a second click
    put("\"1\"", "□ 皮膚").await.expect_code(412, "stale");
    client.call("PUT", &path, json!({"name": "訪問", "content": "□ x"})).await.expect(428);
    let kept = put("\"2\"", "体温：[度]").await.expect(422).json();
    assert!(kept["errors"][0]["message"].as_str().expect("words").starts_with("1行目"), "{kept}");

    // On the page both texts are shown, and saving again goes on.
    let typed = |version: &'static str| {
        let fields =
            [("version", version), ("owner", "facility"), ("name", "訪問"), ("content", "□ 皮膚を見た")];
        fields
            .into_iter()
            .map(|(k, v)| (k, v.to_owned()))
            .chain([("client_id", Uuid::new_v4().to_string())])
            .collect::<Vec<_>>()
    };
    let send = async |version| {
        let fields = typed(version);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        client.form(&format!("/templates/{id}"), &fields).await
    };
    let page = send("1").await.expect(409).text();
    assert!(
        page.contains("ほかの人が先に保存しました")
            && page.contains("□ 皮膚を見た")
            && page.contains("□ 口の中"),
        "{page}"
    );
    // It is sent over theirs, and the draft on the device stays one of the version on which it began.
    assert!(page.contains("name=\"version\" value=\"2\"") && page.contains("data-began=\"1\""), "{page}");
    send("2").await.expect(303);
    assert_eq!(client.get(&path).await.expect(200).json()["version"], 3);

    client.call_with("DELETE", &path, Value::Null, &[("if-match", "\"2\"")]).await.expect(412);
    client.call_with("DELETE", &path, Value::Null, &[("if-match", "\"3\"")]).await.expect(204);
    client.get(&path).await.expect(404);
    assert_eq!(s.names(&s.nurse).await, [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filled_in_form_is_an_ordinary_post_and_a_wrong_one_keeps_every_field() {
    let s = scene().await;
    let content = "■ ようす\n体温：[数 ℃]\n食事：[全量/8割]\n■ したこと\n□ 服薬\n□ 口の中\n経過：[長文]";
    let id = s.made(&s.nurse, new("person", "夜の訪問", content)).await;
    let path = format!("/groups/{}/templates/{id}", s.group);
    let client = s.w.as_(&s.nurse);
    let chooser = client.get(&format!("/groups/{}/templates", s.group)).await.expect(200).text();
    assert!(
        chooser.contains("夜の訪問") && chooser.contains("訪問報告") && chooser.contains("SBAR"),
        "{chooser}"
    );
    client.get(&path).await.expect(200);

    let key = Uuid::new_v4().to_string();
    let own =
        [("client_id", key.as_str()), ("version", "1"), ("f2", "8割"), ("f4", "on"), ("more", "<また明日>")];
    let wrong: Vec<_> = own.iter().copied().chain([("f1", "平熱"), ("f6", "眠れた")]).collect();
    let page = client.form(&path, &wrong).await.expect(422).text();
    for kept in ["平熱", "眠れた", "&lt;また明日&gt;", "selected", "checked", key.as_str()] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    let posts = format!("/api/v1/groups/{}/posts", s.group);
    assert_eq!(client.get(&posts).await.json()["items"], json!([]), "nothing was written");

    let right: Vec<_> = own.iter().copied().chain([("f1", "36.8"), ("f6", "眠れた")]).collect();
    for _ in 0..2 {
        let done = client.form(&path, &right).await.expect(303);
        assert!(done.headers["location"].to_str().unwrap().contains(&format!("sent={key}")));
    }
    let all = s.w.as_(&s.admin).get(&posts).await.expect(200).json();
    assert_eq!(all["items"].as_array().map(Vec::len), Some(1), "a double click makes one post");
    let text =
        "■ ようす\n体温：36.8 ℃\n食事：8割\n\n■ したこと\n☑ 服薬\n☐ 口の中\n経過：\n眠れた\n\n<また明日>";
    assert_eq!(all["items"][0]["body"], text);
    // The same form with other words is not taken for the first one.
    let other: Vec<_> = own.iter().copied().chain([("f1", "37")]).collect();
    let page = client.form(&path, &other).await.expect(409).text();
    assert!(page.contains("前に一度送られています") && page.contains("37"), "{page}");

    let changed = json!({"name": "夜の訪問", "content": "□ 服薬"});
    client
        .call_with("PUT", &format!("/api/v1/templates/{id}"), changed, &[("if-match", "\"1\"")])
        .await
        .expect(200);
    let page = client.form(&path, &right).await.expect(409).text();
    assert!(page.contains("この定型文が直されました"), "{page}");

    // Whoever is not in the group gets nothing of it, also not with a template of one's own.
    s.w.as_(&s.outsider).get(&format!("/groups/{}/templates/{VISIT}", s.group)).await.expect(404);
    s.w.as_(&s.outsider).form(&format!("/groups/{}/templates/{VISIT}", s.group), &own).await.expect(404);
    s.w.as_(&s.outsider).get(&format!("/groups/{}/templates", s.group)).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_says_on_which_template_it_was_filled_in() {
    let s = scene().await;
    let posts = format!("/api/v1/groups/{}/posts", s.group);
    let body =
        json!({"client_id": Uuid::new_v4(), "body": "■ 訪問報告", "template": {"id": VISIT, "version": 1}});
    let post = id_of(&s.w.as_(&s.nurse).call("POST", &posts, body).await.expect(201).json());
    let plain = id_of(&s.w.as_(&s.nurse).post(s.group, "ふつうの投稿").await.expect(201).json());
    for (id, noted) in [(post, true), (plain, false)] {
        let who = renkei::auth::Actor::from_token(&s.nurse.token);
        let mut tx = s.w.app.db.acting(&who).await.expect("the nurse acts");
        let row = tx
            .one("SELECT p.stream_id, p.envelope FROM care.post p WHERE p.id = $1", &[&id])
            .await
            .expect("the post");
        let stream: Uuid = row.get(0);
        let key = s.w.app.keys.data_key(&mut tx, stream).await.expect("its key");
        let place = envelope::Aad { table: "post", stream, row: id };
        let content = renkei::seal::open(&key, place, record::Kind::Post, row.get(1)).expect("it opens");
        let record::Content::Post(content) = content else { panic!("a post") };
        assert_eq!(
            content.template.map(|t| (t.id.to_string(), t.version)),
            noted.then(|| (VISIT.to_owned(), 1))
        );
    }
}

/// Those that everybody has, without the product's own.
async fn of_the_deployment(s: &Scene, who: &Person) -> Vec<(String, u64)> {
    let all = s.w.as_(who).get("/api/v1/templates").await.expect(200).json();
    let items = all["items"].as_array().expect("items").iter();
    let built_in = |t: &&Value| !t["id"].as_str().is_some_and(|id| id.starts_with("01930000-"));
    items
        .filter(|t| t["owner"] == "deployment")
        .filter(built_in)
        .map(|t| (t["name"].as_str().expect("a name").to_owned(), t["version"].as_u64().expect("a version")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_writes_everybody_fills_in_and_nobody_else_changes() {
    let s = scene().await;
    let operator = s.w.operator("unei").await;
    let id = Uuid::now_v7();
    let form = |version: &str, name: &str, content: &str| {
        [
            ("id", id.to_string()),
            ("version", version.into()),
            ("name", name.into()),
            ("content", content.into()),
        ]
    };
    let save = async |version: &str, name: &str, content: &str| {
        let fields = form(version, name, content);
        let fields: Vec<_> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        operator.form("/operator/templates/new", &fields).await
    };
    // What cannot be taken is refused, with what was typed.
    let refused = save("0", " ", "□ 懐中電灯がある").await.expect(422).text();
    assert!(refused.contains("□ 懐中電灯がある"), "{refused}");
    save("0", "嵐のとき", "□ 電気が来ている").await.expect(303);
    save("0", "嵐のとき", "□ 電気が来ている").await.expect(303);
    for who in [&s.nurse, &s.admin, &s.outsider] {
        assert_eq!(of_the_deployment(&s, who).await, [("嵐のとき".to_owned(), 1)]);
    }
    // Used in a group, copied, and changed by nobody but operators.
    let nurse = s.w.as_(&s.nurse);
    let page = nurse.get(&format!("/groups/{}/templates/{id}", s.group)).await.expect(200).text();
    assert!(page.contains("電気が来ている"), "{page}");
    let list = nurse.get(&format!("/groups/{}/templates", s.group)).await.expect(200).text();
    assert!(list.contains("嵐のとき"), "{list}");
    assert!(nurse.get("/templates").await.expect(200).text().contains("嵐のとき"));
    let path = format!("/api/v1/templates/{id}");
    let text = json!({"name": "わたしの", "content": "□ 試験"});
    s.w.as_(&s.admin).call_with("PUT", &path, text, &[("if-match", "\"1\"")]).await.expect(403);
    s.w.as_(&s.admin).form("/operator/templates/new", &[("id", "x")]).await.expect(303);
    assert_eq!(of_the_deployment(&s, &s.nurse).await, [("嵐のとき".to_owned(), 1)]);
    // On another version than the newest: both texts are shown, and nothing is written.
    save("1", "台風のとき", "□ 水がある").await.expect(303);
    let page = save("1", "嵐のとき", "□ 薬がある").await.expect(409).text();
    assert!(page.contains("□ 薬がある") && page.contains("水がある"), "{page}");
    assert_eq!(of_the_deployment(&s, &s.nurse).await, [("台風のとき".to_owned(), 2)]);
    // A facility's own cannot be hidden behind one of the same id.
    let own = s.made(&s.admin, new("facility", "朝の訪問", "体温：[数 ℃]")).await.to_string();
    let hides = [("id", own.as_str()), ("version", "0"), ("name", "にせ"), ("content", "□ にせ")];
    operator.form("/operator/templates/new", &hides).await.expect(404);
    let text = nurse.get(&format!("/api/v1/templates/{own}")).await.expect(200).json();
    assert_eq!(text["name"], "朝の訪問");
    // Out of use: it is offered no more, and stays so.
    let removal = format!("/operator/templates/{id}/removal");
    operator.form(&removal, &[("version", "1")]).await.expect(412);
    operator.form(&removal, &[("version", "2")]).await.expect(303);
    operator.form(&removal, &[("version", "2")]).await.expect(303);
    assert_eq!(of_the_deployment(&s, &s.nurse).await, []);
    nurse.get(&path).await.expect(404);
    operator.get(&format!("/operator/templates/{id}")).await.expect(404);
    let page = save("2", "嵐のとき", "□ 遅れて書いた").await.expect(409).text();
    assert!(page.contains("□ 遅れて書いた") && page.contains("もう使われていません"), "{page}");
    // Nor behind one of the product's.
    let hides = [("id", VISIT), ("version", "0"), ("name", "にせ"), ("content", "□ にせ")];
    operator.form("/operator/templates/new", &hides).await.expect(404);
    let log =
        "SELECT count(*) FROM care.operator_event WHERE act IN ('changed_template', 'removed_template')";
    let rows = s.w.superuser().await.query_one(log, &[]).await.expect("the log");
    assert_eq!(rows.get::<_, i64>(0), 3);
}
