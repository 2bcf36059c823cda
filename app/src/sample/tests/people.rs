//! Facilities, staff, teams and face sheets.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::patient::{Patient, Role};
use super::super::region::Staff;
use super::super::{PATIENTS, REGION};
use super::{member_at, sample, starts};

const PROFESSIONS: [&str; 14] = [
    "doctor",
    "dentist",
    "pharmacist",
    "nurse",
    "dental_hygienist",
    "physical_therapist",
    "care_manager",
    "helper",
    "social_worker",
    "dietitian",
    "clerk",
    "speech_therapist",
    "occupational_therapist",
    "other",
];

const SHEET_FIELDS: &str = "currentState goals agreements name kana birthDate gender postalCode address telecom livingSituation keyPerson language \
    emergencyContact emergencyContact2 familyNote insurance publicExpense longTermCareInsurance careLevel \
    careLevelPeriod disabilityCertificate diagnoses pastHistory allergies infections medications anticoagulants \
    immunizations medicalDevices cautions fallRisk swallowing diet fluids mobility toileting bathing communication \
    visionHearing cognition sleep skin homeAccess attendingDoctor hospital pharmacy careManager advanceCarePlan \
    resuscitationWish placeOfCareWish note";

#[test]
fn staff_are_known_people_at_known_facilities() {
    let sample = sample();
    let mut ids = BTreeSet::new();
    for person in &sample.region.staff {
        assert!(ids.insert(&person.login_id), "{} twice", person.login_id);
        assert!(PROFESSIONS.contains(&person.profession.as_str()), "{}", person.profession);
        assert!(!person.facilities.is_empty());
        assert!(person.facilities.iter().all(|position| sample.region.facility(&position.key).is_some()));
    }
    for facility in &sample.region.facilities {
        let admin = |person: &&Staff| {
            person.facilities.iter().any(|position| position.key == facility.key && position.facility_admin)
        };
        let admins = sample.region.staff.iter().filter(admin).count();
        assert!((1..=2).contains(&admins), "{}: {admins} admins", facility.key);
    }
}

#[test]
fn teams_have_one_host_and_mixed_facilities() {
    let sample = sample();
    let mut numbers = BTreeSet::new();
    for patient in &sample.patients {
        assert!(numbers.insert((&patient.facility, &patient.number)), "{}: number twice", patient.key);
        let hosts: Vec<_> = patient.members.iter().filter(|member| member.role == Role::Host).collect();
        assert!(hosts.len() == 1 && hosts[0].facility == patient.facility, "{}: host", patient.key);
        assert!((5..=10).contains(&patient.members.len()), "{}: team size", patient.key);
        let facilities: BTreeSet<_> = patient.members.iter().map(|member| &member.facility).collect();
        assert!(facilities.len() >= 3, "{}: facilities", patient.key);
        for member in &patient.members {
            let person = sample.region.person(&member.login_id).expect("a member is staff");
            assert!(person.works_at(&member.facility), "{} at {}", member.login_id, member.facility);
            assert_eq!(member.until_in_days.is_some(), member.role == Role::Guest, "{}", member.login_id);
        }
        let people: BTreeSet<_> = patient.members.iter().map(|member| &member.login_id).collect();
        assert_eq!(people.len(), patient.members.len(), "{}: a member twice", patient.key);
    }
}

#[test]
fn face_sheets_grow_by_versions_of_members() {
    let sample = sample();
    let known: BTreeSet<_> = SHEET_FIELDS.split_whitespace().collect();
    for calendar in starts() {
        for patient in &sample.patients {
            assert!((2..=5).contains(&patient.face_sheet.len()), "{}: versions", patient.key);
            let mut before = (Timestamp::MIN, None);
            for (version, sheet) in patient.sheets() {
                let at = calendar.instant(version.when);
                member_at(patient, &version.by, at, &calendar);
                assert!(at > before.0 && at <= calendar.in_minutes(0), "{}: {at}", patient.key);
                assert!(
                    !version.reason.is_empty() && before.1.as_ref() != Some(&sheet),
                    "{}: {at}",
                    patient.key
                );
                assert!(
                    sheet.keys().all(|field| known.contains(field.as_str())),
                    "{}: {sheet:?}",
                    patient.key
                );
                assert!(
                    ["name", "kana", "birthDate", "gender", "address"].iter().all(|f| sheet.contains_key(*f))
                );
                before = (at, Some(sheet));
            }
        }
    }
}

#[test]
fn birth_dates_and_choices_are_valid() {
    let mut partial = 0;
    for (_, sheet) in sample().patients.iter().flat_map(Patient::sheets) {
        let birth = &sheet["birthDate"];
        partial += usize::from(birth.len() == 7);
        let day = if birth.len() == 7 { format!("{birth}-01") } else { birth.clone() };
        assert!(day.parse::<jiff::civil::Date>().is_ok(), "{birth}");
        assert!(["male", "female", "other", "unknown"].contains(&sheet["gender"].as_str()));
        let levels = "自立 要支援1 要支援2 要介護1 要介護2 要介護3 要介護4 要介護5 申請中";
        assert!(sheet.get("careLevel").is_none_or(|level| levels.split(' ').any(|known| known == level)));
    }
    assert!(partial > 0, "one birth date is known to the month only");
}

#[test]
fn readings_are_katakana() {
    let sample = sample();
    let sheets = sample.patients.iter().flat_map(Patient::sheets).map(|(_, sheet)| sheet["kana"].clone());
    let facilities = sample.region.facilities.iter().map(|facility| facility.kana.clone());
    let staff = sample.region.staff.iter().map(|person| person.kana.clone());
    for kana in sheets.chain(facilities).chain(staff) {
        assert!(!kana.is_empty() && kana.chars().all(|c| matches!(c, 'ァ'..='ヶ' | 'ー' | ' ')), "{kana}");
    }
}

#[test]
fn no_telephone_number_could_ring() {
    let sources = PATIENTS.iter().map(|(_, text)| *text).chain([REGION]);
    let is_number = |word: &&str| word.len() >= 10 && word.matches('-').count() >= 2;
    for text in sources {
        for word in text.split(|c: char| !c.is_ascii_digit() && c != '-').filter(is_number) {
            let date = word.parse::<jiff::civil::Date>().is_ok();
            assert!(date || word == "000-0000-0000", "{word}");
        }
        let digits = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() >= 7);
        assert!(digits.clone().all(|run| run.bytes().all(|b| b == b'0')), "{:?}", digits.collect::<Vec<_>>());
    }
}
