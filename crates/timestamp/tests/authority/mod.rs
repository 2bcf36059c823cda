//! A stamping authority made of the `openssl` program: root, certificate and answers.

#![allow(dead_code, reason = "each test uses its part")]

use std::{path::PathBuf, process::Command};

#[derive(Debug)]
pub struct Authority {
    folder: tempfile::TempDir,
}

/// How its certificate and its stamps are made.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// `-newkey` of its key.
    pub key: &'static [&'static str],
    /// By which digest it names its certificate.
    pub named_by: &'static str,
    /// What it takes.
    pub digests: &'static str,
    /// Whether another certificate stands between.
    pub between: bool,
}

pub const EC: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
pub const RSA: &[&str] = &["rsa:2048"];

impl Default for Made {
    fn default() -> Self {
        Self { key: EC, named_by: "sha256", digests: "sha256", between: false }
    }
}

impl Authority {
    pub fn new(made: Made) -> Self {
        let authority = Self { folder: tempfile::tempdir().expect("a folder") };
        authority.write("ca.ext", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n");
        authority.write(
            "tsa.ext",
            "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n",
        );
        authority.issue("root", EC, "ca.ext", None);
        let mut chain = authority.read("root.pem");
        let issuer = if made.between {
            authority.issue("between", EC, "ca.ext", Some("root"));
            chain.splice(0..0, authority.read("between.pem"));
            "between"
        } else {
            "root"
        };
        authority.issue("tsa", made.key, "tsa.ext", Some(issuer));
        std::fs::write(authority.path("chain.pem"), chain).expect("written");
        authority.write("serial", "01\n");
        let Made { named_by, digests, .. } = made;
        authority.write(
            "tsa.cnf",
            &format!(
                "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\nsigner_cert = tsa.pem\ncerts = chain.pem\nsigner_key = tsa.key\nsigner_digest = sha256\n\
                 default_policy = 1.2.3.4.1\ndigests = {digests}\naccuracy = secs:1\nclock_precision_digits = 3\ntsa_name = yes\ness_cert_id_alg = {named_by}\n"
            ),
        );
        authority
    }

    /// PEM of its root.
    pub fn root(&self) -> PathBuf {
        self.path("root.pem")
    }

    /// What it answers.
    pub fn reply(&self, query: &[u8]) -> Vec<u8> {
        std::fs::write(self.path("query"), query).expect("written");
        self.openssl(&["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"]);
        self.read("reply")
    }

    fn issue(&self, name: &str, key: &[&str], extensions: &str, issuer: Option<&str>) {
        let (key_file, request) = (format!("{name}.key"), format!("{name}.csr"));
        let (subject, file) = (format!("/CN=test {name}"), format!("{name}.pem"));
        let mut arguments = vec!["req", "-newkey"];
        arguments.extend(key);
        arguments.extend(["-nodes", "-keyout", &key_file, "-out", &request, "-subj", &subject]);
        self.openssl(&arguments);
        let mut arguments =
            vec!["x509", "-req", "-in", &request, "-days", "2", "-extfile", extensions, "-out", &file];
        let signer = issuer.map(|issuer| (format!("{issuer}.pem"), format!("{issuer}.key")));
        match &signer {
            Some((certificate, key)) => {
                arguments.extend(["-CA", certificate, "-CAkey", key, "-CAcreateserial"]);
            }
            None => arguments.extend(["-signkey", &key_file]),
        }
        self.openssl(&arguments);
    }

    pub fn openssl(&self, arguments: &[&str]) {
        let done = Command::new("openssl").args(arguments).current_dir(self.folder.path()).output();
        let done = done.expect("openssl is installed");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect(name)
    }
}
