//! The host: owns a session, launches apps, serves viewers.
