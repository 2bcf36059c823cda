//! What a server takes from a caller, and what not. No HTTP framework, no statics, no clock but the caller's.
//!
//! * [`address`]: who calls, when some of the hops are proxies that one trusts; and which callers share one count.
//! * [`Buckets`]: so many per second and so many at once for each key, in bounded memory.
//! * [`shape`]: how deep and how many-membered a body is, before anything parses it.
//! * [`Paced`]: a body that must keep coming.

pub mod address;
mod buckets;
mod paced;
pub mod shape;

pub use buckets::{Buckets, Rate};
pub use paced::{Pace, Paced, TooSlow};
