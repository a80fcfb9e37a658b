//! The owner's profile.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use encfield::web::{Refused, SensitiveForm};

use super::sign_up::TAKEN;
use super::{again, see};
use crate::app::App;
use crate::form::ProfileForm;
use crate::page;
use crate::profile::Profile;
use crate::store::StoreError;

/// The owner sees the values. This is the one page that has them.
pub(crate) async fn show(State(app): State<App>, headers: HeaderMap) -> Response {
    match owned(&app, &headers).await {
        Ok(profile) => page::owner::show(&profile).into_response(),
        Err(response) => response,
    }
}

pub(crate) async fn form(State(app): State<App>, headers: HeaderMap) -> Response {
    match owned(&app, &headers).await {
        Ok(profile) => page::form::edit(&profile, None).into_response(),
        Err(response) => response,
    }
}

pub(crate) async fn submit(
    State(app): State<App>,
    headers: HeaderMap,
    form: Result<SensitiveForm<ProfileForm>, Refused>,
) -> Response {
    let profile = match owned(&app, &headers).await {
        Ok(profile) => profile,
        Err(response) => return response,
    };
    match edit(&app, profile.id, form).await {
        Ok(response) => response,
        Err(refused) => {
            let page = page::form::edit(&profile, Some(&refused));
            again(refused, page)
        }
    }
}

async fn edit(
    app: &App,
    id: i32,
    form: Result<SensitiveForm<ProfileForm>, Refused>,
) -> Result<Response, Refused> {
    let SensitiveForm(mut form) = form?;
    let change = ProfileForm::change(&mut form)?;
    match app.store.change(id, &change).await {
        Ok(()) => Ok(see("/profile")),
        Err(StoreError::PassportTaken) => Err(form.refuse("passport_number", TAKEN)),
        Err(error) => Ok(error.into_response()),
    }
}

/// The profile of the one who asks, or the way to the sign-up.
async fn owned(app: &App, headers: &HeaderMap) -> Result<Profile, Response> {
    match app.sessions.owner(headers) {
        None => Err(see("/")),
        Some(id) => app.store.find(id).await.map_err(StoreError::into_response),
    }
}
