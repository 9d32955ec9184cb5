//! The sandbox's own certificates: an authority and a server leaf, ECDSA P-256, made once per data folder.
//!
//! Guarantees: TLS 1.3 and nothing older; the same keys, so the same pins, after every restart.

use std::{io, path::Path, sync::Arc};

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData as _,
};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::{files, text};

/// Back-dated, so that a phone whose clock is some days slow still gets in.
const BACK_DATED: TimeDelta = TimeDelta::days(30);
const CA_LASTS: TimeDelta = TimeDelta::days(3652);
/// The longest a leaf may be valid for Apple's platforms (support.apple.com/102028).
const LEAF_LASTS: TimeDelta = TimeDelta::days(825 - 30);

const CA_KEY: &str = "ca.key.der";
const CA_CERTIFICATE: &str = "ca.der";
const CA_PEM: &str = "ca.pem";
const LEAF_KEY: &str = "server.key.der";
const LEAF_CERTIFICATE: &str = "server.der";

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the certificate files can't be used: {0}")]
    Io(#[from] io::Error),
    #[error("a certificate could not be made: {0}")]
    Make(#[from] rcgen::Error),
    #[error("TLS refuses the certificate: {0}")]
    Use(#[from] rustls::Error),
}

/// What the server proves itself with, and what a client needs to trust it.
pub struct Identity {
    pub server: Arc<ServerConfig>,
    pub ca_der: Vec<u8>,
    /// SHA-256, lower-case hex, of the leaf's and the authority's SubjectPublicKeyInfo.
    pub spki_pins: [String; 2],
}

impl Identity {
    /// The folder's own, made at the first call. `now_ms` dates new certificates.
    pub fn load_or_make(folder: &Path, now_ms: i64) -> Result<Self, TlsError> {
        let ca_key = load_or_make_key(&folder.join(CA_KEY))?;
        let leaf_key = load_or_make_key(&folder.join(LEAF_KEY))?;
        let spki_pins = [&leaf_key, &ca_key].map(|key| text::hex(&text::sha256(&key.subject_public_key_info())));
        let leaf_key_der = PrivatePkcs8KeyDer::from(leaf_key.serialize_der());

        let (ca_der, leaf_der) =
            match (files::read(&folder.join(CA_CERTIFICATE))?, files::read(&folder.join(LEAF_CERTIFICATE))?) {
                (Some(ca), Some(leaf)) => (ca, leaf),
                (Some(_) | None, Some(_) | None) => issue(folder, ca_key, &leaf_key, now_ms)?,
            };
        let chain = vec![CertificateDer::from(leaf_der), CertificateDer::from(ca_der.clone())];
        Ok(Self { server: Arc::new(server(chain, leaf_key_der.into())?), ca_der, spki_pins })
    }

    /// The name of the file that holds the authority's certificate as text.
    pub const fn ca_pem_file() -> &'static str {
        CA_PEM
    }
}

fn load_or_make_key(path: &Path) -> Result<KeyPair, TlsError> {
    if let Some(der) = files::read(path)? {
        return Ok(KeyPair::try_from(der)?);
    }
    let key = KeyPair::generate()?; // ECDSA P-256 with SHA-256
    files::replace(path, key.serialized_der())?;
    Ok(key)
}

fn issue(folder: &Path, ca_key: KeyPair, leaf_key: &KeyPair, now_ms: i64) -> Result<(Vec<u8>, Vec<u8>), TlsError> {
    let now = DateTime::from_timestamp_millis(now_ms).unwrap_or_default();

    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name.push(DnType::CommonName, "E-Mongolia sandbox CA (not for real use)");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    last_from(&mut authority, now, CA_LASTS);
    let authority_certificate = authority.self_signed(&ca_key)?;

    let mut leaf = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    leaf.distinguished_name.push(DnType::CommonName, "localhost");
    leaf.is_ca = IsCa::ExplicitNoCa;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    last_from(&mut leaf, now, LEAF_LASTS);
    let leaf_certificate = leaf.signed_by(leaf_key, &Issuer::new(authority, ca_key))?;

    files::replace(&folder.join(CA_PEM), authority_certificate.pem().as_bytes())?;
    files::replace(&folder.join(CA_CERTIFICATE), authority_certificate.der())?;
    files::replace(&folder.join(LEAF_CERTIFICATE), leaf_certificate.der())?; // last: its presence says all are there
    Ok((authority_certificate.der().to_vec(), leaf_certificate.der().to_vec()))
}

fn last_from(params: &mut CertificateParams, now: DateTime<Utc>, span: TimeDelta) {
    let midnight = |moment: DateTime<Utc>| {
        let narrow = |n: u32| u8::try_from(n).unwrap_or(1); // a month is 1..=12, a day 1..=31
        rcgen::date_time_ymd(moment.year(), narrow(moment.month()), narrow(moment.day()))
    };
    params.not_before = midnight(now - BACK_DATED);
    params.not_after = midnight(now + span);
}

fn server(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
