//! Every route leaves an event: each is asked by whoever may, and what was shown or done stands in the access log (or, at the console, in that
//! of the operators). What leaves none stands here with its reason, and nothing else does.

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

/// What a person sees of herself, her own settings and learning: nothing of anybody else's. By the beginning of the address, for GET.
const OWN: &[&str] = &[
    "/menu",
    "/api/v1/me",
    "/welcome",
    "/help",
    "/practice",
    "/confirm",
    "/connections",
    "/api/v1/connections",
];

/// What shows nothing of a patient or of anybody's work, and changes nothing that others see.
const HARMLESS: &[(&str, &str, &str)] = &[
    ("GET", "/facility/contact", "the facility's own telephone numbers for emergencies"),
    ("GET", "/facility/papers", "what the operator lays out for all facilities"),
    ("GET", "/facility/region", "the region's policy, which every member of it reads"),
    ("GET", "/facility/staff/invitations/new", "an empty form"),
    ("GET", "/facility/staff/invitations/csv", "an empty form"),
    ("GET", "/facility/staff/invitations/csv/sample", "a sample without anybody's name"),
    ("POST", "/facility/staff/invitations/csv", "shows again what was just sent, before anybody is invited"),
    ("GET", "/facility/devices/{device}/loss", "asks before an act that leaves its event"),
    ("GET", "/patients/new", "an empty form"),
    ("GET", "/free-groups/new", "an empty form"),
    ("GET", "/api/v1/terms", "texts for everybody"),
    ("GET", "/api/v1/events", "ids and kinds; what they are about is fetched by doors that leave an event"),
    ("GET", "/api/v1/facilities/{clinic}/on-duty", "whom to call, which colleagues are meant to see"),
    ("POST", "/menu/display", "kept in the browser alone"),
    ("POST", "/confirm/first", "asks who one is, and keeps nothing"),
    ("POST", "/api/v1/me/passkeys/challenge", "a random number"),
    ("POST", "/practice", "kept nowhere"),
    (
        "POST",
        "/api/v1/groups/{group}/read",
        "a receipt, which is a record of its own with its reader and time",
    ),
    ("POST", "/api/v1/groups/{group}/wording", "judges what the caller has typed herself"),
    ("PUT", "/api/v1/posts/{post}/bookmark", "a mark for the caller alone, on what she has read"),
    ("DELETE", "/api/v1/posts/{post}/bookmark", "takes it away again"),
    ("POST", "/posts/{post}/bookmark", "a mark for the caller alone, on what she has read"),
    (
        "PUT",
        "/api/v1/facility-applications/{application}/checks/{check item}",
        "an entry with its author and time",
    ),
    ("POST", "/operator/applications/{application}/checks", "an entry with its author and time"),
    ("POST", "/api/v1/facility-applications/{application}/notes", "an entry with its author and time"),
    ("POST", "/operator/applications/{application}/notes", "an entry with its author and time"),
    ("POST", "/operator/masters", "saved as it was: a word that changes leaves an event, see joining"),
    ("POST", "/family/display", "kept in the browser alone"),
    ("GET", "/family/events", "ids and kinds, as the staff's"),
    ("GET", "/family/notices", "her own settings"),
    ("GET", "/family/notices/subscription", "her own settings"),
    ("POST", "/family/notices/mail", "a letter with a code; what the code confirms leaves an event"),
];

/// Of a group's address, but about the caller herself: her event names no group.
const ABOUT_ONESELF: &[(&str, &str)] = &[("PUT", "/api/v1/groups/{group}/notification-level")];

