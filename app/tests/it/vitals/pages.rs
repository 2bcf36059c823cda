use serde_json::json;
use uuid::Uuid;

use super::{Team, temperature};
use crate::world::{Person, id_of};

fn fields<'a>(client: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [("client_id", client), ("measured_at", "2026-11-17T08:30")]
        .into_iter()
        .chain(more.iter().copied())
        .collect()
}

/// The value of a hidden or visible entry of a page's form.
fn value_of(page: &str, name: &str) -> String {
    let at = page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {page}"));
    page[at..].split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a value").to_owned()
}

impl Team {
    fn page(&self) -> String {
        format!("/patients/{}/vitals", self.patient)
    }

    async fn look(&self, who: &Person, path: &str) -> String {
        self.w.as_(who).get(path).await.expect(200).text()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_records_what_was_filled_in_and_the_page_shows_chart_and_table() {
    let t = Team::new().await;
    let form = t.look(&t.nurse, &format!("{}/new", t.page())).await;
    assert!(form.contains("inputmode=\"decimal\"") && form.contains("前回の値はありません"));
    let client = Uuid::new_v4().to_string();
    let typed = fields(
        &client,
        &[
            ("temperature", "３６．４"),
            ("blood_pressure_8480-6", "128"),
            ("blood_pressure_8462-4", "76"),
            ("pulse", " 72 "),
            ("device", "上腕式"),
            ("note", ""),
        ],
    );
    t.w.as_(&t.nurse).form(&t.page(), &typed).await.expect(303);
    // A second click is the same record.
    t.w.as_(&t.nurse).form(&t.page(), &typed).await.expect(303);
    t.holds(3).await;
    let page = t.look(&t.doctor, &format!("{}?days=90", t.page())).await;
    for part in ["<svg", "11/17 8:30 36.4℃", "11/17 8:30 128/76mmHg", "<b>36.4</b>", "上腕式", "1回の測定"]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("style=") && !page.contains("onclick"), "nothing that the policy refuses");
    assert!(t.look(&t.nurse, &format!("{}/new", t.page())).await.contains("前回 36.4（"));
    for outsider in [&t.stranger, &t.clerk] {
        for path in ["", "/new", "/ranges", "/csv", "/csv/sample"] {
            t.w.as_(outsider).get(&format!("{}{path}", t.page())).await.expect(404);
        }
        t.w.as_(outsider).get(&format!("/patients/{}/wounds", t.patient)).await.expect(404);
        t.w.as_(outsider)
            .form(&t.page(), &fields(&Uuid::new_v4().to_string(), &[("pulse", "72")]))
            .await
            .expect(404);
    }
    assert!(
        t.look(&t.nurse, &format!("/groups/{}", t.group)).await.contains(&format!("href=\"{}\"", t.page())),
        "the tab"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_cannot_be_taken_keeps_what_was_typed_and_asks_about_what_is_rare() {
    let t = Team::new().await;
    let client = Uuid::new_v4().to_string();
    let send = async |more: &[(&str, &str)], status| {
        let all: Vec<(&str, &str)> = fields(&client, more);
        t.w.as_(&t.nurse).form(&t.page(), &all).await.expect(status).text()
    };
    for (typed, why) in [
        (vec![], "値を1つ以上入れてください"),
        (vec![("temperature", "かぜ"), ("pulse", "72")], "体温を数字で入れてください"),
        (vec![("temperature", "73.2"), ("pulse", "72")], "ありえない値です"),
        (vec![("blood_pressure_8480-6", "128")], "最低血圧を数字で入れてください"),
        (vec![("temperature", "33.1"), ("pulse", "72")], "めったにない値です"),
    ] {
        let page = send(&typed, 422).await;
        assert!(page.contains(why), "{why} in {page}");
        assert!(typed.iter().all(|(_, value)| page.contains(&format!("value=\"{value}\""))), "kept: {page}");
    }
    let asked = send(&[("temperature", "33.1")], 422).await;
    assert!(asked.contains("体温は、この値で記録する"));
    assert_eq!(t.count("SELECT count(*) FROM care.observation").await, 0);
    let mut future = fields(&client, &[("pulse", "72")]);
    future[1].1 = "2199-01-01T00:00";
    assert!(t.w.as_(&t.nurse).form(&t.page(), &future).await.expect(422).text().contains("いまより先"));
    send(&[("temperature", "33.1"), ("confirm", "temperature")], 303).await;
    assert!(t.look(&t.doctor, &format!("{}?days=90", t.page())).await.contains("確かめて記録"));
    t.holds(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_withdrawn_with_a_reason_and_leaves_the_chart_but_not_the_table() {
    let t = Team::new().await;
    let id = id_of(&t.record(&t.nurse, temperature(36.4, "2026-11-17T08:30:00+09:00")).await);
    let path = format!("{}/{id}/withdrawal", t.page());
    assert!(t.look(&t.nurse, &path).await.contains("体温 36.4℃"));
    assert!(t.look(&t.doctor, &path).await.contains("取り消す理由"), "the host too");
    let client = Uuid::new_v4().to_string();
    t.w.as_(&t.nurse).form(&path, &[("client_id", &client), ("reason", " ")]).await.expect(422);
    t.w.as_(&t.nurse).form(&path, &[("client_id", &client), ("reason", "別の人の値")]).await.expect(303);
    let page = t.look(&t.doctor, &format!("{}?days=90", t.page())).await;
    assert!(
        page.contains("<s>36.4</s>") && page.contains("理由: 別の人の値") && !page.contains("<svg viewBox"),
        "{page}"
    );
    t.holds(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_author_of_a_post_is_asked_and_one_tap_makes_data_of_it() {
    let t = Team::new().await;
    let post = t.post(&t.nurse, "定期訪問。BP 130/80 P 72 T 37.2 SpO2 96。7:05 T 36.9").await;
    let ask = "バイタルとして記録しますか";
    assert!(!t.timeline(&t.doctor).await.contains(ask), "nobody else sees the question");
    let mine = t.timeline(&t.nurse).await;
    assert!(mine.contains(ask) && mine.contains("130/80mmHg") && mine.contains("37.2℃"));
    let (path, seen) = (format!("/posts/{post}/observations"), value_of(&mine, "seen"));
    let at = value_of(&mine, "measured_at");
    let all = [
        ("seen", seen.as_str()),
        ("measured_at", at.as_str()),
        ("take", "0"),
        ("take", "1"),
        ("take", "2"),
        ("take", "4"),
    ];
    t.w.as_(&t.doctor).form(&path, &all).await.expect(403);
    t.w.as_(&t.stranger).form(&path, &all).await.expect(404);
    t.w.as_(&t.nurse).form(&path, &[("seen", "0"), ("measured_at", &at), ("take", "0")]).await.expect(412);
    t.w.as_(&t.nurse).form(&path, &all[..2]).await.expect(422);
    t.w.as_(&t.nurse).form(&path, &all).await.expect(303);
    t.w.as_(&t.nurse).form(&path, &all).await.expect(303);
    let found = t.list(&t.doctor, "").await;
    let mut shown: Vec<String> =
        found.iter().map(|o| format!("{}{}", o["code"].as_str().expect("a code"), o["value"])).collect();
    shown.sort();
    assert_eq!(
        shown,
        ["8310-536.9", "8310-537.2", "85354-9null", "8867-472"],
        "what was not ticked is not taken"
    );
    assert!(found.iter().all(|o| o["post_id"] == json!(post)));
    for who in [&t.nurse, &t.doctor] {
        let page = t.timeline(who).await;
        assert!(!page.contains(ask) && page.contains("バイタルに記録しました"), "{page}");
    }
    // A correction marks them, and asks about the new text.
    let body = json!({"client_id": Uuid::new_v4(), "body": "定期訪問。BP 130/80 P 72 T 36.2"});
    let corrected =
        t.w.as_(&t.nurse)
            .call("POST", &format!("/api/v1/posts/{post}/corrections"), body)
            .await
            .expect(201)
            .json();
    assert!(t.list(&t.doctor, "").await.iter().all(|o| o["status"] == "entered-in-error"));
    assert!(t.look(&t.doctor, &t.page()).await.contains("元の投稿が訂正されました"));
    let again = t.timeline(&t.nurse).await;
    assert!(again.contains(ask) && again.contains(&format!("/posts/{}/observations", id_of(&corrected))));
    t.w.as_(&t.nurse).form(&path, &all).await.expect(409);
    t.holds(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn impossible_values_of_a_post_are_asked_about_and_others_see_nothing_to_ask() {
    let t = Team::new().await;
    t.post(&t.nurse, "BP 130/80 P 72 T 73.2").await;
    let mine = t.timeline(&t.nurse).await;
    assert!(mine.contains("ありえない値です") && mine.contains("投稿を訂正してください"));
    assert_eq!(mine.matches("name=\"take\"").count(), 2, "the impossible one cannot be ticked");
    let calm = t.post(&t.doctor, "来週 11/28 に往診します。アムロジピンは 5mg です。").await;
    assert!(!t.timeline(&t.doctor).await.contains(&format!("/posts/{calm}/observations")));
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_have_a_page_with_who_and_why() {
    let t = Team::new().await;
    let path = format!("{}/ranges", t.page());
    let client = Uuid::new_v4().to_string();
    let send = async |who, low: &str, high: &str, reason: &str| {
        let all = [
            ("client_id", client.as_str()),
            ("code", "8310-5"),
            ("low", low),
            ("high", high),
            ("reason", reason),
        ];
        t.w.as_(who).form(&path, &all).await
    };
    assert!(!t.look(&t.nurse, &path).await.contains("<form"), "a nurse reads");
    send(&t.nurse, "36", "37.5", "早く知るため").await.expect(403);
    let page = send(&t.doctor, "38", "37.5", "早く知るため").await.expect(422).text();
    assert!(page.contains("下限は上限より小さく") && page.contains("早く知るため"));
    send(&t.doctor, "36", "３７．５", "").await.expect(422);
    send(&t.doctor, "36", "３７．５", "早く知るため").await.expect(303);
    let page = t.look(&t.nurse, &path).await;
    assert!(
        page.contains("36〜37.5") && page.contains("早く知るため") && page.contains("doctor 試子"),
        "{page}"
    );
    t.record(&t.nurse, temperature(38.2, "2026-11-17T08:30:00+09:00")).await;
    let page = t.look(&t.doctor, &format!("{}?days=90", t.page())).await;
    assert!(
        page.contains("class=\"within\"")
            && page.contains("範囲より高い")
            && page.contains("範囲をこえたのは1回")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_tried_first_then_taken_whole_or_in_part() {
    let t = Team::new().await;
    let text = "日付,時刻,体温,脈拍\r\n2026/11/16,8:30,36.5,72\r\n2026/11/16,20:30,73.2,\r\n";
    let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode(text);
    let path = format!("{}/csv", t.page());
    let check = async |bytes: Vec<u8>| {
        t.w.as_(&t.nurse)
            .multipart(&path, &[("file", Some("v.csv"), bytes), ("list", None, Vec::new())])
            .await
    };
    let page = check(sjis.into_owned()).await.expect(200).text();
    assert!(
        page.contains("取り込めるのは1行") && page.contains("3行目") && page.contains("ありえない値"),
        "{page}"
    );
    assert_eq!(t.count("SELECT count(*) FROM care.observation").await, 0, "nothing is recorded by looking");
    let client = value_of(&page, "client_id");
    let confirm = async |take: &str| {
        let all = [("client_id", client.as_str()), ("list", text), ("take", take)];
        t.w.as_(&t.nurse).form(&format!("{path}/confirmation"), &all).await
    };
    assert!(confirm("all_or_nothing").await.expect(422).text().contains("まだ何も記録していません"));
    assert_eq!(t.count("SELECT count(*) FROM care.observation").await, 0);
    confirm("good_lines").await.expect(303);
    confirm("good_lines").await.expect(303);
    t.holds(2).await;
    check(b"x\n1\n".to_vec()).await.expect(422);
    // The same from another system.
    let import = async |dry_run: bool, csv: &str| {
        let body = json!({"client_id": "0193a000-0000-7000-8000-000000000001", "csv": csv, "take": "all_or_nothing", "dry_run": dry_run});
        t.w.as_(&t.nurse).call("POST", &format!("{}/import", t.path()), body).await
    };
    let dry = import(true, text).await.expect(200).json();
    assert_eq!((&dry["recorded"], &dry["lines"][0]["observations"]), (&json!(false), &json!(2)));
    assert_eq!(dry["lines"][1]["errors"].as_array().map(Vec::len), Some(1));
    assert_eq!(import(false, text).await.expect(200).json()["recorded"], json!(false));
    let good = "日時,体温\n2026-11-15 08:30,36.6\n2026-11-15 20:30,36.8\n";
    assert_eq!(import(false, good).await.expect(200).json()["recorded"], json!(true));
    assert_eq!(import(false, good).await.expect(200).json()["recorded"], json!(true));
    t.holds(4).await;
    t.w.as_(&t.stranger)
        .call(
            "POST",
            &format!("{}/import", t.path()),
            json!({"client_id": Uuid::new_v4(), "csv": good, "take": "good_lines"}),
        )
        .await
        .expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_one_wound_stand_beside_each_other() {
    let t = Team::new().await;
    let picture = crate::files::made::photo_with_a_place();
    let upload = async || {
        let parts = [("class", None, b"picture".to_vec()), ("file", Some("kakato.jpg"), picture.clone())];
        id_of(&t.w.as_(&t.nurse).multipart("/api/v1/files", &parts).await.expect(201).json())
    };
    let mut posts = Vec::new();
    for text in ["右かかと", "右かかと 2回目"] {
        let file = upload().await;
        let body = json!({"client_id": Uuid::new_v4(), "body": text, "files": [file]});
        let post =
            t.w.as_(&t.nurse)
                .call("POST", &format!("/api/v1/groups/{}/posts", t.group), body)
                .await
                .expect(201)
                .json();
        posts.push((id_of(&post).to_string(), file.to_string()));
    }
    let path = format!("/patients/{}/wounds", t.patient);
    assert_eq!(t.look(&t.doctor, &path).await.matches(">場所を付ける<").count(), 2);
    for (post, file) in &posts {
        let client = Uuid::new_v4().to_string();
        let all = [("client_id", client.as_str()), ("post", post), ("file", file), ("site", "heel.right")];
        t.w.as_(&t.stranger).form(&path, &all).await.expect(404);
        t.w.as_(&t.doctor).form(&path, &[all[0], all[1], all[2], ("site", "")]).await.expect(422);
        t.w.as_(&t.doctor).form(&path, &all).await.expect(303);
    }
    // A picture that stands in no post of the team is nobody's wound.
    let client = Uuid::new_v4().to_string();
    let loose = upload().await.to_string();
    t.w.as_(&t.doctor)
        .form(&path, &[("client_id", &client), ("post", &posts[0].0), ("file", &loose), ("site", "sacrum")])
        .await
        .expect(404);
    let measures = [
        ("client_id", client.as_str()),
        ("measured_at", "2026-11-17T08:30"),
        ("site", "heel.right"),
        ("wound_size_39126-8", "24"),
        ("wound_size_39125-0", "18"),
        ("design_r", "12"),
        ("note", ""),
    ];
    t.w.as_(&t.nurse).form(&format!("{path}/measures"), &measures).await.expect(303);
    let page = t.look(&t.nurse, &path).await;
    assert!(
        page.contains("右かかと")
            && page.contains("2枚")
            && page.contains("大きさ 24×18mm")
            && page.contains("DESIGN-R 12点"),
        "{page}"
    );
    for (_, file) in &posts {
        assert!(page.contains(&format!("/files/{file}")), "in the series");
    }
    t.holds(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_taken_in_twice_stands_once_unless_it_is_wanted_twice() {
    let t = Team::new().await;
    let import = async |again: bool| {
        let body = json!({"client_id": Uuid::new_v4(), "csv": "日付,時刻,体温,脈拍\n2026/11/17,8:30,36.5,72\n", "take": "all_or_nothing", "again": again});
        t.w.as_(&t.nurse).call("POST", &format!("{}/import", t.path()), body).await.expect(200).json()
    };
    assert_eq!(import(false).await["recorded"], json!(true));
    let second = import(false).await;
    assert_eq!((&second["recorded"], &second["lines"][0]["standing"]), (&json!(false), &json!(2)));
    assert_eq!(t.list(&t.nurse, "").await.len(), 2);
    assert_eq!(import(true).await["recorded"], json!(true));
    assert_eq!(t.list(&t.nurse, "").await.len(), 4);
}
