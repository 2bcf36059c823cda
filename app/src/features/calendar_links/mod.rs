//! One's own visits in the calendar of one's phone: a feed behind a secret link, without a patient's name or word.
//!
//! *Owns* `sec.calendar_link`. *Emits* nothing. *Needs* visits. *Who*: a person makes and ends the link for the facility for which
//! she acts; whoever has the link reads, without a session, until it is ended or renewed, the person leaves the facility, or the
//! facility allows managed devices only. Each fetch stands in the access log.

pub mod acts;
pub mod api;
pub mod ics;
pub mod routes;
pub mod views;
