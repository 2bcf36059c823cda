//! What one statement does to which table.

use std::collections::BTreeSet;

use crate::split::statements;

/// Table-level locks in PostgreSQL's order, weakest first. Those that a migration takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    /// `ROW EXCLUSIVE`: reading and writing go on; only the touched rows wait.
    Rows,
    /// `SHARE UPDATE EXCLUSIVE`: reading and writing go on.
    Maintenance,
    /// `SHARE` and `SHARE ROW EXCLUSIVE`: reading goes on, writing waits.
    Writes,
    /// `ACCESS EXCLUSIVE`: everything on this table waits.
    Everything,
}

impl Lock {
    /// The name in PostgreSQL's manual.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rows => "ROW EXCLUSIVE",
            Self::Maintenance => "SHARE UPDATE EXCLUSIVE",
            Self::Writes => "SHARE ROW EXCLUSIVE",
            Self::Everything => "ACCESS EXCLUSIVE",
        }
    }
}

/// How much of the table a statement goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// The catalogue alone; a moment, whatever the size.
    Moment,
    /// Reads every row.
    Scan,
    /// Reads every row, sorts, and writes an index.
    Index,
    /// Writes every row anew.
    Rewrite,
    /// Not to be told from the text.
    Unknown,
}

/// One effect of a migration on a table that existed before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Schema-qualified where the migration qualifies it; empty where it is not to be told.
    pub table: String,
    pub lock: Lock,
    pub work: Work,
    /// Whether the release before may fail on the result: something that it uses goes away.
    pub breaks: bool,
    /// The beginning of the statement, for the reader.
    pub statement: String,
}

const SHOWN: usize = 90;

/// Every step of a migration, in its order.
pub fn steps(script: &str) -> Vec<Step> {
    let mut made = BTreeSet::new();
    let mut all = Vec::new();
    for statement in statements(script) {
        let words = words(&statement);
        if let Some(table) = made_by(&words) {
            made.insert(table);
        }
        all.extend(effects(&statement, &words).into_iter().filter(|s| !made.contains(&s.table)));
    }
    all
}

/// The first words, upper case, brackets and commas apart: enough to tell what a statement is.
fn words(statement: &str) -> Vec<String> {
    statement
        .replace(['(', ')', ','], " ")
        .split_whitespace()
        .map(|w| if w.contains('\'') { w.to_owned() } else { w.to_uppercase() })
        .collect()
}

fn made_by(words: &[String]) -> Option<String> {
    let at = words.iter().take(4).position(|w| w == "TABLE")?;
    (words.first()? == "CREATE").then(|| name(words, at + 1)).flatten()
}

/// The name at `at`, past `IF [NOT] EXISTS` and `ONLY`, lower case.
fn name(words: &[String], at: usize) -> Option<String> {
    let skipped = ["IF", "NOT", "EXISTS", "ONLY"];
    words.iter().skip(at).find(|w| !skipped.contains(&w.as_str())).map(|w| w.trim_matches('"').to_lowercase())
}

fn after(words: &[String], word: &str) -> Option<String> {
    let at = words.iter().position(|w| w == word)?;
    name(words, at + 1)
}

fn effects(statement: &str, words: &[String]) -> Vec<Step> {
    let step = |table: Option<String>, lock, work| Step {
        table: table.unwrap_or_default(),
        lock,
        work,
        breaks: false,
        statement: statement.chars().take(SHOWN).collect(),
    };
    let has = |word: &str| words.iter().any(|w| w == word);
    let kind = (words.first().map_or("", String::as_str), words.get(1).map_or("", String::as_str));
    match kind {
        ("CREATE", "TABLE") => referenced(words).map(|t| step(Some(t), Lock::Writes, Work::Moment)).collect(),
        ("CREATE", "INDEX" | "UNIQUE") => {
            let lock = if has("CONCURRENTLY") { Lock::Maintenance } else { Lock::Writes };
            vec![step(after(words, "ON"), lock, Work::Index)]
        }
        ("CREATE" | "ALTER", "POLICY") => vec![step(after(words, "ON"), Lock::Everything, Work::Moment)],
        ("CREATE", "TRIGGER") => vec![step(after(words, "ON"), Lock::Writes, Work::Moment)],
        ("ALTER", "TABLE") => altered(statement, words),
        ("UPDATE", _) => vec![step(name(words, 1), Lock::Rows, Work::Rewrite)],
        ("DELETE", "FROM") => vec![step(name(words, 2), Lock::Rows, Work::Rewrite)],
        ("INSERT", "INTO") => {
            let work = if has("SELECT") { Work::Unknown } else { Work::Moment };
            vec![step(name(words, 2), Lock::Rows, work)]
        }
        ("DROP", "POLICY" | "TRIGGER") => vec![step(after(words, "ON"), Lock::Everything, Work::Moment)],
        ("DROP" | "TRUNCATE", _) => {
            let table = if kind.1 == "TABLE" { name(words, 2) } else { None };
            vec![Step { breaks: true, ..step(table, Lock::Everything, Work::Moment) }]
        }
        ("SELECT", _) => called(statement).map(|t| step(Some(t), Lock::Everything, Work::Moment)).collect(),
        ("DO", _) => vec![step(None, Lock::Everything, Work::Unknown)],
        // A function takes no lock that a statement would wait for.
        ("CREATE" | "GRANT" | "REVOKE" | "COMMENT" | "SET" | "RESET", _) | ("ALTER", "FUNCTION") => {
            Vec::new()
        }
        _ => vec![step(None, Lock::Everything, Work::Unknown)],
    }
}

