//! What the running program keeps in its memory of values that it has done with: nothing.
//!
//! The program itself is started, spoken to over sockets, and looked at from outside.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

#[path = "../../../encfield-web/tests/memory/process.rs"]
mod process;

use process::{Mark, found};

/// The program, with its logs.
struct Program {
    child: Child,
    address: String,
    printed: Arc<Mutex<Vec<u8>>>,
    readers: Vec<std::thread::JoinHandle<()>>,
    folder: TempDir,
}

/// Reads what the program prints, and gives its address when it says it.
fn collect(
    stream: impl Read + Send + 'static,
    printed: Arc<Mutex<Vec<u8>>>,
    ready: std::sync::mpsc::Sender<String>,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n') {
            let line = line.unwrap();
            let text = String::from_utf8_lossy(&line);
            if let Some((_, url)) = text.split_once("\"url\":\"http://") {
                let address = url.split('"').next().unwrap_or_default();
                let _ = ready.send(address.to_owned());
            }
            printed.lock().unwrap().extend(line);
        }
    })
}

impl Program {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let program = env!("CARGO_BIN_EXE_encfield-webapp");
        let keyring = folder.path().join("keyring.json");
        let made = Command::new(program).arg("keyring").arg(&keyring).status();
        assert!(made.unwrap().success());
        let mut child = Command::new(program)
            .current_dir(&folder)
            .env_clear()
            .env("LISTEN", "127.0.0.1:0")
            .env("RUST_LOG", "trace")
            .env("ENCFIELD_KEYRING_FILE", keyring)
            .env("DATABASE_URL", folder.path().join("webapp.sqlite"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let printed = Arc::default();
        let (send, ready) = std::sync::mpsc::channel();
        let readers = vec![
            collect(
                child.stdout.take().unwrap(),
                Arc::clone(&printed),
                send.clone(),
            ),
            collect(child.stderr.take().unwrap(), Arc::clone(&printed), send),
        ];
        let address = ready.recv().unwrap();
        Self {
            child,
            address,
            printed,
            readers,
            folder,
        }
    }

    /// A connection with the beginning of a request.
    fn begin(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    }

    /// A request of its own connection, and the answer.
    fn send(&self, method: &str, path: &str, cookie: &str, body: &str) -> String {
        let mut stream = self.begin(&format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        ));
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Waits until exactly these marks are left in the program's memory. It does so by itself: a connection
    /// that was closed here is closed there a little later.
    fn holds_in_the_end(&self, marks: &[Mark], expected: &[bool]) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let held = found(&self.child.id().to_string(), marks);
            if held == expected {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "the marks {held:?}, not {expected:?}"
            );
            std::thread::yield_now();
        }
    }
}

fn text(mark: Mark) -> String {
    mark.letters().map(char::from).collect()
}

#[test]
fn the_program_keeps_no_value_and_no_keys_text() {
    let program = Program::start();
    let [
        signed_up,
        changed,
        searched,
        wrong,
        broken,
        kept,
        halved,
        name,
    ] = [0, 1, 2, 3, 4, 5, 6, 7].map(Mark::new);
    let (phone, other_phone) = ("9821347605", "9768420513");
    let form = |phone: &str, passport: Mark| {
        let (name, passport) = (text(name), text(passport));
        format!("name={name}&country=India&phone_number=%2B91{phone}&passport_number={passport}")
    };

    let answer = program.send("POST", "/", "", &form(phone, signed_up));
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    let cookie = answer
        .split("set-cookie: ")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    assert!(
        program
            .send("GET", "/profile", cookie, "")
            .contains(&text(signed_up))
    );
    let answer = program.send("POST", "/profile/edit", cookie, &form(other_phone, changed));
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert!(
        program
            .send("GET", "/profile", cookie, "")
            .contains(&text(changed))
    );
    let search = format!(
        "phone_number=&passport_number={}",
        text(changed).to_uppercase()
    );
    assert!(
        program
            .send("POST", "/people", "", &search)
            .contains("One person")
    );
    let search = format!(
        "phone_number=%2B91+{phone}&passport_number={}",
        text(searched)
    );
    assert!(
        program
            .send("POST", "/people", "", &search)
            .contains("Nobody")
    );
    for end in ["&other=1", "%ff", "&name=twice", "!", "&phone_number=1"] {
        let answer = program.send("POST", "/", "", &(form(phone, wrong) + end));
        assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    }
    // What is kept for the form that is shown again is gone with it, though it is not sensitive.
    let shown_again = format!("name={}&country=India", text(kept));
    let answer = program.send("POST", "/", "", &shown_again);
    assert!(
        answer.starts_with("HTTP/1.1 422") && answer.contains(&text(kept)),
        "{answer}"
    );
    assert!(
        program
            .send("GET", "/people/1/raw", "", "")
            .starts_with("HTTP/1.1 200")
    );

    // A client that goes away in the middle of a body.
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n\r\n";
    let stream = program.begin(&format!("{head}passport_number={}", text(broken)));
    stream.shutdown(Shutdown::Both).unwrap();
    drop(stream);

    // Values and the keys' text are gone. A request on its way is alive, and so is what is not sensitive.
    let keyring = std::fs::read_to_string(program.folder.path().join("keyring.json")).unwrap();
    let keyring: serde_json::Value = serde_json::from_str(&keyring).unwrap();
    let key = |of: &str| keyring[of][0]["key"].as_str().unwrap().to_owned();
    let half = program.begin(&format!("{head}passport_number={}", text(halved)));
    let gone = [
        signed_up,
        changed,
        Mark::of(text(changed).to_uppercase().as_bytes()),
        searched,
        wrong,
        broken,
        kept,
        Mark::of(phone.as_bytes()),
        Mark::of(b"98213 47605"),
        Mark::of(other_phone.as_bytes()),
        Mark::of(b"97684 20513"),
        Mark::of(key("encryption").as_bytes()),
        Mark::of(key("index").as_bytes()),
    ];
    let marks: Vec<_> = gone.into_iter().chain([halved, name]).collect();
    let mut expected = vec![false; gone.len()];
    expected.extend([true, true]);
    program.holds_in_the_end(&marks, &expected);
    drop(half);
    expected[gone.len()] = false;
    program.holds_in_the_end(&marks, &expected);

    // And at every level of its logs, behind real sockets, there was none.
    let Program {
        mut child,
        printed,
        readers,
        ..
    } = program;
    child.kill().unwrap();
    child.wait().unwrap();
    readers
        .into_iter()
        .for_each(|reader| reader.join().unwrap());
    let printed = String::from_utf8_lossy(&printed.lock().unwrap()).into_owned();
    assert!(printed.contains("\"TRACE\"") && printed.contains("\"uri\":\"/people\""));
    for mark in gone {
        assert!(!printed.contains(&text(mark)), "{} was printed", text(mark));
    }
}
