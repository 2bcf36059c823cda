//! The egress allow-list: every host that this deployment calls by itself.

use super::Target;
use crate::config::{Config, Witness};

/// A host that the configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The key of the configuration that names it.
    pub setting: &'static str,
    pub host: String,
    pub port: u16,
    /// What for, in Japanese.
    pub purpose: &'static str,
}

/// Whoever adds an outbound call adds its line here; the egress test knows no other host.
pub fn declared_hosts(config: &Config) -> Vec<Host> {
    let mut hosts = database(config);
    if let Ok(door) = config.status.door(&config.base_url) {
        let (host, port) = (door.host().to_owned(), door.port());
        let setting = if config.status.probe_url.is_empty() { "base_url" } else { "status.probe_url" };
        hosts.push(Host { setting, host, port, purpose: "自分の入口（稼働率の測定）" });
    }
    if let Some(s3) = &config.backup.s3 {
        let (host, port) = with_port(&s3.endpoint, 443);
        hosts.push(Host {
            setting: "backup.s3.endpoint", host, port, purpose: "バックアップの置き場"
        });
    }
    hosts.extend(outside_the_log(config));
    if config.mail.is_configured() {
        hosts.push(Host {
            setting: "mail.host",
            host: config.mail.host.clone(),
            port: config.mail.port,
            purpose: "メールの送信",
        });
    }
    for host in config.push.hosts() {
        let host = if host.starts_with('.') { format!("*{host}") } else { host.to_owned() };
        hosts.push(Host {
            setting: "push.hosts", host, port: 443, purpose: "端末へのお知らせ（プッシュ）"
        });
    }
    hosts.extend(receivers(config));
    if let Ok(Some(target)) = config.watch.target() {
        let (host, port) = (target.host().to_owned(), target.port());
        hosts.push(Host { setting: "watch.webhook", host, port, purpose: "警報の通知" });
    }
    if let Some(uri) = config.acme.as_ref().and_then(|a| url::Url::parse(&a.directory).ok())
        && let Some(host) = uri.host_str()
    {
        let port = uri.port_or_known_default().unwrap_or(443);
        hosts.push(Host {
            setting: "acme.directory", host: host.to_owned(), port, purpose: "証明書の取得"
        });
    }
    for (host, port) in config.single_sign_on.providers.iter().flat_map(crate::config::Provider::called) {
        let purpose = "サインインの連携先";
        hosts.push(Host { setting: "single_sign_on.provider", host, port, purpose });
    }
    if !config.clamd.is_empty()
        && let Some((host, port)) = config.clamd.rsplit_once(':')
        && let Ok(port) = port.parse()
    {
        hosts.push(Host { setting: "clamd", host: host.to_owned(), port, purpose: "ウイルス検査" });
    }
    hosts
}

/// Who keeps what proves the record.
fn outside_the_log(config: &Config) -> impl Iterator<Item = Host> {
    let of = |setting, url: &str, private, purpose| {
        let target = Target::parse(url, private).ok()?;
        Some(Host { setting, host: target.host().to_owned(), port: target.port(), purpose })
    };
    let log = &config.log;
    let witness = move |w: &Witness| of("log.witnesses", &w.url, w.private, "記録の外の証人");
    let bucket = log.copies.s3.as_ref().map(|s3| {
        let (host, port) = with_port(&s3.endpoint, 443);
        Host { setting: "log.copies.s3.endpoint", host, port, purpose: "記録の控えの置き場" }
    });
    let stamp = of("log.timestamp.url", &log.timestamp.url, log.timestamp.private, "記録の控えの時刻の証明");
    log.witnesses.iter().filter_map(witness).chain(bucket).chain(stamp)
}

