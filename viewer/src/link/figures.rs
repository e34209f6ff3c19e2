//! Counters of the network thread, and who wants to hear them.

use std::{future, time::Duration};

use session::viewer::{State, Viewer};
use tokio::time::{self, Interval, MissedTickBehavior};
use transport::LinkStats;

use crate::stats::{Facts, Meter, Report, Totals};

/// What is counted, and two meters: reports that were asked for do not disturb the rates of the others.
#[derive(Debug)]
pub(crate) struct Figures {
    applied: u64,
    presented: u64,
    asked: Meter,
    periodic: Meter,
    /// `None` if nobody wants them unasked.
    period: Option<Interval>,
}

impl Figures {
    /// All zero. With `stats` a report is due every second.
    pub(crate) fn new(stats: bool) -> Self {
        let now = clock::now();
        let period = stats.then(|| {
            let mut period = time::interval(Duration::from_secs(1));
            period.set_missed_tick_behavior(MissedTickBehavior::Delay);
            period
        });
        Self { applied: 0, presented: 0, asked: Meter::new(now), periodic: Meter::new(now), period }
    }

    /// An update was applied.
    pub(crate) fn applied(&mut self) {
        self.applied += 1;
    }

    /// An update was presented.
    pub(crate) fn presented(&mut self) {
        self.presented += 1;
    }

    /// Waits until the next report goes out unasked; for ever if nobody wants it.
    pub(crate) async fn due(&mut self) {
        match &mut self.period {
            Some(period) => {
                period.tick().await;
            }
            None => future::pending().await,
        }
    }

    /// The figures of this moment.
    pub(crate) fn report(&mut self, core: &Viewer, link: LinkStats, asked: bool) -> Report {
        let facts = Facts {
            now: clock::now(),
            state: state_name(core.state()),
            link,
            totals: Totals {
                received: link.received_bytes,
                sent: link.sent_bytes,
                applied: self.applied,
                presented: self.presented,
            },
            windows: core.windows().count(),
            latency: core.latency(),
        };
        let meter = if asked { &mut self.asked } else { &mut self.periodic };
        meter.report(&facts)
    }
}

fn state_name(state: &State) -> &'static str {
    match state {
        State::Connecting => "connecting",
        State::Live { .. } => "live",
        State::Reconnecting { .. } => "reconnecting",
        State::Closed(_) => "closed",
    }
}
