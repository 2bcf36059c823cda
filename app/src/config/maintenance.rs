//! `[maintenance]`: what a work order needs.

use serde::Deserialize;

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Maintenance {
    /// Whether the facility's admin must agree too, after the second operator. It is told either way.
    pub facility_must_agree: bool,
}

impl Default for Maintenance {
    fn default() -> Self {
        Self { facility_must_agree: true }
    }
}

pub(super) const EXAMPLE: &str = r#"
[maintenance]
# A work order is approved by a second operator, always. Whether the facility's admin must agree as well before anything is opened;
# false: the facility is told, and the work may begin without its answer. Holds for orders that are asked for from then on.
facility_must_agree = true
"#;
