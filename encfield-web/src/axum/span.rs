//! The span of a request, without what is to be hidden.

use ::axum::extract::MatchedPath;
use ::axum::http::Request;
use tower_http::trace::MakeSpan;
use tracing::{Level, Span};

use crate::parameters::HiddenParameters;

/// `TraceLayer::new_for_http().make_span_with(HiddenParameters::of::<SignUp>())`, in place of the span that
/// tower-http makes: that one has the whole URI.
///
/// The span is called `request`, at the level `INFO`, and has the method, the version and the URI: the
/// route (`/people/{id}`) with the query. What matched no route is shown as `(no route)`.
impl<B> MakeSpan<B> for HiddenParameters {
    fn make_span(&mut self, request: &Request<B>) -> Span {
        let route = match request.extensions().get::<MatchedPath>() {
            _ if self.paths => request.uri().path(),
            Some(route) => route.as_str(),
            None => "(no route)",
        };
        let query = request.uri().query().map(|query| self.in_query(query));
        let (mark, query) = match &query {
            Some(query) => ("?", query.as_str()),
            None => ("", ""),
        };
        tracing::span!(
            Level::INFO,
            "request",
            method = %request.method(),
            uri = format_args!("{route}{mark}{query}"),
            version = ?request.version(),
        )
    }
}
