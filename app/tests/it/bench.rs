//! `renkei bench --quick` as a whole: the figures are there, and nothing is lost or doubled. Never how fast.

use serde_json::Value;

#[test]
fn a_quick_bench_measures_everything_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("figures.json");
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_renkei"))
        .args(["bench", "--quick", "--json"])
        .arg(&file)
        .output()
        .expect("the program starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let figures: Value = serde_json::from_slice(&std::fs::read(&file).expect("a file")).expect("JSON");
    for (work, counts) in [("post", ["1", "8", "32"]), ("read", ["1", "8", "16"])] {
        for count in counts {
            let line = &figures[work]["clients"][count];
            for figure in ["per_s", "p50_ms", "p99_ms", "reference_per_s", "ratio"] {
                assert!(line[figure].as_f64().is_some_and(|n| n > 0.0), "{work} {count} {figure}: {line}");
            }
        }
    }
    let deliver = &figures["deliver"];
    assert_eq!((&deliver["lost"], &deliver["doubled"]), (&Value::from(0), &Value::from(0)), "{deliver}");
    assert_eq!(deliver["offered_per_s"], 50, "{deliver}");
    assert!(deliver["p50_ms"].as_f64() <= deliver["p99_ms"].as_f64(), "{deliver}");
    for count in ["1", "8"] {
        let post = &figures["seal"]["post"][count];
        for figure in ["sealed_per_s", "queued_per_s", "bare_per_s", "sealed_p50_ms"] {
            assert!(post[figure].as_f64().is_some_and(|n| n > 0.0), "{figure}: {post}");
        }
        assert!(post["price_percent"].is_number(), "{post}");
    }
    let (backlog, wait) = (&figures["seal"]["backlog"], &figures["seal"]["wait"]);
    assert!(backlog["per_s"].as_f64().is_some_and(|n| n > 0.0), "{backlog}");
    assert!(wait["posts"] == 40 && wait["p50_ms"].as_f64() <= wait["most_ms"].as_f64(), "{wait}");
    let overload = &figures["overload"];
    assert_eq!((&overload["lost"], &overload["other"]), (&Value::from(0), &Value::from(0)), "{overload}");
    assert!(overload["served_per_s"].as_f64().is_some_and(|n| n > 0.0), "{overload}");
    for posts in ["400", "1000"] {
        let search = &figures["search"][posts];
        assert_eq!(
            (&search["found"], &search["planted"]),
            (&Value::from(100), &Value::from(100)),
            "{search}"
        );
        for figure in ["p50_ms", "p95_ms", "one_p95_ms", "cold_first_ms", "cold_whole_ms", "reference_p50_ms"]
        {
            assert!(search[figure].as_f64().is_some_and(|n| n > 0.0), "{posts} {figure}: {search}");
        }
    }
    for figure in ["cpu", "cores", "memory_mib", "kernel"] {
        assert!(!figures["machine"][figure].is_null(), "{}", figures["machine"]);
    }
    for figure in ["renkei", "postgresql", "rustc", "commit"] {
        assert!(figures["versions"][figure].is_string(), "{}", figures["versions"]);
    }
}
