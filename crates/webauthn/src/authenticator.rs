//! What the authenticator says (§6.1): a fixed head, and at a registration the new credential.

use ciborium::Value;

use crate::Refused;

/// What the authenticator says of this use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags {
    /// Somebody was there.
    pub present: bool,
    /// It was the right person: PIN, password or biometrics, checked by the authenticator.
    pub verified: bool,
    /// The passkey may be copied to the person's other devices.
    pub backup_eligible: bool,
    /// It has been.
    pub backed_up: bool,
}

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const CREDENTIAL: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;

pub(crate) struct Data<'a> {
    pub(crate) relying_party: &'a [u8],
    pub(crate) flags: Flags,
    pub(crate) counter: u32,
    pub(crate) credential: Option<Credential<'a>>,
}

pub(crate) struct Credential<'a> {
    pub(crate) aaguid: [u8; 16],
    pub(crate) id: &'a [u8],
    pub(crate) key: &'a [u8],
}

impl<'a> Data<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Refused> {
        let mut rest = bytes;
        let relying_party = take(&mut rest, 32)?;
        let bits = take(&mut rest, 1)?[0];
        let counter = u32::from_be_bytes(array(take(&mut rest, 4)?)?);
        let has = |bit| bits & bit != 0;
        let flags = Flags {
            present: has(PRESENT),
            verified: has(VERIFIED),
            backup_eligible: has(BACKUP_ELIGIBLE),
            backed_up: has(BACKED_UP),
        };
        if flags.backed_up && !flags.backup_eligible {
            return Err(Refused::Malformed);
        }
        let credential = if has(CREDENTIAL) { Some(Credential::read(&mut rest)?) } else { None };
        if has(EXTENSIONS) {
            take_cbor(&mut rest)?;
        }
        if rest.is_empty() {
            Ok(Self { relying_party, flags, counter, credential })
        } else {
            Err(Refused::Malformed)
        }
    }
}

impl<'a> Credential<'a> {
    fn read(rest: &mut &'a [u8]) -> Result<Self, Refused> {
        let aaguid = array(take(rest, 16)?)?;
        let length = u16::from_be_bytes(array(take(rest, 2)?)?);
        let id = take(rest, usize::from(length))?;
        let key = take_cbor(rest)?;
        Ok(Self { aaguid, id, key })
    }
}

/// The authenticator data of an attestation object (§6.5.4). Its statement is not looked at.
pub(crate) fn out_of(attestation_object: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut rest = attestation_object;
    let object = value(&mut rest)?;
    if !rest.is_empty() {
        return Err(Refused::Malformed);
    }
    let parts = object.into_map().map_err(|_| Refused::Malformed)?;
    let data = parts.into_iter().find(|(name, _)| name.as_text() == Some("authData"));
    data.and_then(|(_, data)| data.into_bytes().ok()).ok_or(Refused::Malformed)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Refused> {
    let (taken, left) = rest.split_at_checked(length).ok_or(Refused::Malformed)?;
    *rest = left;
    Ok(taken)
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Refused> {
    bytes.try_into().map_err(|_| Refused::Malformed)
}

/// One CBOR item as the bytes that it takes.
fn take_cbor<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Refused> {
    let begin = *rest;
    value(rest)?;
    Ok(&begin[..begin.len() - rest.len()])
}

/// One CBOR item. Nobody nests deep here.
pub(crate) fn value(rest: &mut &[u8]) -> Result<Value, Refused> {
    ciborium::de::from_reader_with_recursion_limit(&mut *rest, 8).map_err(|_| Refused::Malformed)
}
