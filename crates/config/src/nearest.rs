//! The known word that somebody meant.

/// Finds the known word nearest to a wrong one, unless even that is far off.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let far = 2.max(word.chars().count() / 2);
    known
        .map(|it| (distance(&word, it), it))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, it)| it)
}

/// Counts the characters to put in, take out or change (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, from) in one.chars().enumerate() {
        let mut next = vec![at + 1];
        for ((to, above), diagonal) in other.iter().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or_default();
            let changed = diagonal + usize::from(from != *to);
            next.push(changed.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_changes() {
        for (one, other, expected) in
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("a", "a", 0)]
        {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn finds_what_was_meant_and_nothing_far_off() {
        let known = ["listen", "instance", "zone"];
        let find = |word| nearest(word, known.into_iter());
        assert_eq!(find("lisen"), Some("listen"));
        assert_eq!(find("Instance"), Some("instance"));
        assert_eq!(find("instnace"), Some("instance"));
        assert_eq!(find("password"), None);
    }
}
