//! The profile from outside: what is accepted, what a certificate must be, what the sheet says.

mod certificates;
mod handshakes;
mod made;
mod sheet;