/// Tables that a new foreign key points to: writing to them waits for a moment.
fn referenced(words: &[String]) -> impl Iterator<Item = String> {
    words.windows(2).filter(|w| w[0] == "REFERENCES").map(|w| w[1].to_lowercase())
}

/// `SELECT care.protect('care.file')`: our own functions put policies and triggers on the table that they are given.
fn called(statement: &str) -> impl Iterator<Item = String> {
    statement
        .split('\'')
        .skip(1)
        .step_by(2)
        .filter(|text| text.contains('.') && text.chars().all(|c| c.is_ascii_lowercase() || "._".contains(c)))
        .map(str::to_owned)
}

fn altered(statement: &str, words: &[String]) -> Vec<Step> {
    let has =
        |wanted: &[&str]| words.windows(wanted.len()).any(|w| w.iter().zip(wanted).all(|(a, b)| a == b));
    let checks = has(&["SET", "NOT", "NULL"])
        || (has(&["ADD", "CONSTRAINT"]) || has(&["ADD", "CHECK"]) || has(&["ADD", "FOREIGN"]))
            && !has(&["NOT", "VALID"]);
    let work = match () {
        () if has(&["TYPE"]) || has(&["ADD", "PRIMARY"]) || has(&["ADD", "UNIQUE"]) => Work::Rewrite,
        () if checks || has(&["VALIDATE", "CONSTRAINT"]) => Work::Scan,
        () => Work::Moment,
    };
    let lock = if has(&["VALIDATE", "CONSTRAINT"]) { Lock::Maintenance } else { Lock::Everything };
    let drops = has(&["DROP", "COLUMN"]) || has(&["RENAME"]) || has(&["TYPE"]);
    // A column that old inserts do not know must have a default or be nullable.
    let demands = has(&["ADD", "COLUMN"]) && has(&["NOT", "NULL"]) && !has(&["DEFAULT"]);
    vec![Step {
        table: name(words, 2).unwrap_or_default(),
        lock,
        work,
        breaks: drops || demands || has(&["SET", "NOT", "NULL"]),
        statement: statement.chars().take(SHOWN).collect(),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(script: &str) -> (String, Lock, Work, bool) {
        let steps = steps(script);
        assert_eq!(steps.len(), 1, "{script}: {steps:?}");
        (steps[0].table.clone(), steps[0].lock, steps[0].work, steps[0].breaks)
    }

    #[test]
    fn each_statement_takes_the_lock_of_the_manual() {
        let t = || "care.post".to_owned();
        for (script, lock, work) in [
            ("ALTER TABLE care.post ADD COLUMN a int", Lock::Everything, Work::Moment),
            ("ALTER TABLE care.post ADD CONSTRAINT c CHECK (a > 0)", Lock::Everything, Work::Scan),
            (
                "ALTER TABLE care.post ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
                Lock::Everything,
                Work::Moment,
            ),
            ("ALTER TABLE care.post VALIDATE CONSTRAINT c", Lock::Maintenance, Work::Scan),
            ("CREATE INDEX i ON care.post (a)", Lock::Writes, Work::Index),
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON care.post (a)", Lock::Maintenance, Work::Index),
            ("CREATE POLICY p ON care.post FOR SELECT TO x USING (true)", Lock::Everything, Work::Moment),
            ("UPDATE care.post SET a = 1", Lock::Rows, Work::Rewrite),
            ("SELECT care.protect('care.post')", Lock::Everything, Work::Moment),
        ] {
            assert_eq!(one(script), (t(), lock, work, false), "{script}");
        }
        assert!(Lock::Everything > Lock::Writes && Lock::Writes > Lock::Rows);
    }

    #[test]
    fn what_takes_something_away_breaks_the_release_before() {
        for script in [
            "ALTER TABLE care.post DROP COLUMN a",
            "ALTER TABLE care.post RENAME TO letter",
            "ALTER TABLE care.post ALTER COLUMN a TYPE bigint",
            "ALTER TABLE care.post ADD COLUMN a int NOT NULL",
            "DROP TABLE care.post",
            "DROP FUNCTION act.post(uuid)",
        ] {
            assert!(one(script).3, "{script}");
        }
        assert!(!one("ALTER TABLE care.post ADD COLUMN a int NOT NULL DEFAULT 0").3);
    }

    #[test]
    fn a_table_of_its_own_is_nobodys_wait_but_what_it_points_to_is() {
        let script = "CREATE TABLE care.new (id uuid REFERENCES care.file); CREATE INDEX ON care.new (id); \
                      SELECT care.protect('care.new'); GRANT SELECT ON care.new TO x; CREATE FUNCTION f() RETURNS int \
                      LANGUAGE sql AS $$ SELECT 1; DROP TABLE y $$;";
        assert_eq!(one(script), ("care.file".to_owned(), Lock::Writes, Work::Moment, false));
    }

    #[test]
    fn what_cannot_be_read_is_said_to_be_unknown() {
        assert!(steps("ALTER FUNCTION act.depart(uuid) SET SCHEMA sec;").is_empty(), "this can be read");
        assert_eq!(one("DO $$ BEGIN END $$").2, Work::Unknown);
        assert_eq!(one("CLUSTER care.post").2, Work::Unknown);
    }
}
