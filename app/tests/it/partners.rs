//! Who shares: counted by facility, for one patient and for a facility. And a day in one page.

use jiff::ToSpan;
use serde_json::json;
use uuid::Uuid;

use crate::world::{World, id_of};

#[tokio::test(flavor = "multi_thread")]
async fn facilities_that_shared_are_counted_once_each_and_withdrawn_posts_are_not() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let pharmacy = w.facility("pharmacy", "試験薬局").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let host = w.staff(clinic, "shujii", "doctor").await;
    let nurse = w.admin(station, "kango", "nurse").await;
    let pharmacist = w.staff(pharmacy, "yakuzai", "pharmacist").await;
    let stranger = w.staff(pharmacy, "tanin", "pharmacist").await;
    let patient = w.patient(&admin, "試験 太郎").await;
    let group = w.team(&admin, patient, &[&host, &nurse, &pharmacist]).await;
    let figure = |text: &str| text.matches("class=\"num figure\">1<").count();
    w.as_(&host).post(group, "往診しました").await.expect(201);
    let page = w.as_(&host).get(&format!("/groups/{group}/partners")).await.expect(200).text();
    assert!(
        page.contains("class=\"num figure\">0<")
            && page.contains("試験訪問看護")
            && page.contains(&nurse.name),
        "{page}"
    );
    w.as_(&nurse).post(group, "訪問しました").await.expect(201);
    w.as_(&nurse).post(group, "もう一度").await.expect(201);
    let post = id_of(&w.as_(&pharmacist).post(group, "別の方のこと").await.expect(201).json());
    let reason = json!({"client_id": Uuid::new_v4(), "reason": "誤り"});
    w.as_(&pharmacist).call("POST", &format!("/api/v1/posts/{post}/withdrawal"), reason).await.expect(201);
    let page = w.as_(&host).get(&format!("/groups/{group}/partners")).await.expect(200).text();
    assert_eq!(figure(&page), 2, "one facility within 90 days and within half a year: {page}");
    let page = w.as_(&admin).get("/facility/partners").await.expect(200).text();
    assert!(figure(&page) == 2 && page.contains("試験訪問看護") && !page.contains("試験薬局"), "{page}");
    // From the other side the clinic is the partner.
    let page = w.as_(&nurse).get("/facility/partners").await.expect(200).text();
    assert!(page.contains("試験クリニック") && figure(&page) == 2, "{page}");
    w.as_(&host).get("/facility/partners").await.expect(403);
    w.as_(&stranger).get(&format!("/groups/{group}/partners")).await.expect(404);
    w.as_(&admin).get(&format!("/groups/{group}/partners")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_says_what_was_written_done_and_visited() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let host = w.staff(clinic, "shujii", "doctor").await;
    let other = w.staff(clinic, "tanin", "doctor").await;
    let group = w.group(&admin, &host, "試験 太郎").await;
    let today = jiff::Timestamp::now().to_zoned(renkei::japan::zone()).date();
    let yesterday = today.checked_sub(1.day()).unwrap();
    w.as_(&host).post(group, "朝の往診の記録").await.expect(201);
    let task = json!({"client_id": Uuid::new_v4(), "what": "指示書を出す", "due_date": today.to_string()});
    let task = id_of(
        &w.as_(&host).call("POST", &format!("/api/v1/groups/{group}/tasks"), task).await.expect(201).json(),
    );
    let done = json!({"client_id": Uuid::new_v4(), "state": "done", "text": "出しました"});
    w.as_(&host).call("PUT", &format!("/api/v1/tasks/{task}"), done).await.expect(200);
    let visit = json!({"client_id": Uuid::new_v4(), "kind": "medical", "date": today.to_string(), "start": "10:00", "end": "10:30"});
    w.as_(&host).call("POST", &format!("/api/v1/groups/{group}/visits"), visit).await.expect(201);
    let page = w.as_(&host).get(&format!("/groups/{group}/digest?day={today}")).await.expect(200).text();
    assert!(page.contains("投稿 1件・訪問の予定 1件・対応済 1件"), "{page}");
    assert!(
        page.contains("朝の往診の記録") && page.contains("出しました") && page.contains("10:00〜10:30"),
        "{page}"
    );
    let all = w.as_(&host).get(&format!("/digest?day={today}")).await.expect(200).text();
    assert!(all.contains("試験 太郎 様") && all.contains("朝の往診の記録"), "{all}");
    assert!(
        w.as_(&host).get("/digest").await.expect(200).text().contains("何もありませんでした"),
        "yesterday"
    );
    assert!(
        !w.as_(&host)
            .get(&format!("/groups/{group}/digest?day={yesterday}"))
            .await
            .expect(200)
            .text()
            .contains("朝の往診")
    );
    w.as_(&host).get(&format!("/digest?day={}", today.checked_add(1.day()).unwrap())).await.expect(404);
    assert!(
        !w.as_(&other).get(&format!("/digest?day={today}")).await.expect(200).text().contains("朝の往診")
    );
    w.as_(&other).get(&format!("/groups/{group}/digest")).await.expect(404);
}
