//! `GET /principals?after=N`: the list for another module.

use super::{Context, PrincipalList};

/// What another module is told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The list, or that its number stands: JSON.
    List(Vec<u8>),
    /// The query is none.
    Malformed(&'static str),
    /// There is no list here.
    NotYet,
}

/// Answers with the list that is in force here, or that it is still the one of the number `after`.
///
/// Source: toki.md §9
pub(crate) fn answer(ctx: &Context, query: &str) -> Told {
    told(ctx.principals.load(ctx.clock.now_ms()).as_deref(), query)
}

fn told(list: Option<&PrincipalList>, query: &str) -> Told {
    let after = match query.strip_prefix("after=").map(str::parse::<i64>) {
        None if query.is_empty() => None,
        Some(Ok(after)) => Some(after),
        None | Some(Err(_)) => return Told::Malformed("the query is not after=NUMBER"),
    };
    match list {
        None => Told::NotYet,
        Some(list) if after == Some(list.changed()) => Told::List(list.print_same()),
        Some(list) => Told::List(list.print()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_told_whole_unless_its_number_stands() {
        let list = PrincipalList::new(3, 9, []);
        let told = |query| told(Some(&list), query);
        assert_eq!(told("after=3"), Told::List(list.print_same()));
        for query in ["", "after=2", "after=4", "after=-1"] {
            assert_eq!(told(query), Told::List(list.print()), "{query}");
        }
        for query in ["after", "after=", "after=x", "before=3", "after=3&after=4"] {
            assert!(matches!(told(query), Told::Malformed(_)), "{query}");
        }
    }

    #[test]
    fn who_has_no_list_says_so() {
        assert_eq!(told(None, ""), Told::NotYet);
    }
}
