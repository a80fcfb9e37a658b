//! What lies on the heap of a process.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

/// Each byte of a mark is kept under this mask, so that the search does not find itself.
const MASK: u8 = 0x80;

/// A text that is nowhere else.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    masked: [u8; 16],
    length: usize,
}

#[allow(dead_code, reason = "not every test makes marks in every way")]
impl Mark {
    /// The mark of a number: sixteen letters.
    pub(crate) fn new(number: u32) -> Self {
        let mut state = u64::from(number) + 0x9e37;
        let masked = std::array::from_fn(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (b'a' + u8::try_from((state >> 33) % 26).unwrap_or_default()) ^ MASK
        });
        Self { masked, length: 16 }
    }

    /// The mark of the first sixteen bytes of something.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let length = bytes.len().min(16);
        let mut masked = [0; 16];
        for (masked, byte) in masked.iter_mut().zip(bytes) {
            *masked = byte ^ MASK;
        }
        Self { masked, length }
    }

    /// Its letters, one by one.
    pub(crate) fn letters(self) -> impl Iterator<Item = u8> {
        self.masked
            .into_iter()
            .take(self.length)
            .map(|byte| byte ^ MASK)
    }
}

/// Which of the marks are on the heap of a process: `self`, or a process id.
///
/// That is all that it can write to, but for the stacks of its threads: what a function had in a register
/// stays there until another one overwrites it, and nobody can say when that is.
pub(crate) fn found(process: &str, marks: &[Mark]) -> Vec<bool> {
    let mut memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let mut buffer = vec![0; 1 << 20];
    let own = buffer.as_ptr() as usize..buffer.as_ptr() as usize + buffer.len();
    let mut found = vec![false; marks.len()];
    for range in heap(process) {
        let mut at = range.start;
        while at < range.end {
            let mut length = buffer.len().min(range.end - at);
            // What was read before lies in the buffer. It is not the process's own.
            if process == "self" && at < own.end && own.start < at + length {
                match at < own.start {
                    true => length = own.start - at,
                    false => {
                        at = own.end;
                        continue;
                    }
                }
            }
            let read = memory
                .seek(SeekFrom::Start(at as u64))
                .and_then(|_| memory.read(&mut buffer[..length]));
            // A page may be gone, or not be readable.
            let Ok(read @ 1..) = read else { break };
            for (mark, found) in marks.iter().zip(&mut found) {
                *found = *found || holds(&buffer[..read], *mark);
            }
            // A mark may lie across the border.
            at += match read > 16 && at + read < range.end {
                true => read - 15,
                false => read,
            };
        }
    }
    buffer.fill(0);
    found
}

/// What a process can write to and is no stack.
fn heap(process: &str) -> Vec<Range<usize>> {
    let here = 0_u8;
    let mut stacks = stack_pointers(process);
    if process == "self" {
        stacks.push(std::ptr::from_ref(&here) as usize);
    }
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let address = |text| usize::from_str_radix(text, 16).unwrap();
    let mut heap = Vec::new();
    let mut guard = 0..0;
    for line in maps.lines() {
        let mut words = line.split_ascii_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        let (start, end) = range.split_once('-').unwrap();
        let range = address(start)..address(end);
        // A thread's stack lies above a page that nobody may touch, or a thread is on it now.
        let is_stack = guard.end == range.start && guard.len() <= 1 << 16
            || stacks.iter().any(|pointer| range.contains(pointer))
            || line.ends_with("[stack]");
        if rights.starts_with("---") {
            guard = range;
        } else if rights.starts_with("rw") && !is_stack {
            heap.push(range);
        }
    }
    assert!(!heap.is_empty());
    heap
}

/// Where the stacks of the threads are that wait in the kernel.
fn stack_pointers(process: &str) -> Vec<usize> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let texts =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("syscall")).ok());
    texts
        .filter_map(|text| {
            let pointer = text.split_ascii_whitespace().rev().nth(1)?;
            usize::from_str_radix(pointer.strip_prefix("0x")?, 16).ok()
        })
        .collect()
}

fn holds(bytes: &[u8], mark: Mark) -> bool {
    let first = mark.masked[0] ^ MASK;
    memchr::memchr_iter(first, bytes).any(|at| {
        let there = bytes.get(at..at + mark.length);
        there.is_some_and(|there| there.iter().copied().eq(mark.letters()))
    })
}
