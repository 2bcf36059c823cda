//! Against an authority of `openssl ts`: what is believed, and that nothing else is.

mod authority;

use authority::{Authority, EC, Made, RSA};
use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::{CertificateDer, TrustAnchor};
use timestamp::{Question, Refused, check};

const DIGEST: [u8; 32] = [7; 32];
const NONCE: [u8; 8] = [0xff; 8];

fn anchors(authority: &Authority) -> Vec<TrustAnchor<'static>> {
    authority.openssl(&["x509", "-in", "root.pem", "-outform", "DER", "-out", "root.der"]);
    let der = authority.read("root.der");
    vec![webpki::anchor_from_trusted_cert(&CertificateDer::from(der)).expect("an authority").to_owned()]
}

#[test]
fn a_stamp_that_was_asked_for_is_believed() {
    let cases = [(EC, "sha256", false), (EC, "sha1", true), (RSA, "sha1", false), (RSA, "sha512", true)];
    for (key, named_by, between) in cases {
        let authority = Authority::new(Made { key, named_by, between, ..Made::default() });
        let (question, anchors) = (Question::new(DIGEST, NONCE), anchors(&authority));
        let reply = authority.reply(&question.to_der());
        let now = Timestamp::now();
        let stamp = question.answered(&reply, &anchors, now).expect(named_by);
        assert!(stamp.at.duration_since(now).abs() < SignedDuration::from_mins(1));
        assert_eq!(check(&stamp.token, &DIGEST, &anchors), Ok(stamp.at));
        // openssl says the same of what is kept.
        std::fs::write(authority.path("token"), &stamp.token).expect("written");
        authority.openssl(&[
            "ts",
            "-verify",
            "-digest",
            &"07".repeat(32),
            "-token_in",
            "-in",
            "token",
            "-CAfile",
            "root.pem",
        ]);
    }
}

#[test]
fn an_answer_to_something_else_is_not() {
    let authority = Authority::new(Made::default());
    let (question, anchors) = (Question::new(DIGEST, NONCE), anchors(&authority));
    let good = authority.reply(&question.to_der());
    let now = Timestamp::now();
    assert!(question.answered(&good, &anchors, now).is_ok());
    let ask = |reply: &[u8]| question.answered(reply, &anchors, now).expect_err("refused");

    let nonce = authority.reply(&Question::new(DIGEST, [1; 8]).to_der());
    assert_eq!(ask(&nonce), Refused::WrongNonce);
    let imprint = authority.reply(&Question::new([8; 32], NONCE).to_der());
    assert_eq!(ask(&imprint), Refused::WrongImprint);
    let other = Authority::new(Made::default());
    assert_eq!(ask(&other.reply(&question.to_der())), Refused::Untrusted);
    let picky = Authority::new(Made { digests: "sha512", ..Made::default() });
    assert_eq!(ask(&picky.reply(&question.to_der())), Refused::NotGranted);
    let late = now + SignedDuration::from_hours(1);
    assert_eq!(question.answered(&good, &anchors, late), Err(Refused::WrongTime));
    for broken in [&b""[..], b"\x30\x00", &good[..good.len() - 1], b"not a stamp"] {
        assert_eq!(ask(broken), Refused::Malformed);
    }
    let token = question.answered(&good, &anchors, now).expect("good").token;
    assert_eq!(check(&token, &[8; 32], &anchors), Err(Refused::WrongImprint));
    assert_eq!(check(&token, &DIGEST, &[]), Err(Refused::Untrusted));
}

/// Bytes that nobody signed (version numbers, the signer's name beside the signature, other certificates) may change; what it says may not.
#[test]
fn no_changed_byte_changes_what_a_stamp_says() {
    let authority = Authority::new(Made { between: true, ..Made::default() });
    let (question, anchors) = (Question::new(DIGEST, NONCE), anchors(&authority));
    let stamp =
        question.answered(&authority.reply(&question.to_der()), &anchors, Timestamp::now()).expect("good");
    let mut refused = 0;
    for at in 0..stamp.token.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut token = stamp.token.clone();
            token[at] ^= change;
            match check(&token, &DIGEST, &anchors) {
                Ok(time) => assert_eq!(time, stamp.at, "byte {at}"),
                Err(_) => refused += 1,
            }
        }
    }
    let info = stamp.token.windows(DIGEST.len()).position(|part| part == DIGEST).expect("the digest");
    for at in info..info + 100 {
        let mut token = stamp.token.clone();
        token[at] ^= 1;
        assert!(check(&token, &DIGEST, &anchors).is_err(), "byte {at} of what it says");
    }
    assert!(refused > stamp.token.len(), "{refused}");
}

const ALONE: &str = "extendedKeyUsage=critical,timeStamping";
const MORE: [&str; 5] = [
    "extendedKeyUsage=timeStamping",
    "extendedKeyUsage=critical,timeStamping,serverAuth",
    "extendedKeyUsage=critical,timeStamping,1.2.3.4",
    "extendedKeyUsage=critical,clientAuth",
    "keyUsage=critical,digitalSignature",
];

#[test]
fn a_certificate_that_is_for_more_than_stamping_is_not_believed() {
    let authority = Authority::new(Made::default());
    let (question, anchors) = (Question::new(DIGEST, NONCE), anchors(&authority));
    let name = |n: usize| format!("by_hand{n}.pem");
    // They are older than the stamp.
    for (n, usage) in std::iter::once(ALONE).chain(MORE).enumerate() {
        let extensions = format!("basicConstraints=CA:FALSE\n{usage}\n");
        std::fs::write(authority.path("by_hand.ext"), extensions).expect("written");
        let made = [
            "-extfile",
            "by_hand.ext",
            "-days",
            "2",
            "-CA",
            "root.pem",
            "-CAkey",
            "root.key",
            "-CAcreateserial",
        ];
        let mut arguments = vec!["x509", "-req", "-in", "tsa.csr"];
        arguments.extend(made);
        let file = name(n);
        arguments.extend(["-out", &file]);
        authority.openssl(&arguments);
    }
    let reply = authority.reply(&question.to_der());
    let stamp = question.answered(&reply, &anchors, Timestamp::now()).expect("good");
    std::fs::write(authority.path("token"), stamp.token).expect("written");
    authority.openssl(&[
        "cms",
        "-verify",
        "-noverify",
        "-inform",
        "DER",
        "-binary",
        "-in",
        "token",
        "-out",
        "info",
    ]);
    // What it says, signed by hand: openssl's authority does not stamp with another certificate.
    let signed = |n: usize| {
        let mut arguments =
            vec!["cms", "-sign", "-cades", "-binary", "-nodetach", "-nosmimecap", "-md", "sha256"];
        arguments.extend(["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-inkey", "tsa.key", "-in", "info"]);
        let file = name(n);
        arguments.extend(["-signer", &file, "-outform", "DER", "-out", "by_hand"]);
        authority.openssl(&arguments);
        check(&authority.read("by_hand"), &DIGEST, &anchors)
    };
    assert_eq!(signed(0), Ok(stamp.at));
    for (n, usage) in MORE.iter().enumerate() {
        assert_eq!(signed(n + 1), Err(Refused::Untrusted), "{usage}");
    }
}
