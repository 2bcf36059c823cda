//! The zone in which a deployment's days begin and end (Asia/Tokyo). One offset and no summer time since
//! 1952; no record of the product is older.

use jiff::tz::{Offset, TimeZone};

pub const OFFSET: Offset = Offset::constant(9);

pub fn zone() -> TimeZone {
    TimeZone::fixed(OFFSET)
}
