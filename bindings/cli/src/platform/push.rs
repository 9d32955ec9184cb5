//! The part of a phone's operating system that receives pushes: an address for this installation, and a long poll.
//!
//! Guarantees: the address is the session's own (it is wrapped under the device key, and dies with it).

use std::time::Duration;

use emongolia_core::{
    App, Error,
    foundation::{
        crypto::random,
        net::limits,
        ports::{PortError, Ports},
    },
};
use url::Url;

use super::https::Https;
use crate::errors::Failure;

/// Name of the wrapped address among the secrets.
const SECRET: &str = "push-token";

/// One poll: what core's client allows between two pieces of an answer, less a margin for the answer to travel.
const POLL: Duration = limits::READ.saturating_sub(Duration::from_secs(2));

/// This installation's address for pushes, registered through the outbox if it has none yet.
pub(crate) async fn address(app: &App, ports: &Ports) -> Result<String, Failure> {
    if let Some(token) = kept(ports)? {
        return Ok(token);
    }
    let token = random::base64url::<24>();
    // First where it must not be lost, then here: a registered address that nobody polls does no harm.
    app.push().register(&token).await?;
    let keep = ports.device_key.wrap(token.as_bytes()).and_then(|wrapped| ports.secrets.put(SECRET, &wrapped));
    keep.map_err(|e| refused(&e))?;
    Ok(token)
}

/// For sign-out.
pub(crate) fn forget(ports: &Ports) -> Result<(), Failure> {
    ports.secrets.delete(SECRET).map_err(|e| refused(&e))
}

fn kept(ports: &Ports) -> Result<Option<String>, Failure> {
    let Some(wrapped) = ports.secrets.get(SECRET).map_err(|e| refused(&e))? else { return Ok(None) };
    match ports.device_key.unwrap(&wrapped) {
        Ok(token) => Ok(String::from_utf8(token).ok()),
        Err(PortError::Invalidated) => Ok(None), // of a session that has ended
        Err(error @ (PortError::Unavailable | PortError::Cancelled | PortError::Failed { .. })) => Err(refused(&error)),
    }
}

fn refused(error: &PortError) -> Failure {
    Failure::Core(match error {
        PortError::Unavailable => Error::Locked,
        PortError::Invalidated => Error::SignInRequired,
        PortError::Cancelled => Error::Cancelled,
        PortError::Failed { code } => Error::Unexpected { code: format!("keystore.{code}"), reference: "-".into() },
    })
}

/// The bytes of one push, or `None` when none came within `wait` or within one poll, whichever is shorter.
pub(crate) async fn poll(https: &Https, origin: &str, token: &str, wait: Duration) -> Result<Option<Vec<u8>>, Failure> {
    let url = address_of(origin, token, wait.min(POLL)).ok_or(Failure::Core(Error::NotFound))?;
    let answer = https.get(url).await?;
    match answer.status {
        200 => Ok(Some(answer.body)),
        204 => Ok(None),
        429 | 503 => Err(Failure::Core(Error::Busy { retry_after_s: None })),
        _ => Err(Failure::Core(Error::NotAvailable)),
    }
}

fn address_of(origin: &str, token: &str, wait: Duration) -> Option<Url> {
    let mut url = Url::parse(origin).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend(["push", token]);
    url.query_pairs_mut().append_pair("wait", &wait.as_secs().to_string());
    Some(url)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::platform::{device_key::FileDeviceKey, secrets::FileSecrets};

    fn ports(dir: &std::path::Path) -> Ports {
        Ports::new(Arc::new(FileSecrets::in_dir(dir)), Arc::new(FileDeviceKey::in_dir(dir)))
    }

    #[test]
    fn an_address_dies_with_the_device_key_it_was_made_under() {
        let dir = tempfile::tempdir().unwrap();
        let ports = ports(dir.path());
        let wrapped = ports.device_key.wrap(b"token").unwrap();
        ports.secrets.put(SECRET, &wrapped).unwrap();
        assert_eq!(kept(&ports).unwrap().as_deref(), Some("token"));

        ports.device_key.delete().unwrap();
        assert_eq!(kept(&ports).unwrap(), None);
        let _ = ports.device_key.wrap(b"of the next session").unwrap();

        assert_eq!(kept(&ports).unwrap(), None);
    }

    #[test]
    fn the_poll_is_asked_for_in_whole_seconds_and_never_longer_than_the_client_waits() {
        let url = address_of("https://localhost:8443", "ө/1", Duration::from_millis(2900)).unwrap();

        assert_eq!(url.as_str(), "https://localhost:8443/push/%D3%A9%2F1?wait=2");
        assert!(POLL < limits::READ);
    }
}
