//! What must not compile, each by a message that explains itself. The claim is the file's name.

#![allow(missing_docs)]

#[test]
#[cfg_attr(
    any(feature = "postgres", feature = "mysql"),
    ignore = "the snapshots show what the compiler lists with the default features of the tests"
)]
fn mistakes_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
