//! The built-in authority of device certificates. Made on first use; its key is sealed under the master key and never leaves this
//! deployment. It vouches for devices of this deployment and for nothing else: one level, client authentication alone (RFC 5280).

use envelope::{Aad, DataKey, Secret, open_text, seal_text};
use jiff::{Timestamp, ToSpan as _, Zoned, civil::Date, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData as _, SerialNumber,
};
use uuid::Uuid;

use super::store;
use crate::words::t;
use crate::{Error, Result, app::App, auth::token};

const CONTEXT: &[u8] = b"renkei/device-ca/v1";
const COLUMN: &str = "sealed";
const YEARS: i32 = 10;

/// DER of the shortest RSA key that is taken (2048 bits).
const RSA_2048: usize = 270;

pub struct Authority {
    /// DER.
    pub certificate: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

crate::opaque_debug!(Authority);

/// A certificate that was just signed.
pub struct Signed {
    pub der: Vec<u8>,
    pub pem: String,
    pub serial: Vec<u8>,
    pub not_after: Timestamp,
}

fn place(id: Uuid) -> Aad {
    Aad { table: "device_ca", stream: Uuid::nil(), row: id }
}

impl Authority {
    /// The one there is; the first call makes it.
    pub async fn of(app: &App) -> Result<Self> {
        if let Some(found) = Self::find(app).await? {
            return Ok(found);
        }
        let (id, key, certificate) = make()?;
        let secret = Secret::random();
        let wrapped = app.keys.seal_secret(*secret.expose(), CONTEXT).await?;
        let sealed = seal_text(&DataKey::from(secret), &place(id), COLUMN, &key);
        app.db.job(store::KEEP_AUTHORITY, &[&id, &certificate, &wrapped, &sealed]).await?;
        app.devices.look(app).await?;
        Self::find(app).await?.ok_or_else(|| Error::internal("the authority that was just kept"))
    }

    async fn find(app: &App) -> Result<Option<Self>> {
        let rows = app.db.job(store::AUTHORITY, &[]).await?;
        let Some(r) = rows.first() else { return Ok(None) };
        let (id, certificate, wrapped, sealed): (Uuid, Vec<u8>, Vec<u8>, Vec<u8>) =
            (r.get(0), r.get(1), r.get(2), r.get(3));
        let secret = app.keys.open_secret(&wrapped, CONTEXT).await?;
        let pem = open_text(&DataKey::from(secret), &place(id), COLUMN, &sealed).map_err(Error::internal)?;
        let key = KeyPair::from_pem(&pem).map_err(Error::internal)?;
        let issuer = Issuer::from_ca_cert_der(&certificate.clone().into(), key).map_err(Error::internal)?;
        Ok(Some(Self { certificate, issuer }))
    }

    /// Signs the request's key, and nothing else that the request asks for: name and use are ours.
    pub fn sign(&self, csr: &str, name: &str, facility: &str, days: i64) -> Result<Signed> {
        let unfit = || {
            let words = t(
                "証明書の要求（CSR）を読み取れません。PEM形式で、鍵は P-256、P-384、または2048ビット以上のRSAにしてください。",
            );
            Error::invalid("csr", "csr", words)
        };
        let request = CertificateSigningRequestParams::from_pem(csr).map_err(|_| unfit())?;
        let key = request.public_key;
        if format!("{:?}", key.algorithm()).contains("RSA") && key.der_bytes().len() < RSA_2048 {
            return Err(unfit());
        }
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, facility);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let serial = serial();
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        let today = Zoned::now().with_time_zone(TimeZone::UTC).date();
        let last = today.saturating_add(days.days());
        valid(&mut params, today.saturating_sub(1.day()), last);
        let signed = params.signed_by(&key, &self.issuer).map_err(Error::internal)?;
        let not_after = last.to_zoned(TimeZone::UTC).map_err(Error::internal)?.timestamp();
        Ok(Signed { der: signed.der().to_vec(), pem: signed.pem(), serial, not_after })
    }
}

/// 120 random bits, positive in DER (RFC 5280 §4.1.2.2).
fn serial() -> Vec<u8> {
    let mut bytes = token::random::<16>();
    bytes[0] = 0x40 | (bytes[0] & 0x3f);
    bytes.to_vec()
}

/// From the first day's beginning to the last day's, in UTC.
fn valid(params: &mut CertificateParams, from: Date, to: Date) {
    let day = |date: Date| {
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    (params.not_before, params.not_after) = (day(from), day(to));
}

/// Id, key in PEM, certificate in DER.
fn make() -> Result<(Uuid, String, Vec<u8>)> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(Error::internal)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Renkei device CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let today = Zoned::now().with_time_zone(TimeZone::UTC).date();
    valid(&mut params, today.saturating_sub(1.day()), today.saturating_add(YEARS.years()));
    let certificate = params.self_signed(&key).map_err(Error::internal)?;
    Ok((Uuid::now_v7(), key.serialize_pem(), certificate.der().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority() -> Authority {
        let (_, key, certificate) = make().expect("an authority");
        let key = KeyPair::from_pem(&key).expect("its key");
        let issuer = Issuer::from_ca_cert_der(&certificate.clone().into(), key).expect("an issuer");
        Authority { certificate, issuer }
    }

    #[test]
    fn a_request_gets_a_key_signed_and_nothing_that_it_asks_for() {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
        let mut asked = CertificateParams::new(vec!["renkei.example.jp".to_owned()]).expect("names");
        asked.distinguished_name.push(DnType::CommonName, "somebody else");
        asked.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let csr = asked.serialize_request(&key).expect("a request").pem().expect("PEM");
        let signed = authority().sign(&csr, "訪問3号機", "試験クリニック", 365).expect("a certificate");
        let text = String::from_utf8_lossy(&signed.der).into_owned();
        assert!(
            text.contains("訪問3号機")
                && !text.contains("somebody else")
                && !text.contains("renkei.example.jp")
        );
        assert!(signed.not_after > Timestamp::now());
        for wrong in
            ["", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----", "no PEM"]
        {
            assert!(authority().sign(wrong, "x", "y", 365).is_err(), "{wrong}");
        }
    }
}
