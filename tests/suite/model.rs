//! The models that several modules of the suite store and load.

use diesel::prelude::*;

use crate::backend::Conn;
use crate::schema::{accounts, profiles};

#[encfield::model]
#[derive(Queryable, Selectable, Identifiable, Insertable, AsChangeset, Debug, PartialEq, Clone)]
#[diesel(table_name = profiles)]
pub(crate) struct Profile {
    pub(crate) id: i32,
    pub(crate) user_id: i32,
    pub(crate) country: Option<String>,
    #[sensitive]
    pub(crate) phone_number: Option<String>,
    #[sensitive]
    pub(crate) passport_number: Option<String>,
}

#[encfield::model]
#[derive(Queryable, Selectable, Identifiable, Associations, Insertable, PartialEq)]
#[diesel(table_name = accounts)]
#[diesel(belongs_to(Profile))]
pub(crate) struct Account {
    pub(crate) id: i32,
    pub(crate) profile_id: i32,
    #[sensitive]
    pub(crate) iban: String,
    #[sensitive]
    pub(crate) note: u32,
}

pub(crate) fn profile(id: i32) -> Profile {
    Profile {
        id,
        user_id: id * 10,
        country: Some("IN".into()),
        phone_number: Some(format!("+9198765432{id:02}")),
        passport_number: Some(format!("K12345{id:02}")),
    }
}

pub(crate) fn account(id: i32, profile_id: i32) -> Account {
    Account {
        id,
        profile_id,
        iban: format!("DE{id:020}"),
        note: 7,
    }
}

pub(crate) fn stored(conn: &mut Conn) -> Vec<Profile> {
    profiles::table
        .order(profiles::id)
        .select(Profile::as_select())
        .load(conn)
        .unwrap()
}
