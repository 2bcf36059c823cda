//! Templates as they are read and written. Anything that holds what a facility typed prints as `…`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::form::{self, Block};
use crate::words::t;
use crate::{Error, FieldError, Result, web::input};

/// Characters of a name, and of the text.
pub const MAX_NAME: usize = 60;
pub const MAX_CONTENT: usize = 4_000;

/// Whose a template is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The caller alone, acting for this facility.
    Person,
    /// Everybody who acts for the facility; its admin writes it.
    Facility,
    /// Of the operators, or shipped with the product; nobody changes it here, everybody may copy it.
    Deployment,
}

impl Owner {
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => t("自分の定型文"),
            Self::Facility => t("施設の定型文"),
            Self::Deployment => t("みんなの定型文"),
        }
    }

    /// The word in forms and addresses; the deployment's are not written here.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "person" => Some(Self::Person),
            "facility" => Some(Self::Facility),
            _ => None,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Facility => "facility",
            Self::Deployment => "deployment",
        }
    }
}

/// One template as it stands now.
#[derive(Clone, Serialize, ToSchema)]
pub struct Template {
    pub id: Uuid,
    /// 1, 2, 3 …; what `If-Match` names.
    pub version: u32,
    pub owner: Owner,
    pub name: String,
    /// The text that is read as a form: `■` a heading, `□` a box, `体温：[数 ℃]` a field.
    pub content: String,
    /// No longer offered.
    #[serde(skip)]
    pub retired: bool,
}

impl Template {
    /// What is filled in. A text that was saved can be read; one of an older program that cannot stands as plain text.
    pub fn blocks(&self) -> Vec<Block> {
        form::parse(&self.content)
            .unwrap_or_else(|_| self.content.lines().map(|l| Block::Text(l.to_owned())).collect())
    }
}

#[derive(Serialize, ToSchema)]
pub struct Templates {
    pub items: Vec<Template>,
}

/// Body of `POST /templates`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTemplate {
    pub client_id: Uuid,
    /// `person` or `facility`.
    pub owner: Owner,
    pub name: String,
    pub content: String,
}

/// Body of `PUT /templates/{id}`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateText {
    pub name: String,
    pub content: String,
}

crate::opaque_debug!(Template, Templates, NewTemplate, TemplateText);

impl TemplateText {
    /// As it is stored.
    ///
    /// # Errors
    /// `Invalid` with every field that cannot be taken.
    pub fn checked(&self) -> Result<Self> {
        let name = input::line("name", &self.name, MAX_NAME);
        let content = input::text("content", &self.content, MAX_CONTENT)
            .and_then(|content| form::parse(&content).map(|_| content));
        match (name, content) {
            (Ok(name), Ok(content)) => Ok(Self { name, content }),
            (name, content) => {
                let problems: Vec<FieldError> = name.err().into_iter().chain(content.err()).collect();
                Err(Error::Invalid(problems))
            }
        }
    }
}
