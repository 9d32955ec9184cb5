//! Who a host is: webpki against our roots, and one of the host's pinned keys in the path that was verified.
//!
//! Guarantees: a pin is looked for in the verified path only, not among certificates a peer merely sent; the time
//! comes from the injected clock; TLS 1.2 signatures are never accepted.

use std::{cell::Cell, collections::HashMap, sync::Arc};

use rustls::{
    CertificateError, DigitallySignedStruct, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls13_signature},
    time_provider::TimeProvider,
};
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath};

use super::{Distrust, Error};
use crate::foundation::{
    clock::{Clock, Timestamp},
    config::PinSet,
    crypto::digest::sha256,
};

pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    roots: Vec<TrustAnchor<'static>>,
    pins: HashMap<String, Vec<PinSet>>,
}

impl Verifier {
    pub(super) fn new(provider: Arc<CryptoProvider>, roots: &[Vec<u8>], pins: &[PinSet]) -> Result<Self, Error> {
        if roots.is_empty() {
            return Err(Error::Setup("no root certificate is configured"));
        }
        let roots = roots.iter().map(|der| anchor(der)).collect::<Result<_, _>>()?;
        let mut by_host: HashMap<String, Vec<PinSet>> = HashMap::new();
        for set in pins {
            by_host.entry(set.host.to_ascii_lowercase()).or_default().push(set.clone());
        }
        Ok(Self { provider, roots, pins: by_host })
    }

    /// The keys `host` must show now. `None`: only the roots bind.
    fn pinned(&self, host: &str, now: Timestamp) -> Option<Vec<[u8; 32]>> {
        let sets = self.pins.get(host)?;
        let binding: Vec<_> = sets.iter().filter(|s| now < s.expires).flat_map(|s| s.spki_sha256.clone()).collect();
        if binding.is_empty() {
            log::warn!(target: "emongolia", "the pins of {host} have expired: only the roots bind");
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
        let pinned = self.pinned(&name.to_str().to_ascii_lowercase(), Timestamp::from_unix_s(seconds));
        let unpinned_path = Cell::new(false);
        let check = |path: &VerifiedPath<'_>| match &pinned {
            Some(pins) if !holds(path, pins) => {
                unpinned_path.set(true);
                Err(webpki::Error::UnknownIssuer) // makes webpki look for another path
            }
            Some(_) | None => Ok(()),
        };
        leaf.verify_for_usage(
            self.provider.signature_verification_algorithms.all,
            &self.roots,
            sent,
            now,
            KeyUsage::server_auth(),
            None,
            Some(&check),
        )
        .map_err(|error| if unpinned_path.get() { Distrust::NotPinned } else { distrust(error) })?;
        Ok(())
    }
}

fn anchor(der: &[u8]) -> Result<TrustAnchor<'static>, Error> {
    let der = CertificateDer::from(der);
    let anchor =
        webpki::anchor_from_trusted_cert(&der).map_err(|_| Error::Setup("a root certificate can't be read"))?;
    Ok(anchor.to_owned())
}

fn holds(path: &VerifiedPath<'_>, pins: &[[u8; 32]]) -> bool {
    let pinned = |spki: &[u8]| pins.contains(&sha256(spki));
    pinned(&path.end_entity().subject_public_key_info())
        || path.intermediate_certificates().any(|cert| pinned(&cert.subject_public_key_info()))
        || pinned(&webpki::spki_for_anchor(path.anchor()))
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
        write!(f, "Verifier({} roots, pins for {} hosts)", self.roots.len(), self.pins.len())
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
