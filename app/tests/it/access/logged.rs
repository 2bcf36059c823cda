//! Every route leaves an event: each is asked by whoever may, and what was shown or done stands in the access log (or, at the console, in that
//! of the operators). What leaves none stands here with its reason, and nothing else does.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    answer,
    cases::{CASES, Case, Reach},
    scene::{Cast, Kind, Scene},
    with_mail,
};
use crate::world::{Answer, World};

/// What shows nothing of a patient or of a person's work, and changes nothing that others see.
const HARMLESS: &[(&str, &str, &str)] = &[];

/// What the scene has none of: where it is shown that the route leaves its event.
const ELSEWHERE: &[(&str, &str, &str)] = &[];

/// The name on the sheets of every scene.
const NAME: &str = "試験 太郎";

/// Who asks, the likeliest first: the walk stops at the first who may where a request changes something.
fn kinds(case: &Case) -> &'static [Kind] {
    match case.reach {
        Reach::Operator => &[Kind::Operator],
        Reach::Desk => &[Kind::Operator, Kind::Secretariat],
        Reach::Family => &[Kind::Relative],
        Reach::Everybody => &[Kind::Host, Kind::Relative],
        Reach::SignedIn | Reach::Group => {
            &[Kind::Host, Kind::FacilityAdmin, Kind::Member, Kind::SameFacility, Kind::OtherFacility]
        }
    }
}

fn console(case: &Case) -> bool {
    matches!(case.reach, Reach::Operator | Reach::Desk)
}

/// What was shown or done. A page that leads on has shown nothing.
fn happened(case: &Case, answer: &Answer) -> bool {
    answer.status.is_success() || case.method != "GET" && answer.status == 303
}

struct Event {
    act: String,
    group: Option<Uuid>,
    patient: Option<Uuid>,
}

async fn clock(w: &World) -> Timestamp {
    w.superuser().await.query_one("SELECT clock_timestamp()", &[]).await.expect("a clock").get(0)
}

/// Of the access log and the operators' log, since a moment. Rows that continue an opening are none.
async fn events(w: &World, since: Timestamp) -> Vec<Event> {
    let sql = "SELECT act, group_id, patient_id FROM care.access_event WHERE at > $1 AND seconds IS NULL
      UNION ALL SELECT act, NULL, NULL FROM care.operator_event WHERE at > $1";
    let rows = w.superuser().await.query(sql, &[&since]).await.expect("the logs");
    rows.iter().map(|r| Event { act: r.get(0), group: r.get(1), patient: r.get(2) }).collect()
}

async fn list_acts(w: &World) -> BTreeSet<String> {
    let row = w.superuser().await.query_one("SELECT sec.list_acts()", &[]).await.expect("a list");
    row.get::<_, Vec<String>>(0).into_iter().collect()
}

fn listed(list: &[(&str, &str, &str)], case: &Case) -> bool {
    list.iter().any(|(method, path, _)| *method == case.method && *path == case.path)
}

struct Walk {
    w: World,
    cast: Cast,
    shared: Scene,
    lists: BTreeSet<String>,
    faults: Vec<String>,
}

impl Walk {
    async fn begin() -> Self {
        let w = World::with(with_mail).await;
        let cast = Cast::of(&w).await;
        let shared = Scene::of(&w, &cast).await;
        crate::log::seal(&w).await;
        Self { lists: list_acts(&w).await, w, cast, shared, faults: Vec::new() }
    }

    /// Whether somebody could do it at all.
    async fn ask(&mut self, case: &Case, fragment: bool) -> bool {
        let mut reached = false;
        for kind in kinds(case) {
            let fresh = if case.changes { Some(Scene::of(&self.w, &self.cast).await) } else { None };
            let scene = fresh.as_ref().unwrap_or(&self.shared);
            let client = self.cast.client(&self.w, *kind).await;
            let client = if fragment { client.as_fragment() } else { client };
            self.w.superuser().await.batch_execute("DELETE FROM sec.attempt").await.expect("nobody waits");
            let since = clock(&self.w).await;
            let answer = answer(&client, scene, case).await;
            if !happened(case, &answer) {
                continue;
            }
            reached = true;
            let (group, patient) = (scene.group, scene.patient);
            let events = events(&self.w, since).await;
            self.judge(case, *kind, &answer, &events, (group, patient));
            if case.changes {
                break;
            }
        }
        reached
    }

