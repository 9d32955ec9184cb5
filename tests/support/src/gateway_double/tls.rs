//! A certificate authority of one certificate.

use std::{path::PathBuf, sync::Arc};

use emongolia_core::{
    Config,
    foundation::{
        clock::Timestamp,
        config::{Backend, Language, Mode, PinSet},
    },
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData};
use ring::digest;
use rustls::{
    ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer},
    version::TLS13,
};
use tokio_rustls::TlsAcceptor;

use super::signer::Signer;
use crate::{Failure, Result};

pub(crate) struct Identity {
    pub(crate) ca_der: Vec<u8>,
    pub(crate) pins: [[u8; 32]; 2],
    /// Who signs what the server behind this certificate publishes.
    pub(crate) signer: Arc<Signer>,
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

impl Identity {
    /// Valid for `localhost` and `127.0.0.1`, from 1975 to 4096 (rcgen's span: no clock of a test leaves it).
    pub(crate) fn make() -> Result<Self> {
        let signer = Arc::new(Signer::make()?);
        Self::try_make(signer).map_err(Failure::network("the double's certificate"))
    }

    fn try_make(signer: Arc<Signer>) -> std::result::Result<Self, rcgen::Error> {
        let ca_key = KeyPair::generate()?;
        let mut ca = CertificateParams::new(Vec::<String>::new())?;
        ca.distinguished_name.push(DnType::CommonName, "Authority of a double"); // else the leaf seems to be signed by itself
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let ca_der = ca.self_signed(&ca_key)?.der().clone();
        let key = KeyPair::generate()?;
        let pins = [spki_sha256(&key), spki_sha256(&ca_key)];
        let leaf = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?
            .signed_by(&key, &Issuer::new(ca, ca_key))?;
        let (chain, key) = (vec![leaf.der().clone(), ca_der.clone()], key.serialize_der());
        Ok(Self { ca_der: ca_der.to_vec(), pins, signer, chain, key })
    }

    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor> {
        let key = PrivateKeyDer::try_from(self.key.clone()).map_err(Failure::network("the double's key"))?;
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&TLS13])
            .and_then(|config| config.with_no_client_auth().with_single_cert(self.chain.clone(), key))
            .map_err(Failure::network("the double's TLS"))?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// An installation whose gateway, issuer and trust are the server that shows this certificate.
    pub(crate) fn config(
        &self,
        origin: String,
        state_dir: impl Into<PathBuf>,
        cache_dir: impl Into<PathBuf>,
    ) -> Config {
        Config {
            state_dir: state_dir.into(),
            cache_dir: cache_dir.into(),
            backend: Backend::Gateway,
            gateway: origin.clone(),
            issuer: origin,
            client_id: "mn.emongolia.app".into(),
            redirect_uri: "mn.emongolia:/callback".into(),
            roots: vec![self.ca_der.clone()],
            pins: vec![PinSet {
                host: "localhost".into(),
                spki_sha256: self.pins.to_vec(),
                expires: Timestamp::from_unix_s(i64::from(u32::MAX)), // 2106
            }],
            document_keys: self.signer.keys(),
            language: Language::Mn,
            mode: Mode::App,
        }
    }
}

fn spki_sha256(key: &KeyPair) -> [u8; 32] {
    let mut pin = [0; 32];
    pin.copy_from_slice(digest::digest(&digest::SHA256, &key.subject_public_key_info()).as_ref());
    pin
}
