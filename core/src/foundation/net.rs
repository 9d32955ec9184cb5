//! stub until the branch lands
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("offline")]
    Offline,
    #[error("lost")]
    Lost,
    #[error("timeout")]
    Timeout,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}
pub struct Client;

#[cfg(test)]
impl Error {
    pub fn offline_for_tests() -> Self {
        Self::Offline
    }
    pub fn lost_for_tests() -> Self {
        Self::Lost
    }
}
