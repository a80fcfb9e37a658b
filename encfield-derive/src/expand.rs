//! From a model to code: the struct itself, its `Debug`, and hidden shadow structs that carry
//! Diesel's derives.

mod debug;
mod index;
mod inventory;
mod load;
mod shadow;
mod store;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, ItemStruct};

use crate::ast::Model;
use crate::ctxt::Ctxt;
use crate::{attr, check};

/// `#[encfield::model(arguments)] item`.
pub(crate) fn model(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut cx = Ctxt::default();
    let krate = attr::krate(arguments, &mut cx);
    let input: DeriveInput = match syn::parse2(item.clone()) {
        Ok(input) => input,
        Err(error) => {
            cx.add(error);
            let errors = cx.into_compile_errors();
            return quote!(#item #errors);
        }
    };
    let has_fields = match &input.data {
        Data::Struct(data) => !matches!(data.fields, Fields::Unit) && !data.fields.is_empty(),
        Data::Enum(_) | Data::Union(_) => false,
    };
    match syn::parse2::<ItemStruct>(item) {
        Ok(item) if has_fields => {
            let mut model = Model::from_item(item, krate, &mut cx);
            check::model(&model, &mut cx);
            // With an error the code is generated all the same, as far as it goes: what the program
            // expects of the struct is there, and one mistake gives one message.
            check::mend(&mut model);
            let errors = cx.into_compile_errors();
            if !model.of_diesel {
                // The derives above have run on the plain fields, and what they made cannot be mended.
                // Without the struct the compiler has the least to say about it.
                return errors;
            }
            let code = expanded(&model);
            quote!(#code #errors)
        }
        _ => {
            check::no_struct(&input, &mut cx);
            let errors = cx.into_compile_errors();
            let item = without_marks(input);
            quote!(#item #errors)
        }
    }
}

fn expanded(model: &Model) -> TokenStream {
    let (item, kept) = (&model.item, &model.kept);
    let derive = (!kept.is_empty()).then(|| quote!(#[derive(#(#kept),*)]));
    let (debug, inventory, load, store) = (
        debug::expand(model),
        inventory::expand(model),
        load::expand(model),
        store::expand(model),
    );
    quote! {
        #derive
        #item

        #debug

        #[allow(
            clippy::all,
            clippy::nursery,
            clippy::pedantic,
            clippy::restriction,
            dead_code,
            missing_docs,
            missing_debug_implementations,
            non_camel_case_types,
            non_snake_case,
            private_bounds,
            private_interfaces,
            single_use_lifetimes,
            unreachable_patterns,
            unreachable_pub,
            unused_imports,
            unused_qualifications
        )]
        const _: () = {
            // Diesel's `AsChangeset` writes `column.eq(..)` for a field with `serialize_as`.
            use ::diesel::ExpressionMethods as _;

            #inventory
            #load
            #store
        };
    }
}

/// The item as it was, without our marks and without the derives that would ask for a struct.
fn without_marks(mut item: DeriveInput) -> DeriveInput {
    let strip = |attributes: &mut Vec<syn::Attribute>| {
        attributes.retain(|attribute| {
            let path = attribute.path();
            !path.is_ident("sensitive") && !path.is_ident("derive") && !path.is_ident("diesel")
        });
    };
    strip(&mut item.attrs);
    match &mut item.data {
        Data::Enum(data) => {
            for variant in &mut data.variants {
                strip(&mut variant.attrs);
                variant
                    .fields
                    .iter_mut()
                    .for_each(|field| strip(&mut field.attrs));
            }
        }
        Data::Struct(data) => data
            .fields
            .iter_mut()
            .for_each(|field| strip(&mut field.attrs)),
        Data::Union(data) => data
            .fields
            .named
            .iter_mut()
            .for_each(|field| strip(&mut field.attrs)),
    }
    item
}

#[cfg(test)]
mod tests;
