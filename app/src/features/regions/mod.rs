//! 地域: the areas of the deployment, each that of a secretariat, and which facility lies in which.
//!
//! *Owns* `care.region`, `care.region_version`, `care.facility_region`. *Emits* nothing: what is addressed to a region asks
//! for it on the next page. *Needs* facilities. *Who*: operators make and rename regions and put facilities into them.

pub mod acts;
pub mod routes;
pub mod views;
