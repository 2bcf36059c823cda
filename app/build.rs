//! Embeds what stands beside the code: migrations and the assets of the pages; and from what it was built.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=../.git/HEAD");
    println!("cargo:rerun-if-changed=../.git/refs/heads");
    println!(
        "cargo:rustc-env=BUILD_RUSTC={}",
        says(&std::env::var("RUSTC").unwrap_or("rustc".into()), &["--version"])
    );
    println!("cargo:rustc-env=BUILD_COMMIT={}", says("git", &["rev-parse", "--short=12", "HEAD"]));
    memory_serve::load_directory("assets");
}

/// What a command says, or `unknown`: a tarball has no commit.
fn says(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output().ok().filter(|output| output.status.success());
    output.map_or("unknown".into(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
