//! お知らせ from whoever runs the deployment: written once, corrected by new versions, read by the people they are for.
//!
//! *Owns* `care.announcement`, `care.announcement_version`, `care.announcement_read`. *Emits* nothing: an announcement is
//! there on the next page. *Needs* facilities (kinds in words), regions. *Who*: operators write and see how many have read, by
//! facility, never who; any signed-in person reads what is for the facility for which they act.

pub mod acts;
pub mod api;
pub mod model;
pub mod operator_routes;
pub mod operator_views;
pub mod routes;
pub mod views;
