//! A good certificate is taken; each way of being wrong is refused and named.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use jiff::{Timestamp, ToSpan as _};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::CertificateDer;
use tls_profile::{Pair, Refused};

use crate::made::{self, NAME, key, leaf, private};

fn check(key: &KeyPair, leaf: CertificateDer<'static>) -> Result<Pair, Refused> {
    Pair::check(vec![leaf], private(key), &[NAME.to_owned()], Timestamp::now())
}

fn refused(what: &str, result: Result<Pair, Refused>) {
    let refused = result.expect_err(what).to_string();
    assert!(refused.contains(what), "{what:?} is not in: {refused}");
}

#[test]
fn good_keys_are_taken_and_described() {
    for (kind, words) in [("p256", "ECDSA P-256"), ("rsa-3072", "RSA 3072")] {
        let key = key(kind);
        let facts = check(&key, leaf(&key, |_| {})).expect(kind).facts;
        assert_eq!((facts.key.as_str(), facts.hash.as_str(), facts.chain), (words, "SHA-256", 1));
        assert_eq!(facts.names, [NAME]);
        assert!(!facts.self_signed && facts.ocsp.is_none() && facts.fingerprint.len() == 64);
    }
}

#[test]
fn weak_and_unlisted_keys_are_refused() {
    for (kind, words) in
        [("rsa-2048", "RSA 2048"), ("p521", "ECDSA 1.3.132.0.35"), ("ed25519", "1.3.101.112")]
    {
        let key = key(kind);
        refused(words, check(&key, leaf(&key, |_| {})));
    }
}

#[test]
fn wrong_times_names_and_keys_are_refused() {
    let key = key("p256");
    check(&key, leaf(&key, |_| {})).expect("the same key is fine otherwise");
    let day = |year| rcgen::date_time_ymd(year, 1, 1);
    refused("expired at 2021-01-01", check(&key, leaf(&key, |p| p.not_after = day(2021))));
    refused(
        "is not valid before 2900-01-01",
        check(&key, leaf(&key, |p| (p.not_before, p.not_after) = (day(2900), day(2901)))),
    );
    refused(
        "not for renkei.invalid but for: other.invalid",
        check(&key, {
            let other = CertificateParams::new(["other.invalid".to_owned()]).unwrap();
            leaf(&key, |p| *p = other)
        }),
    );
    refused("does not belong to the certificate", check(&made::key("p256"), leaf(&key, |_| {})));
}

#[test]
fn addresses_are_names_too() {
    let key = key("p256");
    let names = ["127.0.0.1".to_owned(), "[::1]".to_owned()];
    let made = leaf(&key, |p| *p = CertificateParams::new(["127.0.0.1".into(), "::1".into()]).unwrap());
    Pair::check(vec![made], private(&key), &names, Timestamp::now()).expect("an address");
}

#[test]
fn the_chain_is_in_order_and_signed() {
    let (root, issuer) = made::authority();
    let key = key("p256");
    let leaf =
        CertificateParams::new([NAME.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap().der().clone();
    let names = [NAME.to_owned()];
    let with = |second: CertificateDer<'static>| {
        Pair::check(vec![leaf.clone(), second], private(&key), &names, Timestamp::now())
    };
    assert_eq!(with(root).expect("its own issuer").facts.chain, 2);
    refused("certificate 1 of the chain is not signed by certificate 2", with(made::authority().0));
}

fn write(folder: &Path, key: &KeyPair, mode: u32) {
    let certificate = leaf(key, |_| {});
    let text = pem_of(&certificate);
    std::fs::write(folder.join("certificate.pem"), text).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    std::fs::set_permissions(folder.join("key.pem"), std::fs::Permissions::from_mode(mode)).unwrap();
}

fn pem_of(certificate: &CertificateDer<'_>) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in data_encoding::BASE64.encode(certificate).as_bytes().chunks(64) {
        let _ = writeln!(text, "{}", std::str::from_utf8(line).unwrap());
    }
    text + "-----END CERTIFICATE-----\n"
}

fn read(folder: &Path) -> Result<Pair, Refused> {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    Pair::read(&certificate, &key, &[NAME.to_owned()], Timestamp::now())
}

#[test]
fn the_key_file_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let key = key("p256");
    for mode in [0o600, 0o400] {
        write(folder.path(), &key, mode);
        read(folder.path()).expect("the owner's alone");
    }
    for mode in [0o640, 0o604, 0o660] {
        write(folder.path(), &key, mode);
        refused(&format!("(mode {mode:04o})"), read(folder.path()));
    }
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &key("p256"), 0o600);
    read(folder.path()).expect("it is there");
    std::fs::write(folder.path().join("certificate.pem"), "").unwrap();
    refused("no BEGIN CERTIFICATE", read(folder.path()));
    std::fs::remove_file(folder.path().join("key.pem")).unwrap();
    refused("key.pem", read(folder.path()));
}

#[test]
fn sha_1_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    made::sha1(folder.path());
    let result = read(folder.path());
    refused("not with SHA-256 or stronger", result);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let key = key("rsa-2048");
    let old = leaf(&key, |p| p.not_after = rcgen::date_time_ymd(2021, 1, 1));
    let soon = Timestamp::now().checked_add(1.hour()).unwrap();
    let refused = Pair::check(vec![old], private(&key), &["other.invalid".to_owned()], soon).unwrap_err();
    assert_eq!(refused.0.len(), 3, "{refused}");
}
