//! What is expanded, as text; that it compiles and works is shown by the tests of `encfield`.

use proc_macro2::TokenStream;
use quote::quote;

use super::model;

/// The expansion of an item, and the messages of the errors in it.
fn expand(arguments: TokenStream, item: TokenStream) -> (String, Vec<String>) {
    let code = model(arguments, item).to_string();
    let messages = code.split("compile_error ! {").skip(1);
    let message = |rest: &str| rest.split('}').next().unwrap_or_default().trim().to_owned();
    let messages = messages.map(message).collect();
    (code, messages)
}

fn item() -> TokenStream {
    quote! {
        /// A person.
        #[derive(Debug, Clone, Queryable, diesel::Insertable, Identifiable)]
        #[diesel(table_name = people)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct Person {
            id: i32,
            #[sensitive]
            #[serde(skip)]
            name: String,
        }
    }
}

#[test]
fn derives_that_load_and_store_move_to_the_shadows() {
    let (code, errors) = expand(TokenStream::new(), item());
    assert_eq!(errors, [] as [&str; 0]);
    assert!(
        code.starts_with("# [derive (Clone , Identifiable)]"),
        "{code}"
    );
    assert!(code.contains("# [derive (Queryable)]"), "{code}");
    assert!(code.contains("# [derive (diesel :: Insertable)]"), "{code}");
}

#[test]
fn the_struct_keeps_everything_but_what_is_ours() {
    let (code, _) = expand(TokenStream::new(), item());
    for kept in [
        "A person.",
        "rename_all",
        "pub (crate) struct Person",
        "# [serde (skip)] name",
    ] {
        assert!(code.contains(kept), "{kept} in {code}");
    }
    assert!(!code.contains("sensitive"), "{code}");
    assert!(!code.contains("Debug ,"), "{code}");
}

#[test]
fn diesels_attributes_go_when_no_derive_is_left_to_read_them() {
    let item = quote! {
        #[derive(Queryable)]
        #[diesel(table_name = people)]
        struct Person {
            #[sensitive]
            #[diesel(column_name = nom)]
            name: String,
        }
    };
    let (code, _) = expand(TokenStream::new(), item);
    let own = code.split("const _").next().unwrap();
    assert!(
        !own.contains("diesel (table_name") && !own.contains("column_name"),
        "{own}"
    );
}

#[test]
fn debug_shows_no_sensitive_field() {
    let (code, _) = expand(TokenStream::new(), item());
    let debug = code
        .split("fn fmt")
        .nth(1)
        .unwrap()
        .split("const _")
        .next()
        .unwrap();
    assert!(
        debug.contains("\"name\" , & :: encfield :: __private :: Redacted"),
        "{debug}"
    );
    assert!(debug.contains("\"id\" , & self . id"), "{debug}");
    assert!(!debug.contains("self . name"), "{debug}");
}

#[test]
fn the_crate_can_be_elsewhere() {
    for arguments in [
        quote!(crate = crate::vendored),
        quote!(crate = "crate::vendored"),
    ] {
        let (code, errors) = expand(arguments, item());
        assert_eq!(errors, [] as [&str; 0]);
        assert!(code.contains("crate :: vendored :: Encrypted"), "{code}");
        assert!(!code.contains(":: encfield ::"), "{code}");
    }
}

#[test]
fn all_errors_come_at_once() {
    let item = quote! {
        #[derive(Queryable, AsChangeset, Serialize)]
        struct Person {
            #[sensitive]
            id: i32,
            #[sensitive(pads = 64, index, hide_null)]
            name: Encrypted<String>,
            #[sensitive]
            #[diesel(embed)]
            address: Address,
        }
    };
    let (_, errors) = expand(quote!(krate = here), item);
    for expected in [
        "has no option `krate`; did you mean `crate`?",
        "has no option `pads`; did you mean `pad`?",
        "name the index column",
        "`hide_null` is for an `Option`",
        "a primary key cannot be",
        "the field is `Encrypted` already",
        "`embed` and `#[sensitive]` exclude each other",
        "`Serialize` would write the sensitive fields in plain",
    ] {
        let found = errors
            .iter()
            .filter(|error| error.contains(expected))
            .count();
        assert_eq!(found, 1, "{expected} in {errors:#?}");
    }
    assert_eq!(errors.len(), 8, "{errors:#?}");
}

#[test]
fn each_index_column_is_filled_once_by_each_shadow_that_stores() {
    let item = quote! {
        #[derive(Insertable, AsChangeset)]
        #[diesel(table_name = people)]
        struct Person {
            #[sensitive(index = name_index, index = name_year_index)]
            name: Option<String>,
            #[sensitive(index = name_year_index)]
            birth_date: Option<Date>,
        }
    };
    let (code, errors) = expand(TokenStream::new(), item);
    assert_eq!(errors, [] as [&str; 0]);
    // To insert and to change, by value and by reference.
    for column in ["name_index", "name_year_index"] {
        let fields = code.matches(&format!("(column_name = {column})")).count();
        assert_eq!(fields, 4, "{column} in {code}");
    }
    assert!(code.contains("left_apart"), "{code}");
}

#[test]
fn what_does_not_parse_is_an_error_and_no_panic() {
    for (arguments, item) in [
        (quote!(crate), item()),
        (quote!(= =), item()),
        (
            quote!(),
            quote!(
                fn person() {}
            ),
        ),
        (quote!(), quote!()),
        (
            quote!(),
            quote!(
                #[derive(Queryable)]
                struct A {
                    #[diesel(=)]
                    #[sensitive(,)]
                    a: u8,
                }
            ),
        ),
        (
            quote!(),
            quote!(
                #[derive(7)]
                #[diesel(primary_key = id)]
                struct A(#[sensitive] u8);
            ),
        ),
    ] {
        let (_, errors) = expand(arguments.clone(), item);
        assert!(!errors.is_empty(), "{arguments}");
    }
}
