use diesel::prelude::*;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    profiles (id) {
        id -> Integer,
        tenant_id -> Integer,
        passport_number -> Ciphertext<passport_number>,
    }
}

#[encfield::model]
#[derive(Queryable, Selectable)]
#[diesel(table_name = profiles)]
struct LoadedWithoutTheField {
    #[sensitive(bind = id)]
    passport_number: String,
}

#[encfield::model]
#[derive(HasQuery)]
#[diesel(table_name = profiles)]
struct QueriedWithoutOneOfTwo {
    id: i32,
    #[sensitive(bind = id, bind = tenant_id)]
    passport_number: String,
}

#[encfield::model]
#[derive(QueryableByName)]
#[diesel(table_name = profiles)]
struct LoadedByNameWithoutTheScope {
    id: i32,
    #[sensitive(bind = id, scope = tenant_id)]
    passport_number: String,
}

#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = profiles)]
struct ChangedWithoutTheField {
    #[sensitive(bind = id)]
    passport_number: String,
}

fn main() {}
