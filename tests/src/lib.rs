//! End-to-end harness with real apps, and the test app that paints what it received.
//!
//! Tests start the real host and the real viewer as people do, and speak to them as scripts do. Nothing
//! sleeps: every wait is for a condition and has a deadline. Everything that was started ends with the value
//! that stands for it.

pub mod binaries;
pub mod code;
pub mod container;
pub mod desktop;
pub mod display;
pub mod host;
pub mod https;
pub mod network;
pub mod person;
pub mod picture;
pub mod process;
pub mod rude;
pub mod session;
pub mod starve;
pub mod testapp;
pub mod tools;
pub mod viewer;
pub mod wait;

pub use binaries::binaries;
pub use code::Code;
pub use desktop::Desktop;
pub use display::Display;
pub use host::{Host, HostOptions};
pub use person::Person;
pub use picture::Picture;
pub use process::Process;
pub use rude::RudeViewer;
pub use session::Session;
pub use starve::Starved;
pub use viewer::{Kind, Press, TextInput, Track, Until, Viewer, Window};
