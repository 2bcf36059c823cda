//! The log's segments: `TTTTTTTTXXXXXXXXYYYYYYYY`, timeline, then position. Replaying stops without a word where one
//! is missing, so a gap has to be looked for.

use std::collections::BTreeSet;

/// Segments of 16 MiB, 256 in each of the higher number's steps.
const IN_STEP: u64 = 256;

/// A missing stretch of one timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The first missing segment.
    pub first: String,
    /// How many are missing.
    pub count: u64,
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.count {
            1 => write!(f, "the log segment {} is missing", self.first),
            n => write!(f, "{n} log segments are missing, the first is {}", self.first),
        }
    }
}

/// Gaps within each timeline, from the segment `from` on. `names` may be file names with more behind the segment.
pub(crate) fn gaps<'a>(names: impl Iterator<Item = &'a str>, from: &str) -> Vec<Gap> {
    let Some((start, begin)) = parse(from) else { return Vec::new() };
    let all: BTreeSet<(u32, u64)> = names.filter_map(parse).collect();
    let mut gaps = Vec::new();
    let mut timelines: BTreeSet<u32> = all.iter().map(|(timeline, _)| *timeline).collect();
    timelines.retain(|timeline| *timeline >= start);
    for timeline in timelines {
        // A later timeline begins wherever the earlier one was left.
        let mut next = if timeline == start { Some(begin) } else { None };
        for &(_, position) in
            all.range((timeline, if timeline == start { begin } else { 0 })..(timeline + 1, 0))
        {
            if let Some(expected) = next.filter(|expected| *expected < position) {
                gaps.push(Gap { first: name(timeline, expected), count: position - expected });
            }
            next = Some(position + 1);
        }
    }
    if !all.contains(&(start, begin)) && gaps.is_empty() {
        gaps.push(Gap { first: name(start, begin), count: 1 });
    }
    gaps
}

fn parse(name: &str) -> Option<(u32, u64)> {
    let segment = name.get(..24).filter(|s| s.bytes().all(|b| b.is_ascii_hexdigit()))?;
    // `….partial`, `….backup` and the like are not segments; what is archived has `-checksum` behind.
    if !matches!(name.as_bytes().get(24), None | Some(b'-')) {
        return None;
    }
    let number = |from: usize| u64::from_str_radix(&segment[from..from + 8], 16).ok();
    Some((u32::try_from(number(0)?).ok()?, number(8)? * IN_STEP + number(16)?))
}

fn name(timeline: u32, position: u64) -> String {
    format!("{timeline:08X}{:08X}{:08X}", position / IN_STEP, position % IN_STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str], from: &str) -> Vec<(String, u64)> {
        gaps(names.iter().copied(), from).into_iter().map(|gap| (gap.first, gap.count)).collect()
    }

    #[test]
    fn a_whole_log_has_no_gap_and_a_missing_segment_is_named() {
        let all = [
            "0000000100000000000000FE-aa.zst",
            "0000000100000000000000FF-bb.zst",
            "000000010000000100000000-cc.zst",
        ];
        assert_eq!(of(&all, "0000000100000000000000FE"), []);
        assert_eq!(
            of(&[all[0], all[2]], "0000000100000000000000FE"),
            [("0000000100000000000000FF".into(), 1)]
        );
        assert_eq!(of(&all[1..], "0000000100000000000000FE"), [("0000000100000000000000FE".into(), 1)]);
        assert_eq!(of(&[], "0000000100000000000000FE"), [("0000000100000000000000FE".into(), 1)]);
    }

    #[test]
    fn a_later_timeline_begins_anywhere_and_other_files_do_not_count() {
        let all = [
            "000000010000000000000003-a",
            "00000002.history",
            "000000020000000000000003-a",
            "000000020000000000000005-a",
            "000000010000000000000003.00000028.backup",
        ];
        assert_eq!(of(&all, "000000010000000000000003"), [("000000020000000000000004".into(), 1)]);
    }
}
