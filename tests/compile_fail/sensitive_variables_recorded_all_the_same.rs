//! What would undo `#[sensitive_variables]`, above it, below it and beside it.

use encfield::sensitive_variables;
use tracing::instrument;
use tracing::instrument as traced;

#[instrument]
#[sensitive_variables(phone_number)]
fn above(phone_number: &str) {
    let _ = phone_number;
}

#[tracing::instrument]
#[sensitive_variables(phone_number)]
async fn above_and_async(phone_number: &str) {
    let _ = phone_number;
}

#[sensitive_variables(phone_number)]
#[traced]
fn by_another_name(phone_number: &str) {
    let _ = phone_number;
}

#[sensitive_variables(phone_number)]
#[instrument]
#[instrument]
fn twice(phone_number: &str) {
    let _ = phone_number;
}

#[sensitive_variables(phone_number)]
#[instrument(ret, fields(country, last = last4(phone_number)))]
fn recorded(phone_number: &str) -> String {
    phone_number.to_owned()
}

#[sensitive_variables(phone_number)]
#[instrument(fields(note = format!("{phone_number}"), raw = r#phone_number.len()))]
fn captured(phone_number: &str) {
    let _ = phone_number;
}

#[sensitive_variables(phone_number, parent)]
#[instrument(parent = &tracing::info_span!("outer", phone_number))]
fn in_the_span_above(parent: &str, phone_number: &str) {
    let _ = (parent, phone_number);
}

#[sensitive_variables(phone_number)]
#[instrument(follows_from = [tracing::info_span!("before", phone_number).id()])]
fn in_the_span_before(phone_number: &str) {
    let _ = phone_number;
}

fn main() {}
