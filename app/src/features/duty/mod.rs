//! 当番・代理: who is on duty in a facility, who stands in for whom, and by which telephone people want to be reached at work.
//!
//! *Owns* `care.duty`, `care.substitute`, `care.shown_phone`. *Emits* `notice` to whoever gets the duty. *Needs* facilities (staff).
//! *Who*: who is on duty is for any signed-in person, like the directory; whoever has the duty, or the facility's admin, hands it over, and
//! where nobody has it anybody of the facility takes it; the substitute and the telephone are each person's own (the admin may set substitutes).

pub mod acts;
pub mod api;
pub mod model;
pub mod read;
pub mod routes;
pub mod views;
