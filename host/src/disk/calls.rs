//! A seam for tests: calls to a volume can be made to fail, the k-th of a file's life among them. Elsewhere it is nothing.

use std::io;

#[cfg(test)]
use std::sync::Arc;
#[cfg(test)]
use std::sync::atomic::{AtomicU64, Ordering};

/// Asked before each call that changes a volume.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    #[cfg(test)]
    plan: Option<Arc<Plan>>,
}

/// Which calls fail.
#[cfg(test)]
#[derive(Debug)]
struct Plan {
    /// Whether only those count that append.
    is_of_writes: bool,
    made: AtomicU64,
    from: u64,
    to: AtomicU64,
    fault: rustix::io::Errno,
}

impl Calls {
    /// The calls numbered so fail like this.
    #[cfg(test)]
    pub(crate) fn failing(calls: std::ops::Range<u64>, fault: rustix::io::Errno) -> Self {
        Calls::of(false, calls, fault)
    }

    /// Of the calls that append to a file those numbered so fail like this: a volume that makes files, and takes nothing.
    #[cfg(test)]
    pub(crate) fn failing_writes(calls: std::ops::Range<u64>, fault: rustix::io::Errno) -> Self {
        Calls::of(true, calls, fault)
    }

    #[cfg(test)]
    fn of(is_of_writes: bool, calls: std::ops::Range<u64>, fault: rustix::io::Errno) -> Self {
        let (made, from, to) = (AtomicU64::new(0), calls.start, calls.end.into());
        Calls { plan: Some(Arc::new(Plan { is_of_writes, made, from, to, fault })) }
    }

    /// From now on none fails.
    #[cfg(test)]
    pub(crate) fn mend(&self) {
        self.plan.iter().for_each(|plan| plan.to.store(0, Ordering::Release));
    }

    /// How many there were.
    #[cfg(test)]
    pub(crate) fn made(&self) -> u64 {
        self.plan.as_ref().map_or(0, |plan| plan.made.load(Ordering::Acquire))
    }

    /// Whether the next call may be made.
    #[cfg(test)]
    pub(super) fn ask(&self) -> io::Result<()> {
        self.plan.as_ref().filter(|plan| !plan.is_of_writes).map_or(Ok(()), |plan| plan.ask())
    }

    /// Whether the next call may be made, which appends.
    #[cfg(test)]
    pub(super) fn ask_to_write(&self) -> io::Result<()> {
        self.plan.as_ref().map_or(Ok(()), |plan| plan.ask())
    }

    /// Whether the next call may be made, which appends.
    #[cfg(not(test))]
    #[inline]
    pub(super) fn ask_to_write(&self) -> io::Result<()> {
        Ok(())
    }

    /// Whether the next call may be made.
    #[cfg(not(test))]
    #[inline]
    pub(super) fn ask(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
impl Plan {
    fn ask(&self) -> io::Result<()> {
        let number = self.made.fetch_add(1, Ordering::AcqRel);
        if (self.from..self.to.load(Ordering::Acquire)).contains(&number) { Err(self.fault.into()) } else { Ok(()) }
    }
}
