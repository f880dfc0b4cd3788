//! What the shipper of one database decides: which lane goes first, what a batch becomes where the database refuses
//! some of it, and which rows nobody needs any more. Pure: a simulation plays it through crashes of all sorts.

use std::fmt;

/// One thing to do with the rows that were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Insert the readable rows `from..to` and move the cursor to `last`: one transaction.
    Ship {
        /// The first of them.
        from: usize,
        /// The one behind the last of them; `from` where the cursor alone moves.
        to: usize,
        /// The cursor afterwards.
        last: i64,
    },
    /// Put the row with this number aside.
    Park {
        /// Its number.
        seq: i64,
        /// Why it cannot be shipped.
        reason: String,
    },
}

/// How one batch gets into one database.
///
/// Whoever drives it does what [`Plan::step`] says, then tells what became of it. Where anything else fails he drops
/// the plan and begins anew at the cursor that the database has: whatever was done is found there.
#[derive(Clone)]
pub struct Plan {
    seqs: Vec<i64>,
    unreadable: Vec<(i64, String)>,
    /// What is left, the next at the end.
    pieces: Vec<Piece>,
}

/// Some of the rows.
#[derive(Debug, Clone)]
struct Piece {
    from: usize,
    to: usize,
    last: i64,
    /// Why the database refused its one row.
    refused: Option<String>,
}

// === impl Plan ===

impl Plan {
    /// Plans for the numbers of the rows that were read, for those that could not be understood, and for the
    /// greatest number of all.
    pub fn new(seqs: Vec<i64>, unreadable: Vec<(i64, String)>, last: i64) -> Self {
        let whole = Piece { from: 0, to: seqs.len(), last, refused: None };
        Self { seqs, unreadable, pieces: vec![whole] }
    }

    /// What is to be done now; nothing where all is done.
    pub fn step(&self) -> Option<Step> {
        if let Some((seq, reason)) = self.unreadable.last() {
            return Some(Step::Park { seq: *seq, reason: reason.clone() });
        }
        let piece = self.pieces.last()?;
        let Piece { from, to, last, .. } = *piece;
        match (&piece.refused, self.seqs.get(from)) {
            (Some(reason), Some(seq)) => Some(Step::Park { seq: *seq, reason: reason.clone() }),
            _ => Some(Step::Ship { from, to, last }),
        }
    }

    /// The database has committed what it was given.
    pub fn shipped(&mut self) {
        self.pieces.pop();
    }

    /// The database refuses the rows themselves: they go in halves, until the one at fault is alone.
    ///
    /// Says no where there was no row that could be at fault.
    pub fn refused(&mut self, reason: String) -> bool {
        let Some(piece) = self.pieces.last_mut() else { return false };
        match piece.to.saturating_sub(piece.from) {
            0 => return false,
            1 => piece.refused = Some(reason),
            count => {
                let middle = piece.from.saturating_add(count / 2);
                let before = middle.checked_sub(1).and_then(|at| self.seqs.get(at));
                let first = Piece {
                    from: piece.from,
                    to: middle,
                    last: before.copied().unwrap_or(piece.last),
                    refused: None,
                };
                piece.from = middle;
                self.pieces.push(first);
            }
        }
        true
    }

    /// The row is aside, for good.
    pub fn parked(&mut self) {
        if self.unreadable.pop().is_some() {
            return;
        }
        if let Some(piece) = self.pieces.last_mut() {
            // The cursor still has to pass it.
            piece.from = piece.to;
            piece.refused = None;
        }
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("pieces", &self.pieces).finish_non_exhaustive()
    }
}

/// The greatest number of a lane that may be deleted: what every configured database has.
///
/// A database whose cursor is not known yet holds back everything; where none is configured nothing goes.
pub fn prunable(acked: impl IntoIterator<Item = Option<i64>>) -> Option<i64> {
    acked.into_iter().min().flatten()
}

/// Whether chatter may go now: not before every row on which money hangs, committed up to `money`, is there.
///
/// So a watermark, which is chatter, says of both lanes that what came before it stands in that database.
pub fn chatter_may_go(acked_money: Option<i64>, money: i64) -> bool {
    Some(money) <= acked_money
}
