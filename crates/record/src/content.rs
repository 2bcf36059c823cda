//! What a record says, one type per shape. The fields of an absent value are left out of the JSON; lists always stand.

mod face_sheet;
mod membership;
mod observations;
mod quarantine;
mod receipts;
mod timeline;

pub use face_sheet::{FaceSheetVersion, Field};
pub use membership::{
    Answer, Departure, GroupState, GroupTitle, HandOver, Invitation, Membership, Party, Relative,
    RelativeDeparture, Role,
};
pub use observations::{Measured, Observation, ReferenceRange, WoundPicture};
pub use quarantine::{Moved, QuarantineDecided, QuarantineHanded, Quarantined};
pub use receipts::{Acknowledged, CallResult, Called, Confirmed, Handled, Pinned, Read, Stamp, Stamped};
pub use timeline::{Correction, File, FileClass, Mention, Post, Source, TemplateUse, Withdrawal};

/// Types that hold what people wrote print as `Name(…)`, in logs and in failed assertions alike.
macro_rules! prints_nothing {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}
use prints_nothing;
