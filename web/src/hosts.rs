//! Under which names this host answers, and whether a request comes from its own page.
//!
//! A name that somebody else owns can be made to lead here (DNS rebinding); a page of that name would then
//! count as ours. So only names that people gave this host are answered, besides plain addresses, which
//! nobody can make lead elsewhere.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, Uri, header, request::Parts, uri::Authority};

use crate::Problem;

/// A name as in DNS, or an address.
pub fn is_host(name: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    name.parse::<IpAddr>().is_ok()
        || (1..=253).contains(&name.len()) && name.bytes().all(is_letter) && !name.starts_with(['-', '.'])
}

/// The names of this host.
#[derive(Clone, Debug)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// These, `localhost`, and every address.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let names = names.into_iter().chain(["localhost".to_owned()]);
        Self(names.map(|name| name.trim_end_matches('.').to_ascii_lowercase()).collect())
    }

    /// The names, without `localhost`'s relatives and addresses.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Whether requests for this host, with or without a port, are for us.
    pub(crate) fn answers_to(&self, authority: &Authority) -> bool {
        let host = authority.host();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        let is_address = host.parse::<IpAddr>().is_ok() || host.parse::<Ipv6Addr>().is_ok();
        is_address || self.0.contains(&name)
    }

    /// Whether a page of this origin is our own, asking under the name `authority`.
    pub fn is_own_page(&self, origin: &str, authority: &str) -> bool {
        let authority = authority.parse::<Authority>().ok().filter(|named| self.answers_to(named));
        authority.is_some_and(|named| is_page_of(origin, &named))
    }

    /// What a request names as its host, if it is one of ours.
    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<Authority, Problem> {
        // HTTP/2 names it in the request's address, HTTP/1.1 in a header. Both at once must agree.
        let mut named = headers.get_all(header::HOST).iter();
        let header =
            named.next().map(|value| value.to_str().ok().and_then(|text| text.parse::<Authority>().ok()));
        let authority = match (uri.authority(), header) {
            (Some(uri), None) => uri.clone(),
            (Some(uri), Some(Some(header))) if *uri == header => header,
            (None, Some(Some(header))) => header,
            _ => return Err(Problem::malformed("the request does not say clearly for which host it is")),
        };
        if named.next().is_some() || authority.as_str().contains('@') {
            return Err(Problem::malformed("the request does not say clearly for which host it is"));
        }
        if self.answers_to(&authority) { Ok(authority) } else { Err(Problem::misdirected()) }
    }
}

/// The host that a request named and that was found to be ours.
#[derive(Clone, Debug)]
pub struct NamedHost(pub Authority);

/// Whether the request comes from a page of the host that it names. Browsers add `Origin` to everything but
/// plain navigation, and no page can forge it.
pub fn check_origin(request: &Parts) -> Result<(), Problem> {
    let NamedHost(host) = request.extensions.get().ok_or_else(Problem::foreign)?;
    let mut origins = request.headers.get_all(header::ORIGIN).iter();
    let origin = origins.next().and_then(|origin| origin.to_str().ok()).ok_or_else(Problem::foreign)?;
    if origins.next().is_some() {
        return Err(Problem::foreign());
    }
    match origin_of(origin) {
        Some(from) if is_same(&from, host) => Ok(()),
        // Browsers send the port that they use; what stands in between may lose it.
        Some(from) if host.port().is_none() && from.host().eq_ignore_ascii_case(host.host()) => {
            Err(Problem::proxy(&from, host))
        }
        _ => Err(Problem::foreign()),
    }
}

fn origin_of(origin: &str) -> Option<Authority> {
    origin.strip_prefix("https://").and_then(|rest| rest.parse().ok())
}

fn is_page_of(origin: &str, host: &Authority) -> bool {
    origin_of(origin).is_some_and(|from| is_same(&from, host))
}

fn is_same(one: &Authority, other: &Authority) -> bool {
    without_default_port(one) == without_default_port(other)
}

fn without_default_port(authority: &Authority) -> String {
    let text = authority.as_str().to_ascii_lowercase();
    text.strip_suffix(":443").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn hosts() -> Hosts {
        Hosts::new(["Apps.Example.org".to_owned()])
    }

    fn checked(uri: &str, host: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in host {
            headers.append(header::HOST, host.parse().expect("a value"));
        }
        hosts().check(&uri.parse().expect("an address"), &headers).is_ok()
    }

    #[test]
    fn only_names_that_nobody_else_can_point_here_are_answered() {
        for host in ["127.0.0.1:4461", "[::1]:4461", "localhost:1", "apps.example.org", "APPS.example.org.:9"]
        {
            assert!(checked("/", &[host]), "{host}");
        }
        for host in ["evil.example", "apps.example.org.evil.example", "", "1.evil.example", "user@localhost"]
        {
            assert!(!checked("/", &[host]), "{host}");
        }
        assert!(!checked("/", &[]) && !checked("/", &["localhost", "localhost"]));
        assert!(checked("https://localhost/", &[]) && checked("https://localhost/", &["localhost"]));
        assert!(!checked("https://localhost/", &["127.0.0.1"]));
    }

    #[test]
    fn a_proxy_that_loses_the_port_is_told_from_a_foreign_page() {
        let said = |host: &str, origin: &str| {
            let request = Request::builder().extension(NamedHost(host.parse().expect("an authority")));
            let request = request.header(header::ORIGIN, origin).body(()).expect("a request");
            format!("{:?}", check_origin(&request.into_parts().0))
        };
        for (host, origin) in [
            ("apps.example.org", "https://apps.example.org:8443"),
            ("apps.example.org", "https://APPS.example.org:4461"),
            ("[::1]", "https://[::1]:8443"),
        ] {
            let problem = said(host, origin);
            assert!(problem.contains("$http_host") && problem.contains("421"), "{problem}");
        }
        for (host, origin) in [
            ("apps.example.org", "https://evil.example:8443"),
            ("a.example", "http://a.example:1"),
            // Somebody else's port of the same machine.
            ("127.0.0.1:4461", "https://127.0.0.1:5555"),
        ] {
            assert!(said(host, origin).contains("403"), "{host} {origin}");
        }
    }

    #[test]
    fn an_origin_is_the_named_host_over_https_or_foreign() {
        let allowed = |host: &str, origins: &[&str]| {
            let mut request = Request::builder().extension(NamedHost(host.parse().expect("an authority")));
            for origin in origins {
                request = request.header(header::ORIGIN, *origin);
            }
            check_origin(&request.body(()).expect("a request").into_parts().0).is_ok()
        };
        assert!(allowed("a.example:4461", &["https://a.example:4461"]));
        assert!(allowed("a.example:443", &["https://A.example"]));
        for origin in ["http://a.example:4461", "https://a.example", "https://b.example:4461", "null", ""] {
            assert!(!allowed("a.example:4461", &[origin]), "{origin}");
        }
        assert!(
            !allowed("a.example", &[]) && !allowed("a.example", &["https://a.example", "https://a.example"])
        );
    }
}
