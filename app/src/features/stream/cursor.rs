use uuid::Uuid;

/// Where a reader is: an epoch (a restore makes a new one) and a snapshot's xmin. Opaque to readers.
/// Resuming reads every event whose transaction is not older, so one that commits late is never skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub epoch: Uuid,
    pub xmin: u64,
}

impl Cursor {
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
    fn survives_the_way_to_the_browser_and_back() {
        let cursor = Cursor { epoch: Uuid::now_v7(), xmin: 0xabc_def0 };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for bad in ["", ".", "x.1", "018f.zz"] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }
}
