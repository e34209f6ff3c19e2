//! The certificate that a page's port presents, read anew when its files change.

mod own;

use std::{
    fmt, fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime},
};

use clock::UnixSeconds;
use rustls::{
    ServerConfig,
    crypto::CryptoProvider,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use thiserror::Error;
use tracing::{info, warn};

/// How often files are looked at, while there are connections: nobody needs a certificate otherwise.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The protocols of pages, the better one first.
const HTTP: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The most addresses that the host's own certificate is for.
const MAX_ADDRESSES: usize = 64;

/// The largest file that is read: chains of certificates have some 10 kB.
const MAX_FILE: u64 = 1 << 20;

/// Where the certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
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
pub struct Certificates(Arc<Shared>);

struct Shared {
    files: Option<(PathBuf, PathBuf)>,
    /// What the host's own is for, and where it is kept.
    own: Option<Mutex<Own>>,
    /// Another protocol on the same port.
    other: OnceLock<Other>,
    current: RwLock<Arc<CertifiedKey>>,
    looked: Mutex<Looked>,
    provider: Arc<CryptoProvider>,
}

/// The host's own certificate.
struct Own {
    state_dir: PathBuf,
    names: Vec<String>,
    addresses: Vec<IpAddr>,
}

/// A protocol that is told from HTTP by TLS' negotiation, and has a certificate of its own.
struct Other {
    protocol: &'static [u8],
    certificate: Arc<CertifiedKey>,
}

/// When the files were last looked at, and what was seen.
struct Looked {
    at: Instant,
    state: State,
}

/// What tells whether files have changed: for each its time of change and its length.
type State = [Option<(SystemTime, u64)>; 2];

/// Why there is no certificate.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file that was given cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// A file that was given is larger than any certificate.
    #[error("{}: larger than any certificate", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
    },
    /// The files that were given are no certificate and its key.
    #[error("{} and {} cannot be used: {reason}", certificate.display(), key.display())]
    Unusable {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        #[source]
        reason: BadPair,
    },
    /// The host's own was changed by somebody else.
    #[error("{} is damaged; delete it: {reason}", path.display())]
    Damaged {
        /// Its file.
        path: PathBuf,
        /// In what way.
        #[source]
        reason: BadPair,
    },
    /// The host's own cannot be made.
    #[error("cannot make a certificate for the page: {0}")]
    Own(String),
    /// The host's own cannot be kept.
    #[error("cannot write {}: {error}", path.display())]
    Unwritable {
        /// Its file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
}

impl CertificateError {
    /// Whether it lies in the files that were given, not in this host.
    pub fn is_in_given_files(&self) -> bool {
        match self {
            Self::Unreadable { .. } | Self::TooLarge { .. } | Self::Unusable { .. } => true,
            Self::Damaged { .. } | Self::Own(_) | Self::Unwritable { .. } => false,
        }
    }
}

/// Why two texts are no certificate and its key.
#[derive(Debug, Error)]
pub enum BadPair {
    /// See the message.
    #[error("the certificate is not in PEM form: {0}")]
    Certificate(pem::Error),
    /// See the message.
    #[error("there is no certificate in PEM form")]
    NoCertificate,
    /// See the message.
    #[error("there is no private key in PEM form: {0}")]
    Key(pem::Error),
    /// See the message.
    #[error("the key is not the certificate's: {0}")]
    Other(rustls::Error),
}

