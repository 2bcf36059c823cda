//! Every route leaves an event: each is asked by whoever may, and what was shown or done stands in the access log (or, at the console, in that
//! of the operators). What leaves none stands here with its reason, and nothing else does.

mod exceptions;

use std::{collections::BTreeSet, path::Path};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    answer,
    cases::{CASES, Case, Reach},
    scene::{Cast, Kind, Scene},
    with_mail,
};
use crate::world::{Answer, World};
use exceptions::{ABOUT_ONESELF, ELSEWHERE, HARMLESS, OWN};

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

fn is_harmless(case: &Case) -> bool {
    let own = case.method == "GET" && OWN.iter().any(|begins| case.path.starts_with(begins));
    own || HARMLESS.iter().any(|(method, path, _)| *method == case.method && *path == case.path)
}

fn is_elsewhere(case: &Case) -> bool {
    ELSEWHERE.iter().flat_map(|(_, routes)| *routes).any(|route| *route == (case.method, case.path))
}

struct Walk {
    w: World,
    cast: Cast,
    shared: Scene,
    lists: BTreeSet<String>,
    faults: Vec<String>,
    /// Whoever is refused uses nothing up: the next one finds it as it was.
    spare: Option<Scene>,
}

impl Walk {
    async fn begin() -> Self {
        let w = World::with(with_mail).await;
        let cast = Cast::of(&w).await;
        let shared = Scene::of(&w, &cast).await;
        crate::log::seal(&w).await;
        Self { lists: list_acts(&w).await, w, cast, shared, faults: Vec::new(), spare: None }
    }

    /// Whether somebody could do it at all.
    async fn ask(&mut self, case: &Case, fragment: bool) -> bool {
        let mut reached = false;
        for kind in kinds(case) {
            let fresh = match (case.uses_up(&self.shared), self.spare.take()) {
                (true, None) => Some(Scene::of(&self.w, &self.cast).await),
                (true, spare) => spare,
                (false, spare) => {
                    self.spare = spare;
                    None
                }
            };
            let scene = fresh.as_ref().unwrap_or(&self.shared);
            let client = self.cast.client(&self.w, *kind).await;
            let client = if fragment { client.fragments() } else { client };
            self.w.superuser().await.batch_execute("DELETE FROM sec.attempt").await.expect("nobody waits");
            let since = clock(&self.w).await;
            let answer = answer(&client, scene, case).await;
            let (group, patient) = (scene.group, scene.patient);
            if !happened(case, &answer) {
                self.spare = fresh.or(self.spare.take());
                continue;
            }
            reached = true;
            let events = events(&self.w, since).await;
            let asked = Asked { case, kind: *kind, answer: &answer.text(), group, patient };
            self.faults.extend(judge(&asked, &events, &self.lists));
            if case.changes {
                break;
            }
        }
        reached
    }
}

/// What was asked, what it answered, and whose group and patient it was about.
struct Asked<'a> {
    case: &'a Case,
    kind: Kind,
    answer: &'a str,
    group: Uuid,
    patient: Uuid,
}

/// What is missing in the events that an answer left. `lists`: the acts that lead to everybody on a list.
fn judge(asked: &Asked<'_>, events: &[Event], lists: &BTreeSet<String>) -> Vec<String> {
    let case = asked.case;
    let acts: Vec<&str> = events.iter().map(|e| e.act.as_str()).collect();
    let mut faults = Vec::new();
    let mut fault = |what: &str| {
        faults.push(format!("{} {} as {}: {what} {acts:?}", case.method, case.path, asked.kind.label()));
    };
    if case.method == "GET" && asked.answer.contains(NAME) {
        // Whose record it was must be found again: by the event itself, or because the act is one that lists patients.
        let leads = |e: &Event| {
            e.patient == Some(asked.patient) || e.group == Some(asked.group) || lists.contains(&e.act)
        };
        if !events.iter().any(leads) {
            fault("names a patient, and no event leads to her:");
        }
    }
    // Nobody is signed in there; the console shows nothing of a record, which a test of its own looks at.
    if case.reach == Reach::Everybody || console(case) && case.method == "GET" {
        return faults;
    }
    let nothing_happened = case.method != "GET" && is_elsewhere(case);
    if is_harmless(case) || nothing_happened {
        return faults;
    }
    if events.is_empty() {
        fault("leaves no event");
    }
    let oneself = ABOUT_ONESELF.contains(&(case.method, case.path));
    if case.reach == Reach::Group
        && !oneself
        && !events.iter().any(|e| e.group.is_some() || e.patient.is_some())
    {
        fault("is about a patient, and no event says about which:");
    }
    faults
}

