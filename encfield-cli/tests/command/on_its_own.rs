//! What needs no database.

use crate::place::{Kind, Place};

pub(crate) fn without_a_database(_: Kind) {
    let place = Place::create(Kind::Sqlite);
    let printed = place.says(0, &["keygen"]);
    assert!(printed.contains("encfield_keyring"), "{printed}");
    place.says(0, &["keygen", "--out", "keyring.json"]);

    // Wrapped by a passphrase, and back.
    let wrapped = |arguments: &[&str], code| {
        let mut command = place.command(arguments);
        let output = command
            .env("ENCFIELD_PASSPHRASE", "correct horse")
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    place.says(1, &["keyring", "wrap", "--out", "wrapped.json"]);
    wrapped(&["keyring", "wrap", "--out", "wrapped.json"], 0);
    let listed = wrapped(&["keyring", "list", "--file", "wrapped.json"], 0);
    assert_eq!(
        listed,
        String::from_utf8(place.output(&["keyring", "list"]).stdout).unwrap()
    );
    place.says(1, &["keyring", "list", "--file", "wrapped.json"]);
    wrapped(
        &[
            "keyring",
            "unwrap",
            "--file",
            "wrapped.json",
            "--out",
            "again.json",
        ],
        0,
    );
    assert_eq!(
        std::fs::read(place.path("again.json")).unwrap(),
        std::fs::read(place.path("keyring.json")).unwrap()
    );

    // Under another passphrase, where it is.
    let rewrap = |new: Option<&str>| {
        let mut command = place.command(&["keyring", "rewrap", "--file", "wrapped.json"]);
        command.env("ENCFIELD_PASSPHRASE", "correct horse");
        new.map(|new| command.env("ENCFIELD_NEW_PASSPHRASE", new));
        command.output().unwrap().status.code()
    };
    assert_eq!(rewrap(None), Some(1));
    assert_eq!(rewrap(Some("battery staple")), Some(0));
    wrapped(&["keyring", "list", "--file", "wrapped.json"], 1);
    let mut command = place.command(&["keyring", "list", "--file", "wrapped.json"]);
    command.env("ENCFIELD_PASSPHRASE", "battery staple");
    assert_eq!(
        String::from_utf8(command.output().unwrap().stdout).unwrap(),
        listed
    );

    // A passphrase wraps what is printed, too, and stands in a file that nobody else reads.
    let printed = wrapped(&["keygen"], 0);
    place.write("printed.json", &printed);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        let mode = |name: &str, mode| {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(place.path(name), mode).unwrap();
        };
        mode("printed.json", 0o600);
        wrapped(&["keyring", "list", "--file", "printed.json"], 0);
        place.write("passphrase", "correct horse\n");
        for (bits, code) in [(0o640, 1), (0o600, 0)] {
            mode("passphrase", bits);
            let mut command = place.command(&["keyring", "list", "--file", "printed.json"]);
            command.env("ENCFIELD_PASSPHRASE_FILE", place.path("passphrase"));
            assert_eq!(command.output().unwrap().status.code(), Some(code));
        }
    }
    let plan = place.says(0, &["plan", "--rows", "1000", "--distinct", "50", "--json"]);
    let plan: serde_json::Value = serde_json::from_str(plan.trim()).unwrap();
    assert_eq!(plan["choices"][0]["bits"], 256);

    // A value's header, however it is spelt.
    let value = format!("fe010a2fac17b4803429{}", "00".repeat(45));
    for spelt in [
        value.clone(),
        format!("\\x{value}"),
        format!("0x{}", value.to_uppercase()),
        format!("X'{value}'"),
    ] {
        let said = place.says(0, &["inspect", &spelt]);
        assert!(
            said.contains("format 1, key 0a2fac17b4803429, 5 bytes"),
            "{said}"
        );
    }
    assert!(place.says(4, &["inspect", "fe02aa"]).contains("format 2"));
    assert!(place.says(4, &["inspect", "fe01aa"]).contains("cut short"));
    assert!(
        place
            .says(4, &["inspect", "4b31323334353637"])
            .contains("not a value")
    );
    place.write("value", "K1234567");
    assert!(
        !place
            .says(4, &["inspect", "--file", "value"])
            .contains("K1234567")
    );

    assert!(
        place
            .says(0, &["plan", "--rows", "1000", "--distinct", "100"])
            .contains("bits")
    );
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(place.says(0, &["completions", shell]).contains("encfield"));
    }
    std::fs::create_dir(place.path("man")).unwrap();
    place.says(0, &["man", "man"]);
    let pages = std::fs::read_dir(place.path("man")).unwrap().count();
    assert!(pages >= 14, "{pages}");
    let help = place.says(0, &["--help"]);
    assert!(
        help.contains("Exit codes") && help.contains("DATABASE_URL"),
        "{help}"
    );
    for command in ["rotate", "encrypt", "residue", "shred"] {
        assert!(
            place.says(0, &[command, "--help"]).contains("Example"),
            "{command}"
        );
    }
}

/// A pipe gives its text once, and a job asks for the passphrase of each keyring file that it reads.
pub(crate) fn a_passphrase_through_a_pipe_is_enough_for_a_job(_: Kind) {
    if cfg!(not(target_os = "linux")) {
        println!("not run here: it takes a shell with <(..), and /dev/fd");
        return;
    }
    let place = Place::create(Kind::Sqlite);
    place.fill(3);
    let through_a_pipe = |line: &str, wrapping: Option<&str>| {
        let mut bash = place.program("bash");
        bash.envs(wrapping.map(|file| ("ENCFIELD_WRAPPING_KEYRING_FILE", file)));
        let command = env!("CARGO_BIN_EXE_encfield");
        let line = format!("ENCFIELD_PASSPHRASE_FILE=<(echo correct horse) {command} {line}");
        let path = std::env::var_os("PATH").unwrap_or_default();
        bash.args(["-c", &line]).env("PATH", path);
        let output = bash.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{line}: {said}");
    };
    through_a_pipe("keygen --out keyring.json", None);
    // Without the passphrase it does not open.
    place.says(1, &["keyring", "list"]);
    let job = "encrypt --table people --column name_sealed --from name";
    through_a_pipe(job, Some("keyring.json"));
    assert!(
        place
            .people()
            .iter()
            .all(|person| person.name_sealed.is_some())
    );
}