/// Whom facilities may have told that something happened.
fn receivers(config: &Config) -> impl Iterator<Item = Host> {
    let purpose = "施設のプログラムへの知らせ";
    let public = config.webhooks.hosts().map(|host| {
        let host = if host.starts_with('.') { format!("*{host}") } else { host.to_owned() };
        ("webhooks.hosts", host, 443)
    });
    let private = config.webhooks.private_hosts().map(|host| {
        let (host, port) = with_port(host, 443);
        ("webhooks.private_hosts", host, port)
    });
    public.chain(private).map(move |(setting, host, port)| Host { setting, host, port, purpose })
}

/// Servers of the database that are reached by network; a local socket is no host.
fn database(config: &Config) -> Vec<Host> {
    let d = &config.database;
    let mut hosts: Vec<Host> = Vec::new();
    for url in [&d.app, &d.auth, &d.job, &d.operator, &d.family, &d.bounce, &d.verify, &d.migrate] {
        for (host, port) in servers(url) {
            if !hosts.iter().any(|known| (&known.host, known.port) == (&host, port)) {
                hosts.push(Host { setting: "database", host, port, purpose: "データベース" });
            }
        }
    }
    for (host, port) in servers(&config.reading.standby) {
        let purpose = "データベース（予備から読む）";
        hosts.push(Host { setting: "reading.standby", host, port, purpose });
    }
    hosts
}

/// Of one URL. An address (`hostaddr`) is what is called where there is one; the name is then only for the certificate.
fn servers(url: &str) -> Vec<(String, u16)> {
    let Ok(parsed) = crate::db::address(url) else { return Vec::new() };
    let ports = parsed.get_ports();
    let port = |n: usize| ports.get(n).or(ports.first()).copied().unwrap_or(5432);
    let addresses = parsed.get_hostaddrs().iter().map(|a| Some(a.to_string()));
    let names = parsed.get_hosts().iter().map(|host| match host {
        tokio_postgres::config::Host::Tcp(name) => Some(name.clone()),
        tokio_postgres::config::Host::Unix(_) => None,
    });
    let called: Vec<Option<String>> =
        if parsed.get_hostaddrs().is_empty() { names.collect() } else { addresses.collect() };
    called.into_iter().enumerate().filter_map(|(n, host)| Some((host?, port(n)))).collect()
}

