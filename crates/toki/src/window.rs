//! Which of a session's last 1,024 numbers have been seen.

/// How far behind the highest number one may come, itself included.
pub(crate) const WIDTH: u64 = 1024;
const WORDS: u64 = WIDTH / 64;

/// A sliding bitmap: the bit of `n` is at `n` modulo the width.
#[derive(Debug)]
pub(crate) struct Window {
    highest: u64,
    bits: [u64; 16],
}

/// What the window knows of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Not seen yet.
    New,
    /// Seen.
    Before,
    /// Too far behind to know.
    Behind,
}

// === impl Window ===

impl Window {
    /// Begins after number `first`, which counts as seen.
    pub(crate) fn after(first: u64) -> Self {
        let mut window = Self { highest: 0, bits: [0; 16] };
        window.commit(first);
        window
    }

    /// Says what is known of a number, and changes nothing.
    pub(crate) fn check(&self, n: u64) -> Seen {
        if n > self.highest {
            return Seen::New;
        }
        if self.highest - n >= WIDTH {
            return Seen::Behind;
        }
        let (word, bit) = place(n);
        let seen = self.bits.get(word).is_none_or(|it| it & bit != 0);
        if seen { Seen::Before } else { Seen::New }
    }

    /// Marks a number as seen, after its seal was found good.
    pub(crate) fn commit(&mut self, n: u64) {
        if n > self.highest {
            self.advance(n);
        }
        let (word, bit) = place(n);
        if let Some(it) = self.bits.get_mut(word) {
            *it |= bit;
        }
    }

    /// Forgets what the new highest number pushes out.
    fn advance(&mut self, n: u64) {
        if n - self.highest >= WIDTH {
            self.bits = [0; 16];
        } else {
            for gone in self.highest + 1..=n {
                let (word, bit) = place(gone);
                if let Some(it) = self.bits.get_mut(word) {
                    *it &= !bit;
                }
            }
        }
        self.highest = n;
    }
}

fn place(n: u64) -> (usize, u64) {
    let word = usize::try_from(n / 64 % WORDS).unwrap_or_default();
    (word, 1 << (n % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn holds_1024_numbers() {
        let mut window = Window::after(1);
        window.commit(2000);
        assert_eq!(window.check(2000 - 1023), Seen::New);
        assert_eq!(window.check(2000 - 1024), Seen::Behind);
        assert_eq!(window.check(2000 - 1025), Seen::Behind);
        assert_eq!(window.check(2001), Seen::New);
        assert_eq!(window.check(2000), Seen::Before);
    }

    proptest! {
        #[test]
        fn says_what_a_set_of_all_numbers_would(
            steps in proptest::collection::vec((0_u64..3000, any::<bool>()), 1..400)
        ) {
            let mut window = Window::after(1);
            let mut all = BTreeSet::from([1]);
            for (step, back) in steps {
                let highest: u64 = *all.last().unwrap();
                let n = if back { highest.saturating_sub(step).max(1) } else { highest + step % 70 };
                let wanted = if highest >= n + WIDTH {
                    Seen::Behind
                } else if all.contains(&n) {
                    Seen::Before
                } else {
                    Seen::New
                };
                prop_assert_eq!(window.check(n), wanted, "{} under {}", n, highest);
                if wanted == Seen::New {
                    window.commit(n);
                    all.insert(n);
                }
            }
        }
    }
}
