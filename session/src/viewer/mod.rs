//! The viewer's core.
