//! The routes, and what lies around all of them.

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use encfield::web::HiddenParameters;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;

use crate::form::{ProfileForm, SearchForm};
use crate::sessions::Sessions;
use crate::store::Store;
use crate::{handler, page};

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) store: Arc<Store>,
    pub(crate) sessions: Arc<Sessions>,
}

impl App {
    /// The application on this database.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self {
            store: Arc::new(store),
            sessions: Arc::default(),
        }
    }
}

/// The whole application.
pub fn router(app: App) -> Router {
    around(routes().with_state(app))
}

/// The routes alone.
fn routes() -> Router<App> {
    Router::new()
        .route(
            "/",
            get(handler::sign_up::form).post(handler::sign_up::submit),
        )
        .route("/profile", get(handler::edit::show))
        .route(
            "/profile/edit",
            get(handler::edit::form).post(handler::edit::submit),
        )
        .route(
            "/people",
            get(handler::people::list).post(handler::people::search),
        )
        .route("/sign-out", post(handler::sign_out))
        .route("/people/{id}/raw", get(handler::people::raw))
        .route("/style.css", get(page::style))
        .fallback(handler::not_found)
}

/// The request log without what is sensitive, panics, and what browsers are told.
pub fn around(routes: Router) -> Router {
    let hidden = HiddenParameters::of::<ProfileForm>().and_of::<SearchForm>();
    routes
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::from_fn(refuse_other_sites))
        .layer(axum::middleware::map_response(tell_browser))
        .layer(TraceLayer::new_for_http().make_span_with(hidden))
}

/// Forms of other sites are refused, by what browsers say of where they come from. The cookie is not sent
/// with them either.
///
/// Not tower-http's `CsrfLayer`: it logs the whole URI of each request.
async fn refuse_other_sites(request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_own(request.headers()) {
        return next.run(request).await;
    }
    let page = page::message("Refused", "The form came from another site.");
    (StatusCode::FORBIDDEN, page).into_response()
}

/// Whether a request comes from the application's own pages, or from no browser: a browser says at least
/// `Origin` when it posts a form.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| {
        let value = headers.get(name);
        value.map(|value| value.to_str().unwrap_or_default())
    };
    match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), ..) => matches!(site, "same-origin" | "none"),
        (None, Some(origin), Some(host)) => {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority == Some(host)
        }
        (None, Some(_), None) => false,
        (None, None, _) => true,
    }
}

/// The message of a panic may hold anything: it is for the log, which is scrubbed.
#[allow(clippy::needless_pass_by_value, reason = "tower-http's signature")]
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    let page = page::message(
        "Something went wrong",
        "The program failed. Try again later.",
    );
    (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
}

async fn tell_browser(mut response: Response) -> Response {
    let policy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                  frame-ancestors 'none'";
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, policy),
        // Not `no-referrer`: under it a browser says `Origin: null` of the application's own forms.
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages with values are not for the browser's disk, nor for a proxy.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
