//! What a personal access token of full scope reads, beside a session of its owner: everything that is read by JSON, but for what stands here
//! with its reason. A new route is in the token's list, or here on purpose.

use jiff::Timestamp;
use std::collections::BTreeSet;

use renkei::features::tokens::door::{PUBLIC, READ};
use serde_json::json;
use uuid::Uuid;

use super::{
    cases::{CASES, Case, Reach},
    scene::{Cast, Scene},
    with_mail,
};
use crate::world::{Person, World};

/// What is read with a session alone, and why.
const FOR_PEOPLE: &[(&str, &str)] = &[
    (
        "/api/v1/accounts/{member}/access?group={group}",
        "who asks why somebody sees a group decides about people",
    ),
    ("/api/v1/announcements", "what operators tell people, who are to read it themselves"),
    ("/api/v1/connections", "whom a person knows; greetings are to her alone"),
    ("/api/v1/events", "live streams are for people: they say that somebody is at the screen"),
    (
        "/api/v1/facilities",
        "the directory is for choosing people: a leaked token must not list a region's staff",
    ),
    ("/api/v1/facilities/{clinic}/on-duty/log", "the facility's own business; who is on duty now is told"),
    ("/api/v1/facilities/{station}/staff", "as the directory of facilities"),
    (
        "/api/v1/facility-applications/status/{status link}",
        "whoever holds the link of a letter, which is the right to it",
    ),
    ("/api/v1/first-admin/{admin link}", "likewise"),
    ("/api/v1/groups/{group}/relatives", "who comes in by the family's door is kept by people"),
    ("/api/v1/invitations", "who comes into a group is a person's answer"),
    ("/api/v1/me", "says how the session was proven and what its frame shows; a token has neither"),
    ("/api/v1/me/calendar-link", "a secret of its own"),
    ("/api/v1/me/connection-link", "as connections"),
    ("/api/v1/me/copies", "what the browser of a session keeps; a token has no device"),
    ("/api/v1/me/counts", "the numbers of an open page's frame"),
    ("/api/v1/me/devices", "sign-in"),
    ("/api/v1/me/notices", "a look at them makes what was new old: that is the person's look"),
    ("/api/v1/me/notification-settings", "the person's own settings"),
    ("/api/v1/me/outside-systems", "who speaks for her is hers to say"),
    ("/api/v1/me/passkeys", "sign-in"),
    ("/api/v1/me/proxy-entries", "what she confirms by herself"),
    ("/api/v1/me/recoveries", "sign-in"),
    ("/api/v1/me/shown-phone", "the person's own settings"),
    ("/api/v1/me/tokens", "a token does not look after tokens"),
    ("/api/v1/quarantines", "two people decide, not their programs"),
    ("/api/v1/quarantines/{quarantine}", "likewise"),
    ("/api/v1/terms", "accepted by a person"),
];

/// What the table has no record for, as `{nothing}` stands there.
const MORE: &[&str] = &["/api/v1/templates/{report}"];

