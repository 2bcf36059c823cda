//! 地域: the areas of the deployment, each that of a secretariat, and which facility lies in which; the policy of a region and which
//! facility accepted which version of it.
//!
//! *Owns* `care.region`, `care.region_version`, `care.facility_region`, `care.region_policy`, `care.region_policy_acceptance`. *Emits*
//! nothing: what is addressed to a region asks for it on the next page. *Needs* facilities, operators. *Who*: operators make and
//! rename regions and put facilities into them; operators and the secretariat of the region publish its policy, tell its facilities
//! and see counts, never content; a facility's staff read the policy of its region, its admin accepts it.

pub mod acts;
pub mod desk_routes;
pub mod desk_views;
pub mod facility_routes;
pub mod facility_views;
pub mod read;
pub mod routes;
pub mod views;
