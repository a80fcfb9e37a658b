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
        let limits = limits(&request);
        let keep = |refused: Refused, body: &[u8]| refused.keeping::<T>(body, &limits);
        let body = collect(request, &limits, is_form, Some(keep)).await?;
        from_urlencoded(&body, &limits).map(Self)
    }
}

impl<S: Send + Sync, T: Sensitive + DeserializeOwned> FromRequest<S> for SensitiveJson<T> {
    type Rejection = RefusedJson;

    async fn from_request(request: Request, _: &S) -> Result<Self, RefusedJson> {
        let is_json = |of: &str| {
            of == "application/json" || of.starts_with("application/") && of.ends_with("+json")
        };
        let limits = limits(&request);
        let body = collect(request, &limits, is_json, None::<Keep>).await;
        from_json(&body.map_err(RefusedJson)?, &limits)
            .map(Self)
            .map_err(RefusedJson)
    }
}

/// Adds to a refusal what was typed, out of what has come of a body.
type Keep = fn(Refused, &[u8]) -> Refused;

fn limits(request: &Request) -> Limits {
    let limits = request.extensions().get::<Limits>();
    limits.cloned().unwrap_or_default()
}

/// The whole body, in a buffer that is wiped. With `keep`, a body that is announced as too large is read
/// up to the limit, for what it has of the fields.
async fn collect(
    request: Request,
    limits: &Limits,
    is_right: impl Fn(&str) -> bool,
    keep: Option<impl Fn(Refused, &[u8]) -> Refused>,
) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let essence = text(&CONTENT_TYPE)
        .and_then(|value| value.split(';').next())
        .map(|essence| essence.trim().to_ascii_lowercase());
    let announced = text(&CONTENT_LENGTH).and_then(|length| length.parse().ok());
    if !essence.is_some_and(|essence| is_right(&essence)) {
        return Err(Refused::whole(RefusedKind::MediaType));
    }
    let (mut body, too_large) = match (Body::new(limits, announced), &keep) {
        (Ok(body), _) => (body, None),
        (Err(refused), None) => return Err(refused),
        (Err(refused), Some(_)) => (Body::new(limits, None)?, Some(refused)),
    };
    let read = match read(request, &mut body).await {
        Ok(()) => too_large.map_or_else(|| body.is_whole(), Err),
        Err(refused) => Err(too_large.unwrap_or(refused)),
    };
    match (read, keep) {
        (Ok(()), _) => body.finish(),
        (Err(refused), Some(keep)) => Err(keep(refused, body.so_far())),
        (Err(refused), None) => Err(refused),
    }
}

/// Reads what there is room for.
async fn read(request: Request, body: &mut Body) -> Result<(), Refused> {
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
    Ok(())
}

/// Overwrites a piece where nobody else holds it. hyper's own pieces are parts of a buffer that it keeps.
fn wipe(piece: Bytes) {
    if let Ok(mut piece) = piece.try_into_mut() {
        piece.as_mut().zeroize();
    }
}
