//! Everything that the disclosure is written from, gathered at one moment.

use jiff::{Timestamp, civil::Date};

use super::{
    acts::{self, Edition, House},
    facts::{self, Fact},
};
use crate::{
    Result,
    app::App,
    config::Config,
    features::documents::{
        policies::acts::{Published, published},
        register::acts::{Entry, register},
    },
    web::ui::time,
};

#[derive(Debug, Clone)]
pub struct State {
    pub config: Config,
    pub policies: Vec<Published>,
    pub register: Vec<Entry>,
    pub editions: Vec<Edition>,
    pub house: House,
    pub facts: Vec<Fact>,
    pub now: Timestamp,
}

impl State {
    /// Reads it all. Nothing of it is about a patient.
    pub async fn gather(app: &App, now: Timestamp) -> Result<Self> {
        let house = acts::house(app).await?;
        let facts = facts::measure(app, &house, now).await?;
        Ok(Self {
            config: app.config.clone(),
            policies: published(app).await?,
            register: register(app).await?,
            editions: acts::editions(app).await?,
            house,
            facts,
            now,
        })
    }

    pub fn today(&self) -> Date {
        time::day_of(self.now)
    }

    /// Entries of a kind that hold today.
    pub fn entries<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Entry> {
        let today = self.today();
        self.register.iter().filter(move |e| e.kind == kind && e.holds_on(today))
    }

    pub fn fact(&self, code: &str) -> Option<&Fact> {
        self.facts.iter().find(|f| f.code == code)
    }

    /// A measurement in words.
    pub fn measured(&self, code: &str) -> String {
        self.fact(code).map_or_else(|| "まだ測っていません".to_owned(), Fact::in_words)
    }

    /// What the operator says under a heading; the plain truth where nothing was written yet.
    pub fn statement(&self, topic: &str) -> String {
        let texts: Vec<&str> =
            self.entries("statement").filter(|s| s.get("topic") == topic).map(|s| s.get("text")).collect();
        if texts.is_empty() {
            "運営者は、まだ記していません。".to_owned()
        } else {
            texts.join("\n\n")
        }
    }

    pub fn policy(&self, code: &str) -> Option<&Published> {
        self.policies.iter().find(|p| p.policy == code)
    }

    /// Whether a document of `controls.toml` is there: `policy:CODE`, `register:KIND` or `register:KIND/CODE`, where the
    /// code is that of the kind's first field. The reason where it is not.
    pub fn document(&self, name: &str) -> std::result::Result<(), String> {
        use crate::features::documents::{policies, register};
        if let Some(code) = name.strip_prefix("policy:") {
            let title = policies::policy(code).map_or(code, |p| p.title);
            let there = self.policy(code).is_some_and(|p| p.effective_on <= self.today());
            return if there {
                Ok(())
            } else {
                Err(format!("「{title}」がまだ公開されていません"))
            };
        }
        let rest = name.strip_prefix("register:").unwrap_or(name);
        let (code, which) = rest.split_once('/').unwrap_or((rest, ""));
        let Some(kind) = register::kind(code) else {
            return Err(format!("{name}という文書はありません"));
        };
        let first = kind.fields[0];
        if self.entries(kind.code).any(|e| which.is_empty() || e.get(first.code) == which) {
            return Ok(());
        }
        let what = match first.takes {
            register::Takes::One(list) => register::words(list, which),
            _ => which,
        };
        Err(format!("台帳の「{}」に{what}がありません", kind.title))
    }
}
