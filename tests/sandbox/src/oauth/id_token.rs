//! The ID token (OpenID Connect Core §2): who signed in, as ХУР knows them.

use serde_json::json;

use super::{CLIENT_ID, grants::SignIn, refusal::Refusal};
use crate::{registers, state::Sandbox};

/// Checked once, right after it is issued.
const LASTS_S: i64 = 600;

pub(super) async fn issue(sandbox: &Sandbox, sign_in: SignIn, now_ms: i64) -> Result<String, Refusal> {
    let regnum = sign_in.regnum;
    let citizen = sandbox.db().read(move |conn| registers::citizen(conn, &regnum)).await?;
    let citizen = citizen.ok_or(Refusal::invalid_grant("this citizen is no longer known"))?;
    let now = now_ms.div_euclid(1000);
    let claims = json!({
        "iss": sandbox.origin(),
        "aud": CLIENT_ID,
        "sub": citizen.sub,
        "iat": now,
        "exp": now + LASTS_S,
        "nonce": sign_in.nonce,
        "auth_time": sign_in.auth_time_ms.div_euclid(1000),
        "acr": sign_in.acr,
        "name": citizen.short_name(),
        "given_name": citizen.given_name,
        "family_name": citizen.parent_name,
        "clan_name": citizen.clan_name,
        "regnum": citizen.regnum,
        "civil_id": citizen.civil_id,
        "birthdate": citizen.birth_date,
        "gender": citizen.gender,
        "phone_number": international(&citizen.phone),
        "address": {
            "aimag_code": citizen.address.aimag_code,
            "soum_code": citizen.address.soum_code,
            "bag_code": citizen.address.bag_code,
            "formatted": citizen.address.formatted,
        },
    });
    sandbox.keys().sign(&claims).map_err(|error| {
        crate::state::complain(&error);
        Refusal::server_error()
    })
}

/// OpenID Connect Core §5.1 asks for E.164; registers write Mongolian numbers with and without +976.
fn international(phone: &str) -> String {
    format!("+976{}", phone.trim_start_matches("+976"))
}
