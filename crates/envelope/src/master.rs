use std::fmt;
use std::pin::Pin;

use crate::{Error, Secret};

/// An answer that may have to be fetched from another machine.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// The key above all others: a file, or a key store of the operator (KMS, PKCS#11, a transit engine).
///
/// It wraps facility keys only, a few per facility and year, so that a slow store is slow only when a facility is
/// first used. Asynchronous because such a store answers over a network.
pub trait MasterKey: fmt::Debug + Send + Sync {
    /// The key that wraps now. Store it beside what was wrapped: rows with another id are due to be wrapped anew.
    fn id(&self) -> &str;

    /// Whether whoever administers the host can come to the key, and so to every record. Printed in the disclosure.
    fn host_can_read(&self) -> bool;

    /// Wraps a key so that it unwraps in the same context only.
    fn wrap<'a>(&'a self, key: &'a Secret, context: &'a [u8]) -> Answer<'a, Vec<u8>>;

    /// Unwraps what [`MasterKey::wrap`] wrapped, under the present key or an earlier one.
    fn unwrap<'a>(&'a self, wrapped: &'a [u8], context: &'a [u8]) -> Answer<'a, Secret>;
}
