//! What is known of a management verb by its word.

/// The verbs that change nothing.
const READS: [&str; 18] = [
    "batches",
    "compare",
    "day",
    "export",
    "find",
    "history",
    "list",
    "reconcile",
    "refunds",
    "search",
    "show",
    "stock",
    "tags",
    "tail",
    "to-verify",
    "usage",
    "verify",
    "why",
];

/// Whether a verb changes nothing: its row need not be on the disk before the answer, and it may
/// be asked of the twin after its answer was lost. `print` is not among them: it prints once.
pub fn only_reads(verb: &str) -> bool {
    READS.contains(&verb)
}
