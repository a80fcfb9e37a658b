//! An allocator that looks into every block before it is freed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The system's allocator, and a search for marked bytes in each block that is given back to it.
///
/// A block that grows is a new one and a freed one: `realloc` is the trait's own, which copies.
#[derive(Debug)]
pub struct Scanning {
    marks: &'static [&'static [u8]],
    looks: AtomicBool,
    blocks: AtomicU64,
    found: AtomicU64,
}

impl Scanning {
    /// Looks for these, when it is told to.
    pub const fn new(marks: &'static [&'static [u8]]) -> Self {
        Self {
            marks,
            looks: AtomicBool::new(false),
            blocks: AtomicU64::new(0),
            found: AtomicU64::new(0),
        }
    }

    /// How many blocks were freed while the work was done, and how many of them held a mark.
    pub fn watch(&self, work: impl FnOnce()) -> (u64, u64) {
        let before = [&self.blocks, &self.found].map(|count| count.load(Ordering::SeqCst));
        self.looks.store(true, Ordering::SeqCst);
        work();
        self.looks.store(false, Ordering::SeqCst);
        let [blocks, found] = [&self.blocks, &self.found].map(|count| count.load(Ordering::SeqCst));
        (blocks - before[0], found - before[1])
    }

    fn look_at(&self, block: &[u8]) {
        self.blocks.fetch_add(1, Ordering::Relaxed);
        let holds = |mark: &[u8]| {
            let starts = block.len().saturating_sub(mark.len() - 1);
            (0..starts).any(|at| block[at] == mark[0] && block[at..].starts_with(mark))
        };
        if self.marks.iter().any(|mark| holds(mark)) {
            self.found.fetch_add(1, Ordering::Relaxed);
        }
    }
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Scanning {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that every byte of a block may be read when it is freed.
        // SAFETY: the caller keeps `alloc`'s contract, and `alloc_zeroed`'s is the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.looks.load(Ordering::Relaxed) {
            // SAFETY: the block is the caller's until it is freed below, is as long as its layout says, and
            // was initialised when it was made.
            self.look_at(unsafe { std::slice::from_raw_parts(block, layout.size()) });
        }
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(block, layout) }
    }
}
