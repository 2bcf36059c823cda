//! 使い方: short pages for what people do every day, and the keys for those who work with a keyboard.
//!
//! *Owns* nothing. *Emits* nothing. *Needs* nothing: the texts are part of the program, so that they are there when somebody cannot sign
//! in, and when nothing else works. *Who*: everybody; whoever is signed in reads them inside the product's frame.

mod routes;
mod topics;
mod views;

pub use routes::routes;