impl Certificates {
    /// Reads the certificate, or makes one for these names and addresses.
    pub fn load(
        source: Source,
        state_dir: &Path,
        names: &[String],
        addresses: &[IpAddr],
    ) -> Result<Self, CertificateError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut kept = None;
        let (files, state, current) = match source {
            Source::Own => {
                let own = Own {
                    state_dir: state_dir.to_owned(),
                    names: names.to_vec(),
                    addresses: addresses.iter().map(IpAddr::to_canonical).collect(),
                };
                let current = own.load(&provider)?;
                kept = Some(Mutex::new(own));
                (None, [None, None], current)
            }
            Source::Files { certificate, key } => {
                let state = state_of(&certificate, &key);
                let current = read(&certificate, &key, &provider)?;
                (Some((certificate, key)), state, current)
            }
        };
        let looked = Mutex::new(Looked { at: Instant::now(), state });
        let (current, other) = (RwLock::new(Arc::new(current)), OnceLock::new());
        Ok(Self(Arc::new(Shared { files, own: kept, other, current, looked, provider })))
    }

    /// Speaks this protocol as well, under a certificate of its own, with those who offer no HTTP. Once.
    pub fn also_speak(&self, protocol: &'static [u8], certificate: CertifiedKey) {
        // A second one would be a mistake in this program, and changes nothing.
        let _ = self.0.other.set(Other { protocol, certificate: Arc::new(certificate) });
    }

    /// Makes the host's own certificate be for this address as well, by which somebody reached it: networks
    /// come and go while a host runs.
    pub(crate) fn cover(&self, address: IpAddr) {
        let Some(own) = &self.0.own else { return };
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        let address = address.to_canonical();
        if own.addresses.contains(&address) || own.addresses.len() >= MAX_ADDRESSES {
            return;
        }
        own.addresses.push(address);
        match own.load(&self.0.provider) {
            Ok(fresh) => self.use_from_now(fresh),
            Err(error) => warn!("the page's certificate does not name {address}: {error}"),
        }
    }

    fn use_from_now(&self, fresh: CertifiedKey) {
        *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
    }

    /// Looks whether the files have changed, if that was not done just now. Reads two small files: rarely,
    /// and before a handshake that takes longer.
    pub(crate) fn refresh(&self, now: Instant) {
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
                self.use_from_now(fresh);
                info!(file = %certificate.display(), "the page's certificate was read anew");
            }
            Err(error) => warn!("the page keeps its former certificate: {error}"),
        }
    }

    /// TLS with this certificate, for HTTP/1.1 and 2.
    pub(crate) fn tls(&self) -> Result<ServerConfig, rustls::Error> {
        let mut tls = ServerConfig::builder_with_provider(Arc::clone(&self.0.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(self.clone()));
        let other = self.0.other.get().map(|other| other.protocol);
        tls.alpn_protocols = HTTP.into_iter().chain(other).map(<[u8]>::to_vec).collect();
        Ok(tls)
    }
}

impl Own {
    /// Reads it, or makes it anew if it is not for all of these.
    fn load(&self, provider: &CryptoProvider) -> Result<CertifiedKey, CertificateError> {
        let Self { state_dir, names, addresses } = self;
        let pem = own::load_or_create(state_dir, names, addresses, UnixSeconds::now())?;
        parse(pem.as_bytes(), pem.as_bytes(), provider)
            .map_err(|reason| CertificateError::Damaged { path: state_dir.join(own::FILE), reason })
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let offered: Vec<&[u8]> = hello.alpn().into_iter().flatten().collect();
        let other = self.0.other.get().filter(|other| offered.contains(&other.protocol));
        if let Some(other) = other.filter(|_| !HTTP.iter().any(|http| offered.contains(http))) {
            return Some(Arc::clone(&other.certificate));
        }
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

fn read(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, CertificateError> {
    let chain = contents(certificate)?;
    let secret = contents(key)?;
    parse(&chain, &secret, provider).map_err(|reason| CertificateError::Unusable {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        reason,
    })
}

fn contents(path: &Path) -> Result<Vec<u8>, CertificateError> {
    let unreadable = |error| CertificateError::Unreadable { path: path.to_owned(), error };
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_FILE {
        return Err(CertificateError::TooLarge { path: path.to_owned() });
    }
    fs::read(path).map_err(unreadable)
}

/// The certificates and the key of PEM texts, which must belong together.
fn parse(chain: &[u8], key: &[u8], provider: &CryptoProvider) -> Result<CertifiedKey, BadPair> {
    let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(BadPair::Certificate)?;
    if chain.is_empty() {
        return Err(BadPair::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(BadPair::Key)?;
    CertifiedKey::from_der(chain, key, provider).map_err(BadPair::Other)
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
    fn the_host_s_own_certificate_is_for_an_address_that_appeared_later() {
        let directory = tempfile::tempdir().expect("a directory");
        let first = "192.0.2.1".parse().expect("an address");
        let certificates = Certificates::load(Source::Own, directory.path(), &[], &[first]).expect("made");
        let in_use = || certificates.0.current.read().expect("whole").cert[0].clone();
        let before = in_use();
        certificates.cover("::ffff:192.0.2.1".parse().expect("an address"));
        assert_eq!(in_use(), before, "it is for this one");
        let vpn: IpAddr = "10.0.0.1".parse().expect("an address");
        certificates.cover(vpn);
        let after = in_use();
        assert_ne!(after, before);
        assert!(after.windows(4).any(|bytes| bytes == [10, 0, 0, 1]), "it does not name {vpn}");
        assert!(after.windows(4).any(|bytes| bytes == [192, 0, 2, 1]), "it names {first} no more");
        certificates.cover(vpn);
        assert_eq!(in_use(), after);
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
