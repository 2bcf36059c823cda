//! 運転モード: how much of the service there is, for everybody or for one facility.
//!
//! *Owns* `care.service_mode_event`, `sec.service_mode`. *Emits* nothing. *Needs* facilities (to name one). *Who*: operators
//! set it, in the console or from the command line when the web does not answer. The database refuses what a mode does
//! not allow: `sec.caller`, `sec.chain` and the triggers `in_service` ask `sec.must_be_in_service`.

pub mod acts;
pub mod routes;
pub mod views;
