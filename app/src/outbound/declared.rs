//! The egress allow-list: every host that this deployment calls by itself.

use crate::config::Config;

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
    if config.mail.is_configured() {
        hosts.push(Host {
            setting: "mail.host",
            host: config.mail.host.clone(),
            port: config.mail.port,
            purpose: "メールの送信",
        });
    }
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
    if !config.clamd.is_empty()
        && let Some((host, port)) = config.clamd.rsplit_once(':')
        && let Ok(port) = port.parse()
    {
        hosts.push(Host { setting: "clamd", host: host.to_owned(), port, purpose: "ウイルス検査" });
    }
    hosts
}

/// Servers of the database that are reached by network; a local socket is no host.
fn database(config: &Config) -> Vec<Host> {
    let d = &config.database;
    let mut hosts: Vec<Host> = Vec::new();
    for url in [&d.app, &d.auth, &d.job] {
        let Ok(parsed) = crate::db::address(url) else { continue };
        for (n, host) in parsed.get_hosts().iter().enumerate() {
            let tokio_postgres::config::Host::Tcp(name) = host else { continue };
            let ports = parsed.get_ports();
            let port = ports.get(n).or(ports.first()).copied().unwrap_or(5432);
            let host = Host { setting: "database", host: name.clone(), port, purpose: "データベース" };
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_of_the_configuration_is_declared_and_no_other() {
        let text = crate::config::example();
        let config = Config::parse(&text, std::iter::empty()).expect("the example");
        let own: Vec<_> = declared_hosts(&config).into_iter().map(|h| (h.setting, h.host)).collect();
        assert_eq!(
            own,
            [("base_url", "renkei.example.jp".to_owned())],
            "the example calls its own door alone"
        );
        let set = [
            ("RENKEI_MAIL__HOST", "mail.example.jp"),
            ("RENKEI_MAIL__FROM", "a@example.jp"),
            ("RENKEI_WATCH__WEBHOOK", "https://hook.example.jp:8443/x"),
            ("RENKEI_WATCH__WEBHOOK_SECRET_FILE", "/run/secret"),
            ("RENKEI_CLAMD", "scan.example.jp:3310"),
            ("RENKEI_DATABASE__APP", "host=a.example.jp,b.example.jp port=5433 user=renkei_app"),
        ];
        let set = set.map(|(k, v)| (k.to_owned(), v.to_owned()));
        let config = Config::parse(&text, set.into_iter()).expect("a configuration");
        let named: Vec<String> =
            declared_hosts(&config).iter().map(|h| format!("{}:{}", h.host, h.port)).collect();
        assert_eq!(
            named,
            [
                "a.example.jp:5433",
                "b.example.jp:5433",
                "renkei.example.jp:443",
                "mail.example.jp:587",
                "hook.example.jp:8443",
                "scan.example.jp:3310"
            ]
        );
    }
}
