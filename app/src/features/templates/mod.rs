//! Templates (定型文): forms whose filling-in becomes an ordinary post of readable plain text.
//!
//! *Owns* `care.template`, `care.template_version`, `care.deployment_template_version`; those of the product are files (`built_in/`).
//! *Emits* what a post emits. *Needs* posts (the act), groups (the frame), operators. *Who*: everybody uses their own, those of the facility
//! for which they act, the deployment's and the product's; everybody writes their own, the facility's admin the facility's, operators the
//! deployment's. On a group's pages members alone; everybody else gets a 404.
//!
//! A template is one text (`form.rs` reads it), so it can be written on any phone, compared and kept in versions.

pub mod acts;
pub mod api;
mod built_in;
mod console_routes;
mod console_views;
mod deployment;
mod edit_routes;
mod edit_views;
mod fill;
mod form;
pub mod model;
pub mod read;
mod store;
mod use_routes;
mod use_views;

use axum::Router;
use uuid::Uuid;

use crate::app::Shared;

/// Id and version of the built-in template of this name.
pub fn named(name: &str) -> Option<(Uuid, u32)> {
    built_in::all().iter().find(|t| t.name == name).map(|t| (t.id, t.version))
}

pub fn routes() -> Router<Shared> {
    edit_routes::routes().merge(use_routes::routes()).merge(console_routes::routes())
}
