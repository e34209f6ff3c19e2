//! Where people reach the host, as it was told: links name that instead of what is bound, which in a
//! container and behind a proxy is something else.

use transport::Place;
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

    /// Where native viewers reach the host, whose port is this unless it was given.
    pub(super) fn native(&self, port: u16) -> Vec<Place> {
        // A bare port is the page's.
        self.places(|place| match place.viewers {
            Viewers::All => Some(port).filter(|_| !self.says(Viewers::Native, &place.host)),
            Viewers::Native => Some(place.port.unwrap_or(port)),
            Viewers::Browsers => None,
        })
    }

    /// Where they reach the page's port, which takes their links where no UDP gets through. What is behind
    /// `https://` may be a proxy that ends TLS, where the host cannot prove who it is.
    pub(super) fn tcp(&self, page: u16) -> Vec<Place> {
        self.places(|place| match place.viewers {
            Viewers::All => Some(place.port.unwrap_or(page)),
            Viewers::Native => Some(page).filter(|_| !self.says(Viewers::All, &place.host)),
            Viewers::Browsers => None,
        })
    }

    /// Where browsers find the page.
    pub(super) fn browser(&self, page: u16) -> Vec<Place> {
        self.places(|place| match place.viewers {
            Viewers::Native => None,
            Viewers::All | Viewers::Browsers => Some(place.port.unwrap_or(page)),
        })
    }

    /// Whether a place of this host was given for those: then its other places need no guess.
    fn says(&self, viewers: Viewers, host: &str) -> bool {
        self.0.iter().any(|place| place.viewers == viewers && place.host == host)
    }

    fn places(&self, port: impl Fn(&Given) -> Option<u16>) -> Vec<Place> {
        let mut all = Vec::new();
        for given in &self.0 {
            let place = port(given).map(|port| Place { host: given.host.clone(), port });
            all.extend(place.filter(|place| !all.contains(place)));
        }
        all
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
        let shown = |places: Vec<Place>| -> Vec<String> { places.iter().map(Place::to_string).collect() };
        let one = read("apps.example.org:8443");
        assert_eq!(shown(one.browser(4461)), ["apps.example.org:8443"]);
        assert_eq!(shown(one.native(4460)), ["apps.example.org:4460"], "a bare port is the page's");
        assert_eq!(shown(one.tcp(4461)), ["apps.example.org:8443"]);
        let two = read("dormer://lan:5000, https://apps.example.org ,[::1]:7,10.0.0.1");
        assert_eq!(shown(two.native(4460)), ["lan:5000", "[::1]:4460", "10.0.0.1:4460"]);
        assert_eq!(shown(two.browser(4461)), ["apps.example.org:443", "[::1]:7", "10.0.0.1:4461"]);
        assert_eq!(shown(two.tcp(4461)), ["lan:4461", "[::1]:7", "10.0.0.1:4461"], "not through a proxy");
        assert_eq!(two.hosts().collect::<Vec<_>>(), ["lan", "apps.example.org", "::1", "10.0.0.1"]);
        let published = read("192.168.1.5:8443,dormer://192.168.1.5:5000");
        assert_eq!(shown(published.native(4460)), ["192.168.1.5:5000"], "what was said needs no guess");
        assert_eq!(shown(published.tcp(4461)), ["192.168.1.5:8443"]);
        assert_eq!(shown(read("2001:db8::1").browser(4461)), ["[2001:db8::1]:4461"]);
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
