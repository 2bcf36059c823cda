//! `[limits]`: what the server takes from callers, and how fast.

use limits::{Rate, shape::Shape};
use serde::Deserialize;

use crate::{Error, Result};

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest upload, in bytes.
    pub file_bytes: u64,
    /// Seconds that one request may take.
    pub request_seconds: u64,
    /// Seconds that a request with files in it may take.
    pub upload_seconds: u64,
    /// Seconds that one waits for the body of a form or of JSON, at the most.
    pub body_seconds: u64,
    /// Seconds that a body may stall before it has to come at `body_bytes_per_second`.
    pub body_grace_seconds: u64,
    pub body_bytes_per_second: u64,
    /// Requests of one session: in the long run, and at once. 0 per second is no limit.
    pub session_per_second: u32,
    pub session_burst: u32,
    /// Requests without a session of one address block (IPv4 /24, IPv6 /48).
    pub stranger_per_second: u32,
    pub stranger_burst: u32,
    /// All requests of one address block: a hospital's hundreds of people share one.
    pub block_per_second: u32,
    pub block_burst: u32,
    /// Requests that are worked on at the same time; more wait `queue_millis` and are then asked to come back.
    pub in_work: usize,
    pub queue_millis: u64,
    /// Uploads on their way in at the same time.
    pub uploads: usize,
    /// Live streams of one session: tabs.
    pub streams_per_session: usize,
    /// Objects and arrays inside one another in JSON, and members or form fields in all.
    pub body_depth: usize,
    pub body_members: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 50 * 1024 * 1024,
            request_seconds: 30,
            upload_seconds: 600,
            body_seconds: 30,
            body_grace_seconds: 10,
            body_bytes_per_second: 2_048,
            session_per_second: 20,
            session_burst: 300,
            stranger_per_second: 20,
            stranger_burst: 300,
            block_per_second: 500,
            block_burst: 5_000,
            in_work: 128,
            queue_millis: 400,
            uploads: 32,
            streams_per_session: 10,
            body_depth: 16,
            body_members: 1_000,
        }
    }
}

impl Limits {
    pub fn session(&self) -> Rate {
        Rate { per_second: self.session_per_second, burst: self.session_burst }
    }

    pub fn stranger(&self) -> Rate {
        Rate { per_second: self.stranger_per_second, burst: self.stranger_burst }
    }

    pub fn block(&self) -> Rate {
        Rate { per_second: self.block_per_second, burst: self.block_burst }
    }

    pub fn shape(&self) -> Shape {
        Shape { depth: self.body_depth, members: self.body_members }
    }

    /// The same without rates: for loopback trials and benches, where a handful of sessions stands for everybody.
    pub fn without_rates(self) -> Self {
        Self { session_per_second: 0, stranger_per_second: 0, block_per_second: 0, ..self }
    }

    pub(super) fn check(&self) -> Result<()> {
        let needed = [
            ("in_work", self.in_work as u64),
            ("uploads", self.uploads as u64),
            ("streams_per_session", self.streams_per_session as u64),
            ("body_bytes_per_second", self.body_bytes_per_second),
            ("body_seconds", self.body_seconds),
            ("request_seconds", self.request_seconds),
            ("body_depth", self.body_depth as u64),
            ("body_members", self.body_members as u64),
        ];
        match needed.iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(Error::Internal(format!("limits.{name} must be at least 1"))),
            None => Ok(()),
        }
    }
}

/// The section of the example, with today's defaults.
pub(super) fn example() -> String {
    let d = Limits::default();
    format!(
        r#"[limits]
# Largest upload, in bytes.
file_bytes = {file_bytes}
# Seconds that one request may take, and that a request with files in it may take.
request_seconds = {request_seconds}
upload_seconds = {upload_seconds}
# A form's or JSON's body: seconds in all, seconds that it may stall, and how fast it has to come after that.
body_seconds = {body_seconds}
body_grace_seconds = {body_grace_seconds}
body_bytes_per_second = {body_bytes_per_second}
# Requests a second in the long run, and at once: of one session, of one address block (IPv4 /24, IPv6 /48) without a
# session, and of one address block in all. 0 per second: no limit.
session_per_second = {session_per_second}
session_burst = {session_burst}
stranger_per_second = {stranger_per_second}
stranger_burst = {stranger_burst}
block_per_second = {block_per_second}
block_burst = {block_burst}
# Requests in work at the same time. More wait for queue_millis and are then asked to come back (503).
in_work = {in_work}
queue_millis = {queue_millis}
# Uploads on their way in at the same time; live streams (tabs) of one session.
uploads = {uploads}
streams_per_session = {streams_per_session}
# JSON: levels and members; forms: fields.
body_depth = {body_depth}
body_members = {body_members}
"#,
        file_bytes = d.file_bytes,
        request_seconds = d.request_seconds,
        upload_seconds = d.upload_seconds,
        body_seconds = d.body_seconds,
        body_grace_seconds = d.body_grace_seconds,
        body_bytes_per_second = d.body_bytes_per_second,
        session_per_second = d.session_per_second,
        session_burst = d.session_burst,
        stranger_per_second = d.stranger_per_second,
        stranger_burst = d.stranger_burst,
        block_per_second = d.block_per_second,
        block_burst = d.block_burst,
        in_work = d.in_work,
        queue_millis = d.queue_millis,
        uploads = d.uploads,
        streams_per_session = d.streams_per_session,
        body_depth = d.body_depth,
        body_members = d.body_members,
    )
}
