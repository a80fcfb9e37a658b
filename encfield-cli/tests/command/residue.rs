//! What is left of plaintext in a database's files.

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use diesel::Connection;

use crate::arguments::encrypt_names;
use crate::place::{Kind, Place};

pub(crate) fn residue_is_found_until_it_is_removed(_: Kind) {
    let place = Place::create(Kind::Sqlite);
    place.fill(200);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    place.encrypt_all();
    place.says(0, &encrypt_names(&["--clear"]));
    let residue = |code| {
        let mut child = place
            .command(&["residue"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(b"Marked Meier 17\n")
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(!said.contains("Meier"), "{said}");
    };
    residue(4);
    let path = place.path("app.sqlite");
    // Behind a link, and a value that is no UTF-8 before it.
    #[cfg(unix)]
    {
        let folder = place.path("linked");
        std::fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink(&path, folder.join("table")).unwrap();
        let look = |values: &[u8]| {
            let mut child = place
                .command(&["residue", folder.to_str().unwrap()])
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(values).unwrap();
            child.wait().unwrap().code()
        };
        assert_eq!(look(b"Marked Meier 17\n"), Some(4));
        assert_eq!(look(b"\xff\xfe\xfd\xfc\xfb\r\nMarked Meier 17\n"), Some(4));
        assert_eq!(look(b"Nothing like it\n"), Some(0));
        // None is passed over, and what cannot be read is no clean answer.
        assert_eq!(look(b"Nothing like it\nabc\n"), Some(1));
        std::os::unix::fs::symlink("/nowhere/at/all", folder.join("gone")).unwrap();
        assert_eq!(look(b"Nothing like it\n"), Some(1));
    }
    place.execute("VACUUM");
    residue(0);
    place.says(1, &["residue"]);
}

/// The server's own files, where this process may read them.
pub(crate) fn data_directory(kind: Kind) -> Option<PathBuf> {
    use diesel::RunQueryDsl;
    use diesel::sql_types::Text;

    #[derive(diesel::QueryableByName)]
    struct Setting {
        #[diesel(sql_type = Text)]
        setting: String,
    }
    let setting: Setting = if kind == Kind::Mysql {
        let url = std::env::var("ENCFIELD_TEST_MYSQL_URL").ok()?;
        let mut conn = diesel::MysqlConnection::establish(&url).ok()?;
        let query = "SELECT CAST(@@datadir AS CHAR) AS setting";
        diesel::sql_query(query).get_result(&mut conn).ok()?
    } else {
        let url = std::env::var("ENCFIELD_TEST_POSTGRES_URL").ok()?;
        let mut conn = diesel::PgConnection::establish(&url).ok()?;
        let query = "SELECT setting FROM pg_settings WHERE name = 'data_directory'";
        diesel::sql_query(query).get_result(&mut conn).ok()?
    };
    let folder = PathBuf::from(setting.setting);
    std::fs::read_dir(&folder).ok().map(|_| folder)
}

impl Place {
    /// A marked value, encrypted and cleared.
    fn clear_a_marked_value(&self) -> String {
        let marker = format!("Residue-{}-{}", std::process::id(), self.bytes);
        self.fill(20);
        self.execute(&format!(
            "UPDATE people SET name = '{marker}' WHERE id = 17"
        ));
        self.says(0, &["keygen", "--out", "keyring.json"]);
        self.encrypt_all();
        let clear = encrypt_names(&["--clear"]);
        self.says(0, &clear);
        marker
    }

    /// Looks for a value in these files: the exit code, and what was said.
    fn look_for(&self, marker: &str, files: &[PathBuf]) -> (Option<i32>, String) {
        let files = files.iter().map(|file| file.to_str().unwrap());
        let arguments: Vec<_> = std::iter::once("residue").chain(files).collect();
        let mut child = self
            .command(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(marker.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(!said.contains(marker), "{said}");
        (output.status.code(), said)
    }
}

/// What the guide says is left of plaintext on PostgreSQL, and how it goes.
pub(crate) fn residue_on_postgresql_is_what_the_guide_says(kind: Kind) {
    let place = Place::create(kind);
    let folder = data_directory(kind).unwrap();
    let marker = place.clear_a_marked_value();
    let found = |below: &str| {
        place.execute("CHECKPOINT");
        place.look_for(&marker, &[folder.join(below)])
    };
    // In the heap, whatever the queries say; and in the write-ahead log, also after the heap is rid of it.
    assert_eq!(found("base").0, Some(4));
    assert_eq!(found("pg_wal").0, Some(4));
    place.execute("VACUUM FULL people");
    let (_, said) = found("base");
    assert!(said.contains("found 0 times"), "{said}");
    assert_eq!(found("pg_wal").0, Some(4));
}

/// The same on MariaDB.
pub(crate) fn residue_on_mariadb_is_what_the_guide_says(kind: Kind) {
    let place = Place::create(kind);
    let folder = data_directory(kind).unwrap();
    let (_, database) = place.url.rsplit_once('/').unwrap();
    let in_table = |marker: &str| {
        // Writes what is only in memory yet.
        place.execute("FLUSH TABLES people FOR EXPORT; UNLOCK TABLES");
        place.look_for(marker, &[folder.join(database)])
    };
    let marker = place.clear_a_marked_value();
    place.execute("UPDATE people SET name = 'In the clear' WHERE id = 3");
    assert_eq!(in_table("In the clear").0, Some(4));
    // InnoDB may or may not have written over the old row; a table that is rebuilt has it no more.
    place.execute("OPTIMIZE TABLE people");
    let (_, said) = in_table(&marker);
    assert!(said.contains("found 0 times"), "{said}");
    // The redo log keeps it until it has gone round.
    let redo = place.look_for(&marker, &[folder.join("ib_logfile0")]);
    assert_eq!(redo.0, Some(4));
}
