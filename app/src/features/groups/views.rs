//! The groups of a person: the list, the header of one group, and the card of its patient.

mod header;
mod list;
mod sample;

pub use crate::features::face_sheets::room::GroupKind;
pub use crate::features::face_sheets::summary::{PatientSummary, side_pane, strip};
pub use header::{GroupHeader, GroupTab, header};
pub use list::{Filter, GroupList, GroupRow, LastPost, list_pane, page, rows};
pub use sample::sample_now;
