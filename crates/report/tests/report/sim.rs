//! One server, its spool and two databases, played through crashes from a seed.
//!
//! Each step of shipping is a step of its own: between any two of them the server may be killed or lose its power, a
//! database may die, and the answer to a commit may be lost.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use report::plan::{Plan, Step, chatter_may_go, prunable};

const MONEY: usize = 0;
const CHATTER: usize = 1;
/// Rows of a batch, and of one step of pruning.
const BATCH: usize = 5;
/// Steps with faults; as many as are needed follow without.
const STEPS: u32 = 500;

/// A row as a server appended it.
#[derive(Debug, Clone)]
struct Row {
    id: u32,
    /// Which database refuses it.
    poison: [bool; 2],
    unreadable: bool,
    /// What had been acknowledged before it, where it is a watermark.
    before: Option<BTreeSet<u32>>,
}

#[derive(Debug, Default)]
struct Lane {
    rows: BTreeMap<i64, Row>,
    next: i64,
    committed: i64,
    durable: i64,
    prune: i64,
}

#[derive(Debug, Default)]
struct Database {
    up: bool,
    /// Each row, and how often an insert brought it.
    rows: BTreeMap<u32, u32>,
    cursors: [i64; 2],
}

/// Where the shipper of one database is.
#[derive(Debug)]
enum At {
    Away,
    Idle,
    Planned(Work),
    /// Rows are inserted and not committed.
    Inserted(Work, (usize, usize, i64)),
    /// The cursor has moved too.
    Moved(Work, (usize, usize, i64)),
}

#[derive(Debug)]
struct Work {
    lane: usize,
    rows: Vec<Row>,
    plan: Plan,
}

struct World {
    rng: StdRng,
    lanes: [Lane; 2],
    bases: [Database; 2],
    at: [At; 2],
    acked: [[Option<i64>; 2]; 2],
    /// Rows whose append was answered and that no power cut took.
    acknowledged: BTreeSet<u32>,
    aside: BTreeSet<(u32, usize)>,
    ids: u32,
    counts: Counts,
}

/// What a world went through.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) rows: u32,
    pub(crate) crashes: u32,
    pub(crate) lost_answers: u32,
    pub(crate) aside: u32,
}

/// Plays one seed.
///
/// # Panics
///
/// Where a promise is broken; the text names the seed.
pub(crate) fn play(seed: u64) -> Counts {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.disturb(seed);
        world.work(seed);
    }
    world.heal();
    for _ in 0..200 * STEPS {
        if world.is_quiet() {
            break;
        }
        world.work(seed);
    }
    world.judge(seed);
    world.counts
}

impl World {
    fn new(seed: u64) -> Self {
        let lane = || Lane { next: 1, ..Lane::default() };
        let base = || Database { up: true, ..Database::default() };
        Self {
            rng: StdRng::seed_from_u64(seed),
            lanes: [lane(), lane()],
            bases: [base(), base()],
            at: [At::Away, At::Away],
            acked: [[None; 2]; 2],
            acknowledged: BTreeSet::new(),
            aside: BTreeSet::new(),
            ids: 0,
            counts: Counts::default(),
        }
    }

    fn one_in(&mut self, many: u32) -> bool {
        self.rng.random_range(0..many) == 0
    }

    /// Appends rows, and breaks something now and then.
    fn disturb(&mut self, seed: u64) {
        if self.one_in(2) {
            self.append();
        }
        if self.one_in(6) {
            let chatter = &mut self.lanes[CHATTER];
            chatter.durable = chatter.committed;
        }
        for place in 0..2 {
            if self.one_in(if self.bases[place].up { 40 } else { 15 }) {
                self.bases[place].up = !self.bases[place].up;
                // A transaction that was open is rolled back; the shipper hears of it at its next word.
                self.at[place] = At::Away;
            }
        }
        if self.one_in(50) {
            self.crash(seed);
        }
    }

    fn append(&mut self) {
        self.ids += 1;
        let id = self.ids;
        let mark = self.one_in(4);
        let odd = !mark && self.one_in(8);
        let poison = [odd && self.one_in(2), odd && self.one_in(2)];
        let unreadable = odd && self.one_in(4);
        let before = mark.then(|| self.acknowledged.clone());
        let lane = if mark || self.one_in(2) { CHATTER } else { MONEY };
        let file = &mut self.lanes[lane];
        file.rows.insert(file.next, Row { id, poison, unreadable, before });
        file.committed = file.next;
        file.next += 1;
        if lane == MONEY {
            file.durable = file.committed;
        }
        self.acknowledged.insert(id);
        self.counts.rows += 1;
    }

    /// The server dies, by a signal or by its power, and starts again.
    fn crash(&mut self, seed: u64) {
        self.counts.crashes += 1;
        if self.one_in(2) {
            let chatter = &mut self.lanes[CHATTER];
            let lost = chatter.rows.split_off(&(chatter.durable + 1));
            chatter.committed = chatter.durable;
            for row in lost.values() {
                self.acknowledged.remove(&row.id);
                let shipped = self.bases.iter().any(|base| base.rows.contains_key(&row.id));
                assert!(!shipped, "seed {seed}: row {} was shipped before it was durable", row.id);
            }
        }
        for lane in &mut self.lanes {
            // A spool that opens again leaps: numbers that were lost are not given anew.
            lane.next += 100;
            lane.committed = lane.next - 1;
            lane.durable = lane.committed;
            lane.prune = 0;
        }
        self.at = [At::Away, At::Away];
        self.acked = [[None; 2]; 2];
    }

    fn heal(&mut self) {
        for base in &mut self.bases {
            base.up = true;
        }
        let chatter = &mut self.lanes[CHATTER];
        chatter.durable = chatter.committed;
    }

