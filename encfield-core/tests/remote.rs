//! Keyrings under a key-encryption key that is asked over the network.

#![allow(clippy::unwrap_used, missing_docs)]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use encfield_core::{
    Error, ErrorKind, Key, KeyEncryption, KeyId, Keyring, LocalKey, RemoteKeyEncryption,
    RemoteKeyring, Unwrapped,
};
use zeroize::Zeroizing;

/// A service that can be down, and counts how often it was asked.
#[derive(Clone)]
struct Service(Arc<Inner>);

struct Inner {
    key: LocalKey,
    down: AtomicBool,
    /// The key is switched off, and the service says so.
    off: AtomicBool,
    asked: AtomicU32,
}

impl Service {
    fn new() -> Self {
        Self(Arc::new(Inner {
            key: LocalKey::new(Key::generate().unwrap()),
            down: AtomicBool::new(false),
            off: AtomicBool::new(false),
            asked: AtomicU32::new(0),
        }))
    }

    fn go(&self, down: bool) {
        self.0.down.store(down, Ordering::Relaxed);
    }

    fn asked(&self) -> u32 {
        self.0.asked.load(Ordering::Relaxed)
    }
}

impl RemoteKeyEncryption for Service {
    fn name(&self) -> String {
        "kms:test".to_owned()
    }

    async fn wrap(&self, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        self.0.key.wrap(plaintext)
    }

    async fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        Later(false).await;
        self.0.asked.fetch_add(1, Ordering::Relaxed);
        if self.0.down.load(Ordering::Relaxed) {
            return Err(self.unavailable("it does not answer"));
        }
        if self.0.off.load(Ordering::Relaxed) {
            return Err(self.refused("the key is switched off"));
        }
        self.0.key.unwrap(wrapped)
    }
}

/// Is not ready at first, as an answer from the network is not.
struct Later(bool);

