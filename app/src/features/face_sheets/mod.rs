//! The face sheet (患者基礎情報): fields, versions, two savers at once; the summary card (患者連携サマリー), which is its section
//! `summary` with who has read it (`docs/decisions/0028-saying-it-well.md`).
//!
//! *Owns* `care.face_sheet_version`. *Emits* `face_sheet.changed`, `face_sheet.read`. *Needs* nothing of another capability. *Who*: members
//! of the patient's group and the admins of the managing facility read and save; while the group is archived nobody
//! saves. Every view and every save leaves an access event.

pub mod acts;
pub mod api;
mod birth_date;
pub mod card;
pub mod card_api;
mod card_routes;
mod card_views;
pub mod conflict_views;
mod edit_form;
pub mod edit_views;
mod field_table;
pub mod fields;
#[cfg(test)]
mod fields_tests;
pub mod merge;
#[cfg(test)]
mod merge_tests;
pub mod model;
mod pages;
pub mod read;
pub mod room;
pub mod routes;
pub mod store;
pub mod summary;
pub mod version_views;
pub mod views;
