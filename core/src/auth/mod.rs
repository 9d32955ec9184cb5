//! stub until the branch lands
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("sign in")]
    SignInRequired,
}
