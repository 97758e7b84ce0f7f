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
    made: AtomicU64,
    from: u64,
    to: AtomicU64,
    fault: rustix::io::Errno,
}

impl Calls {
    /// The calls numbered so fail like this.
    #[cfg(test)]
    pub(crate) fn failing(calls: std::ops::Range<u64>, fault: rustix::io::Errno) -> Self {
        Calls { plan: Some(Arc::new(Plan { made: AtomicU64::new(0), from: calls.start, to: calls.end.into(), fault })) }
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
        let Some(plan) = &self.plan else { return Ok(()) };
        let number = plan.made.fetch_add(1, Ordering::AcqRel);
        if (plan.from..plan.to.load(Ordering::Acquire)).contains(&number) { Err(plan.fault.into()) } else { Ok(()) }
    }

    /// Whether the next call may be made.
    #[cfg(not(test))]
    #[inline]
    pub(super) fn ask(&self) -> io::Result<()> {
        Ok(())
    }
}
