//! `renkei backup list`

use super::{mb, place};
use crate::{
    Result,
    cli::{deployment, vault::print_faults, which::Which},
    db::{Access, Db},
    features::backups::{Facts, Place, facts, read::Run, restore, vault},
};

pub async fn list(which: &Which) -> Result<()> {
    let place = place(which)?;
    let info = place.engine.info().await.map_err(crate::Error::internal)?;
    if info.generations.is_empty() {
        println!("there is no generation yet; `renkei backup now` makes one");
    }
    for generation in &info.generations {
        let faults = restore::check_generation(&place, &generation.label).await?;
        let state = if faults.is_empty() { "whole" } else { "DAMAGED" };
        println!(
            "{}  {}  {:>8.1} MB stored  {state}",
            generation.label,
            generation.stopped,
            mb(generation.stored)
        );
        for fault in faults {
            println!("    {fault}");
        }
    }
    if let Some(oldest) = info.generations.first() {
        println!("any second can be restored from {} on, but for the last 30 at most", oldest.stopped);
        for gap in place.engine.gaps(&oldest.first_segment).await.map_err(crate::Error::internal)? {
            println!("GAP {gap}: nothing after it can be restored from an older generation");
        }
    }
    match said(&place.job).await {
        Ok(facts) => print_facts(&facts),
        Err(_) => println!("the database does not run, so the last drill is not known"),
    }
    print_vault(&place).await;
    Ok(())
}

/// What the vault's host last wrote down, or what the bucket says now.
async fn print_vault(place: &Place) {
    match vault::state(place) {
        None => {}
        Some(Ok(state)) => {
            println!("vault: {} whole generations, last pulled {}", state.generations.len(), state.pulled_at);
            print_faults(&state);
        }
        Some(Err(error)) => println!("BAD the vault cannot be seen: {error}"),
    }
    match place.bucket_is_locked().await {
        Ok(None) => {}
        Ok(Some(true)) => println!("bucket: its Object Lock lets nobody delete a generation before its days"),
        Ok(Some(false)) => println!(
            "BAD the bucket has no default retention in COMPLIANCE for {} days: whoever has the key can delete the backups",
            place.config.backup.generations
        ),
        Err(trouble) => println!("BAD the bucket does not say whether it is locked: {trouble}"),
    }
}

async fn said(job: &tokio_postgres::Config) -> Result<Facts> {
    // Asked first without a pool, which would wait for a database that is down.
    drop(deployment::connect(job).await?);
    let access = Access {
        app: job.clone(),
        auth: job.clone(),
        job: job.clone(),
        operator: None,
        family: None,
        sealer: None,
        connections: 1,
        tls: crate::db::Tls::default(),
    };
    facts(&Db::new(&access, None)?).await
}

fn print_facts(facts: &Facts) {
    let line = |what: &str, run: &Option<Run>| match run {
        None => println!("{what}: never"),
        Some(run) => {
            let took = (run.finished.as_second() - run.started.as_second()).max(0);
            let code = run.code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
            println!("{what}: {} in {took} s{code}", run.finished);
        }
    };
    line("last backup", &facts.backup);
    line("last backup that failed", &facts.backup_failed);
    line("last drill that succeeded", &facts.drill);
    line("last drill that failed", &facts.drill_failed);
    println!(
        "copies that cannot be changed: {}",
        if facts.immutable(jiff::Timestamp::now()) { "はい" } else { "いいえ" }
    );
}
