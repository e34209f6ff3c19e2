//! End-to-end harness with real apps, and the test app that paints what it received.

pub mod code;
pub mod picture;
pub mod testapp;
pub mod wait;

pub use code::Code;
pub use picture::Picture;
