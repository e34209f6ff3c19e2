//! The wire format, seen from outside: golden vectors, and what happens to bytes that are none of ours.

mod malformed;
mod samples;
mod sizes;
mod vectors;
