//! Proxy entry (代行入力): a system outside enters a post in the name of somebody of its facility who agreed; she confirms it, or corrects
//! or withdraws it as her own (decision 0037, `docs/proxy-entry.md`).
//!
//! *Owns* `care.outside_system`, `care.proxy_consent`, `care.proxy_entry`, `sec.system_token`. *Emits* `post.created`, `post.confirmed`, and
//! `notice` to whoever is spoken for. *Needs* posts, groups (what they are called), asks (which tell her) and facilities (who is its admin).
//! *Who*: the facility's admin registers systems and makes their tokens; each person decides by herself who speaks for her, and alone
//! confirms; a system's token enters posts and opens nothing else.

pub mod acts;
pub mod api;
pub mod door;
pub mod enter;
pub mod facility_api;
pub mod facility_routes;
pub mod facility_views;
pub mod model;
pub mod routes;
pub mod rules;
pub mod systems;
pub mod views;
