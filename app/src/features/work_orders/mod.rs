//! Work orders (作業指示): the rare case in which an operator looks after what belongs to one facility.
//!
//! *Owns* `care.work_order`, `care.work_order_step`, `care.work_order_act`, `sec.maintenance_key`. *Emits* `notice`, letters. *Needs*
//! operators, facilities, support (the desk's key, for an objection's words). *Who*: operators ask and approve, never the same person;
//! who asked may use `renkei maintain` in the time box; the facility's admin agrees where the deployment wants it, and signs the
//! report off or objects.
//!
//! There is no way from here to anything that was written about a patient: the grant opens three statements over ids, counts, sizes and states.
//! Guideline: remote maintenance by plan, approval, record and report (A-18, A-19, A-20 of the rules).

pub mod acts;
pub mod facility_routes;
mod facility_views;
mod letters;
pub mod model;
mod operator_forms;
pub mod operator_routes;
mod operator_views;
