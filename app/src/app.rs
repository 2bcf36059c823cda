//! What every part shares. No statics: whatever a handler needs hangs here.

use std::sync::Arc;

use crate::{
    config::Config,
    db::Db,
    features::{
        devices, disclosure, documents, notifications, search::Searches, single_sign_on, status, stream::Hub,
        vitals,
    },
    people::People,
    seal::Keys,
};

#[derive(Debug)]
pub struct App {
    pub config: Config,
    pub db: Db,
    pub keys: Keys,
    pub people: People,
    pub hub: Hub,
    pub blobs: intake::blob::Store,
    pub intake: intake::Intake,
    pub scanner: intake::scan::Scanner,
    /// Rung when a file waits for the scanner.
    pub scan_wanted: tokio::sync::Notify,
    /// Mebibytes that uploads on their way in may take together.
    pub upload_memory: tokio::sync::Semaphore,
    /// The state of the port: connections, certificate.
    pub port: crate::web::listen::Port,
    /// What the listener for devices knows of certificates.
    pub devices: devices::certificates::Gate,
    /// Which terms are demanded now, and which sessions have accepted them.
    pub terms: documents::Gate,
    /// Identity providers: what is known of them now.
    pub single_sign_on: single_sign_on::Providers,
    /// What strangers are shown about this deployment.
    pub board: disclosure::Board,
    /// How available this deployment is and was.
    pub status: status::Status,
    /// Pages that are open now, so that one view is one row in the access log.
    pub openings: crate::audit::Openings,
    /// Which groups have vital signs at all.
    pub vitals: vitals::Streams,
    /// Rung when a job waits.
    pub jobs: crate::jobs::Bell,
    /// What pushes are signed with.
    pub push_key: notifications::Key,
    pub watch: crate::watch::Watch,
    /// Whether this node runs the schedules now.
    pub leader: std::sync::atomic::AtomicBool,
    /// Folded text in memory, and whose turn it is to search.
    pub search: Searches,
    /// Who gets in, and how much at once.
    pub admission: crate::web::admission::Admission,
}

pub type Shared = Arc<App>;

impl App {
    pub fn unix_seconds(&self) -> u64 {
        u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default()
    }
}
