use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

/// How long one waits for a body: `grace`, and a second more for each `bytes_per_second` that have come; never longer than
/// `total`. Only waiting for the sender counts, not the time that the reader takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub grace: Duration,
    pub bytes_per_second: u64,
    pub total: Duration,
}

impl Pace {
    fn allowed(&self, received: u64) -> Duration {
        let earned = Duration::from_secs_f64(received as f64 / self.bytes_per_second.max(1) as f64);
        self.grace.saturating_add(earned).min(self.total)
    }
}

/// The sender was slower than it has to be.
#[derive(Debug, thiserror::Error)]
pub enum TooSlow<E> {
    #[error("the body came too slowly")]
    Slow,
    #[error(transparent)]
    Body(E),
}

/// A body that fails when its sender stalls or trickles.
#[derive(Debug)]
pub struct Paced<B> {
    body: B,
    pace: Pace,
    received: u64,
    waited: Duration,
    /// Since when it waits, and the alarm.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    slow: Arc<AtomicBool>,
}

impl<B> Paced<B> {
    pub fn new(body: B, pace: Pace) -> Self {
        Self { body, pace, received: 0, waited: Duration::ZERO, waiting: None, slow: Arc::default() }
    }

    /// Becomes true when the body has failed for slowness, also for whoever sees nothing of its error.
    pub fn slow(&self) -> Arc<AtomicBool> {
        self.slow.clone()
    }
}

impl<B: Body + Unpin> Body for Paced<B> {
    type Data = B::Data;
    type Error = TooSlow<B::Error>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            if let Some((since, _)) = self.waiting.take() {
                self.waited += since.elapsed();
            }
            if let Some(Ok(data)) = frame.as_ref().map(|f| f.as_ref().map(|f| f.data_ref())) {
                self.received += data.map_or(0, Buf::remaining) as u64;
            }
            return Poll::Ready(frame.map(|f| f.map_err(TooSlow::Body)));
        }
        let left = self.pace.allowed(self.received).saturating_sub(self.waited);
        let (_, alarm) =
            self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(left))));
        match alarm.as_mut().poll(cx) {
            Poll::Ready(()) => {
                self.slow.store(true, Ordering::Relaxed);
                Poll::Ready(Some(Err(TooSlow::Slow)))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http_body_util::{BodyExt, channel::Channel};

    const PACE: Pace =
        Pace { grace: Duration::from_secs(5), bytes_per_second: 10, total: Duration::from_secs(20) };

    /// Sends `pieces` of so many bytes, each so many seconds after the one before, and tells what was read.
    async fn send(pieces: &[(u64, usize)]) -> Result<usize, bool> {
        let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(1);
        let pieces = pieces.to_vec();
        let sending = tokio::spawn(async move {
            for (after, bytes) in pieces {
                tokio::time::sleep(Duration::from_secs(after)).await;
                if sender.send_data(vec![b'x'; bytes].into()).await.is_err() {
                    return;
                }
            }
        });
        let paced = Paced::new(body, PACE);
        let slow = paced.slow();
        let read = paced.collect().await;
        sending.abort();
        read.map(|body| body.to_bytes().len()).map_err(|_| slow.load(Ordering::Relaxed))
    }

    #[tokio::test(start_paused = true)]
    async fn who_keeps_sending_is_read_to_the_end() {
        assert_eq!(send(&[(0, 3)]).await, Ok(3));
        assert_eq!(send(&[(4, 30), (3, 30), (3, 30), (3, 30)]).await, Ok(120));
    }

    #[tokio::test(start_paused = true)]
    async fn who_stalls_trickles_or_never_ends_is_cut_off() {
        assert_eq!(send(&[(0, 3), (60, 3)]).await, Err(true), "stalled");
        assert_eq!(send(&[(1, 1); 60]).await, Err(true), "one byte a second");
        assert_eq!(send(&[(3, 10_000); 60]).await, Err(true), "fast enough, but for ever");
    }

    #[tokio::test(start_paused = true)]
    async fn the_readers_own_time_does_not_count() {
        let body = http_body_util::Full::new(Bytes::from_static(b"whole"));
        let mut paced = Paced::new(body, PACE);
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        assert!(paced.frame().await.unwrap().is_ok());
    }
}
