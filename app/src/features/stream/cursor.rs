use uuid::Uuid;

/// Where a reader is: an epoch (a restore makes a new one) and a snapshot's xmin. Opaque to readers.
/// Resuming reads every event whose transaction is not older, so one that commits late is never skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub epoch: Uuid,
    pub xmin: u64,
}

/// Transactions looked back at when resuming. A primary that was lost may have given numbers to a few transactions that
/// it then rolled back and nobody else knew of; its successor gives them out again. What comes twice is dropped by the page.
const LOOK_BACK: u64 = 64;

impl Cursor {
    /// Where to read from when resuming here.
    pub fn resume(&self) -> u64 {
        self.xmin.saturating_sub(LOOK_BACK).max(3)
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, xmin) = text.split_once('.')?;
        Some(Self { epoch: Uuid::try_parse(epoch).ok()?, xmin: u64::from_str_radix(xmin, 16).ok()? })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:x}", self.epoch.simple(), self.xmin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resuming_looks_a_little_back_but_not_before_the_first_transaction() {
        let at = |xmin| Cursor { epoch: Uuid::now_v7(), xmin }.resume();
        assert_eq!((at(1000), at(10), at(3)), (936, 3, 3));
    }

    #[test]
    fn survives_the_way_to_the_browser_and_back() {
        let cursor = Cursor { epoch: Uuid::now_v7(), xmin: 0xabc_def0 };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for bad in ["", ".", "x.1", "018f.zz"] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }
}