    fn judge(
        &mut self,
        case: &Case,
        kind: Kind,
        answer: &Answer,
        events: &[Event],
        (group, patient): (Uuid, Uuid),
    ) {
        let acts: Vec<&str> = events.iter().map(|e| e.act.as_str()).collect();
        let mut fault = |what: &str| {
            self.faults.push(format!("{} {} as {}: {what} {acts:?}", case.method, case.path, kind.label()));
        };
        let harmless = listed(HARMLESS, case);
        let names = case.method == "GET" && answer.text().contains(NAME);
        if names {
            // Whose record it was must be found again: by the event itself, or because the act is one that lists patients.
            let leads = |e: &Event| {
                e.patient == Some(patient) || e.group == Some(group) || self.lists.contains(&e.act)
            };
            if !events.iter().any(leads) {
                fault("names a patient, and no event leads to her:");
            }
            if harmless {
                fault("names a patient, and stands as harmless:");
            }
        }
        if case.reach == Reach::Everybody || console(case) && case.method == "GET" {
            return;
        }
        if events.is_empty() && !harmless {
            fault("leaves no event");
        }
        if case.reach == Reach::Group
            && !harmless
            && !events.iter().any(|e| e.group.is_some() || e.patient.is_some())
        {
            fault("is about a patient, and no event says about which:");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_leaves_an_event_or_stands_here_as_harmless() {
    let mut walk = Walk::begin().await;
    for case in CASES {
        let mut reached = walk.ask(case, false).await;
        if case.method == "GET" && !case.path.starts_with("/api/") {
            reached |= walk.ask(case, true).await;
        }
        let nobody = !reached && case.reach != Reach::Everybody;
        if nobody && !listed(ELSEWHERE, case) && !listed(HARMLESS, case) {
            walk.faults.push(format!("{} {}: nobody could do it here", case.method, case.path));
        }
    }
    assert!(walk.faults.is_empty(), "{} faults\n{}", walk.faults.len(), walk.faults.join("\n"));
}

/// Every exception is a route, stands once and has a reason.
#[test]
fn the_exceptions_are_routes() {
    for (method, path, why) in HARMLESS.iter().chain(ELSEWHERE) {
        assert!(CASES.iter().any(|c| c.method == *method && c.path == *path), "{method} {path} is no route");
        assert!(why.chars().count() > 8, "{method} {path}: {why}");
    }
    let all: BTreeSet<_> = HARMLESS.iter().chain(ELSEWHERE).map(|(method, path, _)| (method, path)).collect();
    assert_eq!(all.len(), HARMLESS.len() + ELSEWHERE.len(), "one stands twice");
}

/// Every page, list, search and file that leaves an event: while no event can be written, nothing of it is shown.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_down_is_not_shown() {
    let walk = Walk::begin().await;
    let superuser = walk.w.superuser().await;
    let reads = CASES.iter().filter(|c| !c.changes && !console(c) && !listed(HARMLESS, c));
    let mut noted = Vec::new();
    for case in reads {
        for kind in kinds(case) {
            superuser.batch_execute("DELETE FROM sec.attempt").await.expect("nobody waits");
            let client = walk.cast.client(&walk.w, *kind).await;
            let since = clock(&walk.w).await;
            let answer = answer(&client, &walk.shared, case).await;
            if answer.status.is_success() && !events(&walk.w, since).await.is_empty() {
                // A session that has opened nothing yet: what is open already goes on without a row.
                noted.push((case, *kind, walk.cast.client(&walk.w, *kind).await));
                break;
            }
        }
    }
    assert!(noted.len() > 100, "there is much to see: {}", noted.len());
    let full = "SELECT guard.open_window('5 minutes', 'test');
      CREATE FUNCTION care.full() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON care.access_event FOR EACH ROW EXECUTE FUNCTION care.full()";
    superuser.batch_execute(full).await.expect("a log that takes nothing");
    let mut faults = Vec::new();
    for (case, kind, client) in &noted {
        let answer = answer(client, &walk.shared, case).await;
        if !answer.status.is_server_error() || answer.text().contains(NAME) {
            faults.push(format!("{} {} as {}: {}", case.method, case.path, kind.label(), answer.status));
        }
    }
    assert!(faults.is_empty(), "shown without an event:\n{}", faults.join("\n"));
    // With a log that takes them again, all is as before.
    superuser.batch_execute("DROP TRIGGER full_disk ON care.access_event").await.expect("room again");
    let (case, _, client) = &noted[0];
    assert!(answer(client, &walk.shared, case).await.status.is_success());
}
