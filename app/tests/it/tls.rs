//! TLS of the product: what refuses to start, what people meet, what the sheet says, how the database is reached.

mod authority;
mod database;
mod served;
