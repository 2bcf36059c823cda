//! The log against its standards, and against whoever would bend it. Every refusal is preceded by what is allowed.

mod common;
mod golden;
mod notes;
mod oracle;
mod proofs;
mod properties;
mod tampering;
mod tiles;
mod witness;
mod witness_file;
