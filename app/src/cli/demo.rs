//! `renkei demo`: a private cluster, a lively sample region, and the server, in one folder.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::Args;
use private_postgres::Cluster;
use serde_json::json;
use uuid::Uuid;

use super::{deployment, serve};
use crate::{
    Error, Result,
    app::Shared,
    auth::{Actor, totp},
    config::{Mail, Proxy, Push, SingleSignOn, Webhooks},
    features::{
        accounts,
        family::door,
        sign_in::acts::{Trusted, trusted_session},
    },
    sample::plant,
    whole_file::write_whole,
};

#[derive(Debug, Args)]
pub struct Demo {
    /// The only folder that is written to.
    #[arg(long)]
    data: Option<PathBuf>,
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Throws the folder's data away and begins anew.
    #[arg(long)]
    reset: bool,
    /// Believes a front on this machine that shows the secret of this file ([proxy] of a configuration).
    #[arg(long)]
    front_secret: Option<PathBuf>,
    /// Identity providers: a file with the section `[single_sign_on]` of a configuration.
    #[arg(long)]
    single_sign_on: Option<PathBuf>,
    /// Serves HTTPS with a certificate that is made on the spot; the browser warns of it.
    #[arg(long)]
    tls: bool,
    /// Sends letters to the SMTP server on this port of this machine, in clear. Without it nothing is mailed.
    #[arg(long)]
    mail_port: Option<u16>,
    /// Takes push services on this machine alone, on any port, in clear.
    #[arg(long)]
    push_here: bool,
    /// Lets facilities name a receiver of webhooks in the own network: a file with the section `[webhooks]` of a configuration.
    #[arg(long)]
    webhooks: Option<PathBuf>,
    /// With --tls, twice: the port for devices with certificates, then the one where they get them.
    #[arg(long, requires = "tls", num_args = 1, value_name = "ADDR:PORT")]
    devices: Vec<SocketAddr>,
    /// Writes a description of the running demo when it is ready.
    #[arg(long)]
    json: Option<PathBuf>,
}

pub async fn demo(options: Demo) -> Result<()> {
    let data = options.data.clone().unwrap_or_else(deployment::default_data);
    if options.reset {
        reset(&data).await?;
    }
    println!("連携のデモを準備しています（{}）…", data.display());
    let mut cluster = deployment::start_cluster(&data).await?;
    deployment::prepare(&cluster).await?;
    let mut config = deployment::config(&data, options.listen);
    // A trial works on a full laptop too.
    config.watch.refuse_uploads_percent = 101;
    if let Some(file) = &options.front_secret {
        config.proxy = Proxy::on_this_machine(file.clone());
    }
    if let Some(file) = &options.single_sign_on {
        config.single_sign_on = SingleSignOn::read(file)?;
    }
    if let Some(port) = options.mail_port {
        config.mail = Mail::on_this_machine(port);
    }
    if options.push_here {
        config.push = Push::on_this_machine();
    }
    if let Some(file) = &options.webhooks {
        config.webhooks = Webhooks::read(file)?;
    }
    if options.tls {
        config.tls = super::demo_certificate::make(&data.join("run/tls"))?;
        config.base_url = config.base_url.replacen("http:", "https:", 1);
        if let [app, enrol] = options.devices[..] {
            let url = |at: SocketAddr| format!("https://localhost:{}", at.port());
            (config.devices.app_listen, config.devices.app_url) = (app.to_string(), url(app));
            (config.devices.enrol_listen, config.devices.enrol_url) = (enrol.to_string(), url(enrol));
        }
    }
    let planted = plant::plant(&cluster, &config, &data).await?;
    let access = deployment::access(&cluster, config.database.connections);
    let mut running = serve::start(config, access).await?;
    let base_url = base_url(&running);
    let description = describe(&running.app, &base_url, &planted).await?;
    keep_fresh(&cluster).await?;
    if let Some(file) = &options.json {
        let bytes = serde_json::to_vec_pretty(&description).map_err(Error::internal)?;
        write_whole(file, &bytes).map_err(Error::internal)?;
    }
    print_table(&base_url, &planted);
    running.until_asked(Some(&mut cluster)).await?;
    println!("終わっています…");
    running.stop().await?;
    cluster.stop().await.map_err(Error::internal)
}

/// Only a folder that a demo made is thrown away.
async fn reset(data: &Path) -> Result<()> {
    if !data.exists() {
        return Ok(());
    }
    let ours =
        data.join("cluster").is_dir() || std::fs::read_dir(data).map_err(Error::internal)?.next().is_none();
    if !ours {
        return Err(Error::Internal(format!(
            "{} does not look like a demo's folder; not removed",
            data.display()
        )));
    }
    if data.join("cluster/postmaster.pid").exists() {
        deployment::start_cluster(data).await?.stop().await.map_err(Error::internal)?;
    }
    for part in ["cluster", "blobs", "keys", "run", "backup", "pgbackrest", "published"] {
        let path = data.join(part);
        let removed =
            if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        if let Err(error) =
            removed.or_else(|e| if e.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(e) })
        {
            return Err(Error::Internal(format!("{}: {error}", path.display())));
        }
    }
    Ok(())
}

