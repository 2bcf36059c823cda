//! Groups: the streams of one patient, and who is in them now.
//!
//! *Owns* `care.groups`, `care.group_state`, `care.stream`, `care.membership`, `care.membership_event`, `care.invitation`.
//! *Emits* `member.*` (one for each record of the membership stream), `membership.ended`, `notice`. *Needs* patients and
//! face sheets (for names). *Who*: members of now; the admin of the managing facility opens the group, sees who is in
//! it and may act as the host does, but reads no post; the host removes, hands over and archives.

mod act_routes;
pub mod act_views;
pub mod acts;
pub mod api;
pub mod frame;
pub mod member_views;
pub mod model;
pub mod pages;
pub mod read;
pub mod refusals;
pub mod routes;
pub mod store;
pub mod views;
