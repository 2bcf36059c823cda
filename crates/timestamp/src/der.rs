//! Elements of DER, cut out without being copied; tags and lengths are read by the `der` crate, which is strict.

use der::{AnyRef, Decode as _, Reader as _, SliceReader};

use crate::Refused;

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const OCTETS: u8 = 0x04;
pub const OID: u8 = 0x06;
pub const GENERAL_TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;
/// `[0]`, with elements inside.
pub const CONTEXT_0: u8 = 0xa0;
pub const CONTEXT_1: u8 = 0xa1;

/// One element.
#[derive(Clone, Copy, Debug)]
pub struct Tlv<'a> {
    pub tag: u8,
    /// With tag and length.
    pub raw: &'a [u8],
    pub value: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// Elements one after the other, to the end.
    pub fn all(bytes: &'a [u8]) -> Result<Vec<Self>, Refused> {
        let mut reader = SliceReader::new(bytes).map_err(|_| Refused::Malformed)?;
        let mut found = Vec::new();
        while !reader.is_finished() {
            let raw = reader.tlv_bytes().map_err(|_| Refused::Malformed)?;
            let any = AnyRef::from_der(raw).map_err(|_| Refused::Malformed)?;
            let tag = *raw.first().ok_or(Refused::Malformed)?;
            found.push(Self { tag, raw, value: any.value() });
        }
        Ok(found)
    }

    /// Exactly one.
    pub fn only(bytes: &'a [u8]) -> Result<Self, Refused> {
        match Self::all(bytes)?.as_slice() {
            [one] => Ok(*one),
            _ => Err(Refused::Malformed),
        }
    }

    /// The value, if it is of this tag.
    pub fn of(self, tag: u8) -> Result<&'a [u8], Refused> {
        if self.tag == tag { Ok(self.value) } else { Err(Refused::Malformed) }
    }

    /// The elements in it, if it is of this tag.
    pub fn inside(self, tag: u8) -> Result<Vec<Self>, Refused> {
        Self::all(self.of(tag)?)
    }
}
