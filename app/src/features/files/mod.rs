//! Files that people attach.
//!
//! *Owns* `care.file`, `care.file_state`, `care.post_file`. *Emits* nothing of its own: a file is seen through its post.
//! *Needs* posts. *Who*: the uploader until a post carries it; then whoever may read the post.

pub mod acts;
pub mod attach;
pub fn blob_key(id: uuid::Uuid) -> String { id.to_string() }
pub fn thumbnail_key(id: uuid::Uuid) -> String { format!("{id}t") }
pub mod model;

use record::FileClass;

/// The class as API, forms and database spell it.
pub fn class_code(class: FileClass) -> &'static str {
    match class {
        FileClass::Picture => "picture",
        FileClass::Examination => "examination",
        FileClass::NarcoticsLedger => "narcotics_ledger",
        FileClass::MedicationHistory => "medication_history",
        FileClass::ReferralLetter => "referral_letter",
        FileClass::Other => "other",
    }
}

pub fn class_from_code(code: &str) -> Option<FileClass> {
    [
        FileClass::Picture,
        FileClass::Examination,
        FileClass::NarcoticsLedger,
        FileClass::MedicationHistory,
        FileClass::ReferralLetter,
        FileClass::Other,
    ]
    .into_iter()
    .find(|class| class_code(*class) == code)
}

/// The class in the words of the screens.
pub fn class_word(code: &str) -> &'static str {
    match code {
        "picture" => "画像",
        "examination" => "検査",
        "narcotics_ledger" => "麻薬帳簿",
        "medication_history" => "薬歴",
        "referral_letter" => "紹介状",
        _ => "その他",
    }
}
