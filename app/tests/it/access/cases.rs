//! The table's requests: one well-formed request for every route.

use serde_json::{Value, json};
use uuid::Uuid;

use super::scene::Scene;

pub enum Body {
    None,
    Json(Value),
    Form(Vec<(&'static str, String)>),
    Multipart(Vec<(&'static str, Option<&'static str>, Vec<u8>)>),
}

/// Whose a route is, as far as the table checks it by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Without signing in.
    Everybody,
    /// Any signed-in person, about themselves or about facilities.
    SignedIn,
    /// Members of the group.
    Group,
    /// Whoever is signed in to the operator's console.
    Operator,
}

pub struct Case {
    pub method: &'static str,
    pub path: &'static str,
    pub reach: Reach,
    /// Whether the managing facility's admin may know too, without being a member.
    pub admin_too: bool,
    /// Whether it changes the scene, so that each person needs a fresh one.
    pub changes: bool,
    pub headers: &'static [(&'static str, &'static str)],
    pub body: fn(&Scene) -> Body,
}

const fn get(path: &'static str, reach: Reach) -> Case {
    Case { method: "GET", path, reach, admin_too: false, changes: false, headers: &[], body: |_| Body::None }
}

const fn send(method: &'static str, path: &'static str, reach: Reach, body: fn(&Scene) -> Body) -> Case {
    Case { method, path, reach, admin_too: false, changes: true, headers: &[], body }
}

const fn admin(case: Case) -> Case {
    Case { admin_too: true, ..case }
}

const fn with(case: Case, headers: &'static [(&'static str, &'static str)]) -> Case {
    Case { headers, ..case }
}

fn id() -> String {
    Uuid::new_v4().to_string()
}

/// A region's form; `seen` is the version that it renames.
fn region(seen: &str, name: &str) -> Vec<(&'static str, String)> {
    vec![("id", id()), ("seen", seen.into()), ("name", name.into()), ("kana", "しけん".into())]
}

/// An announcement's form; `seen` is the version that it corrects.
fn announcement(seen: &str) -> Vec<(&'static str, String)> {
    let fixed =
        [("title", "試験"), ("body", "試験"), ("importance", "normal"), ("audience", "all"), ("seen", seen)];
    let fixed = fixed.into_iter().map(|(k, v)| (k, v.to_owned()));
    fixed.chain([("id", id())]).collect()
}

/// What an operator says of an incident.
fn said(more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let fixed =
        [("title", "試験"), ("kind", "leak"), ("improper", "no"), ("reached", "database"), ("note", "")];
    let fixed = fixed.iter().chain(more).map(|(k, v)| (*k, (*v).to_owned()));
    fixed.chain([("id", id())]).collect()
}

use Reach::{Everybody, Group, Operator, SignedIn};

pub const CASES: &[Case] = &[
    // ---- the operator's console
    get("/operator/sign-in", Everybody),
    send("POST", "/operator/sign-in", Everybody, |_| {
        Body::Form(vec![("login_id", id()), ("password", "x".into()), ("code", "000000".into())])
    }),
    send("POST", "/operator/sign-out", Everybody, |_| Body::Form(vec![])),
    get("/operator", Operator),
    get("/operator/log", Operator),
    get("/operator/watch", Operator),
    send("POST", "/operator/watch/alarms/{nothing}/seen", Operator, |_| Body::Form(vec![])),
    send("POST", "/operator/watch/jobs/{nothing}/again", Operator, |_| Body::Form(vec![])),
    get("/operator/announcements", Operator),
    send("POST", "/operator/announcements", Operator, |_| Body::Form(announcement("0"))),
    get("/operator/announcements/new", Operator),
    get("/operator/announcements/{announcement}", Operator),
    send("POST", "/operator/announcements/{announcement}", Operator, |_| Body::Form(announcement("1"))),
    send("POST", "/operator/announcements/{corrected}/withdrawal", Operator, |_| Body::Form(vec![])),
    get("/operator/regions", Operator),
    send("POST", "/operator/regions", Operator, |_| Body::Form(region("0", "試験東地域"))),
    get("/operator/regions/{region}", Operator),
    send("POST", "/operator/regions/{region}", Operator, |_| Body::Form(region("1", "試験西地域"))),
    send("POST", "/operator/regions/{region}/facilities", Operator, |s| {
        Body::Form(vec![("facility", s.station.to_string()), ("act", "put".into())])
    }),
    get("/operator/modes", Operator),
    send("POST", "/operator/modes", Operator, |_| {
        Body::Form(vec![("facility", "all".into()), ("mode", "normal".into()), ("reason", "試験".into())])
    }),
    get("/operator/incidents", Operator),
    send("POST", "/operator/incidents", Operator, |_| Body::Form(said(&[("known_at", "2026-11-01T10:00")]))),
    get("/operator/incidents/new", Operator),
    get("/operator/incidents/{incident}", Operator),
    send("POST", "/operator/incidents/{incident}/assessment", Operator, |_| {
        Body::Form(said(&[("seen", "1")]))
    }),
    send("POST", "/operator/incidents/{incident}/steps", Operator, |_| {
        Body::Form(vec![
            ("kind", "noted".into()),
            ("happened_at", "2026-11-01T10:00".into()),
            ("step_note", "試験".into()),
        ])
    }),
    send("POST", "/operator/incidents/{incident}/scope", Operator, |_| {
        Body::Form(vec![("from", "2020-01-01T00:00".into()), ("to", "2020-02-01T00:00".into())])
    }),
    send("POST", "/operator/incidents/{incident}/report", Operator, |_| {
        Body::Form(vec![("seen", "0".into())])
    }),
    send("POST", "/operator/incidents/{incident}/notice", Operator, |_| Body::Form(vec![])),
    send("POST", "/operator/incidents/{incident}/publication", Operator, |_| {
        Body::Form(vec![
            ("seen", "0".into()),
            ("public_title", "試験".into()),
            ("public_body", "試験".into()),
        ])
    }),
    send("POST", "/operator/incidents/{incident}/publication/withdrawal", Operator, |_| {
        Body::Form(vec![("seen", "1".into())])
    }),
    get("/operator/incidents/{incident}/contacts", Operator),
    get("/operator/incidents/{incident}/contacts.csv", Operator),
    get("/operator/inquiries", Operator),
    get("/operator/inquiries/{inquiry}", Operator),
    send("POST", "/operator/inquiries/{inquiry}/answer", Operator, |_| {
        Body::Form(vec![("answer", id()), ("body", "試験".into())])
    }),
    send("POST", "/operator/inquiries/{inquiry}/state", Operator, |_| {
        Body::Form(vec![("act", "take".into())])
    }),
    // ---- incidents, as facilities and the public see them
    get("/facility/incidents", SignedIn),
    get("/facility/incidents/{incident}", SignedIn),
    get("/facility/incidents/{incident}/patients.csv", SignedIn),
    get("/facility/contact", SignedIn),
    send("POST", "/facility/contact", SignedIn, |_| {
        Body::Form(vec![("person", "試験".into()), ("phone", "03-0000-0000".into()), ("mail", String::new())])
    }),
    get("/notices/incidents", Everybody),
    get("/notices/incidents/{nothing}", Everybody),
    // ---- the support desk
    get("/support", Everybody),
    send("POST", "/support", Everybody, |_| Body::Form(vec![("client_id", id()), ("body", String::new())])),
    get("/support/answers/{nothing}", Everybody),
    send("POST", "/support/answers/{nothing}", Everybody, |_| Body::Form(vec![])),
    // ---- announcements
    get("/announcements/{announcement}", SignedIn),
    get("/api/v1/announcements", SignedIn),
    send("PUT", "/api/v1/announcements/{announcement}/read", SignedIn, |_| Body::None),
    get("/operator/policies", Operator),
    get("/operator/policies/{policy}", Operator),
    send("POST", "/operator/policies/{policy}", Operator, |_| {
        let text = |t: &str| t.to_owned();
        Body::Form(vec![
            ("n", text("7")),
            ("title", text("利用規約")),
            ("body", text("試験")),
            ("audience", text("public")),
            ("effective_on", text("2026-01-01")),
            ("change", text("試験")),
        ])
    }),
    get("/operator/policies/{policy}/versions/1", Operator),
    get("/operator/register", Operator),
    get("/operator/register/new/{kind}", Operator),
    send("POST", "/operator/register/new/{kind}", Operator, |_| Body::Form(vec![("role", "final".into())])),
    get("/operator/register/{nothing}", Operator),
    send("POST", "/operator/register/{nothing}", Operator, |_| Body::Form(vec![("n", "2".into())])),
    get("/operator/papers", Operator),
    send("POST", "/operator/papers", Operator, |_| Body::Multipart(vec![("title", None, b"x".to_vec())])),
    get("/operator/papers/{nothing}", Operator),
    get("/operator/papers/{nothing}/content", Operator),
    send("POST", "/operator/papers/{nothing}/end", Operator, |_| Body::Form(vec![])),
    get("/operator/disclosure", Operator),
    send("POST", "/operator/disclosure", Operator, |_| {
        Body::Form(vec![("n", "9".into()), ("change", "試験".into())])
    }),
    get("/operator/works", Operator),
    send("POST", "/operator/works", Operator, |_| {
        Body::Form(vec![
            ("id", id()),
            ("from", "2026-01-01T00:00".into()),
            ("to", "2026-01-01T01:00".into()),
            ("what", "試験".into()),
        ])
    }),
    send("POST", "/operator/works/{nothing}/end", Operator, |_| Body::Form(vec![])),
    get("/operator/risks", Operator),
    get("/operator/system", Operator),
    // ---- texts for everybody, and terms to accept
    get("/disclosure", Everybody),
    get("/disclosure/editions/1", Everybody),
    get("/disclosure/operating-rules", Everybody),
    get("/disclosure/leaflet", Everybody),
    get("/status", Everybody),
    get("/api/v1/status", Everybody),
    get("/api/v1/synthetic", Everybody),
    send("POST", "/api/v1/synthetic", Everybody, |_| Body::Json(json!({"client_id": id()}))),
    get("/policies/{policy}", Everybody),
    get("/terms", SignedIn),
    send("POST", "/terms", SignedIn, |_| Body::Form(vec![("versions", String::new())])),
    get("/menu/policies", SignedIn),
    get("/api/v1/terms", SignedIn),
    send("POST", "/api/v1/terms/{nothing}/acceptance", SignedIn, |_| Body::None),
    get("/facility/papers", SignedIn),
    get("/facility/papers/{nothing}", SignedIn),
    // ---- the door
    get("/sign-in", Everybody),
    send("POST", "/sign-in", Everybody, |_| {
        Body::Form(vec![("login_id", "nobody".into()), ("password", "x".into()), ("next", "/".into())])
    }),
    get("/sign-in/code", Everybody),
    send("POST", "/sign-in/code", Everybody, |_| {
        Body::Form(vec![("code", "000000".into()), ("next", "/".into())])
    }),
    get("/enrol", Everybody),
    send("POST", "/enrol", Everybody, |_| Body::Form(vec![("code", "000000".into())])),
    get("/enrol/recovery-codes", Everybody),
    send("POST", "/enrol/recovery-codes", Everybody, |_| {
        Body::Form(vec![("step", "kept".into()), ("kept", "on".into())])
    }),
    get("/lock", Everybody),
    send("POST", "/lock", Everybody, |_| Body::Form(vec![])),
    send("POST", "/unlock", Everybody, |_| Body::Form(vec![("password", "x".into()), ("next", "/".into())])),
    send("POST", "/sign-out", Everybody, |_| Body::Form(vec![])),
    get("/signed-out", Everybody),
    get("/healthz", Everybody),
    get("/readyz", Everybody),
    get("/api/v1/openapi.json", Everybody),
    get("/api/v1/docs", Everybody),
    send("POST", "/api/v1/session", Everybody, |_| {
        Body::Json(json!({"login_id": "nobody", "password": "x"}))
    }),
    send("DELETE", "/api/v1/session", Everybody, |_| Body::None),
    get("/api/v1/me", SignedIn),
    get("/api/v1/me/devices", SignedIn),
    send("DELETE", "/api/v1/me/devices/{nothing}", SignedIn, |_| Body::None),
    get("/api/v1/events", SignedIn),
    // ---- one's own pages
    get("/", SignedIn),
    get("/groups", SignedIn),
    get("/notices", SignedIn),
    get("/connections", SignedIn),
    get("/menu", SignedIn),
    send("POST", "/menu/display", SignedIn, |_| {
        Body::Form(vec![("theme", "dark".into()), ("text", "large".into()), ("back", "/menu".into())])
    }),
    send("POST", "/menu/acting-facility", SignedIn, |s| Body::Form(vec![("facility", s.clinic.to_string())])),
    get("/menu/devices", SignedIn),
    send("POST", "/menu/devices/{nothing}/sign-out", SignedIn, |_| Body::Form(vec![])),
    get("/menu/password", SignedIn),
    send("POST", "/menu/password", SignedIn, |_| {
        Body::Form(vec![
            ("password", "x".into()),
            ("new_password", "kiri-sagi7-uzu-9".into()),
            ("new_password_again", "kiri-sagi7-uzu-9".into()),
        ])
    }),
    get("/menu/recovery-codes", SignedIn),
    send("POST", "/menu/recovery-codes", SignedIn, |_| Body::Form(vec![("code", "000000".into())])),
    // ---- groups
    get("/api/v1/groups", SignedIn),
    send("POST", "/api/v1/groups", SignedIn, |s| {
        Body::Json(json!({"client_id": id(), "kind": "patient", "patient_id": s.alone, "host": s.host}))
    }),
    send("POST", "/groups", SignedIn, |s| {
        Body::Form(vec![("client_id", id()), ("patient", s.alone.to_string()), ("host", s.host.to_string())])
    }),
    admin(get("/api/v1/groups/{group}", Group)),
    admin(get("/api/v1/groups/{group}/members", Group)),
    admin(get("/groups/{group}/members", Group)),
    admin(send("PUT", "/api/v1/groups/{group}/host", Group, |s| {
        Body::Json(json!({"client_id": id(), "account_id": s.member}))
    })),
    admin(get("/groups/{group}/host", Group)),
    admin(send("POST", "/groups/{group}/host", Group, |s| {
        Body::Form(vec![("client_id", id()), ("host", s.member.to_string()), ("reason", "試験".into())])
    })),
    admin(send("PUT", "/api/v1/groups/{group}/archive", Group, |_| {
        Body::Json(json!({"client_id": id(), "archived": true, "reason": "試験"}))
    })),
    admin(get("/groups/{group}/archive", Group)),
    admin(send("POST", "/groups/{group}/archive", Group, |_| {
        Body::Form(vec![("client_id", id()), ("reason", "試験".into())])
    })),
    admin(get("/groups/{group}/reopening", Group)),
    admin(send("POST", "/groups/{group}/reopening", Group, |_| {
        Body::Form(vec![("client_id", id()), ("reason", "試験".into())])
    })),
    admin(send("POST", "/api/v1/groups/{group}/invitations", Group, |s| {
        Body::Json(
            json!({"client_id": id(), "account_id": s.clerk, "facility_id": s.clinic, "role": "member"}),
        )
    })),
    admin(get("/groups/{group}/invitations/new", Group)),
    admin(send("DELETE", "/api/v1/invitations/{invitation}", Group, |_| Body::None)),
    admin(send("POST", "/groups/{group}/invitations/{invitation}/cancellation", Group, |_| {
        Body::Form(vec![])
    })),
    get("/api/v1/invitations", SignedIn),
    get("/invitations/{invitation}", SignedIn),
    send("POST", "/api/v1/invitations/{invitation}/acceptance", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "decision": "accept"}))
    }),
    send("POST", "/invitations/{invitation}/acceptance", SignedIn, |_| {
        Body::Form(vec![("client_id", id()), ("decision", "accept".into())])
    }),
    admin(send("POST", "/api/v1/groups/{group}/members/{waiting}/approval", Group, |_| {
        Body::Json(json!({"client_id": id(), "decision": "approve"}))
    })),
    admin(send("POST", "/groups/{group}/members/{waiting}/approval", Group, |_| {
        Body::Form(vec![("client_id", id()), ("decision", "approve".into())])
    })),
    admin(send("DELETE", "/api/v1/groups/{group}/members/{member}", Group, |_| {
        Body::Json(json!({"client_id": id(), "reason": "試験"}))
    })),
    admin(get("/groups/{group}/members/{member}/removal", Group)),
    admin(send("POST", "/groups/{group}/members/{member}/removal", Group, |_| {
        Body::Form(vec![("client_id", id()), ("reason", "試験".into())])
    })),
    get("/api/v1/facilities", SignedIn),
    get("/api/v1/facilities/{station}/staff", SignedIn),
    // ---- why somebody can see a group
    admin(get("/api/v1/accounts/{member}/access?group={group}", Group)),
    admin(get("/accounts/{member}/access?group={group}", Group)),
    // ---- leaving
    send("POST", "/api/v1/facilities/{clinic}/staff/{leaver}/departure", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "successors": {}}))
    }),
    get("/api/v1/facilities/{clinic}/departures", SignedIn),
    get("/facility/staff/{stays}/departure", SignedIn),
    send("POST", "/facility/staff/{next leaver}/departure", SignedIn, |_| {
        Body::Form(vec![("client_id", id())])
    }),
    get("/facility/departures", SignedIn),
    get("/facility/departures/{departure}", SignedIn),
    get("/facility/departures/{departure}/report.csv", SignedIn),
    // ---- the timeline
    get("/groups/{group}", Group),
    get("/groups/{group}/posts/{post}", Group),
    get("/api/v1/groups/{group}/posts", Group),
    send("POST", "/api/v1/groups/{group}/posts", Group, |_| {
        Body::Json(json!({"client_id": id(), "body": "試験"}))
    }),
    send("POST", "/groups/{group}/posts", Group, |_| {
        Body::Multipart(vec![("client_id", None, id().into_bytes()), ("body", None, "試験".into())])
    }),
    send("POST", "/api/v1/groups/{group}/read", Group, |_| Body::Json(json!({"up_to_seq": 1}))),
    get("/api/v1/posts/{post}", Group),
    get("/api/v1/posts/{post}/readers", Group),
    get("/posts/{post}/readers", Group),
    send("PUT", "/api/v1/posts/{post}/acknowledgement", Group, |_| Body::None),
    send("POST", "/posts/{post}/acknowledgement", Group, |_| {
        Body::Form(vec![("acknowledged", "true".into())])
    }),
    send("POST", "/api/v1/posts/{post}/corrections", Group, |_| {
        Body::Json(json!({"client_id": id(), "body": "直しました"}))
    }),
    get("/posts/{post}/correction", Group),
    send("POST", "/posts/{post}/correction", Group, |_| {
        Body::Form(vec![("client_id", id()), ("body", "直しました".into())])
    }),
    send("POST", "/api/v1/posts/{post}/withdrawal", Group, |_| {
        Body::Json(json!({"client_id": id(), "reason": "試験"}))
    }),
    get("/posts/{post}/withdrawal", Group),
    send("POST", "/posts/{post}/withdrawal", Group, |_| {
        Body::Form(vec![("client_id", id()), ("reason", "試験".into())])
    }),
    // ---- files
    send("POST", "/api/v1/files", SignedIn, |_| {
        Body::Multipart(vec![("class", None, b"other".to_vec()), ("file", Some("a.txt"), "試験".into())])
    }),
    get("/api/v1/files/{file}", Group),
    get("/files/{file}", Group),
    get("/files/{file}/thumbnail", Group),
    get("/files/{file}/warning", Group),
    get("/api/v1/groups/{group}/files", Group),
    get("/groups/{group}/files", Group),
    // ---- patients and face sheets
    get("/api/v1/patients", SignedIn),
    send("POST", "/api/v1/patients", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "fields": {"name": "試験 三郎"}}))
    }),
    get("/patients", SignedIn),
    get("/patients/new", SignedIn),
    get("/patients/search", SignedIn),
    send("POST", "/patients/search", SignedIn, |_| Body::Form(vec![("q", "試験".into())])),
    admin(get("/api/v1/patients/{patient}", Group)),
    admin(get("/api/v1/patients/{patient}/face-sheet", Group)),
    admin(with(
        send("PUT", "/api/v1/patients/{patient}/face-sheet", Group, |_| {
            Body::Json(json!({"client_id": id(), "fields": {"name": "試験 太郎"}, "reason": "試験"}))
        }),
        &[("if-match", "\"1\"")],
    )),
    admin(get("/api/v1/patients/{patient}/face-sheet/versions", Group)),
    admin(get("/patients/{patient}/face-sheet", Group)),
    admin(get("/patients/{patient}/face-sheet/edit", Group)),
    admin(get("/patients/{patient}/face-sheet/versions", Group)),
    admin(get("/patients/{patient}/face-sheet/versions/1", Group)),
    admin(get("/api/v1/patients/{patient}/face-sheet/versions/1", Group)),
    get("/patients/{alone}/open-group", SignedIn),
    // ---- the facility's administration
    get("/facility", SignedIn),
    get("/facility/staff/{clerk}/suspension", SignedIn),
    send("POST", "/facility/staff/{clerk}/suspension", SignedIn, |_| {
        Body::Form(vec![("suspend", "yes".into())])
    }),
    get("/facility/access-log", SignedIn),
    get("/facility/access-log.csv", SignedIn),
    get("/api/v1/facilities/{clinic}/access-log", SignedIn),
    // ---- single sign-on, where no provider is configured
    send("POST", "/sign-in/with/{nothing}", Everybody, |_| Body::Form(vec![("next", "/".into())])),
    get("/sign-in/with/{nothing}/callback", Everybody),
    get("/menu/identities", SignedIn),
    get("/menu/identities/with/{nothing}", SignedIn),
    send("POST", "/menu/identities/with/{nothing}", SignedIn, |_| Body::Form(vec![("password", "x".into())])),
    get("/menu/identities/{nothing}/end", SignedIn),
    send("POST", "/menu/identities/{nothing}/end", SignedIn, |_| Body::Form(vec![("password", "x".into())])),
    // Last: it ends every session of the person, also those that make the scenes.
    Case { changes: false, ..send("POST", "/sign-out/everywhere", SignedIn, |_| Body::Form(vec![])) },
];
