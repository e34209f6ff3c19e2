//! Pixels of a region to the ops of an update.
