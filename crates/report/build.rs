//! Rebuilds when a migration is added: `migrate!` does not see new files by itself.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/report");
}
