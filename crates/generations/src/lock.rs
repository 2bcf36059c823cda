//! Whether a bucket lets nobody delete: Object Lock with a default retention in compliance mode.

use object_store::ClientOptions;
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::{HttpConnector, HttpRequestBody, ReqwestConnector};

use crate::error::At;
use crate::{Bucket, Error};

/// The default retention of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// `COMPLIANCE`: nobody, not even the account's owner, deletes a version before its time. `GOVERNANCE`: some may.
    pub mode: String,
    /// How long.
    pub days: u32,
}

impl Lock {
    /// Whether it keeps generations out of everybody's reach for at least these days.
    pub fn holds_for(&self, days: u32) -> bool {
        self.mode == "COMPLIANCE" && self.days >= days
    }
}

/// Asks the store; `None` where the bucket has no lock or no default retention.
///
/// # Errors
/// [`Error::Store`] if it does not answer, [`Error::Io`] for an unreadable certificate.
pub async fn of(bucket: &Bucket) -> Result<Option<Lock>, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::Store(error.to_string());
    let mut options = ClientOptions::new();
    if let Some(file) = &bucket.ca_file {
        let pem = std::fs::read(file).at(file)?;
        for certificate in object_store::Certificate::from_pem_bundle(&pem)? {
            options = options.with_root_certificate(certificate);
        }
    }
    let client = ReqwestConnector::default().connect(&options)?;
    let mut request = http::Request::get(format!("{}/{}?object-lock=", bucket.endpoint, bucket.name))
        .body(HttpRequestBody::empty())
        .map_err(|error| failed(&error))?;
    let credential =
        AwsCredential { key_id: bucket.key.clone(), secret_key: bucket.secret.clone(), token: None };
    AwsAuthorizer::new(&credential, "s3", &bucket.region)
        .try_authorize(&mut request, None)
        .map_err(|error| failed(&error))?;
    let answer = client.execute(request).await.map_err(|error| failed(&error))?;
    let status = answer.status();
    let text = answer.into_body().bytes().await.map_err(|error| failed(&error))?;
    match status.as_u16() {
        200 => Ok(read(&String::from_utf8_lossy(&text))),
        404 => Ok(None),
        other => Err(Error::Store(format!("asked for its Object Lock, it answers {other}"))),
    }
}

fn read(xml: &str) -> Option<Lock> {
    let within = |tag: &str| {
        let (_, rest) = xml.split_once(&format!("<{tag}>"))?;
        rest.split_once(&format!("</{tag}>")).map(|(text, _)| text.trim())
    };
    let number = |tag| within(tag).and_then(|text| text.parse::<u32>().ok()).filter(|n| *n > 0);
    let days = number("Days").or_else(|| number("Years").map(|years| years * 365))?;
    Some(Lock { mode: within("Mode")?.to_owned(), days })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_compliance_for_long_enough_counts() {
        let answer = |mode: &str, rule: &str| {
            read(&format!(
                "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>{mode}</Mode>{rule}</DefaultRetention></Rule></ObjectLockConfiguration>"
            ))
        };
        assert!(answer("COMPLIANCE", "<Days>8</Days>").is_some_and(|lock| lock.holds_for(8)));
        assert!(answer("COMPLIANCE", "<Days>0</Days><Years>1</Years>").is_some_and(|lock| lock.holds_for(8)));
        assert!(!answer("COMPLIANCE", "<Days>7</Days>").unwrap().holds_for(8));
        assert!(!answer("GOVERNANCE", "<Days>30</Days>").unwrap().holds_for(8));
        assert_eq!(
            read(
                "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"
            ),
            None
        );
    }
}
