//! What each request does.

pub(crate) mod edit;
pub(crate) mod people;
pub(crate) mod sign_up;

use std::error::Error;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use encfield::web::Refused;
use maud::Markup;

use crate::app::App;
use crate::page;
use crate::store::StoreError;

/// See other: a browser that reloads the page does not send the form again.
fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// Why a request failed, as an extension of its response, for layers that report errors.
#[derive(Clone, Debug)]
pub struct Failure(pub Arc<dyn Error + Send + Sync>);

/// A form shown again, with the status that fits.
fn again(refused: Refused, page: Markup) -> Response {
    tracing::info!(%refused, "refused");
    let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Extension(Failure(Arc::new(refused))), page).into_response()
}

/// The session ends, here and in the browser.
pub(crate) async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Response {
    let cookie = app.sessions.end(&headers);
    ([(SET_COOKIE, cookie)], see("/")).into_response()
}

pub(crate) async fn not_found() -> Response {
    let page = page::message(
        "There is no such page",
        "The address may be wrong, or the page gone.",
    );
    (StatusCode::NOT_FOUND, page).into_response()
}

impl IntoResponse for StoreError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::PassportTaken => StatusCode::CONFLICT,
            Self::Unreachable | Self::Query(_) | Self::Entropy => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            tracing::error!(error = %self, "failed");
        }
        let page = match status {
            StatusCode::NOT_FOUND => page::message("There is no such profile", "It may be gone."),
            _ => page::message(
                "Something went wrong",
                "The program failed. Try again later.",
            ),
        };
        (status, Extension(Failure(Arc::new(self))), page).into_response()
    }
}
