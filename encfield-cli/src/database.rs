//! The database of DATABASE_URL.

use diesel::ConnectionResult;
use diesel::connection::SimpleConnection;
use encfield::engine::EngineConnection;
use encfield::{DataKeyConnection, HasDataKeyTable};

use crate::exit::Problem;

/// What is done with a database of any kind.
pub(crate) trait Visit {
    type Output;

    /// `connect` makes one more connection.
    fn visit<C, F>(self, connect: F) -> Result<Self::Output, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static;
}

/// The URL, which may hold a password: it is never printed.
pub(crate) fn url() -> Result<String, Problem> {
    std::env::var("DATABASE_URL").map_err(|_| {
        Problem::new(
            "set DATABASE_URL to sqlite:PATH, postgres://user@host/name or mysql://user@host/name",
        )
    })
}

/// The path of a SQLite database, if it is one.
pub(crate) fn sqlite_path(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"))
}

pub(crate) fn visit<V: Visit>(visitor: V) -> Result<V::Output, Problem> {
    use diesel::Connection as _;

    let url = url()?;
    #[cfg(feature = "sqlite")]
    if let Some(path) = sqlite_path(&url) {
        if !std::path::Path::new(path).is_file() {
            return Err(Problem::new(
                "DATABASE_URL names no file of SQLite's; nothing was made",
            ));
        }
        let path = path.to_owned();
        return visitor.visit(move || {
            let mut conn = diesel::SqliteConnection::establish(&path)?;
            let wait = conn.batch_execute("PRAGMA busy_timeout = 60000");
            wait.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
            Ok(conn)
        });
    }
    #[cfg(feature = "postgres")]
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return visitor.visit(move || diesel::PgConnection::establish(&url));
    }
    #[cfg(feature = "mysql")]
    if url.starts_with("mysql://") || url.starts_with("mariadb://") {
        let url = url.replacen("mariadb://", "mysql://", 1);
        return visitor.visit(move || diesel::MysqlConnection::establish(&url));
    }
    Err(Problem::new(
        "DATABASE_URL begins with none of sqlite:, postgres:// and mysql://, or the command was built \
         without that database",
    ))
}

/// A connection, or a sentence that does not quote the URL.
pub(crate) fn open<C>(connect: &impl Fn() -> ConnectionResult<C>) -> Result<C, Problem> {
    connect().map_err(|_| {
        Problem::new("the database of DATABASE_URL does not answer, or refuses the connection")
    })
}
