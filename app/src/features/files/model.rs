//! A file as a post shows it.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Clone, Serialize, ToSchema)]
pub struct PostFile {
    pub id: Uuid,
    pub name: String,
    pub media_type: String,
    pub bytes: u64,
    pub sha256: String,
    pub class: String,
    pub state: String,
    pub has_thumbnail: bool,
}

crate::opaque_debug!(PostFile);
