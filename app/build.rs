//! Embeds what stands beside the code: migrations and the assets of the pages.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    memory_serve::load_directory("assets");
}
