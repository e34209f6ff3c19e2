//! Links between host and viewer: QUIC, TLS, pins and tickets.
