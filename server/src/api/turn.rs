//! TURN servers: relays for browsers whose networks keep UDP to this host from them.
//!
//! The host only names them to pages that entered, with what a browser needs to sign in; it never speaks to
//! them. For the host a relayed viewer is one at the relay's address.

use std::{fmt, net::Ipv6Addr, str::FromStr, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac;
use serde::Serialize;
use transport::UnixSeconds;
use web::is_host;

/// How long credentials that the host makes are valid at most. A link outlives them: a server asks when a
/// relay is set up.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The address of a TURN server, as in RFC 7065: `turn:turn.example.org:3478` or `turns:turn.example.org`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct TurnUri(String);

/// How browsers sign in at the TURN servers. Secrets are not shown by `Debug`.
#[derive(Clone)]
pub(crate) enum TurnLogin {
    /// By credentials that the host makes for each page and that expire; the servers share this secret with
    /// the host.
    Secret(hmac::Key),
    /// By a name and a password that every viewer is told.
    Password { user: String, password: String },
}

/// The TURN servers that browsers are told of, all with the same login.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    /// At least one.
    pub uris: Vec<TurnUri>,
    /// How to sign in at each.
    pub login: TurnLogin,
}

/// An `RTCIceServer`, as browsers want it.
#[derive(Serialize)]
pub(super) struct IceServer<'a> {
    urls: &'a [TurnUri],
    username: String,
    credential: String,
}

impl Turn {
    /// What a page whose right to enter ends at `expires` is told.
    pub(super) fn ice_server(&self, session: &str, now: UnixSeconds, expires: UnixSeconds) -> IceServer<'_> {
        let (username, credential) = match &self.login {
            TurnLogin::Secret(key) => {
                let UnixSeconds(expires) = expires.min(now.after(MAX_LIFETIME));
                let username = format!("{expires}:{session}");
                let credential = credential(key, &username);
                (username, credential)
            }
            TurnLogin::Password { user, password } => (user.clone(), password.clone()),
        };
        IceServer { urls: &self.uris, username, credential }
    }
}

/// The password of a name that expires: what TURN servers call their REST API
/// (draft-uberti-behave-turn-rest), which is bound to SHA-1.
fn credential(key: &hmac::Key, username: &str) -> String {
    STANDARD.encode(hmac::sign(key, username.as_bytes()))
}

impl TurnLogin {
    /// By the secret that is shared with the servers.
    pub(crate) fn with_secret(secret: &str) -> Self {
        Self::Secret(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes()))
    }
}

impl fmt::Debug for TurnLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret(…)",
            Self::Password { .. } => "Password(…)",
        })
    }
}

impl FromStr for TurnUri {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Not repeated: what stands before such a sign may be a password.
        if text.contains('@') {
            return Err("takes no name or password: give --turn-user and --turn-password-file".into());
        }
        let refuse = |reason: &str| {
            format!(
                "'{text}' {reason}; write for example turn:turn.example.org:3478 or turns:turn.example.org"
            )
        };
        let (scheme, rest) = text.split_once(':').ok_or_else(|| refuse("is no address of a TURN server"))?;
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "turn" | "turns") {
            return Err(refuse("is no address of a TURN server"));
        }
        if rest.starts_with('/') {
            return Err(refuse("has slashes, which such addresses do not"));
        }
        let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
        match (scheme.as_str(), query) {
            (_, None | Some("transport=tcp")) | ("turn", Some("transport=udp")) => {}
            ("turns", Some("transport=udp")) => return Err(refuse("is not possible: turns is over TCP")),
            _ => {
                return Err(refuse("may say ?transport=udp or ?transport=tcp behind its port, nothing else"));
            }
        }
        let (host, port) = split_port(place);
        if !host_is_valid(host) {
            return Err(refuse("names no host"));
        }
        if port.is_some_and(|port| !is_port(port)) {
            return Err(refuse("has no valid port"));
        }
        Ok(Self(format!("{scheme}:{rest}")))
    }
}

