//! Groups: the streams of one patient, of a free group, of two people; and who is in them now.
//!
//! *Owns* `care.groups`, `care.group_state`, `care.stream`, `care.membership`, `care.membership_event`, `care.invitation`.
//! *Emits* `member.*` (one for each record of the membership stream), `membership.ended`, `notice`. *Needs* patients and
//! face sheets (for names). *Who*: members of now; the admin of the managing facility opens the group, sees who is in
//! it and may act as the host does, but reads no post; the host removes, hands over and archives. Any staff opens a free group and is
//! its host; what it is called is a record of the membership stream. A conversation of two comes from a connection and has no host.

mod act_routes;
pub mod act_views;
pub mod acts;
pub mod api;
pub mod door;
pub mod frame;
pub mod member_views;
pub mod model;
pub mod pages;
pub mod read;
pub mod refusals;
pub mod routes;
pub mod rules;
pub mod store;
mod title_routes;
pub mod title_views;
pub mod views;
pub mod wording;
