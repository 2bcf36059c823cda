use crate::*; use uuid::Uuid; use crate::{app::*, auth::Actor};
pub struct Upload { pub client_id: Uuid, pub name: String, pub class: record::FileClass, pub bytes: bytes::Bytes }
pub struct Taken { pub id: Uuid }
pub async fn take_in(_: &App, _: &Actor, _: Upload) -> Result<Taken> { Err(Error::NotFound) }
pub async fn receive(_: &Shared, _: &Actor, _: axum::extract::multipart::Field<'_>, _: &str) -> Result<Uuid> { Err(Error::NotFound) }
