//! The port: an accept loop over hyper for HTTPS (HTTP/1.1 and HTTP/2) and for plain HTTP/1.1 on loopback.
//!
//! * **TLS by the profile** of `tls-profile`; the certificate is read again when its files change, without a dropped
//!   connection ([`Live`]), and may come from an ACME authority by tls-alpn-01 ([`acme`]).
//! * **Slow clients** lose their connection: time for the handshake, for the first bytes, for a request's head, and for
//!   taking an answer.
//! * **Many clients**: connections in total and for each address block, streams, resets and header bytes are bounded
//!   ([`Limits`]). Who comes beyond is turned away cheaply.
//! * **An ending server** lets running requests finish.
//!
//! The service sees who is at the other end as a [`Peer`] in the request's extensions.

pub mod acme;
mod connection;
mod limits;
mod listener;
mod live;
mod redirect;
mod room;
mod watched;

pub use limits::Limits;
pub use listener::{Door, Peer, serve};
pub use live::{Live, Settings, Status};
pub use redirect::redirect;
pub use room::{Block, Counts, Stats, block};
pub use tls_profile;
