use std::net::TcpListener;

use super::*;

async fn sandbox(base: &TempDir) -> Sandbox {
    let sandbox = Sandbox::detect(base.path()).await;
    assert_eq!(sandbox.isolation(), Isolation::NoNetwork, "this machine lets no child run without network");
    sandbox
}

fn bash<'a>(args: &'a [&'a str]) -> Job<'a> {
    Job { tool: "bash", args, input: b"input", input_name: "in", outputs: &["out"] }
}

async fn sh(sandbox: &Sandbox, script: &str) -> Result<String, Error> {
    let output = sandbox.run(&bash(&["-c", script])).await?;
    Ok(String::from_utf8(output).unwrap().trim().to_owned())
}

#[tokio::test]
async fn a_child_cannot_connect_not_even_to_loopback() {
    let base = TempDir::new().unwrap();
    let sandbox = sandbox(&base).await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect = format!("if exec 3<>/dev/tcp/127.0.0.1/{port}; then echo open; else echo shut; fi");
    // First the same command without the wrapper, to know that it does connect when it may.
    let free = Command::new("bash").args(["-c", &connect]).output().await.unwrap();
    assert_eq!(free.stdout, b"open\n");
    assert_eq!(sh(&sandbox, &format!("({connect}) >out")).await.unwrap(), "shut");
}

#[tokio::test]
async fn a_child_has_limits_and_no_environment() {
    let base = TempDir::new().unwrap();
    let sandbox = sandbox(&base).await;
    let limits = sh(&sandbox, "(ulimit -t; ulimit -v; ulimit -f; ulimit -n; ulimit -c) >out").await.unwrap();
    let expected = [20, MEMORY / 1024, MAX_OUTPUT / 1024, 64, 0].map(|n| n.to_string()).join("\n");
    assert_eq!(limits, expected);
    // bash itself sets PWD, SHLVL and _.
    let names = sh(&sandbox, "export -p | grep -c -v -E 'PWD|SHLVL|OLDPWD' >out; true").await.unwrap();
    assert_eq!(names, "0");
    assert_eq!(sh(&sandbox, "grep NoNewPrivs /proc/self/status >out").await.unwrap(), "NoNewPrivs:\t1");
    assert_eq!(
        sh(&sandbox, "grep CapBnd /proc/self/status >out").await.unwrap(),
        "CapBnd:\t0000000000000000"
    );
    assert_eq!(sh(&sandbox, "stat -c %a . >out").await.unwrap(), "700");
}

#[tokio::test]
async fn too_much_memory_or_output_fails_the_child_only() {
    let base = TempDir::new().unwrap();
    let sandbox = sandbox(&base).await;
    let failed = Err(Error::ToolFailed { tool: "bash" });
    assert_eq!(sh(&sandbox, "head -c 200M /dev/zero >out").await, failed);
    assert_eq!(
        sh(&sandbox, "head -c 3G /dev/zero | tail -n 1 | wc -c >out && exit ${PIPESTATUS[1]}").await,
        failed
    );
    assert_eq!(sh(&sandbox, "ln -s /etc/passwd out").await, failed);
    assert_eq!(sh(&sandbox, "true").await, failed, "no output is a failure");
    assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0, "working directories are gone");
}

#[tokio::test]
async fn a_child_that_does_not_end_is_killed() {
    let base = TempDir::new().unwrap();
    let sandbox = sandbox(&base).await;
    let seconds = format!("600.{}", std::process::id());
    let args = [seconds.as_str()];
    let job = Job { tool: "sleep", ..bash(&args) };
    let seen = async {
        while !runs(&seconds) {
            tokio::task::yield_now().await;
        }
    };
    let (ended, ()) = tokio::join!(sandbox.run_within(&job, Duration::from_millis(1500)), seen);
    assert_eq!(ended, Err(Error::ToolTimedOut { tool: "sleep" }));
    assert!(!runs(&seconds), "the process itself is gone");
    assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
}

/// Whether a process has this last argument.
fn runs(argument: &str) -> bool {
    let ending = format!("\0{argument}\0");
    let mut processes = fs::read_dir("/proc").unwrap().flatten();
    processes.any(|p| fs::read(p.path().join("cmdline")).is_ok_and(|line| line.ends_with(ending.as_bytes())))
}

#[tokio::test]
async fn what_a_killed_server_left_is_swept() {
    let base = TempDir::new().unwrap();
    let (old, new) = (base.path().join("intake-old"), base.path().join("intake-new"));
    fs::create_dir(&old).unwrap();
    fs::create_dir(&new).unwrap();
    File::open(&old).unwrap().set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    Sandbox::detect(base.path()).await;
    assert!(!old.exists() && new.exists());
}

#[tokio::test]
async fn a_missing_tool_is_named() {
    let base = TempDir::new().unwrap();
    let sandbox = sandbox(&base).await;
    let job = Job { tool: "no-such-decoder", ..bash(&[]) };
    assert_eq!(sandbox.run(&job).await, Err(Error::ToolMissing { tool: "no-such-decoder" }));
}
