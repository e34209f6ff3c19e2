//! The certificate that the page's port presents, read anew when its files change.

use std::{
    fmt, fs,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, bail};
use rustls::{
    ServerConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tracing::{info, warn};
use transport::UnixSeconds;

use super::own_certificate;
use crate::usage::Usage;

/// How often files are looked at, while there are connections: nobody needs a certificate otherwise.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The largest file that is read: chains of certificates have some 10 kB.
const MAX_FILE: u64 = 1 << 20;

/// Where the certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Made by this host, kept in its state directory.
    Own,
    /// Given, and renewed by whoever gave it.
    Files {
        /// The chain, in PEM.
        certificate: PathBuf,
        /// Its key, in PEM.
        key: PathBuf,
    },
}

/// The certificate in use. Clones are the same.
#[derive(Clone)]
pub(crate) struct Certificates(Arc<Shared>);

struct Shared {
    files: Option<(PathBuf, PathBuf)>,
    current: RwLock<Arc<CertifiedKey>>,
    looked: Mutex<Looked>,
    provider: Arc<CryptoProvider>,
}

/// When the files were last looked at, and what was seen.
struct Looked {
    at: Instant,
    state: State,
}

/// What tells whether files have changed: for each its time of change and its length.
type State = [Option<(SystemTime, u64)>; 2];

impl Certificates {
    /// Reads the certificate, or makes one for these names and addresses.
    pub(crate) fn load(
        source: Source,
        state_dir: &Path,
        names: &[String],
        addresses: &[IpAddr],
    ) -> Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let (files, state, current) = match source {
            Source::Own => {
                let pem = own_certificate::load_or_create(state_dir, names, addresses, UnixSeconds::now())?;
                let current = parse(pem.as_bytes(), pem.as_bytes(), &provider).with_context(|| {
                    format!("{} is damaged; delete it", state_dir.join(own_certificate::FILE).display())
                })?;
                (None, [None, None], current)
            }
            Source::Files { certificate, key } => {
                let state = state_of(&certificate, &key);
                let current =
                    read(&certificate, &key, &provider).map_err(|error| Usage(format!("{error:#}")))?;
                (Some((certificate, key)), state, current)
            }
        };
        let looked = Mutex::new(Looked { at: Instant::now(), state });
        Ok(Self(Arc::new(Shared { files, current: RwLock::new(Arc::new(current)), looked, provider })))
    }

    /// Looks whether the files have changed, if that was not done just now. Reads two small files: rarely, and before a
    /// handshake that takes longer.
    pub(super) fn refresh(&self, now: Instant) {
        let Some((certificate, key)) = &self.0.files else { return };
        let mut looked = self.0.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(looked.at) < LOOK_AGAIN {
            return;
        }
        looked.at = now;
        let state = state_of(certificate, key);
        if state == looked.state {
            return;
        }
        looked.state = state;
        match read(certificate, key, &self.0.provider) {
            Ok(fresh) => {
                *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
                info!(file = %certificate.display(), "the page's certificate was read anew");
            }
            Err(error) => warn!("the page keeps its former certificate: {error:#}"),
        }
    }

    /// TLS with this certificate, for HTTP/1.1 and 2.
    pub(super) fn tls(&self) -> Result<ServerConfig> {
        let mut tls = ServerConfig::builder_with_provider(Arc::clone(&self.0.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(self.clone()));
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(tls)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("files", &self.0.files).finish_non_exhaustive()
    }
}

fn state_of(certificate: &Path, key: &Path) -> State {
    [certificate, key].map(|path| {
        let file = fs::metadata(path).ok()?;
        Some((file.modified().ok()?, file.len()))
    })
}

fn read(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey> {
    let chain = contents(certificate, "--http-cert")?;
    let secret = contents(key, "--http-key")?;
    parse(&chain, &secret, provider)
        .with_context(|| format!("{} and {} cannot be used", certificate.display(), key.display()))
}

fn contents(path: &Path, flag: &str) -> Result<Vec<u8>> {
    let file = || format!("{flag} {}", path.display());
    if fs::metadata(path).with_context(file)?.len() > MAX_FILE {
        bail!("{}: larger than any certificate", file());
    }
    fs::read(path).with_context(file)
}

/// The certificates and the key of PEM texts, which must belong together.
fn parse(chain: &[u8], key: &[u8], provider: &CryptoProvider) -> Result<CertifiedKey> {
    let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>();
    let chain = chain.context("the certificate is not in PEM form")?;
    if chain.is_empty() {
        bail!("there is no certificate in PEM form");
    }
    let key = PrivateKeyDer::from_pem_slice(key).context("there is no private key in PEM form")?;
    CertifiedKey::from_der(chain, key, provider).context("the key is not the certificate's")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write_pair(certificate: &Path, key: &Path) {
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        fs::write(certificate, pair.cert.pem()).expect("written");
        fs::write(key, pair.signing_key.serialize_pem()).expect("written");
    }

    #[test]
    fn new_files_are_taken_and_broken_ones_leave_the_former_in_use() {
        let directory = tempfile::tempdir().expect("a directory");
        let [certificate, key] = ["cert.pem", "key.pem"].map(|name| directory.path().join(name));
        write_pair(&certificate, &key);
        let source = Source::Files { certificate: certificate.clone(), key: key.clone() };
        let certificates = Certificates::load(source, directory.path(), &[], &[]).expect("read");
        let in_use = || certificates.0.current.read().expect("whole").cert[0].clone();
        let (first, mut now) = (in_use(), Instant::now());

        let mut later = || {
            now += LOOK_AGAIN;
            certificates.refresh(now);
        };
        fs::write(&certificate, "broken").expect("written");
        later();
        assert_eq!(in_use(), first, "a broken file changes nothing");
        write_pair(&certificate, &directory.path().join("other-key.pem"));
        later();
        assert_eq!(in_use(), first, "a certificate of another key changes nothing");
        write_pair(&certificate, &key);
        later();
        assert_ne!(in_use(), first);
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused_at_the_start() {
        let directory = tempfile::tempdir().expect("a directory");
        let [certificate, key, other] = ["a", "b", "c"].map(|name| directory.path().join(name));
        write_pair(&certificate, &other);
        write_pair(&other, &key);
        let source = Source::Files { certificate, key };
        let error = Certificates::load(source, directory.path(), &[], &[]).expect_err("no pair").to_string();
        assert!(error.contains("key"), "{error}");
    }
}
