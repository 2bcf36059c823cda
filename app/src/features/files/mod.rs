//! Files that people attach.
//!
//! ```text
//! upload ─► intake (what is it, pixels only, preview) ─► blobs under a key of the file's own ─► act.add_file ─► scan ─► ready
//!                                                                                    └► a post carries it: key under the stream's key
//! ```
//!
//! *Owns* `care.file`, `care.file_state`, `care.post_file`. *Emits* `file.scanned`, to the groups whose posts carry it.
//! *Needs* nothing of the others. *Who*: the uploader until a post carries it; then whoever may read the post. A relative ([`kin`]) opens what posts of the own family
//! timelines carry, by the functions of that door; a member lets files of a team post go along there ([`offered`]). Nobody opens a
//! file that is being scanned or was refused.

pub mod acts;
pub mod api;
pub mod attach;
pub mod blobs;
mod deliver;
pub(crate) mod kin;
pub mod list;
pub mod model;
mod name;
pub(crate) mod offered;
mod parts;
mod prove;
mod read;
mod refusals;
pub mod routes;
pub mod scan;
mod store;
pub mod views;

pub use blobs::{blob_key, digest_of, thumbnail_key};
pub(crate) use deliver::disposition;
pub use parts::Parts;
pub(crate) use parts::{read_past, short_text, whole_file};
pub use prove::proves;
use record::FileClass;

use crate::words::t;
pub(crate) use refusals::{intake as refused_by_intake, storage as refused_by_storage};

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
        "picture" => t("画像"),
        "examination" => t("検査"),
        "narcotics_ledger" => t("麻薬帳簿"),
        "medication_history" => t("薬歴"),
        "referral_letter" => t("紹介状"),
        _ => t("その他"),
    }
}
