//! The capabilities of the product, one folder each: what it owns, its acts, its screens.

pub mod access_log;
pub mod accounts;
pub mod alarms;
pub mod announcements;
pub mod backups;
pub mod connections;
pub mod departures;
pub mod disclosure;
pub mod documents;
pub mod face_sheets;
pub mod facilities;
pub mod files;
pub mod groups;
pub mod home;
pub mod incidents;
pub mod invitations;
pub mod notices;
pub mod operators;
pub mod patients;
pub mod posts;
pub mod regions;
pub mod service_modes;
pub mod sign_in;
pub mod status;
pub mod stream;
pub mod support;
