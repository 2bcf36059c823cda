//! The form and the list of visit records, and the page between two houses.

mod before;
mod records;

pub use before::{BeforeView, before_page, headline};
pub use records::{NewView, RecordsView, Saved, new_page, records_page};
