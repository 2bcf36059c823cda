use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Digest, Header, StreamKind};

/// One line of a dump of chains: one record as JSON, records of a stream in order, streams in any mixture.
///
/// `{"stream_kind":"team","header":{…},"hash":"…"}`, and with the keys at hand also `"salt"` (64 hexadecimal
/// characters) and `"content"` (the exact text that was committed to). Without these two a dump holds nothing of a
/// patient; with them it is as confidential as the record. Read by `tests/second_opinion.py FILE`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DumpLine {
    /// What kind of stream the record stands in; part of the stream's root.
    pub stream_kind: StreamKind,
    /// The record's header.
    pub header: Header,
    /// The stored hash.
    pub hash: Digest,
    /// The salt, 64 lower-case hexadecimal characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// The content as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

impl fmt::Debug for DumpLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DumpLine({} {}, …)", self.header.stream, self.header.seq)
    }
}
