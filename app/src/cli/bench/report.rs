//! What was measured, as JSON and as a table.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::Value;

use super::{deliver::Delivery, load::Figures, overload::Overload, seal, search};
use crate::{Error, Result};

/// Figures by number of clients.
#[derive(Debug, Default, Serialize)]
pub struct Table {
    clients: BTreeMap<usize, Figures>,
}

impl Table {
    pub fn add(&mut self, clients: usize, figures: Figures) {
        self.clients.insert(clients, figures);
    }
}

#[derive(Debug, Serialize)]
pub struct Report {
    machine: Value,
    versions: Value,
    /// Too short for figures that mean something.
    quick: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<Table>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<Table>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliver: Option<Delivery>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overload: Option<Overload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<search::Table>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<seal::Figures>,
}

impl Report {
    pub fn new(machine: Value, versions: Value, quick: bool) -> Self {
        Self {
            machine,
            versions,
            quick,
            post: None,
            read: None,
            deliver: None,
            overload: None,
            search: None,
            seal: None,
        }
    }

    pub fn json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(Error::internal)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let (m, v) = (&self.machine, &self.versions);
        writeln!(
            f,
            "{}, {} cores, {} MiB, Linux {}",
            text(&m["cpu"]),
            m["cores"],
            m["memory_mib"],
            text(&m["kernel"])
        )?;
        writeln!(
            f,
            "renkei {} ({} build, commit {}), PostgreSQL {}, {}",
            text(&v["renkei"]),
            text(&v["build"]),
            text(&v["commit"]),
            text(&v["postgresql"]),
            text(&v["rustc"])
        )?;
        if self.quick {
            writeln!(f, "quick: the figures are too short to mean anything")?;
        }
        for (name, table) in [("post", &self.post), ("read 50", &self.read)] {
            if let Some(table) = table {
                lines(f, name, table)?;
            }
        }
        if let Some(d) = &self.deliver {
            writeln!(f, "\n{:<10} offered/s   posts   live   p50 ms   p99 ms   lost   doubled", "deliver")?;
            writeln!(
                f,
                "{:<10} {:>9} {:>7} {:>6} {:>8.2} {:>8.2} {:>6} {:>9}",
                "", d.offered_per_s, d.posts, d.connections, d.p50_ms, d.p99_ms, d.lost, d.doubled
            )?;
        }
        self.overload.as_ref().map_or(Ok(()), |o| flood(f, o))?;
        self.search.as_ref().map_or(Ok(()), |table| write!(f, "{}", search::Printed(table)))?;
        self.seal.as_ref().map_or(Ok(()), |figures| write!(f, "{}", seal::Printed(figures)))
    }
}

fn flood(f: &mut fmt::Formatter<'_>, o: &Overload) -> fmt::Result {
    writeln!(
        f,
        "\n{:<10} possible/s   offered/s   served/s   refused/s   read p50 ms   read p99 ms   refused p99 ms   posts   lost   MiB before/most",
        "overload"
    )?;
    writeln!(
        f,
        "{:<10} {:>10.0} {:>11.0} {:>10.0} {:>11.0} {:>13.1} {:>13.1} {:>16.1} {:>7} {:>6} {:>10}/{}",
        "",
        o.possible_per_s,
        o.offered_per_s,
        o.served_per_s,
        o.refused_per_s,
        o.read_p50_ms,
        o.read_p99_ms,
        o.refused_p99_ms,
        o.acknowledged,
        o.lost,
        o.memory_mib,
        o.memory_most_mib
    )
}

fn lines(f: &mut fmt::Formatter<'_>, name: &str, table: &Table) -> fmt::Result {
    writeln!(f, "\n{name:<10} clients   per s   p50 ms   p99 ms   reference per s   ratio")?;
    for (clients, x) in &table.clients {
        writeln!(
            f,
            "{:<10} {clients:>7} {:>7.0} {:>8.2} {:>8.2} {:>17.0} {:>7.2}",
            "", x.per_s, x.p50_ms, x.p99_ms, x.reference_per_s, x.ratio
        )?;
    }
    Ok(())
}
