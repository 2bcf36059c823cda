//! What a PostgreSQL migration will do to a database that is in use, read from its text.
//!
//! [`steps`] gives, for every statement that touches a table which the migration did not make itself: the table, the
//! lock that PostgreSQL takes (as its manual lists them under "Explicit Locking"), and how much of the table it goes
//! through. What cannot be known from the text (a `DO` block, a call) is said to be so, never guessed.
//!
//! It is a reader of the statements that migrations use, not a parser of SQL: an unknown statement is
//! [`Work::Unknown`], so that a plan errs on the careful side.

mod classify;
mod split;

pub use classify::{Lock, Step, Work, steps};
pub use split::statements;
