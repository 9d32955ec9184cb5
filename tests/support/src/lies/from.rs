//! The tests of the OpenID Foundation's suite that are told here, by their names there.

macro_rules! tests {
    ($prefix:literal: $($name:ident = $rest:literal),+ $(,)?) => {
        $(pub(super) const $name: &str = concat!($prefix, $rest);)+
    };
}

tests! { "fapi2-security-profile-final-client-test-":
    FAPI_ISSUER_MISMATCH = "discovery-issuer-mismatch",
    FAPI_NO_STATE = "ensure-authorization-response-with-invalid-missing-state-fails",
    FAPI_OTHER_STATE = "ensure-authorization-response-with-invalid-state-fails",
    FAPI_OTHER_ALG = "invalid-alternate-alg",
    FAPI_AUD = "invalid-aud",
    FAPI_OTHER_ISS = "invalid-authorization-response-iss",
    FAPI_EXPIRED = "invalid-expired-exp",
    FAPI_ISS = "invalid-iss",
    FAPI_NO_AUD = "invalid-missing-aud",
    FAPI_NO_EXP = "invalid-missing-exp",
    FAPI_NO_CLAIM_ISS = "invalid-missing-iss",
    FAPI_NO_NONCE = "invalid-missing-nonce",
    FAPI_NONCE = "invalid-nonce",
    FAPI_SIG_NONE = "invalid-null-alg",
    FAPI_SECOND_AUD = "invalid-secondary-aud",
    FAPI_NO_ISS = "remove-authorization-response-iss",
    FAPI_SCHEME = "rs-dpop-auth-scheme-case-insensitivity",
    FAPI_NO_EXPIRES_IN = "token-endpoint-response-without-expires_in",
    FAPI_TOKEN_TYPE = "token-type-case-insensitivity",
    FAPI_AUD_LIST = "valid-aud-as-array",
}

tests! { "oidcc-client-test":
    OIDC_TEST = "",
    OIDC_AGGREGATED = "-aggregated-claims",
    OIDC_ISSUER_MISMATCH = "-discovery-issuer-mismatch",
    OIDC_JWKS_URI = "-discovery-jwks-uri-keys",
    OIDC_OPENID_CONFIG = "-discovery-openid-config",
    OIDC_SIG_NONE = "-idtoken-sig-none",
    OIDC_SIG_RS256 = "-idtoken-sig-rs256",
    OIDC_AT_HASH = "-invalid-athash",
    OIDC_AUD = "-invalid-aud",
    OIDC_ISS = "-invalid-iss",
    OIDC_SIG_ES256 = "-invalid-sig-es256",
    OIDC_BROKEN_HS256 = "-invalid-sig-hs256",
    OIDC_BROKEN_RS256 = "-invalid-sig-rs256",
    OIDC_NO_KID_MANY = "-kid-absent-multiple-jwks",
    OIDC_NO_KID_ONE = "-kid-absent-single-jwks",
    OIDC_NO_AUD = "-missing-aud",
    OIDC_NO_IAT = "-missing-iat",
    OIDC_NO_SUB = "-missing-sub",
    OIDC_MTLS = "-mtls-endpoint-aliases",
    OIDC_NONCE = "-nonce-invalid",
    OIDC_REFRESH = "-refresh-token",
    OIDC_REFRESH_ISS = "-refresh-token-invalid-issuer",
    OIDC_REFRESH_SUB = "-refresh-token-invalid-sub",
    OIDC_ROTATION = "-signing-key-rotation",
    OIDC_ROTATION_BEFORE = "-signing-key-rotation-just-before-signing",
}
