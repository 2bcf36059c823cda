//! Client certificates of one authority, some of which were taken back while the server runs.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use aws_lc_rs::digest;
use parking_lot::RwLock;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, UnixTime},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use crate::{Profile, Refused};

/// SHA-256 of a certificate's DER.
pub type Fingerprint = [u8; 32];

/// The fingerprint of a certificate.
pub fn fingerprint(certificate: &CertificateDer<'_>) -> Fingerprint {
    let digest = digest::digest(&digest::SHA256, certificate);
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Demands a certificate of the authority, and refuses those that were taken back. Before the authority is known nobody comes in.
///
/// What is taken back meets the next handshake; who keeps a connection asks [`Revocable::is_revoked`] for each request.
#[derive(Debug)]
pub struct Revocable {
    provider: Arc<CryptoProvider>,
    /// Set with the first authority: a deployment has one.
    names: OnceLock<Vec<DistinguishedName>>,
    authority: RwLock<Option<(CertificateDer<'static>, Arc<dyn ClientCertVerifier>)>>,
    revoked: RwLock<HashSet<Fingerprint>>,
}

impl Revocable {
    pub fn new(profile: &Profile) -> Self {
        Self {
            provider: profile.provider(),
            names: OnceLock::new(),
            authority: RwLock::default(),
            revoked: RwLock::default(),
        }
    }

    /// From now on this authority's certificates are good, except those with these fingerprints.
    ///
    /// # Errors
    /// The certificate cannot be an authority's.
    pub fn set(
        &self,
        authority: Option<CertificateDer<'static>>,
        revoked: HashSet<Fingerprint>,
    ) -> Result<(), Refused> {
        *self.revoked.write() = revoked;
        let Some(authority) = authority else { return Ok(()) };
        if self.authority.read().as_ref().is_some_and(|(known, _)| *known == authority) {
            return Ok(());
        }
        let unusable = |e: &dyn std::fmt::Display| {
            Refused::one(
                format!("the authority of device certificates cannot be used: {e}"),
                "see docs/operations/devices.md",
            )
        };
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone()).map_err(|e| unusable(&e))?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
            .build()
            .map_err(|e| unusable(&e))?;
        let _ = self.names.set(verifier.root_hint_subjects().to_vec());
        *self.authority.write() = Some((authority, verifier));
        Ok(())
    }

    pub fn is_revoked(&self, fingerprint: &Fingerprint) -> bool {
        self.revoked.read().contains(fingerprint)
    }
}

impl ClientCertVerifier for Revocable {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.names.get().map_or(&[], Vec::as_slice)
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if self.is_revoked(&fingerprint(end_entity)) {
            return Err(CertificateError::Revoked.into());
        }
        let verifier = self.authority.read().as_ref().map(|(_, verifier)| verifier.clone());
        let verifier = verifier.ok_or(CertificateError::UnknownIssuer)?;
        verifier.verify_client_cert(end_entity, intermediates, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
