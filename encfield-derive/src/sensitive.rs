//! `#[derive(Sensitive)]`: a type that prints no sensitive value and wipes them on drop.

mod ast;
mod debug;
mod mark;
mod names;
mod serde_option;
mod serialize;
mod wipe;

use proc_macro2::TokenStream;
use quote::quote;

use self::ast::Item;
use crate::ctxt::Ctxt;

/// `#[derive(Sensitive)] item`.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut cx = Ctxt::default();
    let item = match syn::parse2(item) {
        Ok(input) => Item::from_input(input, &mut cx),
        Err(error) => return error.to_compile_error(),
    };
    let Some(item) = item else {
        return cx.into_compile_errors();
    };
    let (debug, wipe, serialize) = (
        debug::expand(&item),
        wipe::expand(&item),
        serialize::expand(&item, &mut cx),
    );
    let errors = cx.into_compile_errors();
    quote! {
        #debug
        #wipe
        #serialize
        #errors
    }
}
