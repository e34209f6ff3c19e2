//! Figures for people and scripts: what `--stats` prints and the headless viewer answers.

use std::collections::BTreeMap;

use media::Timestamp;
use serde::Serialize;
use session::viewer::{Latency, Stage, Summary};
use transport::LinkStats;

/// The figures of one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Which transport carries the link; empty without one.
    pub transport: &'static str,
    /// `connecting`, `live`, `reconnecting` or `closed`.
    pub state: &'static str,
    /// The transport's smoothed round trip, in milliseconds.
    pub rtt_ms: f64,
    /// Received since the last report, a second.
    pub received_kbit_s: f64,
    /// Sent since the last report, a second.
    pub sent_kbit_s: f64,
    /// Updates applied since the last report, a second.
    pub updates_s: f64,
    /// Updates presented since the last report, a second.
    pub presented_s: f64,
    /// Received over this connection.
    pub received_bytes: u64,
    /// Sent over this connection.
    pub sent_bytes: u64,
    /// Packets of ours that got lost.
    pub lost_packets: u64,
    /// The largest UDP payload that gets through.
    pub mtu: u16,
    /// Updates applied since the viewer started.
    pub updates: u64,
    /// Updates presented since the viewer started; several that came together count as one.
    pub presented: u64,
    /// Windows and popups.
    pub windows: usize,
    /// How long each stage between an input and its picture took, since the viewer started.
    pub latency_us: BTreeMap<&'static str, Percentiles>,
}

/// How long something took, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    count: u64,
    p50: u64,
    p95: u64,
    p99: u64,
    max: u64,
}

/// Rates between two reports.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Meter {
    at: Timestamp,
    last: Totals,
}

/// What only grows, within one connection at least.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    /// Bytes.
    pub(crate) received: u64,
    /// Bytes.
    pub(crate) sent: u64,
    /// Updates.
    pub(crate) applied: u64,
    /// Updates.
    pub(crate) presented: u64,
}

/// What a report is made of.
pub(crate) struct Facts<'a> {
    /// Now.
    pub(crate) now: Timestamp,
    /// How it stands.
    pub(crate) state: &'static str,
    /// The link's own figures.
    pub(crate) link: LinkStats,
    /// Counters.
    pub(crate) totals: Totals,
    /// How many there are.
    pub(crate) windows: usize,
    /// Histograms.
    pub(crate) latency: &'a Latency,
}

impl Meter {
    /// A meter that counts from now.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { at: now, last: Totals::default() }
    }

    /// The figures of this moment, with the rates since the last call.
    pub(crate) fn report(&mut self, facts: &Facts<'_>) -> Report {
        let seconds = facts.now.since(self.at).as_secs_f64().max(1e-3);
        // A new connection counts from zero again.
        let grown = |now: u64, last: u64| now.checked_sub(last).unwrap_or(now) as f64 / seconds;
        let Totals { received, sent, applied, presented } = facts.totals;
        let report = Report {
            transport: facts.link.transport,
            state: facts.state,
            rtt_ms: rounded(facts.link.rtt.as_secs_f64() * 1e3),
            received_kbit_s: rounded(grown(received, self.last.received) * 8e-3),
            sent_kbit_s: rounded(grown(sent, self.last.sent) * 8e-3),
            updates_s: rounded(grown(applied, self.last.applied)),
            presented_s: rounded(grown(presented, self.last.presented)),
            received_bytes: received,
            sent_bytes: sent,
            lost_packets: facts.link.lost_packets,
            mtu: facts.link.mtu,
            updates: applied,
            presented,
            windows: facts.windows,
            latency_us: latency(facts.latency),
        };
        *self = Meter { at: facts.now, last: facts.totals };
        report
    }
}

fn latency(latency: &Latency) -> BTreeMap<&'static str, Percentiles> {
    let summary = |stage: Stage| Some((stage.name(), latency.stage(stage)?.summary()?.into()));
    Stage::ALL.into_iter().filter_map(summary).collect()
}

impl From<Summary> for Percentiles {
    fn from(summary: Summary) -> Self {
        let micros = |duration: std::time::Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let Summary { count, p50, p95, p99, max } = summary;
        Self { count, p50: micros(p50), p95: micros(p95), p99: micros(p99), max: micros(max) }
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(now: u64, received: u64, latency: &Latency) -> Facts<'_> {
        Facts {
            now: Timestamp(now),
            state: "live",
            link: LinkStats::default(),
            totals: Totals { received, applied: 30, ..Totals::default() },
            windows: 1,
            latency,
        }
    }

    #[test]
    fn rates_count_from_the_last_report() {
        let latency = Latency::default();
        let mut meter = Meter::new(Timestamp(0));
        let first = meter.report(&facts(1_000_000, 125_000, &latency));
        assert_eq!((first.received_kbit_s, first.updates_s), (1000.0, 30.0));
        let second = meter.report(&facts(3_000_000, 250_000, &latency));
        assert_eq!((second.received_kbit_s, second.updates_s), (500.0, 0.0));
        let after_a_new_connection = meter.report(&facts(4_000_000, 125, &latency));
        assert_eq!(after_a_new_connection.received_kbit_s, 1.0);
    }

    #[test]
    fn a_report_is_one_line_of_json() {
        let latency = Latency::default();
        let report = Meter::new(Timestamp(0)).report(&facts(1, 1, &latency));
        let line = serde_json::to_string(&report).expect("numbers");
        assert!(line.contains("\"received_kbit_s\"") && !line.contains('\n'), "{line}");
    }
}
