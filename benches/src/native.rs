//! Key → changed pixel on a real display: the native viewer against the app drawn directly, and against
//! TigerVNC.
//!
//! All windows lie on one virtual display, below each other, and take turns in one run. A key is injected by
//! XTEST; the answer is there when the display's pixels of the block code change. The measuring program is
//! told of every drawing by the Damage extension, so that it takes no time from those it measures, and then
//! reads one row of cells.

mod contestants;
mod eye;

use std::{thread, time::Duration};

use anyhow::Result;
use dormer_tests::{Display, tools};

use self::{contestants::Contestant, eye::Eye};
use crate::{
    Effort,
    numbers::{Sample, ms},
    table::Row,
};

/// The size of each window.
const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
/// Keys of one turn, and turns.
const TURN: u32 = 25;
const TURNS: u32 = 12;

pub(crate) fn run(effort: Effort) -> Result<Vec<Row>> {
    if !tools::present("native", &["Xvfb"]) {
        return Ok(vec![Row::skipped("key → pixel on a display", "Xvfb is not installed")]);
    }
    let display = Display::xvfb(WIDTH, 3 * HEIGHT)?;
    let mut eye = Eye::new(&display)?;
    let mut contestants =
        vec![Contestant::direct(&display, &mut eye)?, Contestant::dormer(&display, &mut eye)?];
    let tiger = tools::present("native: TigerVNC", &["Xvnc", "xtigervncviewer"]);
    if tiger {
        contestants.push(Contestant::tigervnc(&display, &mut eye)?);
    }
    let mut times = vec![Vec::new(); contestants.len()];
    for _ in 0..effort.of(TURNS) {
        for (contestant, times) in contestants.iter_mut().zip(&mut times) {
            turn(&mut eye, contestant, times)?;
        }
    }
    let samples: Vec<Sample> = times.into_iter().map(Sample::from_iter).collect();
    Ok(judge(&samples[0], &samples[1], samples.get(2)))
}

/// One contestant's keys. The first after the change of focus is not counted.
fn turn(eye: &mut Eye, contestant: &mut Contestant, times: &mut Vec<Duration>) -> Result<()> {
    eye.turn_to(contestant.window)?;
    eye.press_and_see(&mut contestant.window)?;
    for number in 0..TURN {
        // Off every beat that a timer might have.
        thread::sleep(Duration::from_millis(31 + u64::from(number * 7 % 23)));
        times.push(eye.press_and_see(&mut contestant.window)?);
    }
    Ok(())
}

fn judge(direct: &Sample, dormer: &Sample, tiger: Option<&Sample>) -> Vec<Row> {
    let above = |percentile: fn(&Sample) -> Duration| ms(percentile(dormer)) - ms(percentile(direct));
    let (p50, p95) = (above(Sample::p50), above(Sample::p95));
    let mut rows = vec![
        Row::told(&format!("XTEST key → pixel, app drawn directly, {} keys", direct.count()), direct.text()),
        Row::goal(
            "XTEST key → pixel, native viewer",
            format!("{} (direct + {p50:.1}/{p95:.1})", dormer.text()),
            "p50 ≤ direct + 4, p95 ≤ direct + 8 ms",
            p50 <= 4.0 && p95 <= 8.0,
        ),
    ];
    let what = "XTEST key → pixel, TigerVNC";
    match tiger {
        Some(tiger) => {
            let ratio = ms(dormer.p50()) / ms(tiger.p50());
            rows.push(Row::told(what, tiger.text()));
            rows.push(Row::goal(
                "native viewer's p50 / TigerVNC's",
                format!("{ratio:.2}"),
                "≤ 0.4",
                ratio <= 0.4,
            ));
        }
        None => {
            rows.push(Row::skipped(what, "tigervnc-standalone-server or tigervnc-viewer is not installed"))
        }
    }
    rows
}
