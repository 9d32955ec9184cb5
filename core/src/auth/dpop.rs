//! DPoP proofs (RFC 9449): every request is signed by the installation's key, so that a stolen token is useless.
//!
//! Guarantees: a fresh `jti` each time; the key is used from a blocking thread, never under a lock.

use std::sync::Arc;

use serde_json::json;
use url::Url;

use super::{
    Error, der,
    notes::{Notes, Role},
    secret::Secret,
};
use crate::foundation::{
    clock::Timestamp,
    crypto::{
        digest::{base64url, sha256},
        random,
    },
    net::Method,
    ports::DeviceKey,
    runtime::Spawner,
};

/// Makes proofs. Cheap to clone.
#[derive(Clone)]
pub(super) struct Dpop {
    key: Arc<dyn DeviceKey>,
    notes: Arc<Notes>,
    spawner: Spawner,
}

/// A proof for one request, and when it says it was made.
pub(super) struct Proof {
    pub(super) jwt: String,
    pub(super) dated: Timestamp,
}

impl Dpop {
    pub(super) fn new(key: Arc<dyn DeviceKey>, notes: Arc<Notes>, spawner: Spawner) -> Self {
        Self { key, notes, spawner }
    }

    pub(super) async fn proof(
        &self,
        role: Role,
        method: Method,
        url: &Url,
        access: Option<&Secret<String>>,
    ) -> Result<Proof, Error> {
        let dated = self.notes.their_now(url);
        let claims = Claims {
            jti: random::base64url::<16>(),
            method,
            url,
            dated,
            nonce: self.notes.nonce(role, url),
            access_digest: access.map(|token| base64url(&sha256(token.reveal().as_bytes()))),
        };
        let payload = base64url(claims.json().as_bytes());
        let key = self.key.clone();
        let jwt = self.spawner.blocking(move || sign(&*key, &payload)).await.map_err(Error::Stopped)??;
        Ok(Proof { jwt, dated })
    }

    /// What the authorisation server binds the tokens to (`dpop_jkt`, RFC 9449 §10).
    pub(super) async fn thumbprint(&self) -> Result<String, Error> {
        let key = self.key.clone();
        let jwk = self.spawner.blocking(move || Jwk::of(&*key)).await.map_err(Error::Stopped)??;
        Ok(jwk.thumbprint())
    }
}

struct Claims<'a> {
    jti: String,
    method: Method,
    url: &'a Url,
    dated: Timestamp,
    nonce: Option<String>,
    access_digest: Option<String>,
}

impl Claims<'_> {
    fn json(&self) -> String {
        let mut htu = self.url.clone(); // without query and fragment (RFC 9449 §4.2)
        htu.set_query(None);
        htu.set_fragment(None);
        let mut claims = json!({
            "jti": self.jti,
            "htm": self.method.as_str(),
            "htu": htu.as_str(),
            "iat": self.dated.unix_s(),
        });
        if let Some(nonce) = &self.nonce {
            claims["nonce"] = json!(nonce);
        }
        if let Some(digest) = &self.access_digest {
            claims["ath"] = json!(digest);
        }
        claims.to_string()
    }
}

fn sign(key: &dyn DeviceKey, payload: &str) -> Result<String, Error> {
    let header = format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{}}}"#, Jwk::of(key)?.json());
    let signed = format!("{}.{payload}", base64url(header.as_bytes()));
    let signature = der::to_raw(&key.sign_es256(signed.as_bytes()).map_err(Error::Port)?)?;
    Ok(format!("{signed}.{}", base64url(&signature)))
}

/// A P-256 public key (RFC 7517, RFC 7518 §6.2).
struct Jwk {
    x: String,
    y: String,
}

impl Jwk {
    fn of(key: &dyn DeviceKey) -> Result<Self, Error> {
        Self::from_uncompressed(&key.public_key().map_err(Error::Port)?)
    }

    /// From `0x04 ‖ X ‖ Y`.
    fn from_uncompressed(point: &[u8]) -> Result<Self, Error> {
        match point {
            [4, xy @ ..] if xy.len() == 64 => Ok(Self { x: base64url(&xy[..32]), y: base64url(&xy[32..]) }),
            _ => Err(Error::DeviceKey),
        }
    }

    /// The required members in the order of their names, without spaces (RFC 7638).
    fn json(&self) -> String {
        format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, self.x, self.y)
    }

    fn thumbprint(&self) -> String {
        base64url(&sha256(self.json().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;
    use crate::{
        auth::testing::SoftKey,
        foundation::{checks::Checks, crypto::digest::from_base64url, net::testing::clock},
    };

    fn part(jwt: &str, n: usize) -> Value {
        serde_json::from_slice(&from_base64url(jwt.split('.').nth(n).unwrap()).unwrap()).unwrap()
    }

    fn dpop(key: &Arc<SoftKey>) -> Dpop {
        Dpop::new(key.clone(), Arc::new(Notes::new(Arc::new(clock()), Checks::default())), Spawner::current())
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_9449() {
        // The key of figure 2 and the `jkt` of §6.1.
        let jwk = Jwk {
            x: "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs".into(),
            y: "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA".into(),
        };

        assert_eq!(jwk.thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn a_key_that_is_no_uncompressed_point_is_refused() {
        for point in [&[][..], &[4; 64], &[2; 65], &[4; 66]] {
            assert!(matches!(Jwk::from_uncompressed(point), Err(Error::DeviceKey)));
        }
    }

    #[tokio::test]
    async fn a_proof_names_the_request_and_verifies_under_its_own_key() {
        let key = Arc::new(SoftKey::new());
        let url: Url = "https://gateway.mn:8443/v1/үйлчилгээ/1?after=Ө#top".parse().unwrap();
        let access = Secret::new("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU".to_owned());

        let proof = dpop(&key).proof(Role::ResourceServer, Method::Post, &url, Some(&access)).await.unwrap();

        let (header, claims) = (part(&proof.jwt, 0), part(&proof.jwt, 1));
        assert_eq!((&header["typ"], &header["alg"]), (&json!("dpop+jwt"), &json!("ES256")));
        assert_eq!(claims["htm"], "POST");
        assert_eq!(
            claims["htu"],
            "https://gateway.mn:8443/v1/%D2%AF%D0%B9%D0%BB%D1%87%D0%B8%D0%BB%D0%B3%D1%8D%D1%8D/1"
        );
        assert_eq!(claims["iat"], proof.dated.unix_s());
        assert_eq!(claims["ath"], "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo", "RFC 9449 §4.3's example");
        assert_eq!(claims.get("nonce"), None);
        let (signed, signature) = proof.jwt.rsplit_once('.').unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key().unwrap())
            .verify(signed.as_bytes(), &from_base64url(signature).unwrap())
            .unwrap();
    }

    #[tokio::test]
    async fn no_two_proofs_are_alike() {
        let key = Arc::new(SoftKey::new());
        let url: Url = "https://gateway.mn/".parse().unwrap();
        let dpop = dpop(&key);

        let one = dpop.proof(Role::ResourceServer, Method::Get, &url, None).await.unwrap();
        let two = dpop.proof(Role::ResourceServer, Method::Get, &url, None).await.unwrap();

        assert_ne!(part(&one.jwt, 1)["jti"], part(&two.jwt, 1)["jti"]);
    }
}
