//! From a key to the change it causes, measured inside of the viewer: from the moment the input event is made
//! until the changed pixels have been applied.

use std::time::{Duration, Instant};

use media::{Pixels, Rect, TrackId};
use protocol::input::InputEvent;
use serde_json::json;

use super::{
    actions,
    automation::{Automation, Outcome},
    request::Press,
};
use crate::link::{Event, Updated};

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    /// The window must not have changed for so long before the next key.
    pub(crate) rest: Duration,
    /// A change that takes longer is a failure.
    pub(crate) timeout: Duration,
}

/// The most keys of one request.
const MAX_COUNT: u32 = 100_000;

/// Taps the key `count` times, and answers with the microseconds each took.
pub(crate) fn run(
    automation: &mut Automation,
    track: TrackId,
    key: &str,
    count: u32,
    rect: Option<[i32; 4]>,
    pauses: Pauses,
) -> Outcome {
    if count == 0 || count > MAX_COUNT {
        return Err(format!("count lies between 1 and {MAX_COUNT}"));
    }
    automation.may_act()?;
    automation.model.visible(track)?;
    let events = actions::key(&automation.keyboard, key, Press::Tap)?;
    let watch = Watch { track, rect: rect.map(rectangle).transpose()? };
    automation.focus(track);
    let mut micros = Vec::new();
    for _ in 0..count {
        rest(automation, watch, pauses)?;
        micros.push(once(automation, watch, &events, pauses.timeout)?);
    }
    automation.model.mark(track);
    Ok(json!({ "us": micros }))
}

/// What is looked at.
#[derive(Clone, Copy, Debug)]
struct Watch {
    track: TrackId,
    rect: Option<Rect<Pixels>>,
}

impl Watch {
    fn sees(self, updated: &Updated) -> bool {
        let touched = match self.rect {
            Some(rect) => updated.region.overlaps(rect),
            None => !updated.region.is_empty(),
        };
        updated.track == self.track && touched
    }

    /// The pixels that are looked at; nothing if all are.
    fn pixels(self, automation: &Automation) -> Result<Vec<u8>, String> {
        let (_, shown) = automation.model.visible(self.track)?;
        Ok(shown.picture.read(|frame| {
            let rect = self.rect.and_then(|rect| rect.intersection(frame.size().to_rect()));
            rect.map_or_else(Vec::new, |rect| frame.rows(rect).flatten().copied().collect())
        }))
    }
}

fn once(
    automation: &mut Automation,
    watch: Watch,
    events: &[InputEvent],
    timeout: Duration,
) -> Result<u64, String> {
    let before = watch.pixels(automation)?;
    let deadline = Instant::now() + timeout;
    let mut sent = None;
    for event in events {
        let at = automation.input(watch.track, event.clone());
        sent.get_or_insert(at);
    }
    let sent = sent.ok_or("the key has no events")?;
    loop {
        let Event::Updated(updated) = automation.event(deadline, "the change that the key causes")? else {
            continue;
        };
        let changed = watch.rect.is_none() || watch.pixels(automation)? != before;
        if watch.sees(&updated) && changed {
            return Ok(updated.at.since(sent).as_micros().try_into().unwrap_or(u64::MAX));
        }
    }
}

/// Waits until nothing has changed for a while.
fn rest(automation: &mut Automation, watch: Watch, pauses: Pauses) -> Result<(), String> {
    let give_up = Instant::now() + pauses.timeout;
    let mut quiet = Instant::now() + pauses.rest;
    while Instant::now() < quiet {
        if Instant::now() > give_up {
            return Err("the window does not come to rest; give a rect that changes only by the key".into());
        }
        // Nothing until the deadline is what is hoped for; a link that ended shows itself at the next event.
        match automation.event(quiet, "rest") {
            Ok(Event::Updated(updated)) if watch.sees(&updated) => quiet = Instant::now() + pauses.rest,
            _ => {}
        }
    }
    Ok(())
}

fn rectangle([x, y, w, h]: [i32; 4]) -> Result<Rect<Pixels>, String> {
    match (u32::try_from(w), u32::try_from(h)) {
        (Ok(w @ 1..), Ok(h @ 1..)) => Ok(Rect::new(x, y, w, h)),
        _ => Err("rect is [x, y, width, height] in pixels, at least 1 wide and high".into()),
    }
}
