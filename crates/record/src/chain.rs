use jiff::Timestamp;
use uuid::Uuid;

use crate::{Digest, Header, Salt, StreamKind, commitment, stream_root};

/// Recomputes one stream, record by record, and names the first that is not what it was.
///
/// A chain proves that nothing inside it changed. It cannot know that records are missing *at its end*, nor that it
/// was rewritten as a whole: compare [`Chain::head`] with a checkpoint that left the machine.
#[derive(Clone, Debug)]
pub struct Chain {
    deployment: Uuid,
    stream: Uuid,
    seq: u64,
    head: Digest,
    at: Option<Timestamp>,
}

/// The first record of a stream that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stream {stream}, record {seq}: {fault}")]
pub struct Broken {
    /// The stream that was being checked.
    pub stream: Uuid,
    /// The place that the record claims.
    pub seq: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a record, in the order in which it is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It belongs to another deployment or stream.
    #[error("it belongs to another stream or deployment")]
    Foreign,
    /// A record before it is missing, doubled or out of order.
    #[error("record {expected} was expected here")]
    Gap {
        /// The place that should have followed.
        expected: u64,
    },
    /// It does not name the record before it.
    #[error("it does not follow from the record before it")]
    Prev,
    /// The stored hash is not that of the header.
    #[error("its hash is not the hash of its header")]
    Hash,
    /// It claims to be older than the record before it.
    #[error("it is dated before the record before it")]
    Time,
    /// The content is not the one that was committed to.
    #[error("its content is not the one that was hashed")]
    Commitment,
}

impl Chain {
    /// A stream before its first record.
    pub fn new(deployment: Uuid, stream: Uuid, kind: StreamKind) -> Self {
        Self { deployment, stream, seq: 0, head: stream_root(deployment, stream, kind), at: None }
    }

    /// The place and hash of the last good record; 0 and the stream's root before the first.
    pub fn head(&self) -> (u64, Digest) {
        (self.seq, self.head)
    }

    /// Checks the next record by its header and stored hash. After an error the chain stays where it was.
    pub fn feed(&mut self, header: &Header, hash: &Digest) -> Result<(), Broken> {
        self.check(header, hash).map_err(|fault| self.broken(header, fault))?;
        self.accept(header, hash);
        Ok(())
    }

    /// The same, with the opened content: also checks that it is what the header committed to.
    pub fn feed_opened(
        &mut self,
        header: &Header,
        hash: &Digest,
        salt: &Salt,
        content: &[u8],
    ) -> Result<(), Broken> {
        self.check(header, hash).map_err(|fault| self.broken(header, fault))?;
        if commitment(salt, content) != header.commitment {
            return Err(self.broken(header, Fault::Commitment));
        }
        self.accept(header, hash);
        Ok(())
    }

    fn check(&self, header: &Header, hash: &Digest) -> Result<(), Fault> {
        let expected = self.seq + 1;
        if header.deployment != self.deployment || header.stream != self.stream {
            return Err(Fault::Foreign);
        }
        if header.seq != expected {
            return Err(Fault::Gap { expected });
        }
        if header.prev != self.head {
            return Err(Fault::Prev);
        }
        if header.hash() != *hash {
            return Err(Fault::Hash);
        }
        if self.at.is_some_and(|before| header.at < before) {
            return Err(Fault::Time);
        }
        Ok(())
    }

    fn accept(&mut self, header: &Header, hash: &Digest) {
        self.seq = header.seq;
        self.head = *hash;
        self.at = Some(header.at);
    }

    fn broken(&self, header: &Header, fault: Fault) -> Broken {
        Broken { stream: self.stream, seq: header.seq, fault }
    }
}
