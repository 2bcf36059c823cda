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
    /// Operators, at the console.
    Operator,
    /// Operators, and the secretariat of the region, at the console.
    Desk,
    /// Patients and relatives, at their own door.
    Family,
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

impl Body {
    fn text(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Json(body) => body.to_string(),
            Self::Form(fields) => {
                fields.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join("&")
            }
            Self::Multipart(parts) => {
                parts.iter().map(|(_, _, bytes)| String::from_utf8_lossy(bytes)).collect()
            }
        }
    }
}

impl Case {
    /// Whether each who does it needs a scene of her own.
    pub fn uses_up(&self, scene: &Scene) -> bool {
        self.changes && (scene.holds(&scene.fill(self.path)) || scene.holds(&(self.body)(scene).text()))
    }
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

/// An hour from now.
fn soon() -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1)).to_string()
}

/// As forms send it.
pub fn tomorrow() -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(33)).to_string()[..10].to_owned()
}

pub fn today() -> String {
    jiff::Timestamp::now().to_zoned(renkei::japan::zone()).date().to_string()
}

/// What an authenticator would answer, as far as its shape goes.
fn passkey(kind: &str) -> Value {
    let challenge = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let client = json!({"type": kind, "challenge": challenge, "origin": "http://localhost:8080"}).to_string();
    json!({"id": challenge, "response": {
        "clientDataJSON": data_encoding::BASE64URL_NOPAD.encode(client.as_bytes()),
        "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": null, "attestationObject": "AAAA"}})
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

/// The form that invites somebody.
fn invited() -> Vec<(&'static str, String)> {
    let fixed = [
        ("name", "試験 太郎"),
        ("kana", "しけん たろう"),
        ("profession", "nurse"),
        ("licence_note", ""),
        ("mail", ""),
        ("login_id", ""),
    ];
    fixed.into_iter().map(|(k, v)| (k, v.to_owned())).chain([("client_id", id())]).collect()
}

/// The form behind an invitation's link.
fn newcomer() -> Vec<(&'static str, String)> {
    let fixed =
        [("login_id", "shiken"), ("password", ""), ("password_again", ""), ("mail", ""), ("phone", "")];
    fixed.into_iter().map(|(k, v)| (k, v.to_owned())).collect()
}

/// The form of a template; `version` is the one that it was made on.
fn template(version: &str) -> Vec<(&'static str, String)> {
    let fixed = [("version", version), ("owner", "person"), ("name", "試験"), ("content", "□ 試験")];
    fixed.into_iter().map(|(k, v)| (k, v.to_owned())).chain([("client_id", id())]).collect()
}

/// The particulars of an application.
fn particulars() -> Vec<(&'static str, String)> {
    let fixed = [
        ("region", ""),
        ("kind", "clinic"),
        ("name", "試験クリニック"),
        ("kana", "しけん"),
        ("postal_code", "1234567"),
        ("address", "試験市1"),
        ("phone", "03-1234-5678"),
        ("person", "試験 一"),
        ("person_kana", "しけん はじめ"),
        ("profession", "doctor"),
    ];
    fixed.into_iter().map(|(k, v)| (k, v.to_owned())).collect()
}

/// What an operator says of an incident.
fn said(more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let fixed =
        [("title", "試験"), ("kind", "leak"), ("improper", "no"), ("reached", "database"), ("note", "")];
    let fixed = fixed.iter().chain(more).map(|(k, v)| (*k, (*v).to_owned()));
    fixed.chain([("id", id())]).collect()
}

use Reach::{Desk, Everybody, Family, Group, Operator, SignedIn};

pub const CASES: &[Case] = &[
    // ---- the operator's console
    get("/operator/sign-in", Everybody),
    send("POST", "/operator/sign-in", Everybody, |_| {
        Body::Form(vec![("login_id", id()), ("password", "x".into()), ("code", "000000".into())])
    }),
    send("POST", "/operator/sign-out", Everybody, |_| Body::Form(vec![])),
    get("/operator", Desk),
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
    get("/menu/record", SignedIn),
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
    get("/api/v1/me/copies", SignedIn),
    send("PUT", "/api/v1/me/copies", SignedIn, |_| Body::Json(json!({"kept": false}))),
    send("POST", "/api/v1/me/copies/readings", SignedIn, |_| Body::Json(json!({"groups": []}))),
    send("DELETE", "/api/v1/me/devices/{nothing}", SignedIn, |_| Body::None),
    get("/api/v1/events", SignedIn),
    // ---- one's own pages
    get("/", SignedIn),
    get("/groups", SignedIn),
    get("/notices", SignedIn),
    get("/api/v1/me/counts", SignedIn),
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
    send("POST", "/menu/recovery-codes", SignedIn, |_| Body::Form(vec![])),
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
    send("POST", "/api/v1/facilities/{clinic}/staff/{clerk}/recovery", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "reason": "broken", "identified": "in_person"}))
    }),
    get("/facility/staff/{clerk}/suspension", SignedIn),
    send("POST", "/facility/staff/{clerk}/suspension", SignedIn, |_| {
        Body::Form(vec![("suspend", "yes".into())])
    }),
    get("/facility/access-log", SignedIn),
    get("/facility/access-log.csv", SignedIn),
    get("/api/v1/facilities/{clinic}/access-log", SignedIn),
    get("/facility/access-log/audit-events.ndjson", SignedIn),
    get("/facility/access-log/charts", SignedIn),
    get("/facility/access-log/charts.csv", SignedIn),
    get("/facility/access-log/charts/{patient}", SignedIn),
    get("/facility/access-log/shown", SignedIn),
    get("/facility/access-log/shown.csv?account={member}", SignedIn),
    get("/api/v1/facilities/{clinic}/access-log/charts", SignedIn),
    get("/api/v1/facilities/{clinic}/access-log/charts/{patient}", SignedIn),
    get("/api/v1/facilities/{clinic}/access-log/shown?account={member}", SignedIn),
    get("/facility/access-reviews", SignedIn),
    get("/facility/access-reviews/{month}", SignedIn),
    send("POST", "/facility/access-reviews/{month}", SignedIn, |_| {
        Body::Form(vec![("client_id", id()), ("note", "試験".into())])
    }),
    get("/api/v1/facilities/{clinic}/access-reviews", SignedIn),
    get("/api/v1/facilities/{clinic}/access-reviews/{month}", SignedIn),
    send("POST", "/api/v1/facilities/{clinic}/access-reviews/{month}/signatures", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "note": "試験"}))
    }),
    get("/facility/reader-policy", SignedIn),
    // The first version, and the second.
    send("POST", "/facility/reader-policy", SignedIn, |_| {
        let fixed = [("seen", "0"), ("shown", "on"), ("delay_days", "1"), ("reason", "試験")];
        Body::Form(fixed.into_iter().map(|(k, v)| (k, v.to_owned())).chain([("client_id", id())]).collect())
    }),
    get("/api/v1/facilities/{clinic}/reader-policy", SignedIn),
    send("PUT", "/api/v1/facilities/{clinic}/reader-policy", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "seen": 1, "shown": true, "delay_days": 1, "reason": "試験"}))
    }),
    send("POST", "/api/v1/me/views/{view}/stay", SignedIn, |_| Body::Json(json!({"seconds": 5}))),
    send("POST", "/api/v1/me/views/{view}/print", SignedIn, |_| Body::Json(json!({}))),
    // ---- reviews and work orders
    get("/facility/reviews", SignedIn),
    send("POST", "/facility/reviews", SignedIn, |_| Body::Form(vec![("client_id", id())])),
    get("/facility/reviews/{review}", SignedIn),
    get("/facility/reviews/{review}/result.csv", SignedIn),
    get("/reviews", SignedIn),
    send("POST", "/review-items/{item}", SignedIn, |_| {
        Body::Form(vec![("client_id", id()), ("answer", "keep".into())])
    }),
    get("/facility/unused", SignedIn),
    send("POST", "/facility/unused/devices/{nothing}", SignedIn, |_| Body::Form(vec![])),
    get("/api/v1/facilities/{clinic}/reviews", SignedIn),
    send("POST", "/api/v1/facilities/{clinic}/reviews", SignedIn, |_| Body::Json(json!({"client_id": id()}))),
    get("/api/v1/facilities/{clinic}/reviews/{review}", SignedIn),
    send("PUT", "/api/v1/review-items/{item}/answer", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "answer": "keep"}))
    }),
    get("/api/v1/facilities/{clinic}/unused", SignedIn),
    get("/facility/work-orders", SignedIn),
    get("/facility/work-orders/{order}", SignedIn),
    send("POST", "/facility/work-orders/{order}/agreement", SignedIn, |_| {
        Body::Form(vec![("agree", "yes".into())])
    }),
    send("POST", "/facility/work-orders/{order}/confirmation", SignedIn, |_| {
        Body::Form(vec![("confirm", "yes".into())])
    }),
    get("/operator/work-orders", Operator),
    get("/operator/work-orders/new", Operator),
    send("POST", "/operator/work-orders", Operator, |_| Body::Form(vec![("id", id())])),
    get("/operator/work-orders/{order}", Operator),
    send("POST", "/operator/work-orders/{order}/decision", Operator, |_| {
        Body::Form(vec![("decision", "approve".into())])
    }),
    send("POST", "/operator/work-orders/{order}/key", Operator, |_| Body::Form(vec![])),
    send("POST", "/operator/work-orders/{order}/end", Operator, |_| Body::Form(vec![])),
    // ---- joining, and leaving by oneself
    send("POST", "/api/v1/facilities/{clinic}/staff-invitations", SignedIn, |_| {
        Body::Json(
            json!({"client_id": id(), "name": "試験 花子", "kana": "しけん はなこ", "profession": "nurse"}),
        )
    }),
    get("/api/v1/facilities/{clinic}/staff-invitations", SignedIn),
    send("POST", "/api/v1/facilities/{clinic}/staff-invitations/import", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "csv": "試験 三郎,しけん さぶろう,看護師"}))
    }),
    send("DELETE", "/api/v1/facilities/{clinic}/staff-invitations/{nothing}", SignedIn, |_| Body::None),
    send("POST", "/api/v1/facilities/{clinic}/staff-invitations/{nothing}/link", SignedIn, |_| Body::None),
    send("PUT", "/api/v1/facilities/{clinic}/staff/{clerk}", SignedIn, |_| {
        Body::Json(json!({"profession": "clerk", "licence_note": "確認済み"}))
    }),
    send("PUT", "/api/v1/facilities/{clinic}/staff/{clerk}/admin", SignedIn, |_| {
        Body::Json(json!({"admin": false}))
    }),
    get("/facility/staff/invitations", SignedIn),
    get("/facility/staff/invitations/new", SignedIn),
    send("POST", "/facility/staff/invitations/new", SignedIn, |_| Body::Form(invited())),
    send("POST", "/facility/staff/invitations/{nothing}/cancellation", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/facility/staff/invitations/{nothing}/link", SignedIn, |_| Body::Form(vec![])),
    get("/facility/staff/invitations/csv", SignedIn),
    get("/facility/staff/invitations/csv/sample", SignedIn),
    send("POST", "/facility/staff/invitations/csv", SignedIn, |_| {
        Body::Multipart(vec![("list", None, "試験 花子,しけん はなこ,看護師".into())])
    }),
    send("POST", "/facility/staff/invitations/csv/confirmation", SignedIn, |_| {
        let list = "試験 次郎,しけん じろう,看護師".to_owned();
        Body::Form(vec![("client_id", id()), ("list", list), ("answer", "page".into())])
    }),
    get("/facility/staff/{clerk}", SignedIn),
    send("POST", "/facility/staff/{clerk}", SignedIn, |_| {
        Body::Form(vec![("profession", "clerk".into()), ("licence_note", String::new())])
    }),
    send("POST", "/facility/staff/{clerk}/admin", SignedIn, |_| Body::Form(vec![("admin", "no".into())])),
    get("/join/{nothing}", Everybody),
    send("POST", "/join/{nothing}", Everybody, |_| Body::Form(newcomer())),
    send("POST", "/join/{nothing}/code", Everybody, |_| Body::Form(newcomer())),
    get("/join/{nothing}/account", Everybody),
    send("POST", "/join/{nothing}/account", Everybody, |_| {
        Body::Form(vec![("login_id", "mienai".into()), ("password", "試験".into())])
    }),
    send("POST", "/join/{nothing}/tie", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/join/{nothing}/refusal", Everybody, |_| Body::Form(vec![])),
    get("/api/v1/join/{nothing}", Everybody),
    send("POST", "/api/v1/join/{nothing}", Everybody, |_| {
        Body::Json(json!({"login_id": "shiken", "password": "", "sure": true}))
    }),
    send("POST", "/api/v1/join/{nothing}/code", Everybody, |_| Body::None),
    send("POST", "/api/v1/join/{nothing}/account", Everybody, |_| {
        Body::Json(json!({"login_id": "mienai", "password": "試験"}))
    }),
    send("POST", "/api/v1/join/{nothing}/tie", SignedIn, |_| Body::Json(json!({}))),
    send("POST", "/api/v1/join/{nothing}/refusal", Everybody, |_| Body::None),
    get("/contact/confirm/{nothing}", Everybody),
    send("POST", "/contact/confirm/{nothing}", Everybody, |_| Body::Form(vec![])),
    get("/menu/contact", SignedIn),
    send("POST", "/menu/contact", SignedIn, |_| {
        Body::Form(vec![
            ("mail", String::new()),
            ("phone", String::new()),
            ("password", "違う言葉です".into()),
        ])
    }),
    get("/menu/withdrawal", SignedIn),
    send("POST", "/menu/withdrawal", SignedIn, |_| {
        let fields = [("place", "all"), ("password", "違う言葉です"), ("sure", "on")];
        let fields = fields.into_iter().map(|(k, v)| (k, v.to_owned()));
        Body::Form(fields.chain([("client_id", id())]).collect())
    }),
    // ---- single sign-on, where no provider is configured
    send("POST", "/sign-in/with/{nothing}", Everybody, |_| Body::Form(vec![("next", "/".into())])),
    get("/sign-in/with/{nothing}/callback", Everybody),
    get("/menu/identities", SignedIn),
    get("/menu/identities/with/{nothing}", SignedIn),
    send("POST", "/menu/identities/with/{nothing}", SignedIn, |_| Body::Form(vec![("password", "x".into())])),
    get("/menu/identities/{nothing}/end", SignedIn),
    send("POST", "/menu/identities/{nothing}/end", SignedIn, |_| Body::Form(vec![("password", "x".into())])),
    // ---- factors
    get("/confirm", SignedIn),
    send("POST", "/confirm", SignedIn, |_| Body::Form(vec![("password", "x".into()), ("next", "/".into())])),
    send("POST", "/confirm/first", SignedIn, |_| Body::Form(vec![("person", "x".into())])),
    send("POST", "/api/v1/session/step-up", SignedIn, |_| Body::Json(json!({"password": "x"}))),
    send("POST", "/api/v1/session/unlock", SignedIn, |_| Body::Json(json!({"password": "x"}))),
    send("POST", "/api/v1/session/passkey/challenge", Everybody, |_| Body::Json(json!({"for": "sign_in"}))),
    send("POST", "/api/v1/session/passkey", Everybody, |_| {
        Body::Json(json!({"for": "sign_in", "passkey": passkey("webauthn.get")}))
    }),
    send("POST", "/sign-in/passkey", Everybody, |_| {
        Body::Form(vec![("passkey", passkey("webauthn.get").to_string())])
    }),
    send("POST", "/sign-in/code/passkey", Everybody, |_| {
        Body::Form(vec![("passkey", passkey("webauthn.get").to_string())])
    }),
    send("POST", "/enrol/passkey", Everybody, |_| {
        Body::Form(vec![("passkey", passkey("webauthn.create").to_string()), ("name", "鍵".into())])
    }),
    get("/api/v1/me/passkeys", SignedIn),
    send("POST", "/api/v1/me/passkeys/challenge", SignedIn, |_| Body::None),
    send("POST", "/api/v1/me/passkeys", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "name": "鍵", "passkey": passkey("webauthn.create")}))
    }),
    send("PUT", "/api/v1/me/passkeys/{alone}", SignedIn, |_| Body::Json(json!({"name": "鍵"}))),
    send("DELETE", "/api/v1/me/passkeys/{alone}", SignedIn, |_| Body::None),
    get("/menu/passkeys", SignedIn),
    get("/menu/passkeys/new", SignedIn),
    send("POST", "/menu/passkeys", SignedIn, |_| {
        let made = passkey("webauthn.create").to_string();
        Body::Form(vec![("client_id", id()), ("passkey", made), ("name", "鍵".into())])
    }),
    get("/menu/passkeys/{alone}/removal", SignedIn),
    send("POST", "/menu/passkeys/{alone}/removal", SignedIn, |_| Body::Form(vec![])),
    get("/menu/app-authentication/removal", SignedIn),
    send("POST", "/menu/app-authentication/removal", SignedIn, |_| Body::Form(vec![])),
    // ---- recovery and notices about sign-in
    get("/forgotten", Everybody),
    send("POST", "/forgotten", Everybody, |_| Body::Form(vec![("login_id", id())])),
    send("POST", "/api/v1/forgotten", Everybody, |_| Body::Json(json!({"login_id": id()}))),
    get("/forgotten/{nothing}", Everybody),
    send("POST", "/forgotten/{nothing}", Everybody, |_| {
        let new = "tsuki-mado-9-hagi";
        Body::Form(vec![
            ("code", "000000".into()),
            ("new_password", new.into()),
            ("new_password_again", new.into()),
        ])
    }),
    send("POST", "/api/v1/forgotten/{nothing}", Everybody, |_| {
        Body::Json(json!({"code": "000000", "new_password": "tsuki-mado-9-hagi"}))
    }),
    send("POST", "/api/v1/recovery", Everybody, |_| Body::Json(json!({"code": "x"}))),
    get("/recovery", Everybody),
    send("POST", "/recovery", Everybody, |_| Body::Form(vec![("code", "x".into())])),
    get("/recovery/{nothing}", Everybody),
    send("POST", "/recovery/{nothing}", Everybody, |_| {
        Body::Form(vec![("login_id", id()), ("password", "x".into())])
    }),
    get("/menu/security", SignedIn),
    get("/menu/security/{nothing}/not-me", SignedIn),
    send("POST", "/menu/security/{nothing}/not-me", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/menu/security/recoveries/{nothing}/cancellation", SignedIn, |_| Body::Form(vec![])),
    get("/facility/security", SignedIn),
    get("/facility/staff/{member}/recovery", SignedIn),
    get("/facility/staff/{stays}/recovery", SignedIn),
    send("POST", "/facility/staff/{stays}/recovery", SignedIn, |_| {
        Body::Form(vec![("client_id", id()), ("reason", "broken".into()), ("identified", "in_person".into())])
    }),
    send("POST", "/facility/recoveries/{nothing}/confirmation", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/facility/recoveries/{nothing}/code", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/facility/recoveries/{nothing}/cancellation", SignedIn, |_| Body::Form(vec![])),
    get("/operator/recoveries", Operator),
    send("POST", "/operator/recoveries/{nothing}/confirmation", Operator, |_| {
        Body::Form(vec![("called", "on".into())])
    }),
    get("/api/v1/facilities/{clinic}/recoveries", SignedIn),
    send("POST", "/api/v1/facilities/{clinic}/recoveries/{nothing}/confirmation", SignedIn, |_| Body::None),
    send("POST", "/api/v1/facilities/{clinic}/recoveries/{nothing}/code", SignedIn, |_| Body::None),
    send("DELETE", "/api/v1/facilities/{clinic}/recoveries/{nothing}", SignedIn, |_| Body::None),
    get("/api/v1/me/recoveries", SignedIn),
    send("DELETE", "/api/v1/me/recoveries/{nothing}", SignedIn, |_| Body::None),
    get("/api/v1/recoveries", Operator),
    send("POST", "/api/v1/recoveries/{nothing}/confirmation", Operator, |_| {
        Body::Json(json!({"called": true}))
    }),
    // ---- applications of facilities, first admins, master data, regions
    get("/facility-applications/new", Everybody),
    send("POST", "/facility-applications/new", Everybody, |s| {
        let mut fields = particulars();
        fields.extend([
            ("client_id", id()),
            ("mail", s.mail()),
            ("pledge", "1".into()),
            ("agreed", "on".into()),
        ]);
        Body::Form(fields)
    }),
    get("/facility-applications/sent", Everybody),
    get("/facility-applications/status/{status link}", Everybody),
    send("POST", "/facility-applications/status/{status link}/confirmation", Everybody, |_| {
        Body::Form(vec![])
    }),
    send("POST", "/facility-applications/status/{status link}/answer", Everybody, |_| {
        let mut fields = particulars();
        fields.extend([("entry", id()), ("answer", "試験".into())]);
        Body::Form(fields)
    }),
    send("POST", "/api/v1/facility-applications", Everybody, |s| {
        Body::Json(
            json!({"client_id": id(), "kind": "clinic", "name": "試験", "kana": "しけん", "postal_code": "1234567", "address": "試験市1", "phone": "03-1234-5678",
            "responsible": {"name": "試験 一", "kana": "しけん", "profession": "doctor"}, "mail": s.mail(), "pledge_version": 1}),
        )
    }),
    get("/api/v1/facility-applications/form", Everybody),
    get("/api/v1/facility-applications/status/{status link}", Everybody),
    send("POST", "/api/v1/facility-applications/status/{status link}/confirmation", Everybody, |_| {
        Body::None
    }),
    send("POST", "/api/v1/facility-applications/status/{status link}/answer", Everybody, |_| {
        Body::Json(json!({"client_id": id(), "answer": "試験"}))
    }),
    get("/api/v1/facility-applications", Desk),
    get("/api/v1/facility-applications/{application}", Desk),
    send("PUT", "/api/v1/facility-applications/{application}/checks/{check item}", Desk, |_| {
        Body::Json(json!({"ticked": true}))
    }),
    send("POST", "/api/v1/facility-applications/{application}/notes", Desk, |_| {
        Body::Json(json!({"client_id": id(), "text": "試験"}))
    }),
    send("POST", "/api/v1/facility-applications/{application}/questions", Desk, |_| {
        Body::Json(json!({"client_id": id(), "text": "試験"}))
    }),
    send("POST", "/api/v1/facility-applications/{approved}/first-admin-link", Desk, |_| Body::None),
    get("/api/v1/application-checklist", Operator),
    send("PUT", "/api/v1/application-checklist/{nothing}", Operator, |_| {
        Body::Json(json!({"label": "試験", "place": 900, "active": false}))
    }),
    send("POST", "/api/v1/facility-applications/{application}/approval", Desk, |_| {
        Body::Json(json!({"decision": "refuse", "reason": "試験"}))
    }),
    get("/operator/applications", Desk),
    get("/operator/applications/{application}", Desk),
    send("POST", "/operator/applications/{application}/checks", Desk, |s| {
        Body::Form(vec![("item", s.item.to_string()), ("ticked", "yes".into())])
    }),
    send("POST", "/operator/applications/{application}/notes", Desk, |_| {
        Body::Form(vec![("entry", id()), ("body", "試験".into())])
    }),
    send("POST", "/operator/applications/{application}/question", Desk, |_| {
        Body::Form(vec![("entry", id()), ("body", "試験".into())])
    }),
    send("POST", "/operator/applications/{application}/decision", Desk, |_| {
        Body::Form(vec![("decision", "refuse".into()), ("reason", "試験".into())])
    }),
    send("POST", "/operator/applications/{approved}/first-admin", Desk, |_| Body::Form(vec![])),
    get("/operator/checklist", Operator),
    send("POST", "/operator/checklist", Operator, |_| {
        Body::Form(vec![
            ("id", id()),
            ("label", "試験".into()),
            ("place", "900".into()),
            ("active", "no".into()),
        ])
    }),
    get("/operator/masters", Operator),
    send("POST", "/operator/masters", Operator, |_| {
        let fixed = [
            ("list", "profession"),
            ("code", "clerk"),
            ("label_ja", "事務"),
            ("label_en", "Clerk"),
            ("place", "160"),
        ];
        Body::Form(
            fixed
                .into_iter()
                .chain([("may_join", "on"), ("active", "on")])
                .map(|(k, v)| (k, v.to_owned()))
                .collect(),
        )
    }),
    get("/operator/templates", Operator),
    get("/operator/templates/new", Operator),
    send("POST", "/operator/templates/new", Operator, |_| {
        let fixed = [("version", "0"), ("name", "試験"), ("content", "□ 試験")];
        Body::Form(fixed.into_iter().map(|(k, v)| (k, v.to_owned())).chain([("id", id())]).collect())
    }),
    get("/operator/templates/{shared_template}", Operator),
    send("POST", "/operator/templates/{old_template}/removal", Operator, |_| {
        Body::Form(vec![("version", "1".into())])
    }),
    get("/operator/facilities", Desk),
    get("/operator/regions/{region}/policies", Desk),
    send("POST", "/operator/regions/{region}/policies", Desk, |_| {
        let fixed = [("title", "試験"), ("body", "試験"), ("change", "試験"), ("seen", "0")];
        Body::Form(fixed.into_iter().map(|(k, v)| (k, v.to_owned())).chain([("client_id", id())]).collect())
    }),
    get("/operator/regions/{region}/notices", Desk),
    send("POST", "/operator/regions/{region}/notices", Desk, |_| {
        Body::Form(vec![("client_id", id()), ("title", "試験".into()), ("body", "試験".into())])
    }),
    get("/facility/region", SignedIn),
    send("POST", "/facility/region", SignedIn, |s| {
        Body::Form(vec![("region", s.region.to_string()), ("n", "1".into())])
    }),
    get("/api/v1/first-admin/{admin link}", Everybody),
    send("POST", "/api/v1/first-admin/{admin link}", Everybody, |_| {
        Body::Json(
            json!({"login_id": "x", "name": "試験", "kana": "しけん", "profession": "doctor", "phone": "03-1234-5678", "password": "短い"}),
        )
    }),
    send("POST", "/api/v1/first-admin/{admin link}/account", SignedIn, |_| Body::None),
    get("/first-admin/{admin link}", Everybody),
    send("POST", "/first-admin/{admin link}", Everybody, |_| {
        let fixed = [
            ("name", "試験 一"),
            ("kana", "しけん"),
            ("profession", "doctor"),
            ("phone", "03-1234-5678"),
            ("password", "x"),
            ("again", "x"),
            ("login_id", "試験"),
        ];
        Body::Form(fixed.into_iter().map(|(k, v)| (k, v.to_owned())).collect())
    }),
    send("POST", "/first-admin/{admin link}/account", SignedIn, |_| Body::Form(vec![])),
    // ---- devices
    get("/device-lost", Everybody),
    // Whoever waits sees that.
    get("/device-waits", Everybody),
    get("/device-enrolment/{nothing}", Everybody),
    send("POST", "/device-enrolment/{nothing}", Everybody, |_| Body::Form(vec![("csr", "x".into())])),
    send("POST", "/api/v1/device-enrolments", Everybody, |_| Body::Json(json!({"token": "x", "csr": "x"}))),
    send("PUT", "/api/v1/me/devices/{nothing}", SignedIn, |_| Body::Json(json!({"name": "試験"}))),
    send("POST", "/api/v1/me/devices/{nothing}/loss", SignedIn, |_| Body::None),
    send("POST", "/menu/devices/{nothing}/name", SignedIn, |_| Body::Form(vec![("name", "試験".into())])),
    get("/menu/devices/{nothing}/loss", SignedIn),
    send("POST", "/menu/devices/{nothing}/loss", SignedIn, |_| Body::Form(vec![])),
    get("/facility/devices", SignedIn),
    get("/facility/devices.csv", SignedIn),
    send("POST", "/facility/devices/{device}/sign-out", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/facility/devices/{device}/approval", SignedIn, |_| {
        Body::Form(vec![("decision", "approve".into())])
    }),
    send("POST", "/facility/devices/{device}/owner", SignedIn, |_| {
        Body::Form(vec![("owner", "facility".into())])
    }),
    get("/facility/devices/{device}/loss", SignedIn),
    send("POST", "/facility/devices/{nothing}/loss", SignedIn, |_| Body::Form(vec![("client_id", id())])),
    get("/api/v1/facilities/{clinic}/devices", SignedIn),
    send("DELETE", "/api/v1/facilities/{clinic}/devices/{device}", SignedIn, |_| Body::None),
    send("POST", "/api/v1/facilities/{clinic}/devices/{device}/approval", SignedIn, |_| {
        Body::Json(json!({"decision": "approve"}))
    }),
    send("PUT", "/api/v1/facilities/{clinic}/devices/{device}/owner", SignedIn, |_| {
        Body::Json(json!({"owner": "facility"}))
    }),
    send("POST", "/api/v1/facilities/{clinic}/devices/{nothing}/loss", SignedIn, |_| {
        Body::Json(json!({"client_id": id()}))
    }),
    get("/facility/sign-in-policy", SignedIn),
    send("POST", "/facility/sign-in-policy", SignedIn, |_| {
        Body::Form(vec![
            ("idle_minutes", "15".into()),
            ("from", String::new()),
            ("to", String::new()),
            ("copy_hours", "0".into()),
        ])
    }),
    get("/api/v1/facilities/{clinic}/sign-in-policy", SignedIn),
    send("PUT", "/api/v1/facilities/{clinic}/sign-in-policy", SignedIn, |_| {
        Body::Json(json!({"second_factor": "required", "managed_devices_only": false, "idle_minutes": 15}))
    }),
    get("/facility/device-certificates", SignedIn),
    send("POST", "/facility/device-certificates", SignedIn, |_| {
        Body::Form(vec![("client_id", id()), ("name", "試験".into())])
    }),
    send("POST", "/facility/device-certificates/{nothing}/revocation", SignedIn, |_| Body::Form(vec![])),
    get("/api/v1/facilities/{clinic}/device-certificates", SignedIn),
    send("POST", "/api/v1/facilities/{clinic}/device-enrolments", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "name": "試験"}))
    }),
    send("DELETE", "/api/v1/facilities/{clinic}/device-certificates/{nothing}", SignedIn, |_| Body::None),
    get("/.well-known/assetlinks.json", Everybody),
    // ---- notifications
    get("/menu/notifications", SignedIn),
    send("POST", "/menu/notifications", SignedIn, |_| {
        Body::Form(vec![("mail", "off".into()), ("digest_at", "08:00".into()), ("quiet", "facility".into())])
    }),
    // No group named: nothing to set.
    send("POST", "/menu/notifications/groups", SignedIn, |_| Body::Form(vec![])),
    // This device is not reached: 422, with the page.
    send("POST", "/menu/notifications/test", SignedIn, |_| Body::Form(vec![("channel", "push".into())])),
    send("POST", "/menu/notifications/devices/{nothing}/end", SignedIn, |_| Body::Form(vec![])),
    get("/api/v1/me/notification-settings", SignedIn),
    send("PUT", "/api/v1/me/notification-settings", SignedIn, |_| {
        Body::Json(json!({"mail": "off", "digest_at": "08:00", "quiet_hours": null}))
    }),
    send("POST", "/api/v1/me/push-subscriptions", SignedIn, |_| {
        let keys = json!({"p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "auth": "BTBZMqHH6r4Tts7J_aSIgg"});
        Body::Json(
            json!({"client_id": Uuid::new_v4(), "endpoint": format!("https://web.push.apple.com/{}", id()), "keys": keys}),
        )
    }),
    send("DELETE", "/api/v1/me/push-subscriptions", SignedIn, |_| Body::None),
    send("DELETE", "/api/v1/me/push-subscriptions/{nothing}", SignedIn, |_| Body::None),
    send("PUT", "/api/v1/groups/{group}/notification-level", Group, |_| Body::Json(json!({"level": "mine"}))),
    get("/facility/interruptions", SignedIn),
    get("/facility/interruptions.csv", SignedIn),
    send("POST", "/facility/quiet-hours", SignedIn, |_| Body::Form(vec![])),
    get("/api/v1/me/notices", SignedIn),
    get("/api/v1/facilities/{clinic}/interruptions", SignedIn),
    get("/api/v1/facilities/{clinic}/quiet-hours", SignedIn),
    send("PUT", "/api/v1/facilities/{clinic}/quiet-hours", SignedIn, |_| {
        Body::Json(json!({"quiet_hours": [null, null, null, null, null, null, null]}))
    }),
    // A device says that it has shown a push: whatever the token, the answer is the same.
    send("POST", "/push/confirmations", Everybody, |_| Body::Json(json!({"token": "x"}))),
    get("/manifest.webmanifest", Everybody),
    get("/sw.js", Everybody),
    get("/log/checkpoint", Everybody),
    get("/log/key", Everybody),
    get("/log/tile/{nothing}", Everybody),
    get("/offline", Everybody),
    // ---- 共有: what the service worker has not taken is thrown away, whoever sends it
    get("/share", SignedIn),
    send("POST", "/share", Everybody, |_| Body::Multipart(vec![("text", None, "試験".into())])),
    // ---- saying it well: templates, stamps, pins, bookmarks, the summary card
    get("/templates", SignedIn),
    get("/templates/new?owner=person", SignedIn),
    send("POST", "/templates/new", SignedIn, |_| Body::Form(template("0"))),
    get("/templates/{nothing}", SignedIn),
    send("POST", "/templates/{nothing}", SignedIn, |_| Body::Form(template("1"))),
    send("POST", "/templates/{nothing}/removal", SignedIn, |_| Body::Form(vec![("version", "1".into())])),
    get("/groups/{group}/posts/{post}/thread", Group),
    get("/groups/{group}/templates", Group),
    get("/groups/{group}/templates/{report}", Group),
    send("POST", "/groups/{group}/templates/{report}", Group, |_| {
        Body::Form(vec![("client_id", id()), ("version", "1".into()), ("more", "試験".into())])
    }),
    get("/api/v1/templates", SignedIn),
    send("POST", "/api/v1/templates", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "owner": "person", "name": "試験", "content": "□ 試験"}))
    }),
    get("/api/v1/templates/{nothing}", SignedIn),
    with(
        send("PUT", "/api/v1/templates/{nothing}", SignedIn, |_| {
            Body::Json(json!({"name": "試験", "content": "□ 試験"}))
        }),
        &[("if-match", "\"1\"")],
    ),
    with(
        send("DELETE", "/api/v1/templates/{nothing}", SignedIn, |_| Body::Json(json!(null))),
        &[("if-match", "\"1\"")],
    ),
    get("/api/v1/posts/{post}/stamps", Group),
    send("PUT", "/api/v1/posts/{post}/stamps/{stamp}", Group, |_| Body::None),
    send("DELETE", "/api/v1/posts/{post}/stamps/{stamp}", Group, |_| Body::None),
    send("POST", "/posts/{post}/stamps", Group, |_| {
        Body::Form(vec![("stamp", "thanks".into()), ("on", "true".into())])
    }),
    get("/api/v1/groups/{group}/pins", Group),
    get("/groups/{group}/pins", SignedIn),
    send("PUT", "/api/v1/posts/{post}/pin", Group, |_| Body::None),
    send("DELETE", "/api/v1/posts/{post}/pin", Group, |_| Body::None),
    send("POST", "/posts/{post}/pin", Group, |_| Body::Form(vec![("on", "true".into())])),
    send("PUT", "/api/v1/posts/{post}/bookmark", Group, |_| Body::Json(json!({"note": "試験"}))),
    send("DELETE", "/api/v1/posts/{post}/bookmark", Group, |_| Body::None),
    get("/posts/{post}/bookmark", Group),
    send("POST", "/posts/{post}/bookmark", Group, |_| Body::Form(vec![("on", "true".into())])),
    get("/help/writing", SignedIn),
    get("/bookmarks", SignedIn),
    get("/api/v1/bookmarks", SignedIn),
    admin(get("/patients/{patient}/summary", Group)),
    send("POST", "/patients/{patient}/summary/read", Group, |_| Body::Form(vec![("version", "1".into())])),
    admin(get("/api/v1/patients/{patient}/summary", Group)),
    admin(with(
        send("PUT", "/api/v1/patients/{patient}/summary", Group, |_| {
            Body::Json(json!({"client_id": id(), "fields": {"goals": "試験"}, "reason": "試験"}))
        }),
        &[("if-match", "\"1\"")],
    )),
    send("PUT", "/api/v1/patients/{patient}/summary/read", Group, |_| Body::Json(json!({"version": 1}))),
    admin(get("/api/v1/patients/{patient}/summary/versions", Group)),
    // ---- vital signs and wounds
    get("/patients/{patient}/vitals", Group),
    get("/patients/{patient}/vitals/new", Group),
    send("POST", "/patients/{patient}/vitals", Group, |_| {
        Body::Form(vec![
            ("client_id", id()),
            ("measured_at", "2026-01-01T08:00".into()),
            ("pulse", "72".into()),
        ])
    }),
    get("/patients/{patient}/vitals/{observation}/withdrawal", Group),
    send("POST", "/patients/{patient}/vitals/{observation}/withdrawal", Group, |_| {
        Body::Form(vec![("client_id", id()), ("reason", "試験".into())])
    }),
    get("/patients/{patient}/vitals/ranges", Group),
    send("POST", "/patients/{patient}/vitals/ranges", Group, |_| {
        let fixed = [("code", "8310-5"), ("low", "36"), ("high", "37.5"), ("reason", "試験")];
        Body::Form(fixed.into_iter().map(|(k, v)| (k, v.to_owned())).chain([("client_id", id())]).collect())
    }),
    get("/patients/{patient}/vitals/csv", Group),
    get("/patients/{patient}/vitals/csv/sample", Group),
    send("POST", "/patients/{patient}/vitals/csv", Group, |_| {
        Body::Multipart(vec![("list", None, "日時,体温\n2026-01-01 08:00,36.5\n".into())])
    }),
    send("POST", "/patients/{patient}/vitals/csv/confirmation", Group, |_| {
        let list = "日時,体温\n2026-01-01 08:00,36.5\n".to_owned();
        Body::Form(vec![("client_id", id()), ("list", list), ("take", "all_or_nothing".into())])
    }),
    get("/patients/{patient}/wounds", Group),
    send("POST", "/patients/{patient}/wounds", Group, |s| {
        let (post, file) = (s.post.to_string(), s.file.to_string());
        Body::Form(vec![("client_id", id()), ("post", post), ("file", file), ("site", "sacrum".into())])
    }),
    get("/api/v1/patients/{patient}/wounds", Group),
    send("POST", "/api/v1/patients/{patient}/wounds/pictures", Group, |s| {
        Body::Json(json!({"client_id": id(), "post_id": s.post, "file_id": s.file, "site": "sacrum"}))
    }),
    send("POST", "/patients/{patient}/wounds/measures", Group, |_| {
        let fixed = [("measured_at", "2026-01-01T08:00"), ("site", "sacrum"), ("design_r", "12")];
        Body::Form(fixed.into_iter().map(|(k, v)| (k, v.to_owned())).chain([("client_id", id())]).collect())
    }),
    send("POST", "/posts/{post}/observations", Group, |_| {
        Body::Form(vec![
            ("seen", "0".into()),
            ("measured_at", "2026-01-01T08:00".into()),
            ("take", "0".into()),
        ])
    }),
    get("/api/v1/posts/{post}/observations", Group),
    get("/api/v1/posts/{post}/proof", Group),
    send("POST", "/api/v1/posts/{post}/observations", Group, |_| {
        Body::Json(json!({"seen": "0", "take": [0]}))
    }),
    get("/api/v1/patients/{patient}/observations", Group),
    send("POST", "/api/v1/patients/{patient}/observations", Group, |_| {
        Body::Json(json!({"client_id": id(), "code": "8867-4", "value": 72}))
    }),
    send("POST", "/api/v1/patients/{patient}/observations/{observation}/withdrawal", Group, |_| {
        Body::Json(json!({"client_id": id(), "reason": "試験"}))
    }),
    send("POST", "/api/v1/patients/{patient}/observations/import", Group, |_| {
        Body::Json(
            json!({"client_id": id(), "csv": "日時,体温\n2026-01-01 08:00,36.5\n", "take": "all_or_nothing"}),
        )
    }),
    get("/api/v1/patients/{patient}/reference-ranges", Group),
    send("PUT", "/api/v1/patients/{patient}/reference-ranges", Group, |_| {
        Body::Json(json!({"client_id": id(), "code": "8310-5", "low": 36, "high": 37.5, "reason": "試験"}))
    }),
    // ---- search
    get("/search", SignedIn),
    Case { changes: false, ..send("POST", "/search", SignedIn, |_| Body::Form(vec![("q", "咳".into())])) },
    Case {
        changes: false,
        ..send("POST", "/api/v1/search", Group, |s| Body::Json(json!({"q": "咳", "group": s.group})))
    },
    // ---- asks and duty
    get("/open-items", SignedIn),
    get("/api/v1/me/open-items", SignedIn),
    get("/groups/{group}/addressees", Group),
    get("/posts/{post}/asked", Group),
    send("POST", "/posts/{post}/asked", Group, |s| {
        Body::Form(vec![
            ("client_id", id()),
            ("account", s.member.to_string()),
            ("result", "answered".into()),
            ("note", String::new()),
        ])
    }),
    send("POST", "/api/v1/posts/{post}/calls", Group, |s| {
        Body::Json(json!({"client_id": id(), "account": s.member, "result": "answered"}))
    }),
    get("/posts/{post}/handled", Group),
    send("POST", "/posts/{post}/handled", Group, |_| {
        Body::Form(vec![("client_id", id()), ("result", "試験".into())])
    }),
    send("PUT", "/api/v1/posts/{post}/handled", Group, |_| {
        Body::Json(json!({"client_id": id(), "result": "試験"}))
    }),
    get("/api/v1/posts/{post}/asked", Group),
    get("/duty", SignedIn),
    send("POST", "/duty", SignedIn, |s| {
        Body::Form(vec![("client_id", id()), ("account", s.clerk.to_string()), ("until", soon())])
    }),
    send("POST", "/duty/substitute", SignedIn, |_| Body::Form(vec![("account", String::new())])),
    send("POST", "/duty/phone", SignedIn, |_| Body::Form(vec![("phone", String::new())])),
    get("/api/v1/facilities/{clinic}/on-duty", SignedIn),
    send("PUT", "/api/v1/facilities/{clinic}/on-duty", SignedIn, |s| {
        Body::Json(json!({"client_id": id(), "account": s.clerk, "until": soon()}))
    }),
    get("/api/v1/facilities/{clinic}/on-duty/log", SignedIn),
    get("/api/v1/me/shown-phone", SignedIn),
    send("PUT", "/api/v1/me/shown-phone", SignedIn, |_| Body::Json(json!({"phone": ""}))),
    get("/api/v1/facilities/{clinic}/staff/{clerk}/substitute", SignedIn),
    send("PUT", "/api/v1/facilities/{clinic}/staff/{clerk}/substitute", SignedIn, |_| {
        Body::Json(json!({"substitute": null}))
    }),
    // ---- spaces
    get("/free-groups/new", SignedIn),
    send("POST", "/free-groups", SignedIn, |_| {
        Body::Form(vec![("client_id", id()), ("title", "試験の会".into()), ("purpose", String::new())])
    }),
    admin(get("/groups/{group}/title", Group)),
    admin(send("POST", "/groups/{group}/title", Group, |_| {
        Body::Form(vec![("client_id", id()), ("title", "試験の会".into()), ("purpose", String::new())])
    })),
    admin(send("PUT", "/api/v1/groups/{group}/title", Group, |_| {
        Body::Json(json!({"client_id": id(), "title": "試験の会"}))
    })),
    admin(Case {
        changes: false,
        ..send("POST", "/api/v1/groups/{group}/wording", Group, |_| Body::Json(json!({"body": "試験"})))
    }),
    get("/connections/new", SignedIn),
    get("/connections/me", SignedIn),
    send("POST", "/connections", SignedIn, |s| {
        Body::Form(vec![
            ("client_id", id()),
            ("facility", s.station.to_string()),
            ("person", s.member.to_string()),
            ("greeting", "試験".into()),
        ])
    }),
    send("POST", "/connections/{nothing}/acceptance", SignedIn, |_| {
        Body::Form(vec![("decision", "accept".into())])
    }),
    get("/connections/{nothing}/end", SignedIn),
    send("POST", "/connections/{nothing}/end", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/connections/{nothing}/conversation", SignedIn, |_| Body::Form(vec![])),
    get("/api/v1/connections", SignedIn),
    get("/api/v1/me/connection-link", SignedIn),
    send("POST", "/api/v1/connections", SignedIn, |s| {
        Body::Json(json!({"client_id": id(), "account_id": s.member, "facility_id": s.station}))
    }),
    send("POST", "/api/v1/connections/{nothing}/acceptance", SignedIn, |_| {
        Body::Json(json!({"decision": "accept"}))
    }),
    send("DELETE", "/api/v1/connections/{nothing}", SignedIn, |_| Body::None),
    send("POST", "/api/v1/connections/{nothing}/conversation", SignedIn, |_| Body::None),
    get("/groups/{group}/consultations", Group),
    get("/groups/{group}/consultations/new", Group),
    send("POST", "/groups/{group}/consultations", Group, |_| {
        Body::Form(vec![("client_id", id()), ("title", "試験".into()), ("body", "試験".into())])
    }),
    get("/consultations/{nothing}/state", SignedIn),
    send("POST", "/consultations/{nothing}/state", SignedIn, |_| {
        Body::Form(vec![("client_id", id()), ("state", "closed".into()), ("words", "試験".into())])
    }),
    get("/api/v1/groups/{group}/consultations", Group),
    send("POST", "/api/v1/groups/{group}/consultations", Group, |_| {
        Body::Json(json!({"client_id": id(), "title": "試験", "body": "試験"}))
    }),
    send("PUT", "/api/v1/consultations/{nothing}", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "state": "closed", "words": "試験"}))
    }),
    // ---- work that follows
    get("/tasks", SignedIn),
    get("/groups/{group}/tasks", Group),
    get("/groups/{group}/tasks/new", Group),
    send("POST", "/groups/{group}/tasks", Group, |s| {
        Body::Form(vec![
            ("client_id", id()),
            ("what", "試験".into()),
            ("owner", s.host.to_string()),
            ("due_date", tomorrow()),
            ("due_time", String::new()),
        ])
    }),
    get("/tasks/{task}", Group),
    send("POST", "/tasks/{task}/change", Group, |_| {
        Body::Form(vec![("client_id", id()), ("kind", "done".into()), ("done-text", "試験".into())])
    }),
    get("/api/v1/tasks", SignedIn),
    send("POST", "/api/v1/groups/{group}/tasks", Group, |_| {
        Body::Json(json!({"client_id": id(), "what": "試験", "due_date": tomorrow()}))
    }),
    send("POST", "/api/v1/posts/{post}/tasks", Group, |_| {
        Body::Json(json!({"client_id": id(), "due_date": tomorrow()}))
    }),
    get("/api/v1/tasks/{task}", Group),
    send("PUT", "/api/v1/tasks/{task}", Group, |_| Body::Json(json!({"client_id": id(), "state": "done"}))),
    get("/groups/{group}/schedule", Group),
    get("/groups/{group}/visits/new", Group),
    send("POST", "/groups/{group}/visits", Group, |s| {
        Body::Form(vec![
            ("client_id", id()),
            ("kind", "nursing".into()),
            ("party", s.clinic.to_string()),
            ("date", tomorrow()),
            ("start", "10:00".into()),
            ("end", "10:30".into()),
            ("repeat", "once".into()),
        ])
    }),
    get("/visits/{visit}", Group),
    send("POST", "/visits/{visit}/change", Group, |s| {
        Body::Form(vec![
            ("client_id", id()),
            ("change", "cancel".into()),
            ("day", s.visit_day.clone()),
            ("cancel-reason", "試験".into()),
        ])
    }),
    get("/api/v1/groups/{group}/visits", Group),
    send("POST", "/api/v1/groups/{group}/visits", Group, |s| {
        Body::Json(
            json!({"client_id": id(), "facility_id": s.clinic, "kind": "medical", "date": tomorrow(), "start": "10:00", "end": "10:30"}),
        )
    }),
    get("/api/v1/visits/{visit}", Group),
    send("PUT", "/api/v1/visits/{visit}", Group, |s| {
        Body::Json(json!({"client_id": id(), "change": "cancel", "day": s.visit_day, "reason": "試験"}))
    }),
    get("/groups/{group}/before-visit", Group),
    send("POST", "/groups/{group}/visit-marks", Group, |_| Body::Form(vec![("client_id", id())])),
    get("/api/v1/groups/{group}/before-visit", Group),
    send("POST", "/api/v1/groups/{group}/visit-marks", Group, |_| Body::Json(json!({"client_id": id()}))),
    get("/api/v1/groups/{group}/visit-records", Group),
    get("/groups/{group}/visit-records", Group),
    get("/groups/{group}/visit-records/new", Group),
    send("POST", "/groups/{group}/visit-records", Group, |_| {
        Body::Form(vec![
            ("client_id", id()),
            ("kind", "nursing".into()),
            ("date", today()),
            ("did", "試験".into()),
            ("plan_changed", "no".into()),
        ])
    }),
    send("POST", "/groups/{group}/visit-records/{record}/next-visit", Group, |_| Body::Form(vec![])),
    send("POST", "/api/v1/groups/{group}/visit-records", Group, |_| {
        Body::Json(
            json!({"client_id": id(), "kind": "nursing", "date": today(), "did": "試験", "plan_changed": false}),
        )
    }),
    get("/groups/{group}/partners", Group),
    get("/facility/partners", SignedIn),
    get("/digest", SignedIn),
    get("/groups/{group}/digest", Group),
    get("/api/v1/groups/{group}/partners", Group),
    get("/api/v1/facilities/{clinic}/partners", SignedIn),
    get("/api/v1/digest", SignedIn),
    get("/api/v1/groups/{group}/digest", Group),
    get("/api/v1/me/calendar-link", SignedIn),
    send("PUT", "/api/v1/me/calendar-link", SignedIn, |_| Body::Json(json!({"with_number": false}))),
    send("DELETE", "/api/v1/me/calendar-link", SignedIn, |_| Body::None),
    get("/menu/calendar", SignedIn),
    send("POST", "/menu/calendar", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/menu/calendar/end", SignedIn, |_| Body::Form(vec![])),
    get("/calendar/{nothing}", Everybody),
    // ---- patients and relatives, and the team's tab
    get("/family/sign-in", Everybody),
    send("POST", "/family/sign-in", Everybody, |_| {
        Body::Form(vec![("login_id", id()), ("password", "x".into()), ("code", "000000".into())])
    }),
    send("POST", "/family/sign-out", Everybody, |_| Body::Form(vec![])),
    // For a session that has just joined.
    get("/family/app", Everybody),
    send("POST", "/family/app", Everybody, |_| Body::Form(vec![("code", "000000".into())])),
    get("/family/join/{nothing}", Everybody),
    send("POST", "/family/join/{nothing}", Everybody, |_| {
        Body::Form(vec![
            ("login_id", "shiken".into()),
            ("password", String::new()),
            ("password_again", String::new()),
        ])
    }),
    send("POST", "/family/join/{nothing}/open", Everybody, |_| Body::Form(vec![])),
    send("POST", "/family/join/{nothing}/also", Family, |_| Body::Form(vec![])),
    get("/family", Family),
    get("/family/account", Family),
    send("POST", "/family/display", Family, |_| {
        Body::Form(vec![("theme", "dark".into()), ("text", "large".into())])
    }),
    get("/family/{group}", Family),
    send("POST", "/family/{group}", Family, |_| {
        Body::Form(vec![("client_id", id()), ("body", "こんにちは".into())])
    }),
    get("/family/{group}/readers", Family),
    get("/family/{group}/who-read", Family),
    send("POST", "/family/posts/{post}/acknowledgement", Family, |_| Body::Form(vec![])),
    get("/family/posts/{post}/correction", Family),
    send("POST", "/family/posts/{post}/correction", Family, |_| {
        Body::Form(vec![("client_id", id()), ("body", "直しました".into())])
    }),
    get("/family/posts/{post}/withdrawal", Family),
    send("POST", "/family/posts/{post}/withdrawal", Family, |_| {
        Body::Form(vec![("client_id", id()), ("reason", "試験".into())])
    }),
    get("/family/files/{file}", Family),
    get("/family/files/{file}/thumbnail", Family),
    get("/family/events", Family),
    get("/family/manifest.webmanifest", Everybody),
    get("/family/notices", Family),
    send("POST", "/family/notices", Family, |_| {
        Body::Form(vec![
            ("told", "on".into()),
            ("quiet", "on".into()),
            ("from", "21:00".into()),
            ("to", "07:00".into()),
        ])
    }),
    get("/family/notices/subscription", Family),
    send("POST", "/family/notices/subscription", Family, |_| {
        Body::Json(
            json!({"client_id": id(), "endpoint": "https://push.example/x", "keys": {"p256dh": "", "auth": ""}}),
        )
    }),
    send("POST", "/family/notices/test", Family, |_| Body::Form(vec![])),
    send("POST", "/family/notices/end", Family, |_| Body::Form(vec![("which", "here".into())])),
    send("POST", "/family/notices/mail", Family, |_| Body::Form(vec![("mail", "mika@example.jp".into())])),
    send("POST", "/family/notices/mail/confirmation", Family, |_| {
        Body::Form(vec![("code", "123456".into())])
    }),
    send("POST", "/family/notices/mail/end", Family, |_| Body::Form(vec![])),
    admin(get("/api/v1/groups/{group}/relatives", Group)),
    admin(send("POST", "/api/v1/groups/{group}/relative-invitations", Group, |_| {
        Body::Json(json!({"client_id": id(), "role": "family", "name": "試験 美香", "relation": "長女"}))
    })),
    admin(send("DELETE", "/api/v1/groups/{group}/relative-invitations/{relative invitation}", Group, |_| {
        Body::None
    })),
    admin(send("POST", "/api/v1/groups/{group}/relatives/{relative}/removal", Group, |_| {
        Body::Json(json!({"client_id": id(), "reason": "試験"}))
    })),
    admin(get("/api/v1/groups/{group}/office-hours", Group)),
    admin(send("PUT", "/api/v1/groups/{group}/office-hours", Group, |_| {
        Body::Json(json!({"client_id": id(), "words": "平日の9時から"}))
    })),
    send("POST", "/api/v1/posts/{post}/release", Group, |_| {
        Body::Json(json!({"client_id": id(), "body": "ご家族へ"}))
    }),
    get("/groups/{group}/family", Group),
    send("POST", "/groups/{group}/family", Group, |_| {
        Body::Form(vec![("client_id", id()), ("body", "ご家族へ".into())])
    }),
    admin(get("/groups/{group}/family/invitations/new", Group)),
    admin(send("POST", "/groups/{group}/family/invitations/new", Group, |_| {
        Body::Form(vec![
            ("client_id", id()),
            ("role", "family".into()),
            ("name", "試験 美香".into()),
            ("relation", "長女".into()),
        ])
    })),
    admin(send(
        "POST",
        "/groups/{group}/family/invitations/{relative invitation}/cancellation",
        Group,
        |_| Body::Form(vec![]),
    )),
    admin(get("/groups/{group}/family/{relative}/removal", Group)),
    admin(send("POST", "/groups/{group}/family/{relative}/removal", Group, |_| {
        Body::Form(vec![("client_id", id()), ("reason", "試験".into())])
    })),
    admin(get("/groups/{group}/family/hours", Group)),
    admin(send("POST", "/groups/{group}/family/hours", Group, |_| {
        Body::Form(vec![("client_id", id()), ("words", "平日の9時から".into())])
    })),
    get("/posts/{post}/release", Group),
    send("POST", "/posts/{post}/release", Group, |_| {
        Body::Form(vec![("client_id", id()), ("words", "ご家族へ".into())])
    }),
    // ---- access tokens
    get("/menu/tokens", SignedIn),
    send("POST", "/menu/tokens", SignedIn, |_| {
        Body::Form(vec![
            ("client_id", id()),
            ("name", "試験".into()),
            ("scope", "read".into()),
            ("days", "30".into()),
        ])
    }),
    send("POST", "/menu/tokens/{nothing}/end", SignedIn, |_| Body::Form(vec![])),
    get("/facility/tokens", SignedIn),
    send("POST", "/facility/tokens/{nothing}/end", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/facility/tokens/rule", SignedIn, |_| Body::Form(vec![("allowed", "false".into())])),
    get("/api/v1/me/tokens", SignedIn),
    send("POST", "/api/v1/me/tokens", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "name": "試験", "scope": "read", "days": 30}))
    }),
    send("DELETE", "/api/v1/me/tokens/{nothing}", SignedIn, |_| Body::None),
    get("/api/v1/facilities/{clinic}/tokens", SignedIn),
    send("DELETE", "/api/v1/facilities/{clinic}/tokens/{nothing}", SignedIn, |_| Body::None),
    send("PUT", "/api/v1/facilities/{clinic}/token-rule", SignedIn, |_| {
        Body::Json(json!({"allowed": false}))
    }),
    // ---- webhooks of a facility
    get("/facility/webhooks", SignedIn),
    send("POST", "/facility/webhooks", SignedIn, |_| {
        Body::Form(vec![
            ("client_id", id()),
            ("url", "https://hook.example.jp/".into()),
            ("kinds", "post.created".into()),
        ])
    }),
    send("POST", "/facility/webhooks/{nothing}/end", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/facility/webhooks/{nothing}/test", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/facility/webhooks/{nothing}/rotation", SignedIn, |_| {
        Body::Form(vec![("client_id", id())])
    }),
    send("POST", "/facility/webhooks/{nothing}/stop", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/facility/webhooks/{nothing}/resumption", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/facility/webhooks/{nothing}/calls/{nothing}/resending", SignedIn, |_| Body::Form(vec![])),
    get("/api/v1/facilities/{clinic}/webhooks", SignedIn),
    send("POST", "/api/v1/facilities/{clinic}/webhooks", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "url": "https://hook.example.jp/", "kinds": ["post.created"]}))
    }),
    send("DELETE", "/api/v1/facilities/{clinic}/webhooks/{nothing}", SignedIn, |_| Body::None),
    send("POST", "/api/v1/facilities/{clinic}/webhooks/{nothing}/test", SignedIn, |_| Body::None),
    send("POST", "/api/v1/facilities/{clinic}/webhooks/{nothing}/rotation", SignedIn, |_| {
        Body::Json(json!({"client_id": id()}))
    }),
    send("POST", "/api/v1/facilities/{clinic}/webhooks/{nothing}/stop", SignedIn, |_| Body::None),
    send("POST", "/api/v1/facilities/{clinic}/webhooks/{nothing}/resumption", SignedIn, |_| Body::None),
    send(
        "POST",
        "/api/v1/facilities/{clinic}/webhooks/{nothing}/calls/{nothing}/resending",
        SignedIn,
        |_| Body::None,
    ),
    // ---- quarantine
    get("/posts/{post}/quarantine", Group),
    send("POST", "/posts/{post}/quarantine", Group, |s| {
        let which = s.post.to_string();
        Body::Form(vec![
            ("client_id", id()),
            ("which", which),
            ("reason", "試験".into()),
            ("second", String::new()),
        ])
    }),
    get("/quarantines", SignedIn),
    get("/quarantines/{quarantine}", Group),
    send("POST", "/quarantines/{quarantine}/decision", Group, |_| {
        Body::Form(vec![("client_id", id()), ("decision", "confirm".into())])
    }),
    send("POST", "/quarantines/{quarantine}/second", Group, |s| {
        Body::Form(vec![("account", s.host.to_string())])
    }),
    send("POST", "/quarantines/{quarantine}/rewriting", Group, |s| {
        Body::Form(vec![("client_id", id()), ("group", s.group.to_string()), ("body", "試験".into())])
    }),
    send("POST", "/api/v1/posts/{post}/quarantine", Group, |_| {
        Body::Json(json!({"client_id": id(), "reason": "試験"}))
    }),
    get("/api/v1/quarantines", SignedIn),
    get("/api/v1/quarantines/{quarantine}", Group),
    send("POST", "/api/v1/quarantines/{quarantine}/decision", Group, |_| {
        Body::Json(json!({"client_id": id(), "decision": "confirm"}))
    }),
    send("PUT", "/api/v1/quarantines/{quarantine}/second", Group, |s| Body::Json(json!({"account": s.host}))),
    send("POST", "/api/v1/quarantines/{quarantine}/rewriting", Group, |s| {
        Body::Json(json!({"group": s.group, "body": "試験"}))
    }),
    // ---- proxy entry
    get("/proxy-entries", SignedIn),
    send("POST", "/proxy-entries", SignedIn, |_| {
        Body::Form(vec![("system", Uuid::nil().to_string()), ("agreed", "false".into())])
    }),
    send("POST", "/posts/{post}/confirmation", Group, |_| Body::Form(vec![])),
    get("/facility/systems", SignedIn),
    send("POST", "/facility/systems", SignedIn, |_| Body::Form(vec![("client_id", id()), ("name", id())])),
    get("/facility/systems/{nothing}", SignedIn),
    send("POST", "/facility/systems/{nothing}/end", SignedIn, |_| Body::Form(vec![])),
    send("POST", "/facility/systems/{nothing}", SignedIn, |_| {
        Body::Form(vec![("client_id", id()), ("days", "30".into())])
    }),
    send("POST", "/facility/systems/{nothing}/tokens/{nothing}/end", SignedIn, |_| Body::Form(vec![])),
    // Systems alone come here: a person is told so.
    send("POST", "/api/v1/groups/{group}/proxy-entries", SignedIn, |_| {
        Body::Json(json!({"external_id": "1", "on_behalf_of": id(), "body": "試験"}))
    }),
    get("/api/v1/me/proxy-entries", SignedIn),
    send("PUT", "/api/v1/posts/{post}/confirmation", Group, |_| Body::None),
    get("/api/v1/me/outside-systems", SignedIn),
    send("PUT", "/api/v1/me/outside-systems/{nothing}/consent", SignedIn, |_| {
        Body::Json(json!({"agreed": true}))
    }),
    get("/api/v1/facilities/{clinic}/outside-systems", SignedIn),
    send("POST", "/api/v1/facilities/{clinic}/outside-systems", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "name": id()}))
    }),
    get("/api/v1/facilities/{clinic}/outside-systems/{nothing}", SignedIn),
    send("DELETE", "/api/v1/facilities/{clinic}/outside-systems/{nothing}", SignedIn, |_| Body::None),
    send("POST", "/api/v1/facilities/{clinic}/outside-systems/{nothing}/tokens", SignedIn, |_| {
        Body::Json(json!({"client_id": id(), "days": 30}))
    }),
    send(
        "DELETE",
        "/api/v1/facilities/{clinic}/outside-systems/{nothing}/tokens/{nothing}",
        SignedIn,
        |_| Body::None,
    ),
    // ---- labels
    get("/posts/{post}/labels", Group),
    send("POST", "/posts/{post}/labels", Group, |_| {
        Body::Form(vec![("label", "medication".into()), ("on", "true".into())])
    }),
    get("/groups/{group}/labels", Group),
    get("/api/v1/posts/{post}/labels", Group),
    send("PUT", "/api/v1/posts/{post}/labels/{label}", Group, |_| Body::None),
    send("DELETE", "/api/v1/posts/{post}/labels/{label}", Group, |_| Body::None),
    get("/api/v1/groups/{group}/labels", Group),
    // ---- help, the first visit, practice, what a person sets for herself
    get("/help", Everybody),
    get("/help/keys", Everybody),
    get("/help/{topic}", Everybody),
    get("/menu/habits", SignedIn),
    send("POST", "/menu/habits", SignedIn, |_| Body::Form(vec![("readings", "on".into())])),
    get("/welcome", SignedIn),
    get("/welcome/{step}", SignedIn),
    send("POST", "/welcome/{step}", SignedIn, |_| Body::Form(vec![("answer", "skipped".into())])),
    get("/practice", SignedIn),
    send("POST", "/practice", SignedIn, |_| {
        Body::Form(vec![("so_far", "[]".into()), ("act", "post".into()), ("body", "練習".into())])
    }),
    // ---- the language of the screens
    send("POST", "/language", Everybody, |_| {
        Body::Form(vec![("language", "en".into()), ("back", "/menu".into())])
    }),
    // Last: it ends every session of the person, also those that make the scenes.
    Case { changes: false, ..send("POST", "/sign-out/everywhere", SignedIn, |_| Body::Form(vec![])) },
];
