//! The log as FHIR R4 AuditEvents, one on a line (NDJSON). The table of what becomes what stands in docs/audit-events.md; the codes are those of
//! the specification's value sets, with our own act as a second subtype. The pattern is that of IHE's Basic Audit Log Patterns.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{kinds::Kind, read::Event};
use crate::{
    app::App,
    people::KIN,
    web::ui::Profession,
    words::{self, t},
};

const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const REST: &str = "http://hl7.org/fhir/restful-interaction";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const ENTITY: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const LIFECYCLE: &str = "http://terminology.hl7.org/CodeSystem/dicom-audit-lifecycle";
const SOURCE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";

/// Who says so: the deployment, by its address, under which its own code systems and identifiers stand.
#[derive(Debug)]
pub struct Deployment {
    base: String,
}

impl Deployment {
    pub fn of(app: &App) -> Self {
        Self { base: app.config.base_url.trim_end_matches('/').to_owned() }
    }

    fn system(&self, name: &str) -> String {
        format!("{}/fhir/{name}", self.base)
    }

    /// Something of ours that has no FHIR resource behind it: by its identifier.
    fn logical(&self, kind: Option<&str>, name: &str, id: Uuid, display: Option<String>) -> Value {
        let mut reference = Map::new();
        if let Some(kind) = kind {
            reference.insert("type".into(), json!(kind));
        }
        reference.insert("identifier".into(), json!({"system": self.system(name), "value": id}));
        if let Some(display) = display.filter(|words| !words.is_empty()) {
            reference.insert("display".into(), json!(display));
        }
        Value::Object(reference)
    }
}

