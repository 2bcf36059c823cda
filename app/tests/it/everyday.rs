//! Help, what a person sets for herself, the first visit, and the practice space.

use crate::{
    joining::{form, holder, region, somebody},
    sign_in::shown_key,
    world::{Facility, Person, World, browser, browser_on, device_of},
};

struct Scene {
    w: World,
    clinic: Facility,
    admin: Person,
    nurse: Person,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let nurse = w.staff(clinic, "kango", "nurse").await;
    Scene { w, clinic, admin, nurse }
}

impl Scene {
    async fn page(&self, path: &str) -> String {
        self.w.as_(&self.nurse).get(path).await.expect(200).text()
    }

    async fn count(&self, sql: &str) -> i64 {
        self.w.superuser().await.query_one(sql, &[]).await.expect(sql).get(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_help_opens_for_everybody_and_leads_where_its_links_say() {
    let s = scene().await;
    let index = s.w.nobody().get("/help").await.expect(200).text();
    assert!(index.contains("サインインできないとき") && !index.contains("href=\"/practice\""), "{index}");
    let links = |page: &str| -> Vec<String> {
        let parts = page.split("href=\"/help/").skip(1);
        parts.map(|part| part.split('"').next().expect("a name").to_owned()).collect()
    };
    let topics = links(&index);
    assert!(topics.len() >= 30, "{topics:?}");
    for topic in &topics {
        let page = s.w.nobody().get(&format!("/help/{topic}")).await.expect(200).text();
        assert!(page.contains("使い方の一覧に戻る"), "{topic}");
        // What a page leads to is there for whoever may come.
        for link in page.split("<a href=\"/").skip(1).map(|part| part.split('"').next().expect("an address"))
        {
            if link.starts_with("assets/") || link.starts_with("family/") {
                continue;
            }
            let status = s.w.as_(&s.admin).get(&format!("/{link}")).await.status.as_u16();
            assert!([200, 303].contains(&status), "/{link} on {topic}: {status}");
        }
    }
    s.w.nobody().get("/help/there-is-none").await.expect(404);
    // Inside the product for whoever is signed in.
    let index = s.page("/help").await;
    for part in ["主な画面", "href=\"/practice\"", "href=\"/welcome\"", "href=\"/help/keys\""] {
        assert!(index.contains(part), "{part}");
    }
    assert!(s.page("/menu").await.contains("href=\"/help\""));
    assert!(s.w.nobody().get("/sign-in").await.expect(200).text().contains("href=\"/help\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn single_keys_act_until_they_are_switched_off_for_this_person_alone() {
    let s = scene().await;
    assert!(s.page("/").await.contains(" data-keys"));
    assert!(!s.w.nobody().get("/help").await.expect(200).text().contains(" data-keys"), "nobody has any");
    let answer = s.w.as_(&s.nurse).form("/menu/habits", &[("readings", "on")]).await.expect(303);
    assert_eq!(answer.headers["location"], "/menu/habits?done=saved");
    assert!(!s.page("/").await.contains(" data-keys"));
    let page = s.page("/menu/habits").await;
    let checked = |name: &str| page.contains(&format!("name=\"{name}\" value=\"on\" checked"));
    assert!(checked("readings") && !checked("shortcuts"), "{page}");
    assert!(s.w.as_(&s.admin).get("/").await.expect(200).text().contains(" data-keys"));
    assert_eq!(s.count("SELECT count(*) FROM care.access_event WHERE act = 'changed_habits'").await, 1);
    s.w.as_(&s.nurse).form("/menu/habits", &[("shortcuts", "on")]).await.expect(303);
    assert!(s.page("/").await.contains(" data-keys"));
    s.w.as_(&s.nurse).form("/menu/habits", &[("other", "on")]).await.expect(400);
    s.w.nobody().form("/menu/habits", &[]).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_just_joined_is_led_through_three_steps_once_and_finds_them_again() {
    let r = region().await;
    let link = r.link(somebody()).await;
    let joined = r.w.nobody().form(&link, &form(&[])).await.expect(303);
    let new = holder(browser(&joined));
    let secret = shown_key(&r.w.as_(&new).get("/enrol").await.expect(200).text());
    let code = renkei::auth::totp::code_at(&secret, r.w.app.unix_seconds()).expect("a code");
    let enrolled = r.w.as_(&new).form("/enrol", &[("code", &code)]).await.expect(200);
    let new = holder(browser_on(&enrolled, device_of(&new.token)));

    let led = r.w.as_(&new).get("/").await.expect(303);
    assert_eq!(led.headers["location"], "/welcome/notices");
    r.w.as_(&new).get("/").await.expect(200);
    // Step by step; what is left for later is noted as that.
    let step = |name: &'static str, answer: &'static str| {
        let (w, new) = (&r.w, &new);
        async move {
            let page = w.as_(new).get(&format!("/welcome/{name}")).await.expect(200).text();
            assert!(page.contains("あとでする"), "{name}");
            let on = w.as_(new).form(&format!("/welcome/{name}"), &[("answer", answer)]).await.expect(303);
            on.headers["location"].to_str().expect("an address").to_owned()
        }
    };
    assert_eq!(step("notices", "skipped").await, "/welcome/protection");
    assert_eq!(step("protection", "done").await, "/welcome/practice");
    assert_eq!(step("practice", "skipped").await, "/");
    let overview = r.w.as_(&new).get("/welcome").await.expect(200).text();
    assert_eq!(
        (overview.matches("済みました").count(), overview.matches("あとでにしました").count()),
        (1, 2)
    );
    // Done once is done.
    step("protection", "skipped").await;
    assert!(r.w.as_(&new).get("/welcome").await.expect(200).text().contains("済みました"));
    r.w.as_(&new).form("/welcome/notices", &[("answer", "perhaps")]).await.expect(400);
    r.w.as_(&new).form("/welcome/other", &[("answer", "done")]).await.expect(404);

    // Accounts from before are not led anywhere, and may go through it.
    r.w.as_(&r.nurse).get("/").await.expect(200);
    assert!(r.w.as_(&r.nurse).get("/welcome").await.expect(200).text().contains("まだです"));
    r.w.as_(&r.nurse).form("/welcome/notices", &[("answer", "done")]).await.expect(303);
    assert!(r.w.as_(&r.nurse).get("/welcome").await.expect(200).text().contains("済みました"));
    r.w.as_(&r.nurse).get("/").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_tried_in_the_practice_space_is_shown_and_kept_nowhere() {
    let s = scene().await;
    let everything = "SELECT sum(n)::bigint FROM (SELECT count(*) AS n FROM care.post UNION ALL SELECT count(*) FROM care.receipt UNION ALL SELECT count(*) FROM care.event UNION ALL SELECT count(*) FROM care.access_event UNION ALL SELECT count(*) FROM care.groups) x";
    let before = s.count(everything).await;
    let begun = s.page("/practice").await;
    assert!(begun.contains("これは練習です") && begun.contains("読みました。了解する"), "{begun}");

    // One after the other, as the page's own forms carry it on.
    let carried = |page: &str| {
        let at = page.rsplit("name=\"so_far\" value=\"").next().expect("what was done");
        at.split('"').next().expect("a value").replace("&quot;", "\"")
    };
    let mut so_far = carried(&begun);
    let mut page = String::new();
    let text = "練習のために書いた文";
    for (act, post, body) in
        [("acknowledge", "1", ""), ("post", "", text), ("correct", "2", "直した文"), ("withdraw", "3", "")]
    {
        let mut fields = vec![("so_far", so_far.as_str()), ("act", act), ("body", body)];
        if !post.is_empty() {
            fields.push(("post", post));
        }
        page = s.w.as_(&s.nurse).form("/practice", &fields).await.expect(200).text();
        so_far = carried(&page);
    }
    for part in ["了解しました", "訂正前の文を見る", "取り消す前の文を見る", text, "直した文"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    // What cannot be taken comes back.
    let fields = [("so_far", so_far.as_str()), ("act", "withdraw"), ("post", "0"), ("body", "")];
    assert!(s.w.as_(&s.nurse).form("/practice", &fields).await.expect(422).text().contains("もうできません"));
    let long = "長".repeat(1_001);
    let fields = [("so_far", so_far.as_str()), ("act", "post"), ("body", long.as_str())];
    assert!(s.w.as_(&s.nurse).form("/practice", &fields).await.expect(422).text().contains(&long));
    for broken in ["[", "[{\"act\":\"post\"}]", "[{\"act\":\"withdraw\",\"post\":0}]"] {
        let fields = [("so_far", broken), ("act", "post"), ("body", "文")];
        s.w.as_(&s.nurse).form("/practice", &fields).await.expect(400);
    }
    // Markup stays text.
    let fields = [("so_far", "[]"), ("act", "post"), ("body", "<b>太字</b>")];
    let page = s.w.as_(&s.nurse).form("/practice", &fields).await.expect(200).text();
    assert!(page.contains("&lt;b&gt;") && !page.contains("<b>太字"), "{page}");

    assert_eq!(s.count(everything).await, before, "nothing was written");
    assert!(!s.page("/practice").await.contains(text), "each round begins anew");
    assert!(
        !s.w.as_(&s.admin).get("/groups").await.expect(200).text().contains("見本"),
        "nobody else sees it"
    );
    let found = format!("/api/v1/facilities/{}/staff", s.clinic.id);
    let answer = s.w.as_(&s.admin).get(&found).await.text();
    assert!(!answer.contains("見本"), "nobody invented is staff: {answer}");
    s.w.nobody().get("/practice").await.expect(303);
}
