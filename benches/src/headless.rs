//! Key → changed pixel in the headless viewer, above the app's own reaction.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use dormer_tests::{Session, Viewer, code, testapp::Entry};
use serde_json::{Value, json};

use crate::{
    Effort,
    numbers::{Sample, ms},
    table::Row,
};

pub(crate) fn run(effort: Effort) -> Result<Vec<Row>> {
    let session = Session::start(&["--size", "1280x720"])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    let count = effort.of(500);
    let cells = [code::ORIGIN, code::ORIGIN, code::WIDTH, code::HEIGHT];
    let limit = Duration::from_secs(5);
    let request = json!({
        "do": "measure", "track": window.track, "key": "a", "count": count,
        "rect": cells, "rest_ms": 23, "timeout_ms": limit.as_millis() as u64,
    });
    let answer = viewer.ask_within(request, limit * count)?;
    let whole: Vec<u64> = serde_json::from_value(answer["us"].clone()).context("times in microseconds")?;

    let entries = session.entries()?;
    let own: Vec<u64> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Reaction { received, committed, .. } => Some(committed - received),
            _ => None,
        })
        .collect();
    ensure!(own.len() == whole.len(), "{} reactions to {} keys", own.len(), whole.len());
    let above: Sample = whole
        .iter()
        .zip(&own)
        .map(|(whole, own)| Duration::from_micros(whole.saturating_sub(*own)))
        .collect();
    let app: Sample = own.iter().copied().map(Duration::from_micros).collect();
    let (p50, p95) = (ms(above.p50()), ms(above.p95()));
    Ok(vec![
        Row::goal(
            "key → changed pixel in the headless viewer, above the app's own reaction",
            above.text(),
            "p50 ≤ 5, p95 ≤ 10 ms",
            p50 <= 5.0 && p95 <= 10.0,
        ),
        Row::told(&format!("the app's own reaction in these {} keys", app.count()), app.text()),
        Row::told("where the time goes, by stage, p50/p95", stages(&viewer.stats()?["latency_us"])),
    ])
}

/// The viewer's own figures, in the order in which it gives them.
fn stages(figures: &Value) -> String {
    let stage = |(name, figures): (&String, &Value)| {
        let ms = |percentile: &str| figures[percentile].as_f64().unwrap_or_default() / 1000.0;
        format!("{name} {:.2}/{:.2}", ms("p50"), ms("p95"))
    };
    figures
        .as_object()
        .map(|stages| stages.iter().map(stage).collect::<Vec<_>>().join(", "))
        .unwrap_or_default()
}
