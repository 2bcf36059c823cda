//! お願い: whom a post asks, what waits for whom, and what was done about it.
//!
//! *Owns* `care.asked`, `care.ask_notice`. *Emits* `post.handled`, `post.called`, `post.overdue`, and `notice` to whoever is reminded.
//! *Needs* posts (which write down whom they ask, in their own act), duty (who stands in), groups. *Who*: members of now see whom a post asks;
//! 対応済 is for those asked and the author, once; calls are recorded by any member. Reminders come from a schedule.

pub mod acts;
pub mod api;
pub mod model;
pub mod read;
pub mod routes;
mod store;
pub mod views;
