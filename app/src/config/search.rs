//! `[search]`: what searching may take of a node.

use serde::Deserialize;

use crate::{Error, Result};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    /// Mebibytes of folded text that this node keeps in memory, never on a disk. A post takes about half a kibibyte. What
    /// does not fit is decrypted again for each search; nothing is missed.
    pub memory_mebibytes: usize,
    /// Searches that are worked on at the same time, 1 to 16; more wait two seconds and are then asked to come back.
    pub at_once: usize,
    /// Milliseconds after which a search answers with what it has so far and says that it is not at its end, 100 to 5000.
    pub answer_within_millis: u64,
}

impl Default for Search {
    fn default() -> Self {
        Self { memory_mebibytes: 256, at_once: 2, answer_within_millis: 700 }
    }
}

impl Search {
    pub(super) fn check(&self) -> Result<()> {
        let bad = |what: &str| Err(Error::Internal(what.into()));
        match self {
            Self { memory_mebibytes, .. } if *memory_mebibytes > 65_536 => {
                bad("search.memory_mebibytes must be at most 65536")
            }
            Self { at_once, .. } if !(1..=16).contains(at_once) => {
                bad("search.at_once must be between 1 and 16")
            }
            Self { answer_within_millis, .. } if !(100..=5_000).contains(answer_within_millis) => {
                bad("search.answer_within_millis must be between 100 and 5000")
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn example() -> String {
    let search = Search::default();
    format!(
        r#"
[search]
# Mebibytes of folded text that this node keeps in memory for searching; never on a disk. A post takes about half a kibibyte.
memory_mebibytes = {}
# Searches worked on at the same time (1 to 16), and milliseconds after which one answers with what it has and says so (100 to 5000).
at_once = {}
answer_within_millis = {}
"#,
        search.memory_mebibytes, search.at_once, search.answer_within_millis
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_searches_within_bounds() {
        assert!(Search::default().check().is_ok());
        for bad in [
            Search { at_once: 0, ..Search::default() },
            Search { at_once: 17, ..Search::default() },
            Search { answer_within_millis: 99, ..Search::default() },
            Search { memory_mebibytes: 65_537, ..Search::default() },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