/// Host and port; addresses of IPv6 stand in brackets.
fn split_port(place: &str) -> (&str, Option<&str>) {
    let colon = match place.find(']') {
        Some(bracket) => place[bracket..].find(':').map(|at| bracket + at),
        None => place.find(':'),
    };
    colon.map_or((place, None), |at| (&place[..at], Some(&place[at + 1..])))
}

fn host_is_valid(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => is_host(host),
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(login: TurnLogin) -> Turn {
        Turn { uris: vec!["turn:turn.example.org".parse().expect("valid")], login }
    }

    #[test]
    fn credentials_are_those_that_turn_servers_expect() {
        // RFC 2202, test 2, in base64.
        let TurnLogin::Secret(key) = TurnLogin::with_secret("Jefe") else { panic!("a secret") };
        assert_eq!(credential(&key, "what do ya want for nothing?"), "7/zfauXrL6LSdBbV8YTfnCWafHk=");
        // echo -n 1700000060:s1 | openssl dgst -sha1 -hmac north -binary | base64
        let server = turn(TurnLogin::with_secret("north"));
        let server = server.ice_server("s1", UnixSeconds(1_700_000_000), UnixSeconds(1_700_000_060));
        assert_eq!(server.username, "1700000060:s1");
        assert_eq!(server.credential, "pEKwt45RcqFwtpEDis7ckrE4fzI=");
    }

    #[test]
    fn credentials_expire_with_the_page_or_in_a_day() {
        let turn = turn(TurnLogin::with_secret("north"));
        let expiry = |expires| turn.ice_server("s1", UnixSeconds(1000), UnixSeconds(expires)).username;
        assert_eq!(expiry(1001), "1001:s1");
        assert_eq!(expiry(1_000_000), "87400:s1");
    }

    #[test]
    fn a_browser_reads_them_as_its_own_dictionary_says() {
        let turn = turn(TurnLogin::Password { user: "u".into(), password: "p".into() });
        let server = turn.ice_server("s1", UnixSeconds(0), UnixSeconds(1));
        let json = serde_json::to_value(server).expect("plain");
        let wanted =
            serde_json::json!({"urls": ["turn:turn.example.org"], "username": "u", "credential": "p"});
        assert_eq!(json, wanted);
    }

    #[test]
    fn secrets_are_not_shown() {
        let login = TurnLogin::Password { user: "u".into(), password: "hunter2".into() };
        assert!(!format!("{:?}", turn(login)).contains("hunter2"));
        assert!(!format!("{:?}", turn(TurnLogin::with_secret("hunter2"))).contains("hunter2"));
    }

    #[test]
    fn addresses_are_those_of_rfc_7065() {
        for good in [
            "turn:turn.example.org",
            "turn:turn.example.org:3478",
            "turn:192.0.2.7?transport=udp",
            "turn:[2001:db8::7]:80?transport=tcp",
            "turns:turn.example.org:443?transport=tcp",
        ] {
            assert_eq!(good.parse(), Ok(TurnUri(good.into())));
        }
        assert_eq!("TURN:a".parse(), Ok(TurnUri("turn:a".into())));
        for (wrong, said) in [
            ("turn.example.org", "no address of a TURN server"),
            ("stun:turn.example.org", "no address of a TURN server"),
            ("https://turn.example.org", "no address of a TURN server"),
            ("turn://turn.example.org", "slashes"),
            ("turn:", "names no host"),
            ("turn:a b", "names no host"),
            ("turn:2001:db8::7", "port"),
            ("turn:[2001:db8::7", "names no host"),
            ("turn:[::1]x:5", "names no host"),
            ("turn:a:", "port"),
            ("turn:a:0", "port"),
            ("turn:a:+5", "port"),
            ("turn:a:65536", "port"),
            ("turn:a:1/x", "port"),
            ("turn:a?transport=sctp", "transport=udp"),
            ("turn:a?", "transport=udp"),
            ("turns:a?transport=udp", "over TCP"),
        ] {
            let error = wrong.parse::<TurnUri>().expect_err(wrong);
            assert!(error.contains(said) && error.contains(wrong), "{wrong}: {error}");
        }
        let error = "turn:me:hunter2@a".parse::<TurnUri>().expect_err("a password");
        assert!(error.contains("--turn-password-file") && !error.contains("hunter2"), "{error}");
    }
}
