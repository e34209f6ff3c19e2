//! Whether this host is still there: what a page asks whose link has fallen silent.
//!
//! Any answer would not do: a proxy answers for a host that is gone, a network asks for a login in its place,
//! and a host that was started anew knows nothing of the links of the one before it. So each process of a
//! host has a name.

use anyhow::Result;
use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;

use super::site::SessionSite;

/// The random name of one process of a host. It is no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Instance(String);

impl Instance {
    /// A new name; fails if the system has no random numbers.
    pub(super) fn new() -> Result<Self> {
        let mut random = [0; 8];
        SystemRandom::new().fill(&mut random).map_err(|_| anyhow::anyhow!("no random numbers"))?;
        Ok(Self(format!("{:016x}", u64::from_be_bytes(random))))
    }
}

#[derive(Serialize)]
struct Alive<'a> {
    instance: &'a Instance,
}

/// `GET /api/alive`: which process of the host answers.
pub(super) fn answer(site: &SessionSite) -> Response {
    let headers = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (headers, Json(Alive { instance: &site.instance })).into_response()
}
