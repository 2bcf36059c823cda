//! A certificate for `localhost`, made on the spot: for a demo on this machine, and for nothing else.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use jiff::{ToSpan as _, Zoned};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256};

use crate::{Error, Result, config::Tls};

/// Makes a new one at every start, good for a month. The browser warns: nobody vouches for it.
pub(super) fn make(folder: &Path) -> Result<Tls> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(Error::internal)?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).map_err(Error::internal)?;
    let today = Zoned::now().date();
    let day = |days: i64| {
        let date = today.saturating_add(days.days());
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    (params.not_before, params.not_after) = (day(-1), day(30));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.self_signed(&key).map_err(Error::internal)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(Error::internal)?;
    let (file, key_file) = (folder.join("certificate.pem"), folder.join("key.pem"));
    fs::write(&file, certificate.pem()).map_err(Error::internal)?;
    let _ = fs::remove_file(&key_file);
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&key_file)
        .and_then(|mut f| f.write_all(key.serialize_pem().as_bytes()))
        .map_err(Error::internal)?;
    // The synthetic user comes in by it.
    Ok(Tls { certificate: file.clone(), key: key_file, trusted_roots: file, ..Tls::default() })
}
