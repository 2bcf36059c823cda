//! What somebody could try who holds one of the database's roles, a connection of the service, or a copy of everything.
//! Each attempt is refused or changes nothing; each refusal stands beside the allowed case that works.

mod catalogue;
mod clock;
mod context;
mod guess;
mod oracle;
mod statements;
mod tamper;
mod target;