/// How an act appears: type, the specification's subtype, action.
struct Said {
    kind: (&'static str, &'static str),
    subtype: Option<(&'static str, &'static str, &'static str)>,
    action: &'static str,
    /// Of the patient's record.
    lifecycle: (&'static str, &'static str),
}

/// Acts that add something; every other change is an update: nothing is ever deleted.
fn adds(act: &str) -> bool {
    let verbs =
        ["added_", "made_", "registered_", "invited_", "uploaded_", "recorded_", "planned_", "opened_"];
    act == "post" || act == "entered_by_proxy" || verbs.iter().any(|verb| act.starts_with(verb))
}

/// Changes of accounts, rights and rules, which are no change of a patient's record.
fn said_of_change(act: &str, of_a_patient: bool) -> Said {
    let (action, subtype) =
        if adds(act) { ("C", (REST, "create", "create")) } else { ("U", (REST, "update", "update")) };
    if of_a_patient {
        let lifecycle = if action == "C" { ("1", "Origination / Creation") } else { ("3", "Amendment") };
        return Said { kind: ("110110", "Patient Record"), subtype: Some(subtype), action, lifecycle };
    }
    let configuration = (DICOM, "110131", "Security Configuration");
    Said {
        kind: ("110113", "Security Alert"),
        subtype: Some(configuration),
        action,
        lifecycle: ("3", "Amendment"),
    }
}

fn said(event: &Event) -> Said {
    let of_a_patient = event.patient_id.is_some();
    let record = if of_a_patient { ("110110", "Patient Record") } else { ("110100", "Application Activity") };
    let used = ("6", "Access / Use");
    match Kind::of(&event.act) {
        Kind::View => {
            Said { kind: record, subtype: Some((REST, "read", "read")), action: "R", lifecycle: used }
        }
        Kind::Search => Said {
            kind: ("110112", "Query"),
            subtype: Some((REST, "search", "search")),
            action: "E",
            lifecycle: used,
        },
        Kind::Export | Kind::Print => Said {
            kind: ("110106", "Export"),
            subtype: Some((REST, "read", "read")),
            action: "R",
            lifecycle: ("10", "Export"),
        },
        Kind::SignIn => {
            let subtype = match event.act.as_str() {
                "signed_out" | "signed_out_everywhere" | "ended_after_hours" => (DICOM, "110123", "Logout"),
                _ => (DICOM, "110122", "Login"),
            };
            Said {
                kind: ("110114", "User Authentication"),
                subtype: Some(subtype),
                action: "E",
                lifecycle: used,
            }
        }
        Kind::Change => said_of_change(&event.act, of_a_patient),
    }
}

fn coding((system, code, display): (&str, &str, &str)) -> Value {
    json!({"system": system, "code": code, "display": display})
}

/// The whole file. `patient` names a patient for the reader.
pub fn file(d: &Deployment, events: &[Event], patient: impl Fn(Uuid) -> Option<String>) -> String {
    let mut out = String::new();
    for event in events {
        out.push_str(&resource(d, event, &patient).to_string());
        out.push('\n');
    }
    out
}

fn resource(d: &Deployment, event: &Event, patient: &impl Fn(Uuid) -> Option<String>) -> Value {
    let said = said(event);
    let own = json!({"system": d.system("CodeSystem/access-act"), "code": event.act, "display": act_in_words(event)});
    let mut subtypes: Vec<Value> = said.subtype.map(coding).into_iter().collect();
    subtypes.push(own);
    let mut audit = json!({
        "resourceType": "AuditEvent",
        "id": event.id,
        "type": coding((DICOM, said.kind.0, said.kind.1)),
        "subtype": subtypes,
        "action": said.action,
        "recorded": event.at.to_string(),
        "outcome": match event.outcome.as_str() { "done" => "0", "refused" => "4", _ => "8" },
        "agent": agents(d, event),
        "source": {
            "site": d.base,
            "observer": {"type": "Device", "identifier": {"system": "urn:ietf:rfc:3986", "value": d.base}, "display": "Renkei"},
            "type": [coding((SOURCE, "4", "Application Server"))],
        },
    });
    if let Some(seconds) = event.seconds {
        let end = event.at + jiff::SignedDuration::from_secs(i64::from(seconds));
        audit["period"] = json!({"start": event.at.to_string(), "end": end.to_string()});
    }
    if event.outcome != "done" {
        audit["outcomeDesc"] = json!(words::stored(|| t(if event.outcome == "refused" {
            "断られました"
        } else {
            "できませんでした"
        })));
    }
    let entities = entities(d, event, said.lifecycle, patient);
    if !entities.is_empty() {
        audit["entity"] = Value::Array(entities);
    }
    audit
}

fn act_in_words(event: &Event) -> String {
    words::stored(|| super::words::words(&event.act, event.outcome == "refused").to_owned())
}

/// The person, with her profession, for which facility and from which device. Nobody: it was before anybody was known, or the product itself.
fn agents(d: &Deployment, event: &Event) -> Vec<Value> {
    let part = match Kind::of(&event.act) {
        Kind::Change => (PARTICIPATION, "AUT", "author (originator)"),
        _ => (PARTICIPATION, "IRCP", "information recipient"),
    };
    let mut agent = json!({"type": {"coding": [coding(part)]}, "requestor": event.account.is_some()});
    if let Some((id, name, code)) = &event.account {
        // What stands as the name of a patient or relative is a fixed word: theirs is under seal.
        let kin = KIN.contains(&code.as_str());
        agent["who"] = d.logical(
            Some(if kin { "RelatedPerson" } else { "Practitioner" }),
            "account",
            *id,
            Some(name.clone()).filter(|_| !kin),
        );
        let label = words::stored(|| Profession::from_code(code).map(Profession::label).unwrap_or_default());
        let mut role = json!({"system": d.system("CodeSystem/profession"), "code": code});
        if !label.is_empty() {
            role["display"] = json!(label);
        }
        agent["role"] = json!([{"coding": [role]}]);
    } else {
        agent["who"] =
            json!({"identifier": {"system": "urn:ietf:rfc:3986", "value": d.base}, "display": "Renkei"});
    }
    if let Some((id, name)) = &event.facility {
        agent["location"] = d.logical(Some("Location"), "facility", *id, Some(name.clone()));
    }
    if let Some(id) = event.device_id {
        // A machine by its name: no address of the network is kept.
        let name = event.device.clone().unwrap_or_else(|| id.to_string());
        agent["network"] = json!({"address": name, "type": "1"});
    }
    vec![agent]
}

fn entities(
    d: &Deployment,
    event: &Event,
    (code, display): (&str, &str),
    patient: &impl Fn(Uuid) -> Option<String>,
) -> Vec<Value> {
    let lifecycle = coding((LIFECYCLE, code, display));
    let mut entities = Vec::new();
    if let Some(id) = event.patient_id {
        entities.push(json!({
            "what": d.logical(Some("Patient"), "patient", id, patient(id)),
            "type": coding((ENTITY, "1", "Person")),
            "role": coding((ROLE, "1", "Patient")),
            "lifecycle": lifecycle,
        }));
    }
    let object = |name: &str, id: Uuid, role: (&str, &str, &str)| {
        json!({
            "what": d.logical(None, name, id, None),
            "type": coding((ENTITY, "2", "System Object")),
            "role": coding(role),
        })
    };
    if let Some(id) = event.group_id {
        entities.push(object("group", id, (ROLE, "4", "Domain Resource")));
    }
    if let Some(id) = event.reference {
        entities.push(object("object", id, (ROLE, "4", "Domain Resource")));
    }
    if let Some(id) = event.session_id {
        entities.push(object("session", id, (ROLE, "13", "Security Resource")));
    }
    if let Some(searched) = &event.searched {
        let mut query = object("search", event.reference.unwrap_or(event.id), (ROLE, "24", "Query"));
        let detail = |name: &str, value: usize| json!({"type": name, "valueString": value.to_string()});
        let found = usize::try_from(searched.found).unwrap_or_default();
        query["detail"] = json!([detail("groups", searched.groups.len()), detail("found", found)]);
        entities.push(query);
    }
    entities
}

/// The file for saving.
pub fn download(text: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/fhir+ndjson; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit-events.ndjson\""),
    ];
    (headers, text.to_owned()).into_response()
}

#[cfg(test)]
mod tests;
