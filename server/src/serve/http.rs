//! How browsers are served: the options of `dormer serve` about the page's port, checked.

use std::{
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
};

use web::{FrameAncestor, Source, is_host};

use super::{options::ServeOptions, turn};
use crate::{api::Turn, usage::Usage};

/// How browsers are served.
#[derive(Debug)]
pub(crate) struct HttpConfig {
    /// Where; nothing for the usual port on all addresses.
    pub address: Option<SocketAddr>,
    /// Whether plain HTTP is answered as well.
    pub plain: bool,
    /// The certificate of the page.
    pub certificate: Source,
    /// Further names of this host.
    pub names: Vec<String>,
    /// Sites that may show the page in frames.
    pub frame_ancestors: Vec<FrameAncestor>,
    /// Ports of WebRTC.
    pub webrtc_ports: RangeInclusive<u16>,
    /// Addresses of WebRTC as seen from outside.
    pub external_addresses: Vec<IpAddr>,
    /// Relays for WebRTC.
    pub turn: Option<Turn>,
}

impl HttpConfig {
    /// What flags and file say about it.
    pub(super) fn resolve(options: &ServeOptions) -> Result<Self, Usage> {
        let certificate = match (&options.http_cert, &options.http_key) {
            (Some(certificate), Some(key)) => {
                Source::Files { certificate: certificate.clone(), key: key.clone() }
            }
            (None, None) => Source::Own,
            _ => return Err(Usage("--http-cert and --http-key go together: give both, or neither".into())),
        };
        let ancestors = options.frame_ancestors.iter().map(|text| text.parse());
        let frame_ancestors = ancestors
            .collect::<Result<Vec<FrameAncestor>, _>>()
            .map_err(|error| Usage(format!("--frame-ancestors {error}")))?;
        let mut names = options.http_host.iter();
        if let Some(wrong) = names.find(|name| !is_host(name)) {
            return Err(Usage(format!("'{wrong}' is neither a name nor an address of a host")));
        }
        if options.http_plain && !options.http.is_some_and(|address| address.ip().is_loopback()) {
            let advice = "--http-plain needs --http with a loopback address, such as 127.0.0.1:4461: anybody on the way \
                          reads and changes what plain HTTP carries";
            return Err(Usage(advice.to_owned()));
        }
        Ok(HttpConfig {
            address: options.http,
            plain: options.http_plain,
            certificate,
            names: options.http_host.clone(),
            frame_ancestors,
            webrtc_ports: ports_of(options.webrtc_ports.as_deref())?,
            external_addresses: options.external_address.clone(),
            turn: turn::resolve(options)?,
        })
    }
}

fn ports_of(text: Option<&str>) -> Result<RangeInclusive<u16>, Usage> {
    let Some(text) = text else { return Ok(transport::webrtc::WebRtcSettings::default().ports) };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok(first..=last),
        _ => Err(Usage(format!("--webrtc-ports '{text}' is no range; write for example 4462-4470"))),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::config::Config, *};

    #[test]
    fn the_page_is_set_up_alike_by_flags_and_file() {
        let file = toml::from_str::<ServeOptions>(
            "http = '127.0.0.1:0'\nhttp-host = ['a.example']\nframe-ancestors = ['https://b.example']\n\
             webrtc-ports = '5000-5009'\nexternal-address = ['192.0.2.7']",
        );
        let options = ServeOptions { state_dir: Some("/nowhere".into()), ..file.expect("valid") };
        let http = Config::resolve(options).expect("complete").http.expect("on unless turned off");
        assert_eq!((http.webrtc_ports, http.names), (5000..=5009, vec!["a.example".to_owned()]));
        assert_eq!(http.certificate, Source::Own);
        for (wrong, said) in [
            ("http-cert = 'a.pem'", "--http-key"),
            ("webrtc-ports = '9-1'", "4462-4470"),
            ("frame-ancestors = ['*']", "https://"),
            ("http-host = ['a b']", "a b"),
            ("http-plain = true", "loopback"),
            ("http-plain = true\nhttp = '0.0.0.0:4461'", "loopback"),
            ("advertise = 'a;b'", "a;b"),
        ] {
            let error =
                Config::resolve(toml::from_str(wrong).expect("known keys")).expect_err(wrong).to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
