//! Which machine, which versions: a figure without them says nothing.

use serde_json::{Value, json};

/// `{cpu, cores, memory_mib, kernel}` as the kernel tells them.
pub fn machine() -> Value {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let memory_kib: u64 = field(&read("/proc/meminfo"), "MemTotal")
        .split(' ')
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or_default();
    json!({
        "cpu": field(&read("/proc/cpuinfo"), "model name"),
        "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "memory_mib": memory_kib / 1024,
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
    })
}

/// `{renkei, postgresql, rustc, commit, build}`.
pub fn versions(postgresql: &str) -> Value {
    json!({
        "renkei": env!("CARGO_PKG_VERSION"),
        "postgresql": postgresql,
        "rustc": env!("BUILD_RUSTC"),
        "commit": env!("BUILD_COMMIT"),
        "build": if cfg!(debug_assertions) { "debug" } else { "release" },
    })
}

/// The value of the first line `name : value`.
fn field(text: &str, name: &str) -> String {
    let line = text.lines().find_map(|line| line.split_once(':').filter(|(key, _)| key.trim() == name));
    line.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}