impl Future for Later {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// Runs a future that never waits for long.
fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

const LONG: Duration = Duration::from_secs(3_600);

#[test]
fn a_keyring_is_unwrapped_once_in_its_lifetime() {
    let (service, keyring) = (Service::new(), Keyring::generate());
    let remote = RemoteKeyring::new(service.clone()).with_lifetime(LONG);
    let json = run(remote.wrap(&keyring)).unwrap();
    for _ in 0..3 {
        let unwrapped = run(remote.keyring(&json)).unwrap();
        assert!(unwrapped.failure().is_none());
        let id = unwrapped.into_keyring().primary_id().unwrap();
        assert_eq!(id, keyring.primary_id().unwrap());
    }
    assert_eq!(service.asked(), 1);
    // Another text is another keyring, however young the one is that is held.
    let rotated = keyring.with_primary(Key::generate().unwrap()).unwrap();
    let json = run(remote.wrap(&rotated)).unwrap();
    let id = run(remote.keyring(&json))
        .unwrap()
        .into_keyring()
        .primary_id();
    assert_eq!(id.unwrap(), rotated.primary_id().unwrap());
}

#[test]
fn a_service_that_fails_is_no_failure_while_keys_are_held() {
    let (service, keyring) = (Service::new(), Keyring::generate());
    let remote = RemoteKeyring::new(service.clone())
        .with_lifetime(Duration::ZERO)
        .with_grace(LONG);
    let json = run(remote.wrap(&keyring)).unwrap();
    service.go(true);
    let error = run(remote.keyring(&json)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyServiceUnavailable);
    assert!(
        error.to_string().contains("kms:test: it does not answer"),
        "{error}"
    );
    service.go(false);
    assert!(run(remote.keyring(&json)).unwrap().failure().is_none());
    service.go(true);
    let stale = run(remote.keyring(&json)).unwrap();
    assert_eq!(
        stale.failure().unwrap().kind(),
        ErrorKind::KeyServiceUnavailable
    );
    assert_eq!(
        stale.into_keyring().primary_id().unwrap(),
        keyring.primary_id().unwrap()
    );
    service.go(false);
    assert!(run(remote.keyring(&json)).unwrap().failure().is_none());
    assert_eq!(service.asked(), 4);
}

#[test]
fn beyond_its_grace_a_keyring_is_held_no_longer() {
    let (service, keyring) = (Service::new(), Keyring::generate());
    let remote = RemoteKeyring::new(service.clone())
        .with_lifetime(Duration::ZERO)
        .with_grace(Duration::ZERO);
    let json = run(remote.wrap(&keyring)).unwrap();
    assert!(run(remote.keyring(&json)).is_ok());
    service.go(true);
    assert!(run(remote.keyring(&json)).is_err());
}

#[test]
fn a_text_that_is_wrong_is_refused_though_keys_are_held() {
    let (service, keyring) = (Service::new(), Keyring::generate());
    let remote = RemoteKeyring::new(service.clone()).with_lifetime(Duration::ZERO);
    let json = run(remote.wrap(&keyring)).unwrap();
    assert!(run(remote.keyring(&json)).is_ok());
    let kind = |text: &str| run(remote.keyring(text)).unwrap_err().kind();
    assert_eq!(kind(&json[..json.len() / 2]), ErrorKind::KeyringInvalid);
    assert_eq!(
        kind(&json.replace("kms:test", "kms:other")),
        ErrorKind::NotUnwrapped
    );
    assert_eq!(kind(""), ErrorKind::KeyringInvalid);
    // The library's own wrapping has the same form.
    let local = LocalKey::new(Key::generate().unwrap());
    assert_eq!(
        kind(&keyring.to_wrapped_json(&local).unwrap()),
        ErrorKind::NotUnwrapped
    );
}

fn id(unwrapped: Result<Unwrapped, Error>) -> KeyId {
    unwrapped.unwrap().into_keyring().primary_id().unwrap()
}

/// The keyring `json`, with one digit of what was wrapped changed.
fn changed(json: &str) -> String {
    let at = json.rfind('"').unwrap() - 1;
    let digit = if &json[at..=at] == "0" { "1" } else { "0" };
    format!("{}{digit}{}", &json[..at], &json[at + 1..])
}

#[test]
fn a_service_that_fails_hands_out_no_other_keyring() {
    let (service, main, payroll) = (Service::new(), Keyring::generate(), Keyring::generate());
    let remote = RemoteKeyring::new(service.clone())
        .with_lifetime(Duration::ZERO)
        .with_grace(LONG);
    let main_json = run(remote.wrap(&main)).unwrap();
    let payroll_json = run(remote.wrap(&payroll)).unwrap();
    assert_eq!(
        id(run(remote.keyring(&main_json))),
        main.primary_id().unwrap()
    );
    service.go(true);
    let error = run(remote.keyring(&payroll_json)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyServiceUnavailable);
    // Held both at once, each is its own.
    service.go(false);
    assert_eq!(
        id(run(remote.keyring(&payroll_json))),
        payroll.primary_id().unwrap()
    );
    service.go(true);
    for (json, keyring) in [(&main_json, &main), (&payroll_json, &payroll)] {
        let stale = run(remote.keyring(json));
        assert!(stale.as_ref().unwrap().failure().is_some());
        assert_eq!(id(stale), keyring.primary_id().unwrap());
    }
}

#[test]
fn a_text_that_was_changed_goes_on_with_nothing() {
    let (service, keyring) = (Service::new(), Keyring::generate());
    let remote = RemoteKeyring::new(service.clone())
        .with_lifetime(Duration::ZERO)
        .with_grace(LONG);
    let json = run(remote.wrap(&keyring)).unwrap();
    assert!(run(remote.keyring(&json)).is_ok());
    let error = run(remote.keyring(&changed(&json))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotUnwrapped);
    service.go(true);
    let error = run(remote.keyring(&changed(&json))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyServiceUnavailable);
    assert!(run(remote.keyring(&json)).unwrap().failure().is_some());
}

/// Whoever switches the key off means it: the keys are not held on to.
#[test]
fn a_service_that_says_no_is_an_error_and_ends_what_was_held() {
    let (service, keyring) = (Service::new(), Keyring::generate());
    let remote = RemoteKeyring::new(service.clone())
        .with_lifetime(Duration::ZERO)
        .with_grace(LONG);
    let json = run(remote.wrap(&keyring)).unwrap();
    assert!(run(remote.keyring(&json)).is_ok());
    service.0.off.store(true, Ordering::Relaxed);
    let error = run(remote.keyring(&json)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotUnwrapped);
    service.go(true);
    let error = run(remote.keyring(&json)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyServiceUnavailable);
}

/// Two questions at once, of which the first is answered last and in vain.
#[test]
fn a_late_failure_goes_on_with_what_came_meanwhile() {
    let (service, keyring) = (Service::new(), Keyring::generate());
    let remote = RemoteKeyring::new(service.clone())
        .with_lifetime(Duration::ZERO)
        .with_grace(LONG);
    let json = run(remote.wrap(&keyring)).unwrap();
    let mut first = pin!(remote.keyring(&json));
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(run(remote.keyring(&json)).unwrap().failure().is_none());
    service.go(true);
    let late = run(first).unwrap();
    assert!(late.failure().is_some());
    assert_eq!(id(Ok(late)), keyring.primary_id().unwrap());
}

#[test]
fn what_is_written_down_holds_no_key() {
    let (service, keyring) = (Service::new(), Keyring::generate());
    let json = run(RemoteKeyring::new(service).wrap(&keyring)).unwrap();
    let clear = keyring.to_json().unwrap();
    let keys: Vec<_> = clear.split("\"key\": \"").skip(1).collect();
    assert_eq!(keys.len(), 2);
    let twice = |text: &str| -> String { text.bytes().map(|b| format!("{b:02x}")).collect() };
    for key in keys.into_iter().map(|rest| &rest[..64]) {
        // The key's digits, and what a service that wraps nothing would have made of them.
        assert!(twice(&clear).contains(&twice(key)));
        assert!(!json.contains(key) && !json.contains(&twice(key)));
    }
}
