//! What a log shows of a request.

#![allow(clippy::unwrap_used, missing_docs, dead_code)]

use encfield::Sensitive;
use encfield::web::HiddenParameters;

#[derive(Sensitive)]
struct SignUp {
    #[sensitive]
    phone_number: String,
}

#[test]
fn a_named_parameter_is_hidden_however_its_name_is_spelled() {
    let hidden = HiddenParameters::of::<SignUp>();
    for query in [
        "phone_number=MARKED7",
        "phoneNumber=MARKED7",
        "PHONE-NUMBER=MARKED7",
        "phone%5Fnumber=MARKED7",
        "%70hone_number=MARKED7",
        "phone+number=MARKED7",
        "user[phone_number]=MARKED7",
        "user%5Bphone_number%5D[]=MARKED7",
        "a=1&phone_number=MARKED7&b=2",
        "a=1;phone_number=MARKED7",
        "phone_number=a=MARKED7",
        "&&phone_number=MARKED7&",
    ] {
        let shown = hidden.in_query(query);
        assert!(!shown.contains("MARKED7"), "{shown}");
        assert!(shown.contains("********"), "{shown}");
        assert_eq!(
            hidden.in_uri(&format!("/people?{query}")),
            format!("/people?{shown}")
        );
    }
}

#[test]
fn other_parameters_are_shown_as_they_are() {
    let hidden = HiddenParameters::of::<SignUp>();
    for query in [
        "",
        "page=2",
        "page=2&&q=a%20b",
        "phone_number_ok=1",
        "phone_number",
    ] {
        assert_eq!(hidden.in_query(query), query);
    }
    assert_eq!(hidden.in_uri("/people"), "/people");
}

#[test]
fn all_but_some_hides_what_nobody_thought_of() {
    let hidden = HiddenParameters::all_but(["page"]);
    assert_eq!(hidden.in_query("page=2&q=MARKED7"), "page=2&********");
    assert_eq!(hidden.in_query("MARKED7"), "********");
    // A name that nobody knows is input, too, and so is one that ends like one that is known.
    for query in [
        "MARKED7=1",
        "page[MARKED7]=1",
        "q[page]=MARKED7",
        "q.page=MARKED7",
    ] {
        assert_eq!(hidden.in_query(query), "********");
    }
    assert_eq!(hidden.in_query("PAGE=2"), "PAGE=2");
    assert_eq!(hidden.in_query("page=2;q=MARKED7&"), "page=2;********&");
}
