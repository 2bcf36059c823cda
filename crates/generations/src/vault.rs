//! Pulling to where the database host cannot reach.
