use diesel::prelude::*;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    profiles (id) {
        id -> Integer,
        tenant_id -> Integer,
        tags -> Binary,
        phone_number -> Nullable<Ciphertext<phone_number>>,
        passport_number -> Ciphertext<passport_number>,
    }
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = profiles)]
struct WithoutTheField {
    id: i32,
    #[sensitive(scope = tenant_id)]
    passport_number: String,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = profiles)]
struct AssignedByTheDatabase {
    #[diesel(skip_insertion)]
    id: i32,
    #[sensitive(scope = id)]
    passport_number: String,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = profiles)]
struct ASensitiveField {
    #[sensitive(scope, scope = passport_number, scope = passport_number)]
    phone_number: Option<String>,
    #[sensitive(scopes = id)]
    passport_number: String,
}

#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = profiles)]
struct LeavesTheValueBehind {
    tenant_id: i32,
    #[sensitive(scope = tenant_id)]
    phone_number: Option<String>,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = profiles)]
struct OfATypeWithoutText {
    tags: Vec<u8>,
    #[sensitive(scope = tags)]
    passport_number: String,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = profiles)]
struct InATuple(
    #[diesel(column_name = tenant_id)] i32,
    #[diesel(column_name = passport_number)]
    #[sensitive(scope = 0)]
    String,
);

fn main() {}