/// `host` or `host:port`.
pub fn with_port(endpoint: &str, usual: u16) -> (String, u16) {
    match endpoint.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) => (host.to_owned(), port),
        _ => (endpoint.to_owned(), usual),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(endpoint: &str) -> crate::config::S3 {
        crate::config::S3 {
            endpoint: endpoint.into(),
            bucket: "b".into(),
            region: "r".into(),
            key: "k".into(),
            secret_file: "/run/secret".into(),
            ca_file: None,
        }
    }

    const PROVIDER: &str = r#"
        [[provider]]
        id = "association"
        label = "試験医師会"
        issuer = "https://id.example.jp/tenant"
        client_id = "renkei"
        client_secret_file = "/run/secret"
        also_calls = ["keys.example.jp:8443"]
    "#;

    #[test]
    fn a_bucket_is_called_at_its_port() {
        assert_eq!(with_port("s3.example.jp", 443), ("s3.example.jp".to_owned(), 443));
        assert_eq!(with_port("s3.example.jp:9000", 443), ("s3.example.jp".to_owned(), 9000));
    }

    #[test]
    fn every_url_of_the_database_is_looked_at() {
        let config = Config::parse(&crate::config::example(), std::iter::empty()).expect("the example");
        let set = |change: fn(&mut Config) -> &mut String| {
            let mut config = config.clone();
            *change(&mut config) = "host=one.example.jp user=x".into();
            declared_hosts(&config).iter().any(|h| h.host == "one.example.jp")
        };
        let every: [fn(&mut Config) -> &mut String; 9] = [
            |c| &mut c.database.app,
            |c| &mut c.database.auth,
            |c| &mut c.database.job,
            |c| &mut c.database.operator,
            |c| &mut c.database.family,
            |c| &mut c.database.bounce,
            |c| &mut c.database.migrate,
            |c| &mut c.database.verify,
            |c| &mut c.reading.standby,
        ];
        for change in every {
            assert!(set(change));
        }
    }

    #[test]
    fn every_host_of_the_configuration_is_declared_and_no_other() {
        let text = crate::config::example();
        let config = Config::parse(&text, std::iter::empty()).expect("the example");
        let own: Vec<_> = declared_hosts(&config).into_iter().map(|h| (h.setting, h.host)).collect();
        let pushed = [
            "fcm.googleapis.com",
            "updates.push.services.mozilla.com",
            "*.push.apple.com",
            "*.notify.windows.com",
        ];
        let wanted = std::iter::once(("base_url", "renkei.example.jp"));
        let wanted: Vec<_> = wanted.chain(pushed.map(|host| ("push.hosts", host))).collect();
        let own: Vec<_> = own.iter().map(|(setting, host)| (*setting, host.as_str())).collect();
        assert_eq!(
            own, wanted,
            "the example calls its own door, and push services where people ask for them"
        );
        let set = [
            ("RENKEI_PUSH__HOSTS", "push.example.net"),
            ("RENKEI_WEBHOOKS__HOSTS", ".clinic.example.jp"),
            ("RENKEI_WEBHOOKS__PRIVATE_HOSTS", "chart.internal:8443"),
            ("RENKEI_MAIL__HOST", "mail.example.jp"),
            ("RENKEI_MAIL__FROM", "a@example.jp"),
            ("RENKEI_WATCH__WEBHOOK", "https://hook.example.jp:8443/x"),
            ("RENKEI_WATCH__WEBHOOK_SECRET_FILE", "/run/secret"),
            ("RENKEI_CLAMD", "scan.example.jp:3310"),
            ("RENKEI_DATABASE__APP", "host=a.example.jp,b.example.jp port=5433 user=renkei_app"),
            ("RENKEI_DATABASE__JOB", "host=a.example.jp port=5433 user=renkei_job"),
            ("RENKEI_DATABASE__OPERATOR", "host=console.example.jp user=renkei_operator"),
            ("RENKEI_DATABASE__VERIFY", "host=verify.example.jp hostaddr=192.0.2.7 user=renkei_verify"),
            ("RENKEI_DATABASE__MIGRATE", "host=/run/postgresql user=renkei_migrate"),
            ("RENKEI_READING__STANDBY", "host=standby.example.jp port=5001 user=renkei_app"),
            ("RENKEI_READING__SPOOL", "/var/lib/renkei/spool"),
        ];
        let set = set.map(|(k, v)| (k.to_owned(), v.to_owned()));
        let mut config = Config::parse(&text, set.into_iter()).expect("a configuration");
        config.backup.s3 = Some(bucket("s3.example.jp"));
        config.log.copies.s3 = Some(bucket("locked.example.jp:9000"));
        config.log.timestamp.url = "https://time.example.jp/stamp".into();
        config.log.witnesses = vec![Witness {
            url: "https://witness.example.jp".into(),
            key: String::new(),
            private: false,
            ca_file: std::path::PathBuf::new(),
        }];
        config.single_sign_on = toml::from_str(PROVIDER).expect("a provider");
        let named: Vec<String> =
            declared_hosts(&config).iter().map(|h| format!("{}:{}", h.host, h.port)).collect();
        assert_eq!(
            named,
            [
                "a.example.jp:5433",
                "b.example.jp:5433",
                "console.example.jp:5432",
                "192.0.2.7:5432",
                "standby.example.jp:5001",
                "renkei.example.jp:443",
                "s3.example.jp:443",
                "witness.example.jp:443",
                "locked.example.jp:9000",
                "time.example.jp:443",
                "mail.example.jp:587",
                "push.example.net:443",
                "*.clinic.example.jp:443",
                "chart.internal:8443",
                "hook.example.jp:8443",
                "id.example.jp:443",
                "keys.example.jp:8443",
                "scan.example.jp:3310"
            ]
        );
    }
}
