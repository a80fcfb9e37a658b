//! Keyrings under a key-encryption key that is asked over the network.

#![allow(clippy::unwrap_used, missing_docs)]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use encfield_core::{
    Error, ErrorKind, Key, KeyEncryption, Keyring, LocalKey, RemoteKeyEncryption, RemoteKeyring,
};
use zeroize::Zeroizing;

/// A service that can be down, and counts how often it was asked.
#[derive(Clone)]
struct Service(Arc<Inner>);

struct Inner {
    key: LocalKey,
    down: AtomicBool,
    asked: AtomicU32,
}

impl Service {
    fn new() -> Self {
        Self(Arc::new(Inner {
            key: LocalKey::new(Key::generate().unwrap()),
            down: AtomicBool::new(false),
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
            return Err(self.refused("it does not answer"));
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
    assert!(!json.contains(&keyring.to_json().unwrap()[200..264]));
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
    assert_eq!(error.kind(), ErrorKind::NotUnwrapped);
    service.go(false);
    assert!(run(remote.keyring(&json)).unwrap().failure().is_none());
    service.go(true);
    let stale = run(remote.keyring(&json)).unwrap();
    assert_eq!(stale.failure().unwrap().kind(), ErrorKind::NotUnwrapped);
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
