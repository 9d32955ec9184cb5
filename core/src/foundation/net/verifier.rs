//! Who a host is: webpki against our roots, and one of the host's pinned keys in the path that was verified.
//!
//! Guarantees: a pin is looked for in the verified path only, not among certificates a peer merely sent; the time comes
//! from the injected clock; pins that are told later never take away one that the build has, and never lock us out.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use rustls::{
    CertificateError, DigitallySignedStruct, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls13_signature},
    time_provider::TimeProvider,
};
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath};

use super::{Distrust, Error, Unfit};
use crate::foundation::{
    clock::{Clock, Timestamp},
    config::{Config, PinSet},
    crypto::digest::sha256,
};

/// What is told later binds at most this long: a mistake in it ends by itself.
const TOLD_FOR: Duration = Duration::from_secs(400 * 24 * 3600);

pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    roots: Vec<TrustAnchor<'static>>,
    /// Of gateway and issuer.
    ours: Vec<String>,
    built_in: Vec<PinSet>,
    told: RwLock<Vec<PinSet>>,
    /// The keys of the path that each of our hosts was last believed by.
    met: Mutex<HashMap<String, Vec<[u8; 32]>>>,
}

impl Verifier {
    pub(super) fn new(provider: Arc<CryptoProvider>, config: &Config) -> Result<Self, Error> {
        if config.roots.is_empty() {
            return Err(Error::Setup("no root certificate is configured"));
        }
        let roots = config.roots.iter().map(|der| anchor(der)).collect::<Result<_, _>>()?;
        if config.pins.iter().any(|set| !set.has_reserve()) {
            return Err(Error::Setup("a pin set has no key in reserve"));
        }
        let host = |address: &String| Some(url::Url::parse(address).ok()?.host_str()?.to_ascii_lowercase());
        let ours = [&config.gateway, &config.issuer].into_iter().filter_map(host).collect();
        let (told, met) = (RwLock::default(), Mutex::default());
        Ok(Self { provider, roots, ours, built_in: config.pins.clone(), told, met })
    }

    /// Whether a set that was told may bind. It must hold for the path by which its host is believed (RFC 7469 §2.5):
    /// one that does not would lock us out, for as long as it lasts, from whoever could tell a better one.
    pub(super) fn judge_pins(&self, set: &PinSet, now: Timestamp) -> Result<(), Unfit> {
        let host = set.host.to_ascii_lowercase();
        if !self.ours.contains(&host) {
            return Err(Unfit::Host);
        }
        if !set.has_reserve() {
            return Err(Unfit::Reserve);
        }
        if set.expires <= now || set.expires > now.saturating_add(TOLD_FOR) {
            return Err(Unfit::Expiry);
        }
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = met.get(&host).is_some_and(|path| path.iter().any(|key| set.spki_sha256.contains(key)));
        if holds { Ok(()) } else { Err(Unfit::Path) }
    }

    /// From the next handshake on, these add to what the build has and replace what was told before.
    pub(super) fn tell(&self, sets: Vec<PinSet>) {
        *self.told.write().unwrap_or_else(PoisonError::into_inner) = sets;
    }

    /// The keys `host` must show now. `None`: only the roots bind.
    fn pinned(&self, host: &str, now: Timestamp) -> Option<Vec<[u8; 32]>> {
        let told = self.told.read().unwrap_or_else(PoisonError::into_inner);
        let sets: Vec<_> =
            self.built_in.iter().chain(&*told).filter(|set| set.host.eq_ignore_ascii_case(host)).collect();
        let binding: Vec<_> = sets.iter().filter(|s| now < s.expires).flat_map(|s| s.spki_sha256.clone()).collect();
        if binding.is_empty() {
            if !sets.is_empty() {
                log::warn!(target: "emongolia", "the pins of {host} have expired: only the roots bind");
            }
            return None;
        }
        Some(binding)
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        sent: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Distrust> {
        let leaf = EndEntityCert::try_from(leaf).map_err(distrust)?;
        leaf.verify_is_valid_for_subject_name(name).map_err(distrust)?;
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let host = name.to_str().to_ascii_lowercase();
        let pinned = self.pinned(&host, Timestamp::from_unix_s(seconds));
        let unpinned_path = Cell::new(false);
        let check = |path: &VerifiedPath<'_>| match &pinned {
            Some(pins) if !keys(path).iter().any(|key| pins.contains(key)) => {
                unpinned_path.set(true);
                Err(webpki::Error::UnknownIssuer) // makes webpki look for another path
            }
            Some(_) | None => Ok(()),
        };
        let believed = leaf.verify_for_usage(
            self.provider.signature_verification_algorithms.all,
            &self.roots,
            sent,
            now,
            KeyUsage::server_auth(),
            None,
            Some(&check),
        );
        match believed {
            Ok(path) if self.ours.contains(&host) => {
                self.met.lock().unwrap_or_else(PoisonError::into_inner).insert(host, keys(&path));
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(_) if unpinned_path.get() => Err(Distrust::NotPinned),
            Err(error) => Err(distrust(error)),
        }
    }
}

fn anchor(der: &[u8]) -> Result<TrustAnchor<'static>, Error> {
    let der = CertificateDer::from(der);
    let anchor =
        webpki::anchor_from_trusted_cert(&der).map_err(|_| Error::Setup("a root certificate can't be read"))?;
    Ok(anchor.to_owned())
}

/// SHA-256 of each key of a verified path.
fn keys(path: &VerifiedPath<'_>) -> Vec<[u8; 32]> {
    let mut keys = vec![sha256(&path.end_entity().subject_public_key_info())];
    keys.extend(path.intermediate_certificates().map(|cert| sha256(&cert.subject_public_key_info())));
    keys.push(sha256(&webpki::spki_for_anchor(path.anchor())));
    keys
}

fn distrust(error: webpki::Error) -> Distrust {
    use webpki::Error as E;
    #[allow(clippy::wildcard_enum_match_arm)] // webpki's enum, which grows
    match error {
        E::CertExpired { .. } | E::InvalidCertValidity => Distrust::Expired,
        E::CertNotValidYet { .. } => Distrust::NotYetValid,
        E::CertNotValidForName(_) => Distrust::WrongName,
        E::UnknownIssuer => Distrust::UnknownIssuer,
        _ => Distrust::BadCertificate,
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.judge(end_entity, intermediates, server_name, now) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            // Carried as it is through rustls and reqwest, to be found again by `exchange::classify`.
            Err(why) => Err(CertificateError::Other(OtherError(Arc::new(why))).into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.3 or nothing".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Verifier({} roots, {} pin sets of the build)", self.roots.len(), self.built_in.len())
    }
}

/// Our clock, for rustls.
pub(super) struct TlsTime(pub(super) Arc<dyn Clock>);

impl TimeProvider for TlsTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().unix_s()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

impl std::fmt::Debug for TlsTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsTime")
    }
}
