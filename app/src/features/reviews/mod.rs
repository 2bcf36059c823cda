//! Reviews (棚卸): each quarter a facility's admin goes through its accounts, and every host through the members of the own groups.
//! Also what ends by itself (guests by their date), and what nobody has used for ninety days.
//!
//! *Owns* `care.review`, `care.review_item`, `care.review_answer`, `care.review_state`, `care.review_key`, `care.review_signature`.
//! *Emits* `notice`, what the acts on memberships and suspensions emit, `member.expired`. *Needs* facilities (staff), groups (ending
//! a membership, titles). *Who*: accounts are answered by the facility's admin, memberships by the group's host of now; the admin sees
//! how far the hosts are, and of groups that other facilities manage neither the patient nor the members.
//!
//! Docs: decision record 0024; the guideline's periodic inventory of accounts is A-11 of the rules.

pub mod acts;
pub mod api;
mod csv;
pub mod expiry;
mod host_views;
mod letters;
pub mod model;
mod proof;
pub mod read;
mod result_views;
pub mod routes;
pub mod rules;
pub mod schedule;
pub mod unused;
mod unused_views;
mod views;
