//! The device registry (端末台帳; guideline, Ops 8.4) for a spreadsheet program: one line for each device and person.

use super::model::{FacilityDevice, Owner};
use crate::web::{
    csv,
    ui::{Profession, time},
};
use crate::words::t;

const HEAD: [&str; 10] = [
    "端末",
    "種類",
    "使う人",
    "職種",
    "持ち主",
    "承認",
    "証明書",
    "はじめて使った日時",
    "最後に使った日時",
    "端末のID",
];

pub fn file(devices: Vec<FacilityDevice>) -> String {
    csv::file(HEAD.map(t), devices.into_iter().map(line))
}

fn line(d: FacilityDevice) -> [String; 10] {
    let profession = Profession::of(&d.profession);
    [
        d.name,
        d.kind.label().to_owned(),
        d.person,
        profession.label().to_owned(),
        d.owner.map_or("", Owner::label).to_owned(),
        d.standing.label().to_owned(),
        d.certificate.unwrap_or_default(),
        time::machine(d.first_seen),
        time::machine(d.last_seen),
        d.id.to_string(),
    ]
}
