//! Signing up.

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use encfield::web::{Refused, SensitiveForm};
use maud::Markup;

use super::{again, see};
use crate::app::App;
use crate::form::ProfileForm;
use crate::page;
use crate::store::StoreError;

pub(crate) async fn form() -> Markup {
    page::form::sign_up(None)
}

pub(crate) async fn submit(
    State(app): State<App>,
    form: Result<SensitiveForm<ProfileForm>, Refused>,
) -> Response {
    match sign_up(&app, form).await {
        Ok(response) => response,
        Err(refused) => again(&refused, page::form::sign_up(Some(&refused))),
    }
}

async fn sign_up(
    app: &App,
    form: Result<SensitiveForm<ProfileForm>, Refused>,
) -> Result<Response, Refused> {
    let SensitiveForm(mut form) = form?;
    let profile = ProfileForm::new_profile(&mut form)?;
    match app.store.insert(&profile).await {
        Ok(id) => {
            let cookie = app.sessions.begin(id);
            let cookie = cookie.map(|cookie| [(SET_COOKIE, cookie)]);
            Ok((cookie, see("/profile")).into_response())
        }
        Err(StoreError::PassportTaken) => Err(form.refuse("passport_number", TAKEN)),
        Err(error) => Ok(error.into_response()),
    }
}

/// It tells whoever asks that somebody has this passport. A real application asks for a proof first.
pub(crate) const TAKEN: &str = "is registered already";
