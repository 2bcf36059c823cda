//! `renkei egress`: every host that a configuration makes the product call by itself, for the firewall's allow-list.

use super::which::Which;
use crate::{Error, Result, config::Config, outbound::declared_hosts};

/// One line a host: `host:port`, what for, and the key of the configuration that names it. Nothing when nothing is called.
pub fn egress(which: &Which) -> Result<()> {
    let file = which
        .file()
        .ok_or_else(|| Error::Internal("a demo's folder has no settings: it calls nobody".into()))?;
    for host in declared_hosts(&Config::load(&file)?) {
        println!("{}:{}\t{}\t{}", host.host, host.port, host.purpose, host.setting);
    }
    Ok(())
}
