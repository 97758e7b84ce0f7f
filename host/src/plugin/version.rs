//! One loaded build of a plugin, and the leases on it.
//!
//! A call holds a lease for its time. A build that was replaced lives until its last lease is given back.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::anatomy::Anatomy;
use super::bindings::notifier::NotifierPluginPre;
use super::bindings::picker::PickerPluginPre;
use super::imports::{Facts, Host};
use super::listing::Description;
use crate::config::Text;
use crate::http::host::Overrides;

/// A build that can be called.
pub(super) struct Version {
    pub(super) anatomy: Anatomy,
    /// What is shown of it; its file is the one that it was read from.
    pub(super) description: Arc<Description>,
    pub(super) facts: Facts,
    /// The settings of its table, which a target's are laid over.
    pub(super) table: BTreeMap<String, Text>,
    pub(super) overrides: Overrides,
    pub(super) picker: Option<PickerPluginPre<Host>>,
    pub(super) notifier: Option<NotifierPluginPre<Host>>,
    pub(super) leases: Leases,
}

/// How many calls hold a build.
#[derive(Debug, Default)]
pub(super) struct Leases {
    held: AtomicUsize,
    given_back: Notify,
}

impl Leases {
    /// How many are held now.
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    /// Waits until none is held. New ones may be taken meanwhile: first see to it that nobody takes them.
    pub(super) async fn drained(&self) {
        loop {
            let given_back = self.given_back.notified();
            if self.held() == 0 {
                return;
            }
            given_back.await;
        }
    }
}

/// A call's hold on a build; dropping it gives it back.
pub(super) struct Lease(Arc<Version>);

impl Lease {
    pub(super) fn on(version: &Arc<Version>) -> Lease {
        version.leases.held.fetch_add(1, Ordering::SeqCst);
        Lease(Arc::clone(version))
    }
}

impl Deref for Lease {
    type Target = Version;

    fn deref(&self) -> &Version {
        &self.0
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.leases.held.fetch_sub(1, Ordering::SeqCst);
        self.0.leases.given_back.notify_waiters();
    }
}
