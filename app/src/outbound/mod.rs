//! Everything that leaves this machine by itself. Whoever calls another host does it from here or from `mail`, and every
//! host is one that the configuration names: see [`declared_hosts`].

mod call;
mod declared;
mod target;
pub mod tls;
mod webhook;

pub use call::{Answer, call};
pub use declared::{Host, declared_hosts, with_port};
pub use target::{Target, is_public};
pub use webhook::{KIND, enqueue_now, payload, signature};
