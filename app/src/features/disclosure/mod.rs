//! 情報提供: the safety-management disclosure, generated from what is configured, measured, tested and written down.
//!
//! *Owns* `care.disclosure_edition`. *Emits* nothing. *Needs* alarms, backups, documents, incidents, operators. *Who*: everybody reads it; operators
//! publish editions. A はい is earned: `controls/controls.toml` names the tests, predicates, measurements and documents
//! behind each, and what does not hold now prints いいえ with its reason.

pub mod acts;
pub mod answers;
pub mod catalogue;
mod chapters;
mod diagram;
pub mod facts;
pub mod leaflet;
mod measured;
pub mod operating_rules;
pub mod outline;
pub mod predicates;
pub mod routes;
pub mod state;
pub mod views;

pub use chapters::disclosure;
pub use state::State;
