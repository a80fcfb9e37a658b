//! Blind indexes of every kind, made by the command as the model makes them.

use chrono::NaiveDate;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{Inventory, Keyring, KeyringFile};

use crate::arguments::{decrypt, encrypt};
use crate::place::{Kind, Place, with_connection};

#[derive(Debug)]
pub struct Names;

impl encfield::IndexDomain for Names {
    const NAME: &'static str = "names";
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};
    use encfield::{
        CaseFolded, Chain, E164In, Exact, Nfkc, Shared, Slow, Truncated, Year, Compound,
    };
    use super::Names;

    members (id) {
        id -> Integer,
        name -> Ciphertext<name>,
        name_plain -> Nullable<Text>,
        name_bucket -> Nullable<BlindIndex<name, Truncated<Chain<Nfkc, CaseFolded>, 12>>>,
        name_shared -> Nullable<BlindIndex<Shared<name, Names>, CaseFolded>>,
        phone -> Nullable<Ciphertext<phone>>,
        phone_plain -> Nullable<Text>,
        phone_index -> Nullable<BlindIndex<phone, Slow<E164In<'I', 'N'>, 64, 1>>>,
        born -> Ciphertext<born>,
        born_plain -> Nullable<Text>,
        name_and_year -> Nullable<BlindIndex<Compound<(name, born)>, (Chain<Nfkc, CaseFolded>, Year)>>,
        nick -> Ciphertext<nick>,
        nick_plain -> Nullable<Text>,
        nick_index -> BlindIndex<nick, Exact>,
    }
}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable, Clone, Debug, PartialEq)]
#[diesel(table_name = members)]
pub(crate) struct Member {
    id: i32,
    #[sensitive(pad = 32, index = name_bucket, index = name_shared, index = name_and_year)]
    name: String,
    #[sensitive(index = phone_index)]
    phone: Option<String>,
    #[sensitive(index = name_and_year, bind = id)]
    born: NaiveDate,
    #[sensitive(hide_null, index = nick_index)]
    nick: Option<String>,
}

const INDEXES: [&str; 5] = [
    "name_bucket",
    "name_shared",
    "phone_index",
    "name_and_year",
    "nick_index",
];

fn members() -> Vec<Member> {
    let member = |id: i32| Member {
        id,
        name: format!("  Jörg  MAßMANN {}", id % 7),
        phone: (id % 3 > 0).then(|| format!("098765 {:05}", 43210 + id)),
        born: NaiveDate::from_ymd_opt(1950 + id % 9, 2, 1 + id as u32 % 28).unwrap(),
        nick: (id % 2 > 0).then(|| format!("Jo{id}")),
    };
    (1..=60).map(member).collect()
}

impl Place {
    fn create_members(kind: Kind) -> Self {
        let place = Self::create(kind);
        let bytes = place.bytes;
        // NULL is allowed everywhere, for columns that are yet to be encrypted.
        place.execute(&format!(
            "CREATE TABLE members (id INTEGER NOT NULL PRIMARY KEY, name {bytes}, \
             name_plain VARCHAR(80), name_bucket {bytes}, name_shared {bytes}, phone {bytes}, \
             phone_plain VARCHAR(40), phone_index {bytes}, born {bytes}, \
             born_plain VARCHAR(10), name_and_year {bytes}, nick {bytes}, \
             nick_plain VARCHAR(40), nick_index {bytes})"
        ));
        place.says(0, &["keygen", "--out", "keyring.json"]);
        let inventory = Inventory::new().with::<Member>().unwrap();
        place.write("encfield.toml", &inventory.to_toml());
        place
    }

    fn keyring(&self) -> Keyring {
        let path = self.path("keyring.json");
        KeyringFile::at(&path).read().unwrap()
    }

    fn insert(&self, members: &[Member]) {
        self.keyring().override_within(|| {
            for member in members {
                let insert = diesel::insert_into(members::table).values(member.clone());
                with_connection!(self, |conn| insert.execute(conn).unwrap());
            }
        });
    }

    fn load(&self) -> Vec<Member> {
        self.keyring().override_within(|| {
            with_connection!(self, |conn| members::table
                .select(Member::as_select())
                .order(members::id)
                .load(conn)
                .unwrap())
        })
    }

    /// Every tag of an index, by row.
    fn tags(&self, index: &str) -> Vec<Option<Vec<u8>>> {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Binary>)]
            tag: Option<Vec<u8>>,
        }
        let query = format!("SELECT {index} AS tag FROM members ORDER BY id");
        let rows: Vec<Row> =
            with_connection!(self, |conn| diesel::sql_query(query).load(conn).unwrap());
        rows.into_iter().map(|row| row.tag).collect()
    }

    fn all_tags(&self) -> Vec<Vec<Option<Vec<u8>>>> {
        let mut tags: Vec<_> = INDEXES.iter().map(|index| self.tags(index)).collect();
        // What stands for a hidden NULL belongs to no value, and is another one each time.
        for (member, tag) in members().iter().zip(&mut tags[4]) {
            if member.nick.is_none() {
                assert_eq!(tag.as_ref().map(Vec::len), Some(32));
                *tag = None;
            }
        }
        tags
    }
}

