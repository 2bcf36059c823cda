//! The control catalogue and the risk register, as they stand in `controls/`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::config::Hosting;

/// Whose duty something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duty {
    Provider,
    Facility,
    Both,
}

impl Duty {
    /// In words, for whoever runs the deployment. A facility that runs it for itself bears all.
    pub fn words(self, hosting: Hosting) -> &'static str {
        match (hosting, self) {
            (Hosting::Own, _) | (_, Self::Facility) => "医療機関",
            (Hosting::Association | Hosting::Provider, Self::Provider) => "事業者",
            (Hosting::Association | Hosting::Provider, Self::Both) => "共同",
        }
    }
}

/// One question of the checklist and everything that its はい rests on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    pub n: u32,
    /// The requirement that it answers; several questions may share one.
    pub id: String,
    pub area: String,
    pub question: String,
    pub sources: Vec<String>,
    pub duty: Duty,
    #[serde(default)]
    pub tests: Vec<String>,
    #[serde(default)]
    pub config: Vec<String>,
    #[serde(default)]
    pub facts: Vec<String>,
    #[serde(default)]
    pub documents: Vec<String>,
    /// What is done, in words.
    #[serde(default)]
    pub how: String,
    /// Why the answer is いいえ whatever else holds.
    pub no: Option<String>,
    /// Why the question does not arise.
    pub not_applicable: Option<String>,
}

/// One line of the risk register.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    pub id: String,
    pub threat: String,
    /// 1 low, 2 middle, 3 high.
    pub likelihood: u8,
    pub impact: u8,
    /// Numbers of controls.
    pub controls: Vec<u32>,
    pub residual: String,
    pub duty: Duty,
    /// What the facility does; empty: nothing.
    pub facility: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Controls {
    control: Vec<Control>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Risks {
    risk: Vec<Risk>,
}

static CONTROLS: LazyLock<Vec<Control>> = LazyLock::new(|| {
    let text = include_str!("../../../controls/controls.toml");
    toml::from_str::<Controls>(text).map(|c| c.control).expect("controls.toml is read by a test")
});

static RISKS: LazyLock<Vec<Risk>> = LazyLock::new(|| {
    let text = include_str!("../../../controls/risks.toml");
    toml::from_str::<Risks>(text).map(|r| r.risk).expect("risks.toml is read by a test")
});

/// All questions, in their order.
pub fn controls() -> &'static [Control] {
    &CONTROLS
}

/// All risks.
pub fn risks() -> &'static [Risk] {
    &RISKS
}
