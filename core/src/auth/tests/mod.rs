mod conformance;
mod extension;
mod machine;
mod million;
mod races;
mod renewal;
mod sign_in;
mod step_up;
mod ways;

use std::time::Duration;

use super::{testing::Bench, *};
use crate::foundation::net::{Method, Request, Response};

/// One authorised request as `gateway` makes it.
async fn call(bench: &Bench) -> Result<Response> {
    call_as(bench, &bench.auth.tokens()).await
}

async fn call_as(bench: &Bench, tokens: &Tokens) -> Result<Response> {
    let (url, mut tried) = (bench.server.url("/v1/me"), Tried::default());
    loop {
        let authorization = tokens.authorization(Method::Get, &url).await?;
        let mut request = Request::new(Method::Get, url.clone());
        request.headers.extend(authorization.headers());
        let response = bench.net.exchange(&request).await?;
        match tokens.challenged(&mut tried, &authorization, &url, &response).await? {
            Verdict::Accepted => return Ok(response),
            Verdict::TryAgain => {}
            Verdict::StepUp(wanted) => return Err(Error::StepUp(wanted)),
            Verdict::SignIn => return Err(Error::SignInRequired),
            Verdict::Challenged => return Err(Error::Challenged),
        }
    }
}

/// Past the end of the access token.
const LATER: Duration = Duration::from_secs(301);
