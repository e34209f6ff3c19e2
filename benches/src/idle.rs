//! A session where nothing happens costs nothing.

use std::time::{Duration, Instant};

use anyhow::Result;
use dormer_tests::{
    Session, Until, Viewer,
    network::{Proxy, Shape},
};

use crate::{
    Effort,
    numbers::{cores, kbit},
    table::Row,
};

pub(crate) fn run(effort: Effort) -> Result<Vec<Row>> {
    let session = Session::start(&["--size", "1280x720"])?;
    let proxy =
        Proxy::start(session.host.link(), Shape { queue: Duration::from_secs(1), ..Shape::default() })?;
    let (mut viewer, window) = Viewer::with_window(&proxy.link(session.host.link())?)?;
    viewer.wait(Until::Exact(window.track))?;
    // What follows the last picture (acknowledgements, feedback, path discovery) is none of idling.
    let settle = Duration::from_secs(5);
    let _ = viewer.wait_for(Until::Closed(window.track), settle);

    let length = Duration::from_secs(effort.of(20).into());
    let (start, before, bytes) = (Instant::now(), session.host.usage()?, proxy.bytes());
    let before_updates = viewer.count("updates")?;
    let _ = viewer.wait_for(Until::Closed(window.track), length);
    let (within, after, bytes_after) = (start.elapsed(), session.host.usage()?, proxy.bytes());
    let updates = viewer.count("updates")? - before_updates;
    let used = 100.0 * cores(after.cpu.saturating_sub(before.cpu), within);
    let rate = kbit(bytes_after.0 - bytes.0 + bytes_after.1 - bytes.1, within);
    Ok(vec![
        Row::goal("idle: updates", updates.to_string(), "0", updates == 0),
        Row::goal("idle: host's share of a core", format!("{used:.2} %"), "≤ 0.2 %", used <= 0.2),
        Row::goal(
            "idle: both ways on the wire, UDP/IP headers included",
            format!("{rate:.2} kbit/s"),
            "≤ 0.3 kbit/s",
            rate <= 0.3,
        ),
    ])
}
