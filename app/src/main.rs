#[allow(dead_code, reason = "the demo command, its only caller, is built on top of it")]
mod sample;

fn main() {}
