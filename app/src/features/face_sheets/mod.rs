//! The face sheet (患者基礎情報): fields, versions, two savers at once.

mod birth_date;
pub mod conflict_views;
pub mod edit_views;
mod field_table;
pub mod fields;
#[cfg(test)]
mod fields_tests;
pub mod merge;
#[cfg(test)]
mod merge_tests;
pub mod read;
pub mod version_views;
pub mod views;