/// The tokens of the description count as freshly stepped up as long as they live. Only the superuser of a demo's own cluster
/// can do that, and only here: nothing that `serve` runs holds such a connection.
async fn keep_fresh(cluster: &Cluster) -> Result<()> {
    const FRESH: &str =
        "UPDATE sec.session SET stepped_up_at = 'infinity' WHERE kind = 'token' AND idle IS NULL";
    let superuser = deployment::connect(&cluster.config("postgres", deployment::DATABASE)).await?;
    superuser.execute(FRESH, &[]).await.map(drop).map_err(Error::from)
}

/// With the port that was really taken.
fn base_url(running: &serve::Running) -> String {
    let scheme = if running.app.config.base_url.starts_with("https:") { "https" } else { "http" };
    format!("{scheme}://localhost:{}", running.address.port())
}

async fn describe(app: &Shared, base_url: &str, planted: &plant::Planted) -> Result<serde_json::Value> {
    let mut accounts = Vec::new();
    for a in &planted.accounts {
        let token = trusted_session(app, a.id, Trusted { idle: None }).await?.token;
        // For the facility that stands beside it, whatever the person acted for last.
        accounts::acts::act_for(app, &Actor::from_token(&token), a.facility_id).await?;
        let roles: &[&str] = if a.facility_admin { &["staff", "facility_admin"] } else { &["staff"] };
        accounts.push(json!({
            "login_id": a.login_id, "password": a.password, "totp_secret": a.totp_secret, "token": token, "name": a.name,
            "profession": a.profession, "facility": a.facility, "facility_id": a.facility_id, "roles": roles,
        }));
    }
    for r in &planted.relatives {
        let token = door::trusted_session(app, r.id).await?;
        accounts.push(json!({
            "login_id": r.login_id, "password": r.password, "totp_secret": r.totp_secret, "token": token, "name": r.name,
            "profession": r.role, "facility": "", "facility_id": null, "roles": [r.role],
        }));
    }
    let groups = groups(app, planted).await?;
    Ok(
        json!({"base_url": base_url, "accounts": accounts, "groups": groups, "operator": planted.operator, "secretariat": planted.secretariat}),
    )
}

const GROUPS: &str = "SELECT id, kind, patient_id, facility_id, members, acting_for FROM act.demo_groups()";

/// The open groups with those who may post now, with the token that the description gives them.
async fn groups(app: &Shared, planted: &plant::Planted) -> Result<Vec<serde_json::Value>> {
    let logins: BTreeMap<(Uuid, Uuid), &str> =
        planted.accounts.iter().map(|a| ((a.id, a.facility_id), a.login_id.as_str())).collect();
    let rows = app.db.job(GROUPS, &[]).await?;
    Ok(rows
        .iter()
        .map(|r| {
            let (members, acting_for): (Vec<Uuid>, Vec<Uuid>) = (r.get(4), r.get(5));
            let members: Vec<&str> =
                members.into_iter().zip(acting_for).filter_map(|m| logins.get(&m).copied()).collect();
            let named = r.get::<_, Option<Uuid>>(2).unwrap_or_else(|| r.get(0));
            let title = planted.titles.get(&named).cloned().unwrap_or_default();
            json!({"id": r.get::<_, Uuid>(0), "kind": r.get::<_, String>(1), "title": title, "facility_id": r.get::<_, Uuid>(3), "members": members})
        })
        .collect())
}

/// The code that an authenticator with this key (Base32) shows now.
fn now_code(key: &str, now: u64) -> String {
    let secret = data_encoding::BASE32_NOPAD.decode(key.as_bytes()).ok();
    secret.and_then(|s| totp::code_at(&s, now).ok()).unwrap_or_default()
}

fn print_table(base_url: &str, planted: &plant::Planted) {
    println!("\n  {base_url}\n");
    println!(
        "  だれでサインインするか（パスワードは全員 {}）",
        planted.accounts.first().map_or("", |a| a.password.as_str())
    );
    println!("  アプリ認証の鍵（Base32）を認証アプリに入れると6けたの数字が出ます。いまの数字も並べます。\n");
    println!("  {:<12} {:<8} {:<34} 名前・職種・施設", "ID", "いま", "アプリ認証の鍵");
    let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default();
    for a in &planted.accounts {
        let admin = if a.facility_admin { "・施設管理者" } else { "" };
        println!(
            "  {:<12} {:<8} {:<34} {}・{}・{}{admin}",
            a.login_id,
            now_code(&a.totp_secret, now),
            a.totp_secret,
            a.name,
            a.profession,
            a.facility
        );
    }
    println!("\n  運営者と地域事務局の画面は {base_url}/operator");
    for (o, what) in [(&planted.operator, "運営者"), (&planted.secretariat, "地域事務局")] {
        if let Some(o) = o {
            let code = now_code(&o.totp_secret, now);
            println!("  {:<12} {code:<8} {:<34} {}・{what}", o.login_id, o.totp_secret, o.name);
        }
    }
    for r in &planted.relatives {
        let code = now_code(&r.totp_secret, now);
        println!(
            "  {:<12} {code:<8} {:<34} {}・ご家族（{base_url}/family）",
            r.login_id, r.totp_secret, r.name
        );
    }
    println!("\n  いまの数字だけを見るには: renkei code BASE32の鍵   止めるには: Ctrl-C\n");
}
