//! Benchmarks against the goals and the rivals, in one run.
