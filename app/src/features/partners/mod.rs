//! Partner institutions (連携機関): who shares information about a patient, and with whom a facility works, as
//! 在宅医療情報連携加算 asks to be counted and posted up. Counts and times, no words of a record.
//!
//! *Owns* nothing: reads only, over memberships and posts. *Who*: members of the group for one patient; the facility's admin for
//! all patients of the facility. Whether two facilities are 特別の関係 is not known here, and the pages say so.

pub mod api;
mod read;
pub mod routes;
pub mod views;
