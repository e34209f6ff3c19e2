//! Where people reach the host, as it was told: links name that instead of what is bound, which in a container and behind
//! a proxy is something else.

use web::is_host;

use crate::usage::Usage;

/// One place of those that were given.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Given {
    /// For whom.
    viewers: Viewers,
    host: String,
    port: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Viewers {
    All,
    Native,
    Browsers,
}

/// All places that were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Advertised(Vec<Given>);

impl Advertised {
    /// From a list with commas.
    pub(super) fn read(text: &str) -> Result<Self, Usage> {
        let places = text.split(',').map(str::trim).filter(|place| !place.is_empty());
        let wrong = |place: &str| {
            Usage(format!(
                "'{place}' is no place of a host; write HOST, HOST:PORT, https://HOST[:PORT] or dormer://HOST[:PORT]"
            ))
        };
        places.map(|place| read(place).ok_or_else(|| wrong(place))).collect::<Result<_, _>>().map(Self)
    }

    /// What native links name: the host, and the port if it is not the bound one.
    pub(super) fn native(&self) -> Option<(&str, Option<u16>)> {
        let place = self.0.iter().find(|place| place.viewers != Viewers::Browsers)?;
        // A bare port is the page's.
        let port = place.port.filter(|_| place.viewers == Viewers::Native);
        Some((&place.host, port))
    }

    /// The same for browser links.
    pub(super) fn browser(&self) -> Option<(&str, Option<u16>)> {
        let place = self.0.iter().find(|place| place.viewers != Viewers::Native)?;
        Some((&place.host, place.port))
    }

    /// All hosts.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|place| place.host.as_str())
    }
}

fn read(place: &str) -> Option<Given> {
    let (viewers, rest, usual) = if let Some(rest) = place.strip_prefix("https://") {
        (Viewers::Browsers, rest, Some(443))
    } else if let Some(rest) = place.strip_prefix("dormer://") {
        (Viewers::Native, rest, None)
    } else {
        (Viewers::All, place, None)
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match rest.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
        }
        // An address of IPv6 without brackets has no port.
        None if rest.matches(':').count() > 1 => (rest, None),
        None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        Some(port) => Some(port.parse().ok().filter(|&port: &u16| port != 0)?),
        None => usual,
    };
    is_host(host).then(|| Given { viewers, host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_name_what_was_given_for_them() {
        let read = |text| Advertised::read(text).expect("places");
        let one = read("apps.example.org:8443");
        assert_eq!(one.browser(), Some(("apps.example.org", Some(8443))));
        assert_eq!(one.native(), Some(("apps.example.org", None)), "a bare port is the page's");
        let two = read("dormer://lan:5000, https://apps.example.org ,[::1]:7");
        assert_eq!(two.native(), Some(("lan", Some(5000))));
        assert_eq!(two.browser(), Some(("apps.example.org", Some(443))), "as in any address of a page");
        assert_eq!(two.hosts().collect::<Vec<_>>(), ["lan", "apps.example.org", "::1"]);
        assert_eq!(read("2001:db8::1").browser(), Some(("2001:db8::1", None)));
        assert_eq!(read(""), Advertised::default());
    }

    #[test]
    fn what_is_no_place_is_refused_with_what_to_write() {
        for wrong in ["a b", "a:0", "a:99999", "a:x", "http://a", "[::1", "[::1]7", "a/b", ":7"] {
            let said = Advertised::read(wrong).expect_err(wrong).to_string();
            assert!(said.contains(wrong) && said.contains("HOST:PORT"), "{said}");
        }
    }
}
