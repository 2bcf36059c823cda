//! Vital signs and wounds (バイタル): measured values as records, from the text of a post, a form, a file or another system; charts,
//! reference ranges of one patient, and pictures of one wound in their order.
//!
//! *Owns* `care.observation`, `care.observation_notice`, `care.observation_seen`. *Emits* `observations.changed`, and `notice` where a
//! value crosses the patient's range. *Needs* groups and face sheets for the frame of its pages. *Who*: members of the patient's group read
//! and record, from where their timeline begins; the author of a post makes data of it; author and host withdraw; the host and
//! the team's doctors set ranges. Views and acts leave an access event. While the group is archived nothing is recorded.

pub mod acts;
pub mod api;
mod chart;
mod csv_list;
pub mod csv_routes;
mod csv_standing;
mod csv_views;
pub mod fhir;
mod form;
mod form_views;
pub mod model;
pub mod of_post;
pub mod parse;
pub mod ranges;
pub mod read;
pub mod routes;
pub mod rules;
pub mod sign;
pub mod sites;
pub mod store;
mod streams;
pub mod strip;
pub mod views;
mod wound_views;
pub mod wounds;
pub mod wounds_api;

pub use streams::Streams;
