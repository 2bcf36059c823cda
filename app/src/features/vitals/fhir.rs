//! The same observations as resources of FHIR R4, in the shape of its vital-signs profile.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    model::{Observed, RangeVersion, number, range_now},
    rules::Side,
    sign::{Amount, OWN_SYSTEM, Part, Sign},
};

pub const MEDIA_TYPE: &str = "application/fhir+json";

/// A searchset of observations of one patient.
pub fn bundle(observed: &[Observed], patient: Uuid, ranges: &[RangeVersion]) -> Value {
    let entry = |o: &Observed| json!({"fullUrl": format!("urn:uuid:{}", o.id), "resource": resource(o, patient, ranges), "search": {"mode": "match"}});
    json!({"resourceType": "Bundle", "type": "searchset", "entry": observed.iter().map(entry).collect::<Vec<_>>()})
}

/// One Observation. Blood pressure has components; what was withdrawn is `entered-in-error`.
pub fn resource(o: &Observed, patient: Uuid, ranges: &[RangeVersion]) -> Value {
    let mut resource = json!({
        "resourceType": "Observation",
        "id": o.id,
        "status": if o.counts() { "final" } else { "entered-in-error" },
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category",
            "code": if o.sign.is_vital() && o.sign != Sign::Glucose { "vital-signs" } else { "exam" }}]}],
        "code": code(o.sign),
        "subject": {"reference": format!("Patient/{patient}")},
        "effectiveDateTime": instant(o.measured_at),
        "issued": instant(o.recorded_at),
        "performer": [{"reference": format!("Practitioner/{}", o.by.id), "display": o.by.name}],
    });
    let members = resource.as_object_mut().expect("an object, as written above");
    if o.sign.is_vital() && o.sign != Sign::Glucose {
        members.insert(
            "meta".into(),
            json!({"profile": ["http://hl7.org/fhir/StructureDefinition/vitalsigns"]}),
        );
    }
    let parts = o.sign.parts();
    if parts.len() == 1 {
        measured(members, &parts[0], o.values[0], ranges);
    } else {
        let component = |(part, value): (&'static Part, &Amount)| {
            let mut members = Map::new();
            members.insert("code".into(), json!({"coding": [coding(part.code, part.display)]}));
            measured(&mut members, part, *value, ranges);
            Value::Object(members)
        };
        members.insert("component".into(), parts.iter().zip(&o.values).map(component).collect());
    }
    if let Some(device) = &o.device {
        members.insert("device".into(), json!({"display": device}));
    }
    if let Some(site) = &o.site {
        members.insert("bodySite".into(), json!({"coding": [{"system": OWN_SYSTEM, "code": site}]}));
    }
    if let Some(note) = &o.note {
        members.insert("note".into(), json!([{"text": note}]));
    }
    resource
}

/// Value, and how it lies to the patient's range.
fn measured(members: &mut Map<String, Value>, part: &Part, value: Amount, ranges: &[RangeVersion]) {
    members.insert("valueQuantity".into(), quantity(part, value));
    let range = range_now(ranges, part);
    if range.is_empty() {
        return;
    }
    let ends = [("low", range.low), ("high", range.high)];
    let ends = ends.into_iter().filter_map(|(name, end)| Some((name.to_owned(), quantity(part, end?))));
    members.insert("referenceRange".into(), json!([ends.collect::<Map<_, _>>()]));
    let (code, display) = match range.crossed(value) {
        Some(Side::Low) => ("L", "Low"),
        Some(Side::High) => ("H", "High"),
        None => ("N", "Normal"),
    };
    let system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
    members.insert(
        "interpretation".into(),
        json!([{"coding": [{"system": system, "code": code, "display": display}]}]),
    );
}

fn quantity(part: &Part, value: Amount) -> Value {
    json!({"value": number(value), "unit": part.unit, "system": "http://unitsofmeasure.org", "code": part.unit})
}

/// The profile's own code for oxygen saturation is 2708-6, and the pulse oximeter's stands beside it.
fn code(sign: Sign) -> Value {
    let mut codings = vec![json!({"system": sign.system(), "code": sign.code(), "display": sign.display()})];
    if sign == Sign::Spo2 {
        codings.insert(0, coding("2708-6", "Oxygen saturation in Arterial blood"));
    }
    json!({"coding": codings, "text": crate::words::stored(|| sign.name())})
}

fn coding(code: &str, display: &str) -> Value {
    let own = !code.starts_with(|c: char| c.is_ascii_digit());
    json!({"system": if own { OWN_SYSTEM } else { "http://loinc.org" }, "code": code, "display": display})
}

fn instant(at: Timestamp) -> String {
    format!("{at:.3}")
}
