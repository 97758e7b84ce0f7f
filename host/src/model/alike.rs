//! What most rooms have alike, once in memory.

use std::sync::Arc;

/// The one that was made last: those of most rooms are alike, and one place does for all of them.
#[derive(Debug)]
pub struct Alike<T>(Option<Arc<T>>);

impl<T> Default for Alike<T> {
    fn default() -> Alike<T> {
        Alike(None)
    }
}

impl<T: PartialEq> Alike<T> {
    /// The place of this one: that of the last, where they are equal.
    pub fn share(&mut self, made: T) -> Arc<T> {
        match &self.0 {
            Some(last) if **last == made => Arc::clone(last),
            _ => Arc::clone(self.0.insert(Arc::new(made))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ones_in_a_row_are_one() {
        let mut alike = Alike::default();
        let [a, b, c] = ["x", "x", "y"].map(|made| alike.share(made));
        assert!(Arc::ptr_eq(&a, &b) && !Arc::ptr_eq(&b, &c));
        assert_eq!((*a, *c), ("x", "y"));
    }
}
