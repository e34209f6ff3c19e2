//! What every answer says to the browser about what may be done with it.

use std::str::FromStr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use thiserror::Error;

/// A site that may show the page in a frame: `https://portal.example.org`, or `https://*.example.org`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameAncestor(String);

/// This text is no origin.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is no origin; write for example https://portal.example.org")]
pub struct BadAncestor(String);

impl FromStr for FrameAncestor {
    type Err = BadAncestor;

    fn from_str(text: &str) -> Result<Self, BadAncestor> {
        let refuse = || BadAncestor(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| refuse())?;
        let authority = uri.authority().map(|authority| authority.as_str()).ok_or_else(refuse)?;
        let bare = authority.strip_prefix("*.").unwrap_or(authority);
        let is_plain = bare.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
        let secure = uri.scheme_str() == Some("https");
        let whole = format!("https://{authority}");
        let nothing_else = text == whole || text == format!("{whole}/");
        if secure && is_plain && nothing_else { Ok(Self(whole)) } else { Err(refuse()) }
    }
}

/// The headers that stand on every answer unless it has its own.
#[derive(Debug)]
pub struct SecurityHeaders {
    headers: Vec<(HeaderName, HeaderValue)>,
    framed: bool,
}

impl SecurityHeaders {
    /// With these sites allowed to show the page in a frame.
    pub fn new(frame_ancestors: &[FrameAncestor]) -> Self {
        let policy = content_security_policy(frame_ancestors);
        let policy = HeaderValue::from_str(&policy).expect("origins were checked to be plain");
        let fixed = |name, value| (name, HeaderValue::from_static(value));
        let mut headers = vec![
            (header::CONTENT_SECURITY_POLICY, policy),
            fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            fixed(header::REFERRER_POLICY, "no-referrer"),
            fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            fixed(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
            fixed(HeaderName::from_static("permissions-policy"), PERMISSIONS),
            // Answers of the API are for one page and one moment; files of the page say otherwise.
            fixed(header::CACHE_CONTROL, "no-store"),
        ];
        if frame_ancestors.is_empty() {
            headers.push(fixed(header::X_FRAME_OPTIONS, "DENY"));
        }
        Self { headers, framed: !frame_ancestors.is_empty() }
    }

    /// Whether other sites may show the page in frames.
    pub fn framed(&self) -> bool {
        self.framed
    }

    /// Adds them where the answer says nothing itself.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            if !headers.contains_key(name) {
                headers.insert(name, value.clone());
            }
        }
    }
}

/// What the page uses, and none of what it does not.
const PERMISSIONS: &str = "clipboard-read=(self), clipboard-write=(self), fullscreen=(self), keyboard-map=(self), \
     screen-wake-lock=(self), autoplay=(self), accelerometer=(), camera=(), \
     display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), \
     serial=(), usb=(), xr-spatial-tracking=()";

fn content_security_policy(frame_ancestors: &[FrameAncestor]) -> String {
    let ancestors = match frame_ancestors {
        [] => "'none'".to_owned(),
        some => some.iter().map(|one| one.0.as_str()).collect::<Vec<_>>().join(" "),
    };
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; \
         img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; \
         media-src 'self' blob:; frame-ancestors {ancestors}; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_closed_unless_opened_for_a_site() {
        assert!(content_security_policy(&[]).contains("frame-ancestors 'none';"));
        let sites = ["https://portal.example.org/", "https://*.example.org:8443"]
            .map(|site| site.parse().expect("a site"));
        let policy = content_security_policy(&sites);
        assert!(
            policy.contains("frame-ancestors https://portal.example.org https://*.example.org:8443;"),
            "{policy}"
        );
    }

    #[test]
    fn nothing_but_an_origin_gets_into_the_policy() {
        for text in [
            "*",
            "http://a.example",
            "https://a.example/x",
            "https://a.example; script-src *",
            "'self'",
            "https://",
        ] {
            assert!(text.parse::<FrameAncestor>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_answer_s_own_headers_stand() {
        let mut headers =
            HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))]);
        SecurityHeaders::new(&[]).add_to(&mut headers);
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        assert_eq!(headers[header::X_FRAME_OPTIONS], "DENY");
    }
}