/// The walk sees what is missing: a page that writes nothing, one that does not say about whom, one that names somebody in passing.
#[test]
fn a_route_that_leaves_no_event_is_a_fault() {
    let (group, patient) = (Uuid::new_v4(), Uuid::new_v4());
    let find = |path: &str| CASES.iter().find(|c| c.method == "GET" && c.path == path).expect("a route");
    let (sheet, tasks) = (find("/patients/{patient}/face-sheet"), find("/tasks"));
    let lists = BTreeSet::from(["viewed_tasks".to_owned()]);
    let event = |act: &str, patient| Event { act: act.to_owned(), group: None, patient };
    let judged = |case, answer, events: &[Event]| {
        judge(&Asked { case, kind: Kind::Host, answer, group, patient }, events, &lists).len()
    };
    assert_eq!(judged(sheet, NAME, &[event("viewed_face_sheet", Some(patient))]), 0);
    assert_eq!(judged(sheet, NAME, &[]), 3, "none at all");
    assert_eq!(judged(sheet, "", &[event("viewed_face_sheet", None)]), 1, "about whom?");
    assert_eq!(judged(sheet, NAME, &[event("viewed_face_sheet", Some(group))]), 1, "about somebody else");
    assert_eq!(
        judged(tasks, NAME, &[event("viewed_tasks", None)]),
        0,
        "a list that leads to everybody on it"
    );
    assert_eq!(judged(tasks, NAME, &[event("viewed_home", None)]), 1, "one that does not");
    assert_eq!(judged(tasks, "", &[]), 1);
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
        if nobody && !is_elsewhere(case) && !is_harmless(case) {
            walk.faults.push(format!("{} {}: nobody could do it here", case.method, case.path));
        }
    }
    assert!(walk.faults.is_empty(), "{} faults\n{}", walk.faults.len(), walk.faults.join("\n"));
}

/// Every exception is a route, stands once and has a reason, which may be a module of these tests.
#[test]
fn the_exceptions_are_routes() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    for (module, _) in ELSEWHERE {
        let there = [module.to_string(), format!("{module}.rs")].iter().any(|name| tests.join(name).exists());
        assert!(there, "there is no {module}");
    }
    for (method, path, why) in HARMLESS {
        assert!(why.chars().count() > 8, "{method} {path}: {why}");
    }
    let harmless = HARMLESS.iter().map(|(method, path, _)| (*method, *path));
    let all: Vec<(&str, &str)> =
        harmless.chain(ELSEWHERE.iter().flat_map(|(_, routes)| routes.iter().copied())).collect();
    for (method, path) in all.iter().chain(ABOUT_ONESELF) {
        assert!(CASES.iter().any(|c| c.method == *method && c.path == *path), "{method} {path} is no route");
    }
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "one stands twice");
}

/// Every page, list, search and file that leaves an event: while no event can be written, nothing of it is shown.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_down_is_not_shown() {
    let walk = Walk::begin().await;
    let superuser = walk.w.superuser().await;
    // What only looks; signing out everywhere would end the sessions of this walk.
    let looks = |c: &&Case| c.method == "GET" || c.path.ends_with("/search");
    let reads = CASES.iter().filter(looks).filter(|c| !c.changes && !console(c) && !is_harmless(c));
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
