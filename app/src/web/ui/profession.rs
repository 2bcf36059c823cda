//! The professions (職種) of the people in a team: code, word, icon and colour family.

/// A profession. The code is what the database and the API hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profession {
    Doctor,
    Dentist,
    Pharmacist,
    Nurse,
    PublicHealthNurse,
    Midwife,
    DentalHygienist,
    PhysicalTherapist,
    OccupationalTherapist,
    SpeechTherapist,
    CareManager,
    Helper,
    CareWorker,
    SocialWorker,
    Dietitian,
    Clerk,
    Other,
}

use Profession::*;

use crate::words::t;

/// (profession, code, word, icon, colour family), in the order in which lists show them.
const TABLE: [(Profession, &str, &str, &str, &str); 17] = [
    (Doctor, "doctor", "医師", "doctor", "p-doctor"),
    (Dentist, "dentist", "歯科医師", "dental", "p-dental"),
    (Pharmacist, "pharmacist", "薬剤師", "pharmacy", "p-pharmacy"),
    (Nurse, "nurse", "看護師", "nurse", "p-nurse"),
    (PublicHealthNurse, "public_health_nurse", "保健師", "nurse", "p-nurse"),
    (Midwife, "midwife", "助産師", "nurse", "p-nurse"),
    (DentalHygienist, "dental_hygienist", "歯科衛生士", "dental", "p-dental"),
    (PhysicalTherapist, "physical_therapist", "理学療法士", "rehab", "p-rehab"),
    (OccupationalTherapist, "occupational_therapist", "作業療法士", "rehab", "p-rehab"),
    (SpeechTherapist, "speech_therapist", "言語聴覚士", "speech", "p-rehab"),
    (CareManager, "care_manager", "ケアマネジャー", "manager", "p-manager"),
    (Helper, "helper", "ヘルパー", "helper", "p-helper"),
    (CareWorker, "care_worker", "介護福祉士", "helper", "p-helper"),
    (SocialWorker, "social_worker", "医療ソーシャルワーカー", "welfare", "p-welfare"),
    (Dietitian, "dietitian", "管理栄養士", "dietitian", "p-rehab"),
    (Clerk, "clerk", "事務", "id", "p-welfare"),
    (Other, "other", "その他の職種", "patient", "p-welfare"),
];

impl Profession {
    /// All professions in the order in which lists show them.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.into_iter().map(|row| row.0)
    }

    /// What the database and the API hold, for instance `care_manager`.
    pub fn code(self) -> &'static str {
        self.row().1
    }

    /// The profession with this code; `None` for a code that is not in the list.
    pub fn from_code(code: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == code).map(|row| row.0)
    }

    /// The same for showing: a code that is not in the list is another profession.
    pub fn of(code: &str) -> Self {
        Self::from_code(code).unwrap_or(Self::Other)
    }

    /// The word on the screen, for instance ケアマネジャー.
    pub fn label(self) -> &'static str {
        t(self.row().2)
    }

    /// The icon in the sprite. Related professions share one, the word tells them apart.
    pub fn icon(self) -> &'static str {
        self.row().3
    }

    /// The class of the colour family, for instance `p-nurse`.
    pub fn class(self) -> &'static str {
        self.row().4
    }

    fn row(self) -> &'static (Self, &'static str, &'static str, &'static str, &'static str) {
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_enum() {
        for (place, row) in TABLE.iter().enumerate() {
            assert_eq!(row.0 as usize, place, "{}", row.1);
            assert_eq!(Profession::from_code(row.1), Some(row.0));
        }
        assert_eq!(Profession::from_code("wizard"), None);
    }
}
