//! Visit records (訪問記録), and the page before a visit: what has happened since one's last one.
//!
//! A record is an ordinary post of the team timeline with a readable body, written by a form that asks what
//! 在宅医療情報連携加算 wants to be shared: the next date, whether the plan changed and how, and cautions. Beside the post
//! stands a row with the same in parts, so that lists need not read prose.
//!
//! *Owns* `care.visit_record`, `care.visit_mark`. *Emits* nothing of its own. *Needs* posts, visits, tasks, face sheets. *Who*:
//! members of now; whoever may read the post reads the record.

pub mod acts;
pub mod api;
pub mod before;
pub mod before_api;
mod forms;
pub mod model;
pub mod read;
pub mod routes;
pub mod rules;
pub mod views;
