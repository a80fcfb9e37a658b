//! The admin's pages. A real application asks who is there first.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use encfield::web::{Refused, SensitiveForm, Submitted};
use maud::Markup;

use super::again;
use crate::app::App;
use crate::form::SearchForm;
use crate::page;
use crate::profile::Profile;
use crate::store::StoreError;

pub(crate) async fn list(State(app): State<App>) -> Result<Markup, StoreError> {
    Ok(page::people::list(&app.store.all().await?, None))
}

/// By `POST`: what is searched for does not get into an address, a history or an access log.
pub(crate) async fn search(
    State(app): State<App>,
    form: Result<SensitiveForm<SearchForm>, Refused>,
) -> Response {
    let found = match form.and_then(|SensitiveForm(form)| checked(form)) {
        Ok(form) => find(&app, &form).await,
        Err(refused) => {
            let page = page::people::list(&[], Some(&refused));
            return again(refused, page);
        }
    };
    match found {
        Ok(found) => page::people::found(&found).into_response(),
        Err(error) => error.into_response(),
    }
}

fn checked(mut form: Submitted<SearchForm>) -> Result<Submitted<SearchForm>, Refused> {
    SearchForm::checked(&mut form)?;
    Ok(form)
}

async fn find(app: &App, form: &SearchForm) -> Result<Vec<Profile>, StoreError> {
    let by_phone = match &form.phone_number {
        Some(number) => Some(app.store.by_phone(number).await?),
        None => None,
    };
    let by_passport = match &form.passport_number {
        Some(number) => Some(app.store.by_passport(number).await?),
        None => None,
    };
    Ok(match (by_phone, by_passport) {
        (Some(mut found), Some(others)) => {
            found.retain(|one| others.iter().any(|other| other.id == one.id));
            found
        }
        (found, others) => found.or(others).unwrap_or_default(),
    })
}

pub(crate) async fn raw(
    State(app): State<App>,
    id: Result<Path<i32>, axum::extract::rejection::PathRejection>,
) -> Result<Markup, StoreError> {
    let Path(id) = id.map_err(|_| StoreError::NotFound)?;
    Ok(page::raw::show(id, &app.store.raw(id).await?))
}
