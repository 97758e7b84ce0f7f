//! What was told last of one thing that is tried again and again: the same is told once, not at every try.

/// The last text.
#[derive(Debug, Default)]
pub(crate) struct Told(Option<Box<str>>);

impl Told {
    /// Whether this is another text than the last one, which it is from here on.
    pub(crate) fn is_news(&mut self, text: &str) -> bool {
        let is_news = self.0.as_deref() != Some(text);
        if is_news {
            self.0 = Some(text.into());
        }
        is_news
    }

    /// It has gone well: whatever comes next is news.
    pub(crate) fn forget(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::Told;

    #[test]
    fn the_same_is_news_once_until_it_went_well() {
        let mut told = Told::default();
        assert_eq!(["a", "a", "b", "a"].map(|text| told.is_news(text)), [true, false, true, true]);
        told.forget();
        assert!(told.is_news("a") && !told.is_news("a"));
    }
}
