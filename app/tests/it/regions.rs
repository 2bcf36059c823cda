//! Regions: made, renamed and filled at the console, and who hears what is addressed to one.

use uuid::Uuid;

use crate::world::{Answer, Client, World};

async fn save(operator: &Client<'_>, path: &str, id: Uuid, seen: i32, name: &str) -> Answer {
    let (id, seen) = (id.to_string(), seen.to_string());
    let fields = [("id", id.as_str()), ("seen", seen.as_str()), ("name", name), ("kana", "しけん")];
    operator.form(path, &fields).await
}

async fn region(operator: &Client<'_>, name: &str) -> Uuid {
    let id = Uuid::now_v7();
    save(operator, "/operator/regions", id, 0, name).await.expect(303);
    id
}

async fn place(operator: &Client<'_>, region: Uuid, facility: Uuid, act: &str) -> Answer {
    let facility = facility.to_string();
    let fields = [("facility", facility.as_str()), ("act", act)];
    operator.form(&format!("/operator/regions/{region}/facilities"), &fields).await
}

async fn announce(operator: &Client<'_>, title: &str, region: &str) -> Answer {
    let id = Uuid::now_v7().to_string();
    let fields = [
        ("id", id.as_str()),
        ("seen", "0"),
        ("title", title),
        ("body", "あす、地域の会議があります。"),
        ("importance", "normal"),
        ("audience", "regions"),
        ("regions", region),
        ("from", ""),
        ("until", ""),
    ];
    operator.form("/operator/announcements", &fields).await
}

async fn titles(client: &Client<'_>) -> Vec<String> {
    let list = client.get("/api/v1/announcements").await.expect(200).json();
    let items = list["items"].as_array().expect("items").clone();
    items.iter().map(|a| a["title"].as_str().expect("a title").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_addressed_to_a_region_reaches_its_facilities_and_no_others() {
    let w = World::new().await;
    let (north, south) = (w.facility("clinic", "北クリニック").await, w.facility("pharmacy", "南薬局").await);
    let nowhere = w.facility("clinic", "どこにもない診療所").await;
    let nurse = w.staff(north, "nurse", "nurse").await;
    let pharmacist = w.staff(south, "yakuzai", "pharmacist").await;
    let doctor = w.staff(nowhere, "doctor", "doctor").await;
    let operator = w.operator("unei").await;
    let (kita, minami) = (region(&operator, "北地域").await, region(&operator, "南地域").await);
    place(&operator, kita, north.id, "put").await.expect(303);
    place(&operator, minami, south.id, "put").await.expect(303);
    let to = announce(&operator, "北の会議", &kita.to_string()).await.expect(303);
    let to = to.headers["location"].to_str().expect("a location").to_owned();
    let path = to.replace("/operator", "").replace("?done=announced", "");
    assert_eq!(titles(&w.as_(&nurse)).await, ["北の会議"]);
    for other in [&pharmacist, &doctor] {
        assert!(titles(&w.as_(other)).await.is_empty());
        w.as_(other).get(&path).await.expect(404);
    }
    // The console counts the staff of that region alone, and says for how many regions it is.
    let page = operator.get(&to).await.expect(200).text();
    assert!(
        page.contains("0 / 1人") && page.contains("北クリニック") && page.contains("1地域の施設"),
        "{page}"
    );
    w.as_(&nurse).get(&path).await.expect(200);
    assert!(operator.get(&to).await.expect(200).text().contains("1 / 1人"));
    // A facility that moves hears what is for its new region; who is taken out hears nothing any more.
    place(&operator, kita, south.id, "put").await.expect(303);
    assert_eq!(titles(&w.as_(&pharmacist)).await, ["北の会議"]);
    place(&operator, kita, north.id, "take_out").await.expect(303);
    assert!(titles(&w.as_(&nurse)).await.is_empty());
    // A region that there is not, and none at all.
    announce(&operator, "x", &Uuid::new_v4().to_string()).await.expect(422);
    let page = announce(&operator, "x", "").await.expect(422).text();
    assert!(page.contains("地域を選んでください") && page.contains("地域の会議"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn regions_are_made_and_renamed_once_and_the_log_tells() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "北クリニック").await;
    let operator = w.operator("unei").await;
    let id = region(&operator, "北地域").await;
    // A second click is the first one; another text under its id is told apart and kept.
    save(&operator, "/operator/regions", id, 0, "北地域").await.expect(303);
    let page = save(&operator, "/operator/regions", id, 0, "東地域").await.expect(409).text();
    assert!(page.contains("東地域") && !page.contains(&format!("value=\"{id}\"")), "{page}");
    let page = save(&operator, "/operator/regions", Uuid::now_v7(), 0, "北地域").await.expect(409).text();
    assert!(page.contains("同じ名前の地域"), "{page}");
    let page = save(&operator, "/operator/regions", Uuid::now_v7(), 0, " ").await.expect(422).text();
    assert!(page.contains("しけん"), "{page}");
    let own = format!("/operator/regions/{id}");
    save(&operator, &own, id, 1, "北部地域").await.expect(303);
    let page = save(&operator, &own, id, 1, "北西地域").await.expect(409).text();
    assert!(page.contains("先に名前を変えました") && page.contains("北西地域"), "{page}");
    place(&operator, id, clinic.id, "put").await.expect(303);
    place(&operator, id, clinic.id, "put").await.expect(303);
    place(&operator, id, Uuid::new_v4(), "put").await.expect(404);
    place(&operator, Uuid::new_v4(), clinic.id, "put").await.expect(404);
    operator.get(&format!("/operator/regions/{}", Uuid::new_v4())).await.expect(404);
    let page = operator.get(&own).await.expect(200).text();
    assert!(page.contains("北部地域") && page.contains("北クリニック"), "{page}");
    let list = operator.get("/operator/regions").await.expect(200).text();
    assert!(list.contains("北部地域") && list.contains("1施設") && !list.contains("東地域"), "{list}");
    let log = operator.get("/operator/log").await.expect(200).text();
    assert_eq!(log.matches("施設の地域を変えた").count(), 1, "{log}");
    for words in ["地域を加えた", "地域の名前を変えた", "北地域 → 北部地域", "北クリニック → 北部地域"]
    {
        assert!(log.contains(words), "{words}: {log}");
    }
}
