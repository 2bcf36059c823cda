//! Invented people with long and short names.

use uuid::Uuid;

use super::super::Author;
use crate::web::ui::Profession::{self, *};

/// (name, profession, facility); the first is the viewer of the samples.
const PEOPLE: [(&str, Profession, &str); 12] = [
    ("五十嵐 みずほ", Nurse, "そらまめ訪問看護ステーション"),
    ("桑原 誠一郎", Doctor, "ひだまり坂クリニック"),
    ("勅使河原 玲奈", Pharmacist, "みつばち薬局 三丁目店"),
    ("皆川 陽子", CareManager, "居宅介護支援事業所 つむぎ"),
    ("太田 フミ", Helper, "ヘルパーステーション ゆずの木"),
    ("城戸 航", PhysicalTherapist, "そらまめ訪問看護ステーション"),
    ("長曽我部 ジャクリーン 由紀", DentalHygienist, "医療法人社団ことりの森 訪問歯科クリニック"),
    ("佐野 真理", SocialWorker, "つきのわ病院"),
    ("百目鬼 真由美", Dietitian, "つきのわ病院"),
    ("八重樫 大輔", Dentist, "医療法人社団ことりの森 訪問歯科クリニック"),
    ("柚木 さくら", Clerk, "ひだまり坂クリニック"),
    ("綾小路 千恵子", SpeechTherapist, "そらまめ訪問看護ステーション"),
];

const GIVEN: [&str; 4] = ["", " (二)", " (三)", " (四)"];

pub(super) fn author(n: usize) -> Author {
    let (name, profession, facility) = PEOPLE[n];
    Author {
        account_id: Uuid::from_u128(1 + n as u128),
        name: name.to_owned(),
        reading: String::new(),
        profession,
        facility: facility.to_owned(),
    }
}

pub(super) fn name(n: usize) -> String {
    format!("{}{}", PEOPLE[n % PEOPLE.len()].0, GIVEN[n / PEOPLE.len() % GIVEN.len()])
}

pub(super) fn profession(n: usize) -> Profession {
    PEOPLE[n % PEOPLE.len()].1
}

pub(super) fn facility(n: usize) -> &'static str {
    PEOPLE[n % PEOPLE.len()].2
}
