//! The headless viewer: JSON requests on stdin, JSON answers on stdout, one a line, in order.
//!
//! One thread handles a request at a time and the link's events meanwhile. Waiting is driven by conditions:
//! whatever could make one true arrives as an event, and nothing polls.

mod actions;
mod automation;
mod inbox;
mod keys;
mod measure;
mod model;
mod request;
mod screenshot;

use anyhow::{Context, Result};

use self::{automation::Automation, inbox::Inbox, keys::Keyboard};
use crate::link::Link;

/// Runs until stdin ends, `quit`, or a failure of the link.
pub(crate) fn run(address: transport::LinkAddress, stats: bool) -> Result<()> {
    let keyboard = Keyboard::us()?;
    let (inbox, sink) = Inbox::new()?;
    let link = Link::start(address, stats, sink).context("cannot start a thread")?;
    Automation::new(link, inbox, keyboard).run()
}