pub(crate) fn indexes_of_every_kind_are_made_as_the_model_makes_them(kind: Kind) {
    let place = Place::create_members(kind);
    place.insert(&members());
    let of_the_model = place.all_tags();
    let filled = of_the_model.iter().flatten().flatten().count();
    assert_eq!(filled, 60 + 60 + 40 + 60 + 30);
    let verified = place.says(0, &["verify"]);
    assert!(
        verified.contains("60 rows, 0 changed, 0 left"),
        "{verified}"
    );

    // Tags that are gone, cut short, or another row's.
    place.execute(
        "UPDATE members SET name_bucket = NULL, name_shared = NULL, name_and_year = NULL, \
         phone_index = name_shared, nick_index = name",
    );
    place.says(3, &["verify"]);
    let dry = place.says(0, &["reindex", "--dry-run"]);
    assert!(dry.contains("60 rows, 60 changed"), "{dry}");
    place.says(0, &["reindex", "--chunk", "17"]);
    assert_eq!(place.all_tags(), of_the_model);
    place.says(0, &["verify"]);
    // One column of a compound index is enough to fill it.
    place.execute("UPDATE members SET name_and_year = NULL WHERE id > 30");
    place.says(
        0,
        &[
            "reindex", "--table", "members", "--column", "born", "--again",
        ],
    );
    assert_eq!(place.all_tags(), of_the_model);

    // Decrypted and encrypted by the command: the model opens it, and the tags are the same.
    let columns = ["name", "phone", "born", "nick"];
    for column in columns {
        let to = format!("{column}_plain");
        let arguments = decrypt("members", column, &to, &[]);
        place.says(0, &arguments);
    }
    place.execute(
        "UPDATE members SET name = NULL, phone = NULL, born = NULL, nick = NULL, name_bucket = NULL, \
         name_shared = NULL, phone_index = NULL, name_and_year = NULL, nick_index = NULL",
    );
    for column in columns {
        let from = format!("{column}_plain");
        let arguments = encrypt("members", column, &from, &[]);
        place.says(0, &arguments);
    }
    assert_eq!(place.all_tags(), of_the_model);
    assert_eq!(place.load(), members());
    // A value that changed, and one that went: a tag of its old value would still find the row.
    let hidden = place.tags("nick_index");
    place.execute("UPDATE members SET nick_plain = NULL WHERE id = 1");
    let mut again = encrypt("members", "nick", "nick_plain", &["--again"]);
    // NULL may be what a clear left, too: it is not taken for a value that went unless that is said.
    assert!(place.says(3, &again).contains("60 rows, 0 changed"));
    assert_eq!(place.tags("nick_index"), hidden);
    again.push("--null-empties");
    assert!(place.says(0, &again).contains("60 rows, 1 changed"));
    let now = place.tags("nick_index");
    assert!(now[0].is_some() && now[0] != hidden[0] && now[1..] == hidden[1..]);
    assert_eq!(place.load()[0].nick, None);
}

pub(crate) fn an_index_key_is_removed_when_no_row_is_found_under_it(kind: Kind) {
    let place = Place::create_members(kind);
    place.insert(&members());
    let index_key = |state: &str| place.keys()[&("index".to_owned(), state.to_owned())].clone();
    let first = index_key("primary");
    let census = place.says(0, &["census", "--indexes"]);
    for counted in [
        format!("members.name_bucket: 60 index key {first}, by truncated/1("),
        format!("members.phone_index: 40 index key {first}"),
        "members.phone_index: 20 without a tag, and need none".to_owned(),
        format!("members.nick_index: 30 index key {first}"),
        "members.nick_index: 30 without a tag, and need none".to_owned(),
    ] {
        assert!(census.contains(&counted), "{counted}\n{census}");
    }
    assert_eq!(census.matches("name_and_year").count(), 1, "{census}");
    // Each index by the normaliser, and its version, that the program declares.
    let manifest = std::fs::read_to_string(place.path("encfield.toml")).unwrap();
    let normalisers = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("normaliser = \"")?.strip_suffix('"'));
    let mut declared = 0;
    for normaliser in normalisers {
        assert!(normaliser.contains("/1"), "{normaliser}");
        assert!(
            census.contains(&format!(", by {normaliser}\n")),
            "{normaliser}\n{census}"
        );
        declared += 1;
    }
    assert!(declared >= 5, "{manifest}");

    place.says(0, &["keyring", "add", "--index"]);
    let second = index_key("active");
    place.says(0, &["keyring", "promote", &second]);
    place.says(0, &["keyring", "retire", &first]);
    assert!(
        place
            .says(4, &["census", "--key", &first])
            .contains("no: 250 rows")
    );
    let refused = place.says(1, &["keyring", "remove", &first]);
    assert!(refused.contains("250"), "{refused}");
    place.execute("UPDATE members SET name_shared = NULL WHERE id = 3");
    place.execute("UPDATE members SET name_bucket = name_and_year WHERE id = 4");
    let census = place.says(0, &["census", "--indexes", "--json"]);
    let rows = |index: &str, what: &str| {
        let lines = census.lines();
        lines
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .find(|value| value["column"] == index && value["what"] == what)
            .map(|value| value["rows"].as_u64().unwrap())
    };
    assert_eq!(rows("name_shared", "missing"), Some(1));
    assert_eq!(
        rows("name_bucket", "of no index key, or of another value"),
        Some(1)
    );
    assert_eq!(rows("name_bucket", &format!("index key {first}")), Some(59));

    place.says(0, &["reindex"]);
    assert!(place.says(0, &["census", "--key", &first]).contains("yes"));
    place.says(0, &["keyring", "remove", &first]);
    let census = place.says(0, &["census", "--indexes"]);
    assert!(
        census.contains(&format!("members.name_shared: 60 index key {second}")),
        "{census}"
    );
}
