//! `renkei init`: an installation on one machine, in one folder, from nothing to the first facility.

use std::{
    io::Write as _,
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    ask::given_or_asked,
    deployment, enlist,
    which::{FOLDER, IN_FOLDER},
};
use crate::{Error, Result, config::Config};

#[derive(Debug, Args)]
pub struct Init {
    /// The one folder that holds everything.
    #[arg(long, default_value = FOLDER)]
    data: PathBuf,
    /// How people reach it: https://renkei.example.jp
    #[arg(long)]
    base_url: Option<String>,
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Leaves the first facility for later (`renkei enlist`).
    #[arg(long)]
    without_facility: bool,
    #[command(flatten)]
    first: enlist::Facility,
}

/// Asks for what was not given, writes the settings, makes database and key, and the first facility with its admin.
pub async fn init(options: Init) -> Result<()> {
    let file = options.data.join(IN_FOLDER);
    if file.exists() {
        return Err(Error::Internal(format!("{} exists already: nothing was changed", file.display())));
    }
    let base_url = given_or_asked(options.base_url, "開くときのアドレス（例 https://renkei.example.jp）")?;
    let text = settings(&options.data, options.listen, &base_url);
    let config = Config::parse(&text, std::env::vars())?;
    make_folder(&options.data)?;
    let cluster = deployment::start_cluster(&options.data).await?;
    let done = async {
        deployment::prepare(&cluster).await?;
        let access = deployment::access(&cluster, 2);
        let app = super::serve::open(config, &access).await?;
        if !options.without_facility {
            enlist::make(&app, options.first).await?;
        }
        write_private(&file, &text)
    };
    let done = done.await;
    cluster.stop().await.map_err(Error::internal)?;
    done?;
    println!("準備ができました：{}", file.display());
    println!(
        "鍵ファイル {} の控えを、別の場所に必ず保管してください。",
        options.data.join("keys/master").display()
    );
    println!("はじめる：sudo systemctl enable --now renkei    点検する：sudo -u renkei renkei doctor");
    Ok(())
}

fn settings(data: &Path, listen: SocketAddr, base_url: &str) -> String {
    let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
    format!(
        "# Settings of this installation. `renkei example-config` explains every key that can stand here.\n\
         data = {}\nlisten = {}\nbase_url = {}\n",
        text(&data.to_string_lossy()),
        text(&listen.to_string()),
        text(base_url)
    )
}

/// Others may pass through (root's database runs as a user of its own), but not look around.
fn make_folder(data: &Path) -> Result<()> {
    let mode = if rustix::process::geteuid().is_root() { 0o711 } else { 0o700 };
    std::fs::DirBuilder::new().recursive(true).mode(mode).create(data).map_err(Error::internal)
}

fn write_private(file: &Path, text: &str) -> Result<()> {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    made.and_then(|mut f| f.write_all(text.as_bytes()).and_then(|()| f.sync_all())).map_err(Error::internal)
}
