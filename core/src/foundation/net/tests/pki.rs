//! Certificates to order: a good chain, and one change to it.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, PublicKeyData as _, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

use crate::foundation::crypto::digest::sha256;

/// One who signs certificates.
pub(super) struct Issuer {
    /// Its own certificate, and those above it but the root's.
    path: Vec<CertificateDer<'static>>,
    inner: CertifiedIssuer<'static, KeyPair>,
}

/// What a server shows and holds.
pub(super) struct Credentials {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) spki_sha256: [u8; 32],
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2040, 1, 1));
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A certificate for `localhost`, as public authorities make them.
pub(super) fn server() -> CertificateParams {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.distinguished_name = named("Сервер").distinguished_name;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2027, 1, 1));
    params
}

impl Issuer {
    pub(super) fn root(name: &str) -> Self {
        Self::root_with(name, |_| ())
    }

    pub(super) fn root_with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = authority(name);
        change(&mut params);
        let inner = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { path: Vec::new(), inner }
    }

    /// An authority below this one.
    pub(super) fn below(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = authority(name);
        change(&mut params);
        let inner = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &self.inner).unwrap();
        let path = [vec![inner.der().clone()], self.path.clone()].concat();
        Self { path, inner }
    }

    pub(super) fn der(&self) -> Vec<u8> {
        self.inner.der().to_vec()
    }

    pub(super) fn spki_sha256(&self) -> [u8; 32] {
        sha256(&self.inner.key().subject_public_key_info())
    }

    /// The authority's own certificate and key, as if it were a server.
    pub(super) fn itself(&self) -> Credentials {
        let path = if self.path.is_empty() { vec![self.inner.der().clone()] } else { self.path.clone() };
        credentials(path, self.inner.key())
    }

    /// [`server`], changed.
    pub(super) fn certify(&self, change: impl FnOnce(&mut CertificateParams)) -> Credentials {
        self.certify_key(&KeyPair::generate().unwrap(), change)
    }

    pub(super) fn certify_key(&self, key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Credentials {
        let mut params = server();
        change(&mut params);
        let leaf = params.signed_by(key, &self.inner).unwrap();
        credentials([vec![leaf.der().clone()], self.path.clone()].concat(), key)
    }
}

pub(super) fn self_signed() -> Credentials {
    let key = KeyPair::generate().unwrap();
    credentials(vec![server().self_signed(&key).unwrap().der().clone()], &key)
}

fn credentials(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Credentials {
    let spki_sha256 = sha256(&key.subject_public_key_info());
    Credentials { chain, key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(), spki_sha256 }
}

/// What lies in `legacy/`.
pub(super) fn legacy(chain: &[&str], key: &str) -> Credentials {
    let chain = chain.iter().map(|pem| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).collect();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    Credentials { chain, key, spki_sha256: [0; 32] }
}
