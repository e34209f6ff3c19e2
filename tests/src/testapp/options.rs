//! What the test app can be asked to do.

use std::{path::PathBuf, str::FromStr};

/// The test app of Dormer: paints what it received as a block code.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "dormer-testapp", version)]
pub struct Options {
    /// Draw through X11 instead of Wayland.
    #[arg(long)]
    pub x11: bool,
    /// X11 without a window manager: take the keyboard once the window is shown.
    #[arg(long, requires = "x11")]
    pub take_focus: bool,
    /// X11: tell window managers an icon, and sizes from 325x215 to 1200x900 in steps of 10x20 from 5x15.
    #[arg(long, requires = "x11")]
    pub hints: bool,
    /// The window's size.
    #[arg(long, default_value = "640x400")]
    pub size: Extent,
    /// The window's title.
    #[arg(long, default_value = "Dormer test app")]
    pub title: String,
    /// Show moving content, at this many pictures a second.
    #[arg(long, value_name = "FPS", value_parser = clap::value_parser!(u32).range(1..=240))]
    pub motion: Option<u32>,
    /// What moves is text, a line further up each time, instead of a film.
    #[arg(long, requires = "motion")]
    pub text: bool,
    /// The part of the window that moves; the whole window unless given.
    #[arg(long)]
    pub area: Option<Extent>,
    /// A right click opens a popup, and one in a popup opens one of that.
    #[arg(long)]
    pub popup: bool,
    /// Wayland: take composed text, at a caret that moves by 10 with each character.
    #[arg(long, conflicts_with = "x11")]
    pub text_input: bool,
    /// Wayland: a left press locks the pointer, the next lets it go.
    #[arg(long, conflicts_with = "x11")]
    pub lock_pointer: bool,
    /// Hostile: commit without waiting for anything.
    #[arg(long)]
    pub flood: bool,
    /// Hostile: report damage that lies far outside, is empty, or negative.
    #[arg(long)]
    pub lie_damage: bool,
    /// Hostile: abort after this many commits.
    #[arg(long, value_name = "COMMITS")]
    pub crash_after: Option<u32>,
    /// Hostile: make this many more surfaces, every tenth a toplevel.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub surfaces: u32,
    /// Hostile: ask for more and more of what takes effect later.
    #[arg(long, value_name = "WHAT")]
    pub hoard: Option<Hoard>,
    /// Write a JSON line for every input and reaction to this file.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Answer commands on this socket.
    #[arg(long, value_name = "SOCKET")]
    pub control: Option<PathBuf>,
}

/// What a hostile app asks for and lets nobody do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Hoard {
    /// Damage on surfaces that are never committed.
    Damage,
    /// Regions of many rectangles.
    Regions,
    /// States that are never acknowledged.
    States,
}

/// A width and a height, as `WIDTHxHEIGHT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl FromStr for Extent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (width, height) = text.split_once('x').ok_or("a size looks like 1280x720")?;
        let number = |text: &str| match text.parse() {
            Ok(side @ 160..=8192) => Ok(side),
            _ => Err(format!("{text} is not a number between 160 and 8192")),
        };
        Ok(Extent { width: number(width)?, height: number(height)? })
    }
}
