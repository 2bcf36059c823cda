use std::fmt;

/// One thing that is wrong, and what to do about it, for the person who runs the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub what: String,
    pub fix: String,
}

impl Problem {
    pub fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), fix: fix.into() }
    }
}

/// Everything that was found wrong, so that one try is enough to learn it all. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub Vec<Problem>);

impl Refused {
    pub fn one(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self(vec![Problem::new(what, fix)])
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            let between = if n == 0 { "" } else { "; " };
            write!(f, "{between}{} ({})", problem.what, problem.fix)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}
