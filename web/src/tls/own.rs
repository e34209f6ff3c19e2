//! The page's own certificate, for hosts that were given none: signed by itself, so browsers ask people once
//! whether they trust it. It is kept, since browsers remember their answer for exactly this certificate.

use std::{fs, io::BufRead, net::IpAddr, path::Path, time::Duration};

use clock::UnixSeconds;
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    SanType,
};

use super::CertificateError;
use crate::write_private;

/// The file in the state directory: a line of notes, the certificate, the key.
pub(super) const FILE: &str = "page-certificate.pem";

/// How long it is valid. Some browsers refuse more than 398 days.
const LIFETIME: Duration = Duration::from_secs(397 * DAY);

/// A certificate that is valid for less than this is made anew at a start.
const RENEWAL: Duration = Duration::from_secs(30 * DAY);

const DAY: u64 = 24 * 60 * 60;

/// A certificate and its key, in one PEM text.
pub(super) fn load_or_create(
    state: &Path,
    names: &[String],
    addresses: &[IpAddr],
    now: UnixSeconds,
) -> Result<String, CertificateError> {
    let path = state.join(FILE);
    let names = subject(names, addresses);
    if let Ok(pem) = fs::read_to_string(&path)
        && is_usable(&pem, &names, now)
    {
        return Ok(pem);
    }
    let pem = create(&names, now)?;
    write_private(&path, &pem).map_err(|error| CertificateError::Unwritable { path, error })?;
    Ok(pem)
}

/// All it is for, in a stable order.
fn subject(names: &[String], addresses: &[IpAddr]) -> Vec<String> {
    let addresses = addresses.iter().map(|address| address.to_canonical().to_string());
    let mut all: Vec<_> = names.iter().cloned().chain(addresses).collect();
    all.sort();
    all.dedup();
    all
}

/// Whether it is for at least these names and valid for a while yet. Its first line says so.
fn is_usable(pem: &str, names: &[String], now: UnixSeconds) -> bool {
    let Some(Ok(notes)) = pem.as_bytes().lines().next() else { return false };
    let Some((until, known)) = notes.strip_prefix(NOTES).and_then(|notes| notes.split_once(' ')) else {
        return false;
    };
    let known: Vec<_> = known.split(' ').collect();
    until.parse().is_ok_and(|until| now.after(RENEWAL) < UnixSeconds(until))
        && names.iter().all(|name| known.contains(&name.as_str()))
}

const NOTES: &str = "valid until second ";

fn create(names: &[String], now: UnixSeconds) -> Result<String, CertificateError> {
    let failed = |error: rcgen::Error| CertificateError::Own(error.to_string());
    let mut params = CertificateParams::default();
    for name in names {
        params.subject_alt_names.push(match name.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => {
                let dns = name.as_str().try_into();
                SanType::DnsName(dns.map_err(|_| CertificateError::Own(format!("'{name}' is no name")))?)
            }
        });
    }
    params.distinguished_name.push(DnType::CommonName, "Dormer");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    // Clocks differ.
    params.not_before = epoch + Duration::from_secs(now.0.saturating_sub(DAY));
    let until = now.after(LIFETIME);
    params.not_after = epoch + Duration::from_secs(until.0);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    Ok(format!("{NOTES}{} {}\n{}{}", until.0, names.join(" "), certificate.pem(), key.serialize_pem()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixSeconds = UnixSeconds(1_800_000_000);

    #[test]
    fn it_is_kept_until_it_gets_old_or_a_name_is_new() {
        let state = tempfile::tempdir().expect("a directory");
        let addresses = ["127.0.0.1".parse().expect("an address"), "::1".parse().expect("an address")];
        let names = ["localhost".to_owned()];
        let load =
            |names: &[String], now| load_or_create(state.path(), names, &addresses, now).expect("made");
        let first = load(&names, NOW);
        assert_eq!(load(&names, NOW.after(Duration::from_secs(300 * DAY))), first);
        let renewed = load(&names, NOW.after(Duration::from_secs(370 * DAY)));
        assert_ne!(renewed, first);
        let more = ["localhost".to_owned(), "apps.example.org".to_owned()];
        let wider = load(&more, NOW.after(Duration::from_secs(370 * DAY)));
        assert_ne!(wider, renewed);
        assert_eq!(load(&names, NOW.after(Duration::from_secs(370 * DAY))), wider, "it is for these as well");
    }
}
