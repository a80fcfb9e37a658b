//! Which types name a type parameter.

use std::collections::HashSet;

use syn::visit::{self, Visit};
use syn::{Ident, Type};

/// Whether a type names one of these parameters.
pub(crate) fn names_one_of(ty: &Type, parameters: &HashSet<Ident>) -> bool {
    struct Search<'a> {
        parameters: &'a HashSet<Ident>,
        found: bool,
    }
    impl<'ast> Visit<'ast> for Search<'_> {
        fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
            self.found |= self.parameters.contains(&segment.ident);
            visit::visit_path_segment(self, segment);
        }
    }
    let mut search = Search {
        parameters,
        found: false,
    };
    search.visit_type(ty);
    search.found
}
