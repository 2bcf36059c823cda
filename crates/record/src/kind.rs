use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::commitment::own_jcs;
use crate::content::*;

/// The name is of no kind that this program knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind {0:?}")]
pub struct UnknownKind(String);

/// Why decrypted bytes are not the content they should be.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not JSON, or not the fields of this kind. Says where, never what stands there.
    #[error("not the content of a {kind}: line {line}, column {column}")]
    Shape {
        /// The kind that was expected.
        kind: Kind,
        /// Line in the JSON text, from 1.
        line: usize,
        /// Column in the JSON text, from 1.
        column: usize,
    },
    /// The right fields in another spelling than RFC 8785 prescribes.
    #[error("the content of a {0} is not in canonical form")]
    NotCanonical(Kind),
}

/// Defines [`Kind`] and [`Content`] from one table, so that no kind can be forgotten in either.
macro_rules! kinds {
    ($($variant:ident($content:ty) = $name:literal, $meaning:literal;)+) => {
        /// The kinds of record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Kind {
            $(#[doc = $meaning] #[serde(rename = $name)] $variant,)+
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant),+];

            /// The name in the header and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Kind::$variant => $name),+ }
            }
        }

        /// What a record says. Its JSON does not repeat the kind: that stands in the header.
        #[derive(Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Content {
            $(#[doc = $meaning] $variant($content),)+
        }

        impl Content {
            /// The kind to write into the header.
            pub const fn kind(&self) -> Kind {
                match self { $(Content::$variant(_) => Kind::$variant),+ }
            }

            fn read(kind: Kind, bytes: &[u8]) -> serde_json::Result<Self> {
                match kind { $(Kind::$variant => serde_json::from_slice(bytes).map(Content::$variant)),+ }
            }
        }
    };
}

kinds! {
    Post(Post) = "post", "A post on the team or family timeline.";
    Correction(Correction) = "correction", "A new text in place of an earlier one, which stays.";
    Withdrawal(Withdrawal) = "withdrawal", "An earlier text is hidden behind a reason.";
    Invited(Invitation) = "invited", "Somebody was asked to join.";
    Accepted(Answer) = "accepted", "The invited person said yes.";
    Declined(Answer) = "declined", "The invited person said no.";
    Approved(Answer) = "approved", "The host let the person in.";
    Refused(Answer) = "refused", "The host did not let the person in.";
    Joined(Membership) = "joined", "The person is a member from here on.";
    Removed(Departure) = "removed", "The host or an admin ended the membership.";
    Left(Departure) = "left", "The member went.";
    RoleChanged(Membership) = "role_changed", "The member's role or end date is another from here on.";
    HandedOver(HandOver) = "handed_over", "Another member is the host from here on.";
    Opened(GroupState) = "opened", "The group began.";
    Archived(GroupState) = "archived", "The group is read-only from here on.";
    Reopened(GroupState) = "reopened", "An archived group goes on.";
    Expired(Departure) = "expired", "The membership's end date came.";
    RelativeJoined(Relative) = "relative_joined", "The patient or a relative is on the family timeline from here on.";
    RelativeRemoved(RelativeDeparture) = "relative_removed", "The host took somebody off the family timeline.";
    Read(Read) = "read", "A member displayed a stream up to a place.";
    Acknowledged(Acknowledged) = "acknowledged", "A member confirmed one post.";
    Stamped(Stamped) = "stamped", "A member put a stamp on one post.";
    Unstamped(Stamped) = "unstamped", "A member took a stamp back.";
    Pinned(Pinned) = "pinned", "A member pinned one post above the timeline.";
    Unpinned(Pinned) = "unpinned", "A pinned post is an ordinary one again.";
    Handled(Handled) = "handled", "What a post asked for is done.";
    Called(Called) = "called", "Somebody who had not answered a post was called.";
    Confirmed(Confirmed) = "confirmed", "The author confirmed a post that was entered for her.";
    Quarantined(Quarantined) = "quarantined", "A member hid a post that is about another patient.";
    QuarantineHanded(QuarantineHanded) = "quarantine_handed", "Somebody else decides about it from here on.";
    QuarantineConfirmed(QuarantineDecided) = "quarantine_confirmed", "A second person says so too: it stays hidden.";
    QuarantineLifted(QuarantineDecided) = "quarantine_lifted", "A second person says that it belongs here: it comes back.";
    Moved(Moved) = "moved", "A post stood in another group, where it did not belong, before it was written here.";
    Version(FaceSheetVersion) = "version", "A saved version of the face sheet.";
    File(File) = "file", "A file was taken in.";
    Observation(Observation) = "observation", "Something was measured on the patient.";
    ReferenceRange(ReferenceRange) = "reference_range", "Between which values a measurement of this patient should lie from here on.";
    WoundPicture(WoundPicture) = "wound_picture", "A posted picture shows a wound at a place of the body.";
    Titled(GroupTitle) = "titled", "A free group is called so from here on.";
}

impl Content {
    /// The canonical JSON that is committed to and sealed.
    pub fn to_bytes(&self) -> Vec<u8> {
        own_jcs(self)
    }

    /// Reads decrypted content. Unknown fields, `null`s and any spelling but the canonical one are refused, so that
    /// what is shown is exactly what was committed to.
    pub fn from_bytes(kind: Kind, bytes: &[u8]) -> Result<Self, Unreadable> {
        let content = Self::read(kind, bytes).map_err(|error| Unreadable::Shape {
            kind,
            line: error.line(),
            column: error.column(),
        })?;
        if content.to_bytes() == bytes { Ok(content) } else { Err(Unreadable::NotCanonical(kind)) }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({}, …)", self.kind())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name).ok_or_else(|| UnknownKind(name.into()))
    }
}

/// The kinds of stream. Each has its own order, chain and data key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// The timeline of the care team: posts, corrections, withdrawals.
    Team,
    /// The timeline with the patient and the family, walled off from the team's.
    Family,
    /// Who was invited, joined, left; opening and archiving of the group.
    Membership,
    /// Who displayed and who acknowledged.
    Receipts,
    /// The versions of one patient's face sheet.
    FaceSheet,
    /// What was measured on one patient, and the ranges it should lie in.
    Observations,
}

impl StreamKind {
    /// Every kind of stream.
    pub const ALL: [StreamKind; 6] =
        [Self::Team, Self::Family, Self::Membership, Self::Receipts, Self::FaceSheet, Self::Observations];

    /// The name in the stream's root and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Family => "family",
            Self::Membership => "membership",
            Self::Receipts => "receipts",
            Self::FaceSheet => "face_sheet",
            Self::Observations => "observations",
        }
    }
}

impl fmt::Display for StreamKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for StreamKind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| UnknownKind(name.into()))
    }
}
