//! One row of the table: ours against a reference, timed in turn, round by round.

use serde::{Deserialize, Serialize};

/// What a bench writes: the rounds of one run, and what they must reach.
///
/// # Format
///
/// A JSON object in `target/bench/<name>.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The row of the performance page (`P6`).
    pub id: String,
    /// What is measured.
    pub name: String,
    /// Of what the rounds are (`ns`, `1/s`).
    pub unit: String,
    /// Which way is better.
    pub better: Better,
    /// Which figure must reach the bar.
    #[serde(default)]
    pub compare: Compare,
    /// What it is measured against.
    pub reference: String,
    /// The figure that must be reached.
    pub bar: f64,
    /// The figure that is aimed at.
    pub aim: f64,
    /// What went wrong in any round; with one error there is no figure.
    pub errors: u64,
    /// Ours, a value a round.
    pub ours_rounds: Vec<f64>,
    /// The reference, a value a round, each taken right after ours.
    pub reference_rounds: Vec<f64>,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Times, sizes.
    Less,
    /// Rates.
    More,
}

/// How the two are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compare {
    /// Ours in parts of the reference, medians of both.
    #[default]
    Ratio,
    /// What ours costs more, the median over the rounds, in the unit.
    Difference,
}

/// Whether the bar is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Met {
    /// The aim too.
    Aim,
    /// The bar.
    Bar,
    /// Neither.
    No,
    /// There is no figure.
    Unknown,
}

// === impl Measure ===

impl Measure {
    /// The median of ours.
    pub fn ours(&self) -> Option<f64> {
        median(&self.ours_rounds)
    }

    /// The median of the reference.
    pub fn reference(&self) -> Option<f64> {
        median(&self.reference_rounds)
    }

    /// Ours against the reference; none where a round had an error.
    pub fn figure(&self) -> Option<f64> {
        let whole = self.errors == 0 && self.ours_rounds.len() == self.reference_rounds.len();
        let figure = match self.compare {
            Compare::Ratio => self.ours()? / self.reference()?,
            Compare::Difference => {
                let pairs = self.ours_rounds.iter().zip(&self.reference_rounds);
                median(&pairs.map(|(ours, reference)| ours - reference).collect::<Vec<_>>())?
            }
        };
        (whole && figure.is_finite()).then_some(figure)
    }

    /// Whether the bar is met.
    pub fn met(&self) -> Met {
        let Some(figure) = self.figure() else { return Met::Unknown };
        let reaches = |goal: f64| match self.better {
            Better::Less => figure <= goal,
            Better::More => goal <= figure,
        };
        match (reaches(self.aim), reaches(self.bar)) {
            (true, true) => Met::Aim,
            (_, true) => Met::Bar,
            (_, false) => Met::No,
        }
    }
}

/// The middle value; of an even number of them, the upper of the two.
fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(better: Better, ours: &[f64], errors: u64) -> Measure {
        Measure {
            id: "P0".into(),
            name: "nothing".into(),
            unit: "ns".into(),
            better,
            compare: Compare::Ratio,
            reference: "less".into(),
            bar: 2.0,
            aim: if better == Better::Less { 1.5 } else { 3.0 },
            errors,
            ours_rounds: ours.to_vec(),
            reference_rounds: vec![1.0, 100.0, 1.0],
        }
    }

    #[test]
    fn takes_the_ratio_of_medians() {
        let less = |ours: &[f64]| measure(Better::Less, ours, 0);
        assert_eq!(less(&[1.9, 1.8, 50.0]).figure(), Some(1.9));
        assert_eq!(less(&[1.9, 1.8, 50.0]).met(), Met::Bar);
        assert_eq!(less(&[1.4, 1.4, 1.4]).met(), Met::Aim);
        assert_eq!(less(&[2.1, 2.1, 2.1]).met(), Met::No);
        assert_eq!(measure(Better::More, &[2.1, 2.1, 2.1], 0).met(), Met::Bar);
        assert_eq!(measure(Better::More, &[1.9, 1.9, 1.9], 0).met(), Met::No);
    }

    #[test]
    fn takes_the_median_of_differences() {
        let mut measure = measure(Better::Less, &[2.0, 104.0, 2.75], 0);
        measure.compare = Compare::Difference;
        assert_eq!((measure.figure(), measure.met()), (Some(1.75), Met::Bar));
    }

    #[test]
    fn refuses_a_ratio_when_a_round_had_an_error_or_is_missing() {
        for measure in [
            measure(Better::Less, &[1.0, 1.0, 1.0], 1),
            measure(Better::Less, &[1.0, 1.0], 0),
            measure(Better::Less, &[], 0),
        ] {
            assert_eq!((measure.figure(), measure.met()), (None, Met::Unknown));
        }
    }
}
