//! What a field's type looks like. A macro sees its tokens alone: an alias looks like no `Option`.

use syn::visit::{self, Visit};
use syn::{GenericArgument, Generics, Ident, PathArguments, Type};

/// The type without the invisible groups that `macro_rules!` puts around it.
pub(crate) fn ungroup(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

/// `X` of `Option<X>`, by the same test as Diesel's own derives.
pub(crate) fn option_arg(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ungroup(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(args) = &last.arguments else {
        return None;
    };
    match args.args.last() {
        Some(GenericArgument::Type(inner)) if last.ident == "Option" => Some(inner),
        _ => None,
    }
}

/// `X` of `&X`.
pub(crate) fn reference_arg(ty: &Type) -> Option<&Type> {
    match ungroup(ty) {
        Type::Reference(reference) => Some(&reference.elem),
        _ => None,
    }
}

/// The last name of the type's path: `Encrypted` of `encfield::Encrypted<String>`.
pub(crate) fn last_name(ty: &Type) -> Option<&Ident> {
    match ungroup(ty) {
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

/// Whether the type names one of the type parameters.
pub(crate) fn is_generic(ty: &Type, generics: &Generics) -> bool {
    struct Finder<'a> {
        generics: &'a Generics,
        found: bool,
    }

    impl Visit<'_> for Finder<'_> {
        fn visit_ident(&mut self, ident: &Ident) {
            self.found |= self
                .generics
                .type_params()
                .any(|param| param.ident == *ident);
            visit::visit_ident(self, ident);
        }

        // A macro in a type's place hides what it names.
        fn visit_macro(&mut self, _: &syn::Macro) {
            self.found |= self.generics.type_params().next().is_some();
        }
    }

    let mut finder = Finder {
        generics,
        found: false,
    };
    finder.visit_type(ty);
    finder.found
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::parse_quote;

    use super::*;

    #[test]
    fn option_is_told_by_its_last_segment() {
        let inner = |ty: Type| option_arg(&ty).map(|ty| ty.to_token_stream().to_string());
        assert_eq!(inner(parse_quote!(Option<u8>)).as_deref(), Some("u8"));
        assert_eq!(
            inner(parse_quote!((::core::option::Option<u8>))).as_deref(),
            Some("u8")
        );
        assert_eq!(inner(parse_quote!(Maybe<u8>)), None);
        assert_eq!(inner(parse_quote!(Option)), None);
        assert_eq!(inner(parse_quote!(&'a Option<u8>)), None);
    }

    #[test]
    fn a_type_parameter_is_found_at_any_depth() {
        let generics: Generics = parse_quote!(<'a, T, const N: usize>);
        assert!(is_generic(&parse_quote!(Option<Vec<T>>), &generics));
        assert!(is_generic(
            &parse_quote!(<T as Iterator>::Item),
            &generics
        ));
        assert!(!is_generic(&parse_quote!(&'a [u8; N]), &generics));
    }
}