/// A path without the names of what is filled in, and without its query.
fn shape(path: &str) -> String {
    let parts = path.split('?').next().unwrap_or(path).split('/');
    let filled_in = |part: &str| part.starts_with('{') || part.parse::<u32>().is_ok();
    parts.map(|part| if filled_in(part) { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

fn read_by_json(case: &&Case) -> bool {
    case.method == "GET" && case.path.starts_with("/api/v1/")
}

fn for_people(path: &str) -> bool {
    FOR_PEOPLE.iter().any(|(known, _)| *known == path)
}

async fn token(w: &World, person: &Person) -> String {
    let fresh = "UPDATE sec.session SET stepped_up_at = now() WHERE account_id = $1 AND state = 'active'";
    w.superuser().await.execute(fresh, &[&person.id]).await.expect("shown again");
    let body = json!({"client_id": Uuid::new_v4(), "name": "試験", "scope": "both", "days": 1});
    let made = w.as_(person).call("POST", "/api/v1/me/tokens", body).await.expect(201).json();
    made["token"].as_str().expect("shown this once").to_owned()
}

/// What the access log holds of somebody since a moment: act, outcome, and what it was about.
async fn logged(w: &World, person: &Person, since: Timestamp) -> Vec<String> {
    let sql = "SELECT concat_ws(' ', act, outcome, group_id, patient_id, ref) FROM care.access_event WHERE account_id = $1 AND at > $2 ORDER BY at, id";
    let rows = w.superuser().await.query(sql, &[&person.id, &since]).await.expect("the log");
    rows.iter().map(|r| r.get(0)).collect()
}

async fn clock(w: &World) -> Timestamp {
    w.superuser().await.query_one("SELECT clock_timestamp()", &[]).await.expect("a clock").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_session_reads_by_json_a_token_of_full_scope_reads_too_and_leaves_the_same_in_the_log() {
    let w = World::with(with_mail).await;
    let cast = Cast::of(&w).await;
    let scene = Scene::of(&w, &cast).await;
    crate::log::seal(&w).await;
    let (host, outsider) = (token(&w, &cast.host).await, token(&w, &cast.stranger).await);
    // A session that has opened nothing yet, as the token.
    let session = Person { token: w.session(&cast.host).await, ..cast.host.clone() };
    let (mut faults, mut read) = (Vec::new(), BTreeSet::new());
    let walked = CASES.iter().filter(read_by_json).filter(|case| !for_people(case.path));
    let walked = walked.map(|case| (case.path, case.reach));
    for (path, reach) in walked.chain(MORE.iter().map(|path| (*path, Reach::SignedIn))) {
        let filled = scene.fill(path);
        let start = clock(&w).await;
        let by_session = w.as_(&session).get(&filled).await;
        if !by_session.status.is_success() {
            continue;
        }
        let between = clock(&w).await;
        let by_token = w.with_token(&host).get(&filled).await;
        let mut events = logged(&w, &cast.host, start).await;
        let of_token = logged(&w, &cast.host, between).await;
        events.truncate(events.len() - of_token.len());
        if by_token.status != by_session.status {
            faults.push(format!("{path}: {} by session, {}", by_session.status, by_token.text()));
        } else if events != of_token {
            faults.push(format!("{path}: {events:?} by session, {of_token:?} by token"));
        }
        read.insert(shape(path));
        // A token of somebody who may not know is no way in.
        let by_outsider = w.with_token(&outsider).get(&filled).await.status;
        if reach == Reach::Group && by_outsider != 404 {
            faults.push(format!("{path}: {by_outsider} by a stranger's token"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let listed = READ.iter().filter(|(method, _)| *method == "GET").map(|(_, path)| shape(path));
    let unread: Vec<_> = listed.filter(|path| !read.contains(path)).collect();
    assert!(unread.is_empty(), "nobody has read these: {unread:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_people_is_refused_to_tokens_and_every_exception_is_one() {
    let w = World::with(with_mail).await;
    let cast = Cast::of(&w).await;
    let scene = Scene::of(&w, &cast).await;
    let (host, admin) = (token(&w, &cast.host).await, token(&w, &cast.admin).await);
    for (path, why) in FOR_PEOPLE {
        assert!(CASES.iter().filter(read_by_json).any(|c| c.path == *path), "{path} is none of the routes");
        w.as_(&cast.host).get(&scene.fill(path)).await.expect(200);
        let answer = w.with_token(&host).get(&scene.fill(path)).await;
        assert_eq!(answer.status, 403, "{path}, {why}: {}", answer.text());
    }
    // Never an admin's: neither the facility's pages nor the groups that the facility manages.
    let mut refused = 0;
    for case in CASES.iter().filter(read_by_json) {
        let path = scene.fill(case.path);
        let administrative =
            case.reach == Reach::Group || !w.as_(&cast.host).get(&path).await.status.is_success();
        if administrative && w.as_(&cast.admin).get(&path).await.status.is_success() {
            let answer = w.with_token(&admin).get(&path).await.status;
            assert!(answer == 403 || answer == 404, "{}: {answer} by the admin's token", case.path);
            refused += 1;
        }
    }
    assert!(refused > 15, "there is administration: {refused}");
    for (_, path) in PUBLIC {
        w.with_token("t.no-token-of-anybody").get(path).await.expect(200);
    }
}
