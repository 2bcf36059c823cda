//! The request line and the headers: as long as a browser's, not longer.

use axum::{extract::Request, http::HeaderMap};

use crate::{Error, Result};

/// Names and values together. Browsers send one or two thousand bytes, a front some hundred more.
const HEADER_BYTES: usize = 16 * 1024;
const HEADERS: usize = 64;
/// The longest address of ours, a filter of the access log, has a few hundred.
const PATH_BYTES: usize = 1_024;
const QUERY_BYTES: usize = 4 * 1_024;
/// Parameters of a query.
const PARAMETERS: usize = 64;

pub(super) fn check(request: &Request) -> Result<()> {
    let query = request.uri().query().unwrap_or_default();
    if request.uri().path().len() > PATH_BYTES || query.len() > QUERY_BYTES {
        return Err(Error::AddressTooLong);
    }
    if query.bytes().filter(|byte| *byte == b'&').count() >= PARAMETERS {
        return Err(Error::AddressTooLong);
    }
    let headers = request.headers();
    if headers.len() > HEADERS || bytes(headers) > HEADER_BYTES {
        return Err(Error::HeadersTooLarge);
    }
    Ok(())
}

fn bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}
