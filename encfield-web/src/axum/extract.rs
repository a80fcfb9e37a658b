//! Extractors that read a body into a sensitive type.

use std::fmt;

use ::axum::body::Bytes;
use ::axum::extract::{FromRequest, Request};
use ::axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use encfield_core::Sensitive;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use zeroize::{Zeroize, Zeroizing};

use super::reply::RefusedJson;
use crate::body::Body;
use crate::limits::Limits;
use crate::refused::{Refused, RefusedKind};
use crate::submitted::{Submitted, from_json, from_urlencoded};

/// A form that was submitted, for axum: `Content-Type: application/x-www-form-urlencoded`.
///
/// As an argument it answers what is wrong by itself. To show the form again, take
/// `Result<SensitiveForm<T>, Refused>`.
///
/// ```
/// use axum::Router;
/// use axum::routing::post;
/// use encfield::web::{Refused, SensitiveForm};
/// use encfield::Sensitive;
/// use serde::Deserialize;
///
/// #[derive(Sensitive, Deserialize)]
/// struct SignUp {
///     country: String,
///     #[sensitive]
///     phone_number: String,
/// }
///
/// async fn sign_up(form: Result<SensitiveForm<SignUp>, Refused>) -> Result<&'static str, Refused> {
///     let SensitiveForm(mut form) = form?;
///     let phone_number = form.check(|form, wrong| {
///         if !form.phone_number.starts_with('+') {
///             wrong.at("phone_number", "does not begin with a country's code");
///         }
///         Some(std::mem::take(&mut form.phone_number))
///     })?;
/// #   drop(phone_number);
///     Ok("welcome")
/// }
///
/// let app: Router = Router::new().route("/sign-up", post(sign_up));
/// ```
pub struct SensitiveForm<T>(pub Submitted<T>);

/// A JSON object, for axum: `Content-Type: application/json`, or a type that ends in `+json`.
///
/// As an argument it answers what is wrong by itself, in JSON.
pub struct SensitiveJson<T>(pub Submitted<T>);

impl<T: fmt::Debug> fmt::Debug for SensitiveForm<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SensitiveForm").field(&self.0).finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for SensitiveJson<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SensitiveJson").field(&self.0).finish()
    }
}

impl<S: Send + Sync, T: Sensitive + DeserializeOwned> FromRequest<S> for SensitiveForm<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        let is_form = |of: &str| of == "application/x-www-form-urlencoded";
        let (body, limits) = collect(request, is_form).await?;
        from_urlencoded(&body, &limits).map(Self)
    }
}

impl<S: Send + Sync, T: Sensitive + DeserializeOwned> FromRequest<S> for SensitiveJson<T> {
    type Rejection = RefusedJson;

    async fn from_request(request: Request, _: &S) -> Result<Self, RefusedJson> {
        let is_json = |of: &str| {
            of == "application/json" || of.starts_with("application/") && of.ends_with("+json")
        };
        let (body, limits) = collect(request, is_json).await.map_err(RefusedJson)?;
        from_json(&body, &limits).map(Self).map_err(RefusedJson)
    }
}

/// The whole body, in a buffer that is wiped.
async fn collect(
    request: Request,
    is_right: impl Fn(&str) -> bool,
) -> Result<(Zeroizing<Vec<u8>>, Limits), Refused> {
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let essence = text(&CONTENT_TYPE)
        .and_then(|value| value.split(';').next())
        .map(|essence| essence.trim().to_ascii_lowercase());
    let limits = request
        .extensions()
        .get::<Limits>()
        .cloned()
        .unwrap_or_default();
    let announced = text(&CONTENT_LENGTH).and_then(|length| length.parse().ok());
    if !essence.is_some_and(|essence| is_right(&essence)) {
        return Err(Refused::whole(RefusedKind::MediaType));
    }
    let mut body = Body::new(&limits, announced)?;
    let mut pieces = request.into_body();
    while let Some(frame) = pieces.frame().await {
        let Ok(frame) = frame else {
            return Err(Body::interrupted());
        };
        if let Ok(piece) = frame.into_data() {
            let pushed = body.push(&piece);
            wipe(piece);
            pushed?;
        }
    }
    Ok((body.finish()?, limits))
}

/// Overwrites a piece where nobody else holds it. hyper's own pieces are parts of a buffer that it keeps.
fn wipe(piece: Bytes) {
    if let Ok(mut piece) = piece.try_into_mut() {
        piece.as_mut().zeroize();
    }
}
