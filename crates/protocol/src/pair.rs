//! Every server has a twin.

/// A server and the twin that backs it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pair<T> {
    /// The one that is asked first.
    pub first: T,
    /// The one that is asked when the first does not answer.
    pub second: T,
}

// === impl Pair ===

impl<T> Pair<T> {
    /// Pairs two.
    pub const fn new(first: T, second: T) -> Self {
        Self { first, second }
    }

    /// Both by reference.
    pub const fn as_ref(&self) -> Pair<&T> {
        Pair { first: &self.first, second: &self.second }
    }

    /// Makes one thing of each.
    pub fn map<U>(self, mut make: impl FnMut(T) -> U) -> Pair<U> {
        Pair { first: make(self.first), second: make(self.second) }
    }

    /// First, then second.
    pub fn iter(&self) -> std::array::IntoIter<&T, 2> {
        [&self.first, &self.second].into_iter()
    }
}

impl<T> Pair<Option<T>> {
    /// Those that are there, first to second.
    pub fn present(&self) -> impl Iterator<Item = &T> {
        self.iter().flatten()
    }

    /// Whether neither is there.
    pub const fn is_empty(&self) -> bool {
        self.first.is_none() && self.second.is_none()
    }
}

impl<T> IntoIterator for Pair<T> {
    type Item = T;
    type IntoIter = std::array::IntoIter<T, 2>;

    fn into_iter(self) -> Self::IntoIter {
        [self.first, self.second].into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Pair<T> {
    type Item = &'a T;
    type IntoIter = std::array::IntoIter<&'a T, 2>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