    /// One step of a shipper, or of pruning.
    fn work(&mut self, seed: u64) {
        match self.rng.random_range(0..5) {
            0 => self.prune(seed),
            draw => self.ship(draw % 2, seed),
        }
    }

    fn prune(&mut self, seed: u64) {
        for lane in &mut self.lanes {
            let gone: Vec<i64> = lane.rows.range(..=lane.prune).map(|(seq, _)| *seq).collect();
            for seq in gone.into_iter().take(BATCH) {
                let row = lane.rows.remove(&seq).unwrap();
                for place in 0..2 {
                    let there = self.bases[place].rows.contains_key(&row.id);
                    let kept = there || self.aside.contains(&(row.id, place));
                    assert!(
                        kept,
                        "seed {seed}: row {} was deleted, place {place} lacks it",
                        row.id
                    );
                }
            }
        }
    }

    fn ship(&mut self, place: usize, seed: u64) {
        let at = std::mem::replace(&mut self.at[place], At::Away);
        if !self.bases[place].up {
            return;
        }
        self.at[place] = match at {
            At::Away => {
                for lane in [MONEY, CHATTER] {
                    self.acked[place][lane] = Some(self.bases[place].cursors[lane]);
                    self.prune_shipped(lane);
                }
                At::Idle
            }
            At::Idle => self.read(place),
            At::Planned(work) => self.step(place, work),
            At::Inserted(work, piece) => At::Moved(work, piece),
            At::Moved(work, piece) => self.commit(place, work, piece, seed),
        };
    }

    fn read(&mut self, place: usize) -> At {
        let money = self.lanes[MONEY].committed;
        let lane = if chatter_may_go(self.acked[place][MONEY], money) { CHATTER } else { MONEY };
        let acked = self.acked[place][lane].unwrap();
        let file = &self.lanes[lane];
        let spooled: Vec<_> = file
            .rows
            .range(acked + 1..)
            .take_while(|(seq, _)| **seq <= file.durable)
            .take(BATCH)
            .collect();
        let Some((last, _)) = spooled.last() else {
            self.acked[place][lane] = Some(acked.max(file.durable));
            return At::Idle;
        };
        let last = **last;
        let bad = spooled.iter().filter(|(_, row)| row.unreadable);
        let bad = bad.map(|(seq, _)| (**seq, "unreadable".to_owned())).collect();
        let good: Vec<_> = spooled.iter().filter(|(_, row)| !row.unreadable).collect();
        let seqs = good.iter().map(|(seq, _)| **seq).collect();
        let rows = good.iter().map(|(_, row)| (*row).clone()).collect();
        At::Planned(Work { lane, rows, plan: Plan::new(seqs, bad, last) })
    }

    fn prune_shipped(&mut self, lane: usize) {
        if let Some(seq) = prunable(self.acked.map(|acked| acked[lane])) {
            self.lanes[lane].prune = self.lanes[lane].prune.max(seq);
        }
    }

    fn step(&mut self, place: usize, mut work: Work) -> At {
        match work.plan.step() {
            None => {
                self.prune_shipped(work.lane);
                At::Idle
            }
            Some(Step::Park { seq, .. }) => {
                let id = self.lanes[work.lane].rows[&seq].id;
                self.counts.aside += 1;
                self.aside.insert((id, place));
                // The row is aside and the shipper may die before it knows.
                if self.one_in(6) {
                    return At::Away;
                }
                work.plan.parked();
                At::Planned(work)
            }
            Some(Step::Ship { from, to, last }) => {
                if work.rows[from..to].iter().any(|row| row.poison[place]) {
                    assert!(work.plan.refused("refused".to_owned()));
                    return At::Planned(work);
                }
                At::Inserted(work, (from, to, last))
            }
        }
    }

    fn commit(
        &mut self,
        place: usize,
        mut work: Work,
        (from, to, last): (usize, usize, i64),
        seed: u64,
    ) -> At {
        let base = &mut self.bases[place];
        for row in &work.rows[from..to] {
            *base.rows.entry(row.id).or_default() += 1;
        }
        base.cursors[work.lane] = base.cursors[work.lane].max(last);
        for row in &work.rows[from..to] {
            self.believe(place, row, seed);
        }
        if self.one_in(8) {
            self.counts.lost_answers += 1;
            return At::Away;
        }
        self.acked[place][work.lane] = Some(last);
        work.plan.shipped();
        At::Planned(work)
    }

    /// Holds a watermark to its word.
    fn believe(&self, place: usize, mark: &Row, seed: u64) {
        for id in mark.before.iter().flatten().filter(|id| self.acknowledged.contains(id)) {
            let there = self.bases[place].rows.contains_key(id);
            assert!(
                there || self.aside.contains(&(*id, place)),
                "seed {seed}: watermark {} stands at place {place}, row {id} does not",
                mark.id,
            );
        }
    }

    fn is_quiet(&self) -> bool {
        self.lanes.iter().all(|lane| lane.rows.is_empty())
    }

    fn judge(&self, seed: u64) {
        assert!(self.is_quiet(), "seed {seed}: the spool is not empty: {:?}", self.lanes);
        for (place, base) in self.bases.iter().enumerate() {
            for id in &self.acknowledged {
                let times = base.rows.get(id).copied().unwrap_or_default();
                let aside = u32::from(self.aside.contains(&(*id, place)));
                assert_eq!(times + aside, 1, "seed {seed}: row {id} at place {place}");
            }
            let more = base.rows.keys().find(|id| !self.acknowledged.contains(id));
            assert_eq!(more, None, "seed {seed}: a row of nobody at place {place}");
        }
    }
}
