//! The sans-IO core: what each viewer is owed, and what a viewer holds.
