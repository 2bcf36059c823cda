//! Papers: contracts and the like, encrypted, for the operator alone or for one facility's admins. Every opening is written.

pub mod acts;
pub mod routes;
pub mod views;

/// Kinds of papers.
pub const KINDS: &[(&str, &str)] = &[
    ("contract", "契約書"),
    ("pledge", "誓約書・覚書"),
    ("report", "監査・点検の報告書"),
    ("manual", "手順書・マニュアル"),
    ("other", "その他"),
];
