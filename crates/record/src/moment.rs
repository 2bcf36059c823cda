//! Times as they are hashed: UTC with exactly six decimals, `2026-11-17T05:32:07.123456Z`. For `#[serde(with)]`.
//!
//! Digits beyond the microsecond are cut off: PostgreSQL could not keep them.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

pub(crate) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.6}"))
}

/// Reads only the one spelling that [`serialize`] writes; another would hash differently.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn parse(text: &str) -> Result<Timestamp, String> {
    let at: Timestamp = text.parse().map_err(|error| format!("{error}"))?;
    if format!("{at:.6}") == text {
        Ok(at)
    } else {
        Err("a time must be in UTC with exactly six decimals".into())
    }
}

/// The same for a field that may be absent.
pub(crate) mod optional {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => super::serialize(at, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Called only for a field that is there, and `null` is not a time.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        super::deserialize(deserializer).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hashed_spelling_is_read() {
        for good in
            ["2026-11-17T05:32:07.123456Z", "2026-11-17T05:32:07.000000Z", "1969-12-31T23:59:59.999999Z"]
        {
            assert_eq!(format!("{:.6}", parse(good).unwrap()), good);
        }
        for bad in
            ["2026-11-17T05:32:07Z", "2026-11-17T14:32:07.123456+09:00", "2026-11-17T05:32:07.1234567Z"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
