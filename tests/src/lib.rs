//! End-to-end harness with real apps, and the test app that paints what it received.
