//! Announcements: who sees them, until when, what is new, and that operators learn numbers and no names.

use uuid::Uuid;

use crate::world::{Answer, Client, World};

/// Sends the form as the page does; gives the announcement's id.
async fn announce(operator: &Client<'_>, more: &[(&str, &str)]) -> (Uuid, Answer) {
    let id = Uuid::now_v7();
    let text = id.to_string();
    let mut fields = vec![("id", text.as_str()), ("seen", "0"), ("body", "あす 20時から点検をします。")];
    fields.extend([("from", ""), ("until", "")]);
    fields.extend(more);
    (id, operator.form("/operator/announcements", &fields).await)
}

const ALL: &[(&str, &str)] = &[("title", "点検のお知らせ"), ("importance", "normal"), ("audience", "all")];

async fn unread(client: &Client<'_>) -> Vec<String> {
    let list = client.get("/api/v1/announcements").await.expect(200).json();
    let items = list["items"].as_array().expect("items").clone();
    let new = items.iter().filter(|a| a["read"] == false);
    new.map(|a| a["title"].as_str().expect("a title").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_is_new_until_it_is_read_and_a_correction_makes_it_new_again() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (nurse, doctor) =
        (w.staff(clinic, "nurse", "nurse").await, w.staff(clinic, "doctor", "doctor").await);
    let operator = w.operator("unei").await;
    let (id, made) = announce(&operator, ALL).await;
    made.expect(303);
    let nurse = w.as_(&nurse);
    assert_eq!(unread(&nurse).await, ["点検のお知らせ"]);
    let page = nurse.get("/notices").await.expect(200).text();
    assert!(page.contains("点検のお知らせ") && page.contains("新着"));
    nurse.get(&format!("/announcements/{id}")).await.expect(200);
    assert!(unread(&nurse).await.is_empty());
    assert_eq!(unread(&w.as_(&doctor)).await.len(), 1, "read state is each person's own");
    // The operator sees how many, not who.
    let page = operator.get(&format!("/operator/announcements/{id}")).await.expect(200).text();
    assert!(page.contains("1 / 2人") && !page.contains("nurse 試子"), "{page}");
    // A correction: the first text stays, and everybody is asked again.
    let correction = [
        ("id", id.to_string()),
        ("seen", "1".into()),
        ("title", "点検の訂正".into()),
        ("body", "あさってです。".into()),
        ("importance", "normal".into()),
        ("audience", "all".into()),
        ("from", "".into()),
        ("until", "".into()),
    ];
    let fields: Vec<(&str, &str)> = correction.iter().map(|(k, v)| (*k, v.as_str())).collect();
    operator.form(&format!("/operator/announcements/{id}"), &fields).await.expect(303);
    assert_eq!(unread(&nurse).await, ["点検の訂正"]);
    // Whoever corrects the version that was corrected meanwhile is told so, and nothing is lost.
    let stale = operator.form(&format!("/operator/announcements/{id}"), &fields).await.expect(412).text();
    assert!(stale.contains("あさってです。"), "what was typed comes back");
    let versions = operator.get(&format!("/operator/announcements/{id}")).await.expect(200).text();
    assert!(versions.contains("点検をします") && versions.contains("あさってです"));
    operator.form(&format!("/operator/announcements/{id}/withdrawal"), &[]).await.expect(303);
    assert!(unread(&nurse).await.is_empty());
    nurse.get(&format!("/announcements/{id}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_important_one_stands_on_every_page_of_those_it_is_for_until_they_read_it() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let pharmacy = w.facility("pharmacy", "試験薬局").await;
    let (nurse, pharmacist) =
        (w.staff(clinic, "nurse", "nurse").await, w.staff(pharmacy, "yakuzai", "pharmacist").await);
    let operator = w.operator("unei").await;
    let to_clinics = [
        ("title", "診療所のみなさんへ"),
        ("importance", "important"),
        ("audience", "kind"),
        ("kinds", "clinic"),
    ];
    let (id, made) = announce(&operator, &to_clinics).await;
    made.expect(303);
    let (nurse, pharmacist) = (w.as_(&nurse), w.as_(&pharmacist));
    for path in ["/", "/groups", "/menu"] {
        assert!(nurse.get(path).await.expect(200).text().contains("診療所のみなさんへ"), "{path}");
        assert!(!pharmacist.get(path).await.expect(200).text().contains("診療所のみなさんへ"), "{path}");
    }
    pharmacist.get(&format!("/announcements/{id}")).await.expect(404);
    pharmacist
        .call("PUT", &format!("/api/v1/announcements/{id}/read"), serde_json::Value::Null)
        .await
        .expect(404);
    nurse.call("PUT", &format!("/api/v1/announcements/{id}/read"), serde_json::Value::Null).await.expect(204);
    assert!(!nurse.get("/").await.expect(200).text().contains("診療所のみなさんへ"));
    let chosen = pharmacy.id.to_string();
    let to_one = [
        ("title", "薬局だけ"),
        ("importance", "normal"),
        ("audience", "facilities"),
        ("facilities", chosen.as_str()),
    ];
    announce(&operator, &to_one).await.1.expect(303);
    assert_eq!((unread(&pharmacist).await, unread(&nurse).await), (vec!["薬局だけ".to_owned()], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_announced_is_refused_with_what_was_typed_and_a_second_click_makes_no_second() {
    let w = World::new().await;
    let operator = w.operator("unei").await;
    let none = [("title", "x"), ("importance", "normal"), ("audience", "facilities")];
    let page = announce(&operator, &none).await.1.expect(422).text();
    assert!(page.contains("施設を選んでください") && page.contains("あす 20時から"), "{page}");
    let unknown = Uuid::new_v4().to_string();
    let nobody = [
        ("title", "x"),
        ("importance", "normal"),
        ("audience", "facilities"),
        ("facilities", unknown.as_str()),
    ];
    announce(&operator, &nobody).await.1.expect(422);
    let strange = [("title", "x"), ("importance", "normal"), ("audience", "all"), ("colour", "red")];
    announce(&operator, &strange).await.1.expect(400);
    let (id, made) = announce(&operator, ALL).await;
    made.expect(303);
    let text = id.to_string();
    let again = [
        ("id", text.as_str()),
        ("seen", "0"),
        ("title", "もう一度"),
        ("body", "x"),
        ("importance", "normal"),
        ("audience", "all"),
        ("from", ""),
        ("until", ""),
    ];
    // The same text is the first one; another is told apart, kept, and can be sent again from the page.
    let mut same = again;
    (same[2].1, same[3].1) = ("点検のお知らせ", "あす 20時から点検をします。");
    operator.form("/operator/announcements", &same).await.expect(303);
    let page = operator.form("/operator/announcements", &again).await.expect(409).text();
    assert!(
        page.contains("もう一度") && page.contains("まだ出していません") && !page.contains(&text),
        "{page}"
    );
    let list = operator.get("/operator/announcements").await.expect(200).text();
    assert!(list.contains("点検のお知らせ") && !list.contains("もう一度"), "{list}");
    assert_eq!(list.matches("点検のお知らせ").count(), 1, "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_begun_or_is_over_asks_nobody_to_read_it() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    let operator = w.operator("unei").await;
    let later = [
        ("title", "来世紀の話"),
        ("importance", "important"),
        ("audience", "all"),
        ("from", "2126-01-01T00:00"),
    ];
    let over = [
        ("title", "前世紀の話"),
        ("importance", "important"),
        ("audience", "all"),
        ("from", "1999-01-01T00:00"),
        ("until", "1999-02-01T00:00"),
    ];
    for fields in [&later[..], &over[..]] {
        let id = Uuid::now_v7().to_string();
        let mut all = vec![("id", id.as_str()), ("seen", "0"), ("body", "本文")];
        all.extend(fields);
        operator.form("/operator/announcements", &all).await.expect(303);
    }
    let nurse = w.as_(&nurse);
    let home = nurse.get("/").await.expect(200).text();
    assert!(!home.contains("来世紀の話") && !home.contains("前世紀の話"));
    let list = nurse.get("/notices").await.expect(200).text();
    assert!(list.contains("前世紀の話") && list.contains("終わりました") && !list.contains("来世紀の話"));
}
