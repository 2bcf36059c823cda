//! Questions to the running configuration and the register, each answered yes, or no with the reason.

use super::State;
use crate::features::documents::register::{PARTS, words};

/// A predicate of `controls.toml`.
pub type Predicate = fn(&State) -> Result<(), String>;

/// All predicates by name.
pub const PREDICATES: [(&str, Predicate); 9] = [
    ("https", https),
    ("idle_lock", idle_lock),
    ("facility_agrees", facility_agrees),
    ("device_door", device_door),
    ("scanner", scanner),
    ("two_nodes", two_nodes),
    ("operator_blind_keys", operator_blind_keys),
    ("all_in_japan", all_in_japan),
    ("subcontractors_bound", subcontractors_bound),
];

pub fn predicate(name: &str) -> Option<Predicate> {
    PREDICATES.iter().find(|(known, _)| *known == name).map(|(_, predicate)| *predicate)
}

fn so(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn https(state: &State) -> Result<(), String> {
    so(state.config.base_url.starts_with("https://"), "この構成は暗号化されない http で動いています（試用）")
}

fn idle_lock(state: &State) -> Result<(), String> {
    so((1..=30).contains(&state.config.sign_in.idle_minutes), "自動ロックの設定がありません")
}

fn facility_agrees(state: &State) -> Result<(), String> {
    let asked = state.config.maintenance.facility_must_agree;
    so(asked, "保守作業に施設の同意を求めない設定です（2人目の運営者の承認と施設への知らせはあります）")
}

fn device_door(state: &State) -> Result<(), String> {
    so(state.config.devices.has_doors(), "端末の証明書を求める入口が設定されていません")
}

fn scanner(state: &State) -> Result<(), String> {
    so(!state.config.clamd.is_empty(), "ウイルス検査のソフトが設定されていません")
}

fn two_nodes(state: &State) -> Result<(), String> {
    so(state.config.disclosure.service_nodes >= 2, "サービスのサーバーが1台です")
}

/// The only key store that there is so far is a file on the server: whoever is root there can read it.
fn operator_blind_keys(_: &State) -> Result<(), String> {
    Err("鍵がサーバーのファイルにあり、サーバーの管理者（root）は技術的には記録を読めます".to_owned())
}

fn all_in_japan(state: &State) -> Result<(), String> {
    let places: Vec<_> = state.entries("place").collect();
    for part in ["service", "database", "files", "keys"] {
        if !places.iter().any(|p| p.get("part") == part) {
            return Err(format!("「{}」の設置場所が台帳にありません", words(PARTS, part)));
        }
    }
    let abroad = places.iter().find(|p| p.get("country") != "jp");
    abroad.map_or(Ok(()), |p| Err(format!("「{}」が国外にあります", p.words("part"))))
}

fn subcontractors_bound(state: &State) -> Result<(), String> {
    let abroad = state.entries("subcontractor").find(|s| s.get("country") != "jp");
    abroad.map_or(Ok(()), |s| Err(format!("委託先「{}」が国外にあります", s.get("name"))))
}
