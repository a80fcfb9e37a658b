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
use crate::sessions::Token;
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
        Err(refused) => {
            let page = page::form::sign_up(Some(&refused));
            again(refused, page)
        }
    }
}

async fn sign_up(
    app: &App,
    form: Result<SensitiveForm<ProfileForm>, Refused>,
) -> Result<Response, Refused> {
    let SensitiveForm(mut form) = form?;
    let profile = ProfileForm::new_profile(&mut form)?;
    // Before anything is stored: who signed up without a session could not see or edit it.
    let Some(token) = Token::new() else {
        return Ok(StoreError::Entropy.into_response());
    };
    match app.store.insert(&profile).await {
        Ok(id) => {
            let cookie = app.sessions.begin(token, id);
            Ok(([(SET_COOKIE, cookie)], see("/profile")).into_response())
        }
        Err(StoreError::PassportTaken) => Err(form.refuse("passport_number", TAKEN)),
        Err(error) => Ok(error.into_response()),
    }
}

/// It tells whoever asks that somebody has this passport. A real application asks for a proof first.
pub(crate) const TAKEN: &str = "is registered already";
