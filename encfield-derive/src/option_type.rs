//! Types as they are written: which is an `Option`, which is a reference.

use syn::{GenericArgument, PathArguments, Type};

/// The type inside parentheses and invisible groups.
pub(crate) fn bare(mut ty: &Type) -> &Type {
    loop {
        match ty {
            Type::Group(group) => ty = &group.elem,
            Type::Paren(paren) => ty = &paren.elem,
            _ => return ty,
        }
    }
}

/// `X`, if the type is written `Option<X>`. Diesel decides by the same look.
pub(crate) fn inner_of_option(ty: &Type) -> Option<&Type> {
    argument_of(ty, "Option")
}

/// Whether the type is written as a reference.
pub(crate) fn is_reference(ty: &Type) -> bool {
    matches!(bare(ty), Type::Reference(_))
}

/// `X`, if the type is written `Name<X>` with whatever path in front.
pub(crate) fn argument_of<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.last()? {
        GenericArgument::Type(inner) if last.ident == name => Some(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn an_option_is_seen_through_its_path() {
        let text: Type = parse_quote!(String);
        for ty in [
            parse_quote!(Option<String>),
            parse_quote!(std::option::Option<String>),
            parse_quote!((::core::option::Option<String>)),
        ] {
            let ty: Type = ty;
            assert_eq!(inner_of_option(&ty), Some(&text));
        }
        for ty in [
            parse_quote!(String),
            parse_quote!(Vec<String>),
            parse_quote!(&Option<String>),
        ] {
            let ty: Type = ty;
            assert_eq!(inner_of_option(&ty), None);
        }
    }
}
