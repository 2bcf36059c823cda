//! What every page needs to know about the request it answers.

use uuid::Uuid;

use super::{banner::News, profession::Profession};
use crate::service::InForce;
use crate::words::t;

/// The colours that a person chose; a cookie holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the device says.
    #[default]
    System,
    Light,
    Dark,
    Contrast,
}

impl Theme {
    /// All choices, in the order of the form.
    pub const ALL: [Self; 4] = [Self::System, Self::Light, Self::Dark, Self::Contrast];

    /// The value in the cookie, in the form and in `data-theme`.
    pub fn code(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Contrast => "contrast",
        }
    }

    /// Reads the cookie; anything unknown is the default.
    pub fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.code() == code).unwrap_or_default()
    }

    /// The word in the form.
    pub fn label(self) -> &'static str {
        match self {
            Self::System => t("端末の設定に合わせる"),
            Self::Light => t("明るい"),
            Self::Dark => t("暗い"),
            Self::Contrast => t("くっきり(高コントラスト)"),
        }
    }
}

/// The person who looks at the page.
#[derive(Debug, Clone)]
pub struct Viewer {
    pub account_id: Uuid,
    pub name: String,
    pub profession: Profession,
    /// The name of the facility for which the person acts now.
    pub facility: String,
    /// Whether the menu offers the administration of that facility.
    pub facility_admin: bool,
}

/// This page may stay on the device, sealed, to be read without a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// The room that it belongs to.
    pub group: Uuid,
    pub hours: i32,
}

/// One request, as far as a page shows it.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// Of the Content-Security-Policy; fresh for every response.
    pub nonce: String,
    pub theme: Theme,
    pub large_text: bool,
    /// `None` before sign-in.
    pub viewer: Option<Viewer>,
    /// How many notices (お知らせ) are new: the badge in the navigation.
    pub notices: u32,
    /// From where on live events are wanted: what happens while the page travels is not missed.
    pub live_from: Option<String>,
    /// The service mode, where it is not the usual one.
    pub mode: Option<InForce>,
    /// What is important and not read yet.
    pub news: Vec<News>,
    /// Path of this page, where lock and sign-in lead back to.
    pub path: String,
    /// After how many minutes without a touch the page locks; 0 is never.
    pub idle_minutes: u32,
    /// Whether the page comes from a standby: writing waits for the primary.
    pub reading: bool,
    /// Single keys act: see 使い方.
    pub shortcuts: bool,
    /// Names carry their reading.
    pub readings: bool,
    /// The device keeps copies for when there is no line.
    pub keeps_copies: bool,
    /// Of this very page.
    pub copied: Option<Copied>,
}

impl Ctx {
    /// A signed-in nurse, for samples and tests.
    pub fn sample(path: &str) -> Self {
        Self {
            nonce: "c2FtcGxl".to_owned(),
            theme: Theme::System,
            large_text: false,
            viewer: Some(Viewer {
                account_id: Uuid::from_u128(1),
                name: "五十嵐 みずほ".to_owned(),
                profession: Profession::Nurse,
                facility: "そらまめ訪問看護ステーション".to_owned(),
                facility_admin: true,
            }),
            notices: 3,
            live_from: None,
            mode: None,
            news: Vec::new(),
            path: path.to_owned(),
            idle_minutes: 15,
            reading: false,
            shortcuts: true,
            readings: false,
            keeps_copies: false,
            copied: None,
        }
    }

    #[must_use]
    pub fn copied(self, copied: Option<Copied>) -> Self {
        Self { copied, ..self }
    }

    /// The account of the viewer, `None` before sign-in.
    pub fn account(&self) -> Option<Uuid> {
        self.viewer.as_ref().map(|viewer| viewer.account_id)
    }
}
