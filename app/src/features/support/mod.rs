//! お問い合わせ: the support desk. Anybody asks; operators answer; a contentless letter leads to the answer once.
//!
//! *Owns* `care.desk_key`, `care.inquiry`, `care.inquiry_answer`, `care.inquiry_state`, `sec.inquiry_link`,
//! `sec.inquiry_knock`. *Emits* letters. *Needs* sign-in (the sender's address block). *Who*: everybody may ask, signed in
//! or not; whoever asked signed in sees the own inquiries; operators see all. What is written is ciphertext in the
//! database, and nobody is asked for anything about a patient.

pub mod acts;
pub mod key;
pub mod model;
pub mod operator_routes;
pub mod operator_views;
pub mod routes;
pub mod views;
