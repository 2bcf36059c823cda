//! The port over real sockets, with certificates of invented authorities.

mod acme;
mod clients;
mod directory;
mod house;
mod limits;
mod reload;
