//! A child that was forked off draws no nonce that its parent or a sibling draws.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::collections::HashSet;
use std::fs;

use encfield_core::{Context, Keyring};
use fork::{Fork, fork, waitpid};

const CHILDREN: usize = 8;
const NONCES: usize = 10_000;

/// The nonces of that many values, as they stand in the sealed bytes.
fn draw(keyring: &Keyring, count: usize) -> Vec<u8> {
    let place = Context::new("profiles", "phone_number");
    (0..count)
        .flat_map(|_| keyring.seal(&place, b"same").unwrap()[10..34].to_vec())
        .collect()
}

#[test]
fn a_forked_child_repeats_no_nonce_of_its_parent_or_siblings() {
    let keyring = Keyring::generate();
    let folder = tempfile::tempdir().unwrap();
    // The parent's generator is running, and in the middle of its buffer, when a child is made.
    let mut all = draw(&keyring, 3);
    let mut children = Vec::new();
    for child in 0..CHILDREN {
        match fork().unwrap() {
            Fork::Child => {
                fs::write(
                    folder.path().join(child.to_string()),
                    draw(&keyring, NONCES),
                )
                .unwrap();
                std::process::exit(0);
            }
            Fork::Parent(pid) => children.push(pid),
        }
        all.extend(draw(&keyring, 1));
    }
    all.extend(draw(&keyring, NONCES));
    for (child, pid) in children.into_iter().enumerate() {
        waitpid(pid).unwrap();
        all.extend(fs::read(folder.path().join(child.to_string())).unwrap());
    }
    let drawn = 3 + CHILDREN + (CHILDREN + 1) * NONCES;
    assert_eq!(all.len(), drawn * 24);
    let distinct: HashSet<&[u8]> = all.chunks(24).collect();
    println!(
        "{drawn} nonces by {CHILDREN} children and their parent, {} distinct",
        distinct.len()
    );
    assert_eq!(distinct.len(), drawn);
    // The parent's own, and another for each child: a first half is kept, but not across a fork.
    let first: HashSet<&[u8]> = all.chunks(24).map(|nonce| &nonce[..12]).collect();
    let of_children: HashSet<&[u8]> = all[(3 + CHILDREN + NONCES) * 24..]
        .chunks(24)
        .map(|nonce| &nonce[..12])
        .collect();
    assert_eq!(of_children.len(), CHILDREN);
    assert!(first.len() > of_children.len());
    let of_parent: HashSet<&[u8]> = all[..(3 + CHILDREN + NONCES) * 24]
        .chunks(24)
        .map(|nonce| &nonce[..12])
        .collect();
    assert!(of_parent.is_disjoint(&of_children));
}
