//! What the service manager is told: ready, alive, stopping. Without one, nothing is sent.

use sd_notify::NotifyState;
use tokio::task::JoinHandle;

/// Says that requests are answered, and from then on twice in every watchdog interval that the runtime still turns.
/// A database that does not answer is no reason to be restarted: `/readyz` says that.
pub fn ready() -> Option<JoinHandle<()>> {
    tell(&[NotifyState::Ready]);
    let interval = sd_notify::watchdog_enabled()? / 2;
    Some(tokio::spawn(async move {
        let mut beat = tokio::time::interval(interval);
        loop {
            beat.tick().await;
            tell(&[NotifyState::Watchdog]);
        }
    }))
}

pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager does not listen");
    }
}