/// Where nothing can be done here, as the scene has none of it or it is so already: the module whose tests show what it leaves.
const ELSEWHERE: &[(&str, &[(&str, &str)])] = &[
    ("access_log", &[("POST", "/api/v1/me/views/{view}/print"), ("POST", "/api/v1/me/views/{view}/stay")]),
    ("accounts", &[("POST", "/menu/contact"), ("POST", "/menu/password")]),
    (
        "alarms",
        &[
            ("POST", "/operator/watch/alarms/{nothing}/seen"),
            ("POST", "/operator/watch/jobs/{nothing}/again"),
        ],
    ),
    ("departures", &[("POST", "/menu/withdrawal")]),
    (
        "devices",
        &[
            ("DELETE", "/api/v1/facilities/{clinic}/device-certificates/{nothing}"),
            ("POST", "/api/v1/facilities/{clinic}/devices/{nothing}/loss"),
            ("DELETE", "/api/v1/me/devices/{nothing}"),
            ("PUT", "/api/v1/me/devices/{nothing}"),
            ("POST", "/api/v1/me/devices/{nothing}/loss"),
            ("POST", "/facility/device-certificates/{nothing}/revocation"),
            ("POST", "/facility/devices/{nothing}/loss"),
            ("GET", "/menu/devices/{nothing}/loss"),
            ("POST", "/menu/devices/{nothing}/loss"),
            ("POST", "/menu/devices/{nothing}/name"),
            ("POST", "/menu/devices/{nothing}/sign-out"),
            ("PUT", "/api/v1/me/copies"),
            ("POST", "/api/v1/me/copies/readings"),
            ("PUT", "/api/v1/facilities/{clinic}/sign-in-policy"),
        ],
    ),
    ("disclosure", &[("POST", "/operator/disclosure")]),
    (
        "documents",
        &[
            ("POST", "/api/v1/terms/{nothing}/acceptance"),
            ("GET", "/facility/papers/{nothing}"),
            ("POST", "/operator/papers"),
            ("GET", "/operator/papers/{nothing}"),
            ("GET", "/operator/papers/{nothing}/content"),
            ("POST", "/operator/papers/{nothing}/end"),
            ("POST", "/operator/policies/{policy}"),
            ("GET", "/operator/policies/{policy}/versions/1"),
            ("POST", "/operator/register/new/{kind}"),
            ("GET", "/operator/register/{nothing}"),
            ("POST", "/operator/register/{nothing}"),
            ("GET", "/terms"),
            ("POST", "/terms"),
        ],
    ),
    (
        "duty",
        &[
            ("PUT", "/api/v1/facilities/{clinic}/on-duty"),
            ("GET", "/api/v1/facilities/{clinic}/staff/{clerk}/substitute"),
            ("PUT", "/api/v1/facilities/{clinic}/staff/{clerk}/substitute"),
            ("POST", "/duty"),
            ("POST", "/duty/substitute"),
            ("POST", "/duty/phone"),
            ("PUT", "/api/v1/me/shown-phone"),
        ],
    ),
    (
        "facility_webhooks",
        &[
            ("POST", "/api/v1/facilities/{clinic}/webhooks"),
            ("DELETE", "/api/v1/facilities/{clinic}/webhooks/{nothing}"),
            ("POST", "/api/v1/facilities/{clinic}/webhooks/{nothing}/calls/{nothing}/resending"),
            ("POST", "/api/v1/facilities/{clinic}/webhooks/{nothing}/resumption"),
            ("POST", "/api/v1/facilities/{clinic}/webhooks/{nothing}/rotation"),
            ("POST", "/api/v1/facilities/{clinic}/webhooks/{nothing}/stop"),
            ("POST", "/api/v1/facilities/{clinic}/webhooks/{nothing}/test"),
            ("POST", "/facility/webhooks"),
            ("POST", "/facility/webhooks/{nothing}/calls/{nothing}/resending"),
            ("POST", "/facility/webhooks/{nothing}/end"),
            ("POST", "/facility/webhooks/{nothing}/resumption"),
            ("POST", "/facility/webhooks/{nothing}/rotation"),
            ("POST", "/facility/webhooks/{nothing}/stop"),
            ("POST", "/facility/webhooks/{nothing}/test"),
        ],
    ),
    ("factors", &[("POST", "/menu/app-authentication/removal")]),
    ("family", &[("POST", "/family/join/{nothing}/also")]),
    ("family_files", &[("GET", "/family/files/{file}"), ("GET", "/family/files/{file}/thumbnail")]),
    (
        "family_notices",
        &[
            ("POST", "/family/notices/mail/confirmation"),
            ("POST", "/family/notices/subscription"),
            ("POST", "/family/notices/test"),
            ("POST", "/family/notices/end"),
        ],
    ),
    (
        "family_side",
        &[
            ("POST", "/family/posts/{post}/acknowledgement"),
            ("GET", "/family/posts/{post}/correction"),
            ("POST", "/family/posts/{post}/correction"),
            ("GET", "/family/posts/{post}/withdrawal"),
            ("POST", "/family/posts/{post}/withdrawal"),
        ],
    ),
    ("groups", &[("POST", "/groups/{group}/reopening")]),
    (
        "incidents",
        &[
            ("GET", "/facility/incidents/{incident}"),
            ("GET", "/facility/incidents/{incident}/patients.csv"),
            ("POST", "/operator/incidents/{incident}/report"),
        ],
    ),
    (
        "joining",
        &[
            ("DELETE", "/api/v1/facilities/{clinic}/staff-invitations/{nothing}"),
            ("POST", "/api/v1/facilities/{clinic}/staff-invitations/{nothing}/link"),
            ("POST", "/api/v1/join/{nothing}/tie"),
            ("POST", "/facility/staff/invitations/{nothing}/cancellation"),
            ("POST", "/facility/staff/invitations/{nothing}/link"),
            ("POST", "/join/{nothing}/tie"),
            ("PUT", "/api/v1/facilities/{clinic}/staff/{clerk}/admin"),
            ("POST", "/facility/staff/{clerk}/admin"),
        ],
    ),
    ("labels", &[("DELETE", "/api/v1/posts/{post}/labels/{label}")]),
    ("marks", &[("DELETE", "/api/v1/posts/{post}/stamps/{stamp}"), ("DELETE", "/api/v1/posts/{post}/pin")]),
    (
        "notifications",
        &[
            ("DELETE", "/api/v1/me/push-subscriptions/{nothing}"),
            ("POST", "/menu/notifications/devices/{nothing}/end"),
            ("POST", "/menu/notifications/test"),
            ("DELETE", "/api/v1/me/push-subscriptions"),
        ],
    ),
    (
        "passkeys",
        &[
            ("POST", "/api/v1/me/passkeys"),
            ("DELETE", "/api/v1/me/passkeys/{alone}"),
            ("PUT", "/api/v1/me/passkeys/{alone}"),
            ("POST", "/menu/passkeys"),
            ("GET", "/menu/passkeys/{alone}/removal"),
            ("POST", "/menu/passkeys/{alone}/removal"),
        ],
    ),
    ("patients", &[("GET", "/patients/search")]),
    (
        "posts",
        &[
            ("POST", "/api/v1/posts/{post}/calls"),
            ("PUT", "/api/v1/posts/{post}/handled"),
            ("POST", "/posts/{post}/asked"),
            ("POST", "/posts/{post}/handled"),
        ],
    ),
    (
        "proxy_entries",
        &[
            ("DELETE", "/api/v1/facilities/{clinic}/outside-systems/{nothing}"),
            ("GET", "/api/v1/facilities/{clinic}/outside-systems/{nothing}"),
            ("POST", "/api/v1/facilities/{clinic}/outside-systems/{nothing}/tokens"),
            ("DELETE", "/api/v1/facilities/{clinic}/outside-systems/{nothing}/tokens/{nothing}"),
            ("POST", "/api/v1/groups/{group}/proxy-entries"),
            ("PUT", "/api/v1/me/outside-systems/{nothing}/consent"),
            ("PUT", "/api/v1/posts/{post}/confirmation"),
            ("GET", "/facility/systems/{nothing}"),
            ("POST", "/facility/systems/{nothing}"),
            ("POST", "/facility/systems/{nothing}/end"),
            ("POST", "/facility/systems/{nothing}/tokens/{nothing}/end"),
            ("POST", "/posts/{post}/confirmation"),
            ("POST", "/proxy-entries"),
        ],
    ),
    (
        "recovery",
        &[
            ("DELETE", "/api/v1/facilities/{clinic}/recoveries/{nothing}"),
            ("POST", "/api/v1/facilities/{clinic}/recoveries/{nothing}/code"),
            ("POST", "/api/v1/facilities/{clinic}/recoveries/{nothing}/confirmation"),
            ("DELETE", "/api/v1/me/recoveries/{nothing}"),
            ("POST", "/api/v1/recoveries/{nothing}/confirmation"),
            ("POST", "/facility/recoveries/{nothing}/cancellation"),
            ("POST", "/facility/recoveries/{nothing}/code"),
            ("POST", "/facility/recoveries/{nothing}/confirmation"),
            ("GET", "/facility/staff/{member}/recovery"),
            ("POST", "/operator/recoveries/{nothing}/confirmation"),
        ],
    ),
    (
        "reviews",
        &[
            ("POST", "/api/v1/facilities/{clinic}/reviews"),
            ("POST", "/facility/reviews"),
            ("POST", "/facility/unused/devices/{nothing}"),
            ("PUT", "/api/v1/review-items/{item}/answer"),
        ],
    ),
    (
        "sign_in_notices",
        &[
            ("POST", "/menu/security/recoveries/{nothing}/cancellation"),
            ("GET", "/menu/security/{nothing}/not-me"),
            ("POST", "/menu/security/{nothing}/not-me"),
        ],
    ),
    (
        "single_sign_on",
        &[
            ("GET", "/menu/identities"),
            ("GET", "/menu/identities/with/{nothing}"),
            ("POST", "/menu/identities/with/{nothing}"),
            ("GET", "/menu/identities/{nothing}/end"),
            ("POST", "/menu/identities/{nothing}/end"),
        ],
    ),
    (
        "spaces",
        &[
            ("DELETE", "/api/v1/connections/{nothing}"),
            ("POST", "/api/v1/connections/{nothing}/acceptance"),
            ("POST", "/api/v1/connections/{nothing}/conversation"),
            ("PUT", "/api/v1/consultations/{nothing}"),
            ("PUT", "/api/v1/groups/{group}/title"),
            ("POST", "/connections/{nothing}/acceptance"),
            ("POST", "/connections/{nothing}/conversation"),
            ("GET", "/connections/{nothing}/end"),
            ("POST", "/connections/{nothing}/end"),
            ("GET", "/consultations/{nothing}/state"),
            ("POST", "/consultations/{nothing}/state"),
            ("GET", "/groups/{group}/title"),
            ("POST", "/groups/{group}/title"),
        ],
    ),
    ("status", &[("POST", "/operator/works"), ("POST", "/operator/works/{nothing}/end")]),
    (
        "step_up",
        &[("POST", "/api/v1/session/step-up"), ("POST", "/api/v1/session/unlock"), ("POST", "/confirm")],
    ),
    (
        "templates",
        &[
            ("DELETE", "/api/v1/templates/{nothing}"),
            ("GET", "/api/v1/templates/{nothing}"),
            ("PUT", "/api/v1/templates/{nothing}"),
            ("GET", "/templates/{nothing}"),
            ("POST", "/templates/{nothing}"),
            ("POST", "/templates/{nothing}/removal"),
        ],
    ),
    (
        "tokens",
        &[
            ("DELETE", "/api/v1/facilities/{clinic}/tokens/{nothing}"),
            ("DELETE", "/api/v1/me/tokens/{nothing}"),
            ("POST", "/facility/tokens/{nothing}/end"),
            ("POST", "/menu/tokens/{nothing}/end"),
            ("PUT", "/api/v1/facilities/{clinic}/token-rule"),
        ],
    ),
    ("vitals", &[("POST", "/api/v1/posts/{post}/observations"), ("POST", "/posts/{post}/observations")]),
    (
        "work_orders",
        &[
            ("POST", "/facility/work-orders/{order}/confirmation"),
            ("POST", "/operator/work-orders"),
            ("POST", "/operator/work-orders/{order}/decision"),
            ("POST", "/operator/work-orders/{order}/end"),
            ("POST", "/operator/work-orders/{order}/key"),
        ],
    ),
];

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
            let fresh = match (case.changes, self.spare.take()) {
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
