//! Two LBs and their modules, played through from seeds: edits at either, crashes, lost messages,
//! and an LB whose epoch runs far ahead before it dies for good.

use config::Verdict;
use config::inventory::{Inventory, Listed, Place};
use protocol::{AddressMap, Epoch, Init, Instance, MapAnswer, PeerAddr, Role, Rulings, Weight};

use crate::balancer::{Balancer, Notice};
use crate::chart::{Chart, Edit, Offered, Origin};
use crate::notice;
use crate::state::Saved;

const SEEDS: u64 = 512;
const STEPS: usize = 120;
/// An INIT from every module is a round; so many bring any change everywhere.
const ROUNDS: usize = 12;
const FAR: u64 = 900_000;

/// What a seed draws, one after the other.
struct Draws(u64);

struct OneLb {
    up: Option<Balancer>,
    name: Instance,
    disk: Inventory,
    saved: Option<Saved>,
}

struct Module {
    role: Role,
    name: Instance,
    map: AddressMap,
}

struct World {
    seed: u64,
    draws: Draws,
    lossy: bool,
    lbs: [OneLb; 2],
    modules: Vec<Module>,
    ports: u16,
    now_ms: i64,
}

// === impl Draws ===

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

// === impl OneLb ===

impl OneLb {
    fn new(name: &str, disk: &Inventory) -> Self {
        let mut lb =
            Self { up: None, name: name.parse().unwrap(), disk: disk.clone(), saved: None };
        lb.start();
        lb
    }

    fn start(&mut self) {
        let map = self.disk.map(Epoch::default());
        let chart = match &self.saved {
            Some(saved) => saved.chart(&map),
            None => Chart::without_file(&map, &AddressMap::default()),
        };
        let balancer = Balancer::new((self.name, 30), chart, self.disk.clone(), Rulings::default());
        self.up = Some(balancer);
        self.save();
    }

    /// As the state file is written: a content without a number is not kept.
    fn save(&mut self) {
        let Some(balancer) = &self.up else { return };
        if balancer.chart().origin() != Origin::Unnumbered {
            self.saved = Some(Saved::of(balancer.chart()));
        }
    }

    /// Writes the content in force into the inventory, as the twin's map is.
    fn patch(&mut self) {
        let Some(balancer) = &mut self.up else { return };
        let topup = balancer.chart().content().topup.first.clone().unwrap();
        move_topup(&mut self.disk, topup.addr);
        assert_eq!(balancer.edit(self.disk.clone()), Edit::Nothing, "it is what is in force");
    }
}

// === impl World ===

impl World {
    fn new(seed: u64) -> Self {
        let disk = inventory();
        let of = |role: Role, number: u8| Module {
            role,
            name: format!("{}-{number}", role.lower()).parse().unwrap(),
            map: AddressMap::default(),
        };
        let roles = [Role::Pppx, Role::Aar, Role::TopUp];
        Self {
            seed,
            draws: Draws(seed),
            lossy: true,
            lbs: [OneLb::new("lb-1", &disk), OneLb::new("lb-2", &disk)],
            modules: roles.into_iter().flat_map(|role| [of(role, 1), of(role, 2)]).collect(),
            ports: 9_000,
            now_ms: 1_000,
        }
    }

    fn step(&mut self) {
        self.now_ms += 1_000;
        let (lb, module) = (self.draws.below(2), self.draws.below(self.modules.len()));
        match self.draws.below(12) {
            0 => self.edit(lb),
            1 => self.lbs[lb].up = None,
            2 => self.restart(lb),
            3..=4 => self.exchange(lb),
            5 => self.leap(lb),
            _ => self.init(module),
        }
    }

    fn is_lost(&mut self) -> bool {
        self.lossy && self.draws.one_in(4)
    }

    fn edit(&mut self, at: usize) {
        self.ports += 1;
        let addr = format!("127.0.0.1:{}", self.ports).parse().unwrap();
        let torn = self.lossy && self.draws.one_in(8);
        let lb = &mut self.lbs[at];
        move_topup(&mut lb.disk, addr);
        let Some(balancer) = &mut lb.up else { return };
        let before = balancer.chart().epoch();
        assert_eq!(balancer.edit(lb.disk.clone()), Edit::Changed);
        assert!(before < balancer.chart().epoch(), "seed {}", self.seed);
        // It may die before it has written the number down.
        if torn { lb.up = None } else { lb.save() }
    }

    fn restart(&mut self, at: usize) {
        if self.lbs[at].up.is_some() {
            return;
        }
        self.lbs[at].start();
        self.exchange(at);
    }

    /// One asks its twin for its map.
    fn exchange(&mut self, at: usize) {
        if self.is_lost() || self.is_lost() {
            return;
        }
        let [first, second] = &mut self.lbs;
        let (asks, twin) = if at == 0 { (first, second) } else { (second, first) };
        let (Some(one), Some(other)) = (&mut asks.up, &mut twin.up) else { return };
        let init = Init {
            role: Some(Role::Lb),
            instance: Some(asks.name),
            epoch: Some(one.chart().epoch()),
            ..Init::default()
        };
        let (answer, _) = other.init(&init, self.now_ms);
        let MapAnswer::Full(map) = answer.map else { panic!("a brief answer") };
        twin.save();
        match one.offered(&map) {
            Offered::Taken | Offered::GaveWay => {
                asks.patch();
                asks.save();
            }
            Offered::Nothing | Offered::Kept => asks.save(),
            Offered::Refused => panic!("seed {}: the twin's epoch is refused", self.seed),
        }
    }

    /// A module asks; both LBs hear it, and it takes the answer that comes first.
    fn init(&mut self, at: usize) {
        let module = &self.modules[at];
        let init = Init {
            role: Some(module.role),
            instance: Some(module.name),
            epoch: Some(module.map.epoch),
            ..Init::default()
        };
        let first = self.draws.below(2);
        let mut taken = false;
        for lb in [first, 1 - first] {
            if self.is_lost() {
                continue;
            }
            let Some(balancer) = &mut self.lbs[lb].up else { continue };
            let (answer, notices) = balancer.init(&init, self.now_ms);
            self.lbs[lb].save();
            let MapAnswer::Full(map) = answer.map else { panic!("a brief answer") };
            if !taken && !self.is_lost() {
                self.take(at, map);
                taken = true;
            }
            if notices.iter().any(notice::calls_for_exchange) {
                self.exchange(lb);
            }
        }
    }

    fn take(&mut self, at: usize, map: AddressMap) {
        let module = &mut self.modules[at];
        let before = module.map.epoch;
        match config::reconcile(&module.map, &map) {
            Verdict::Adopt | Verdict::Same => module.map = map,
            Verdict::Older | Verdict::Conflict => {}
            Verdict::Jump | Verdict::Missing(_) => panic!("seed {}: an LB leapt", self.seed),
        }
        assert!(before <= module.map.epoch, "seed {}: a lower epoch was taken", self.seed);
    }

    /// Somebody names an epoch that nobody can have reached.
    fn leap(&mut self, at: usize) {
        let Some(balancer) = &mut self.lbs[at].up else { return };
        let before = balancer.chart().clone();
        let epoch = Epoch::new(before.epoch().get() + 40_000_000);
        let init = Init {
            role: Some(Role::Aar),
            instance: Some("aar-1".parse().unwrap()),
            epoch: Some(epoch),
            ..Init::default()
        };
        let (_, notices) = balancer.init(&init, self.now_ms);
        assert!(notices.contains(&Notice::Leap { epoch }), "seed {}", self.seed);
        assert_eq!(before.epoch(), balancer.chart().epoch(), "seed {}", self.seed);
    }

    /// LB 1 comes back with a number far above all, as if its file had been edited.
    fn run_ahead(&mut self) {
        let lb = &mut self.lbs[0];
        lb.up = None;
        let highest = self.modules.iter().map(|module| module.map.epoch.get()).max().unwrap();
        let map = lb.disk.map(Epoch::default());
        let ahead = Chart::new(&map, Epoch::new(highest + FAR), Origin::Settled);
        lb.saved = Some(Saved::of(&ahead));
        lb.start();
    }

    fn settle(&mut self) {
        self.lossy = false;
        for _ in 0..ROUNDS {
            self.now_ms += 20_000;
            for at in 0..self.modules.len() {
                self.init(at);
            }
            self.exchange(0);
            self.exchange(1);
        }
    }

    /// Holds that all run on one map, with this port of TOPUP 1.
    fn all_follow(&self, port: u16) {
        let wanted: PeerAddr = format!("127.0.0.1:{port}").parse().unwrap();
        let epoch = self.modules[0].map.epoch;
        for module in &self.modules {
            let addrs = module.map.topup.present().map(|server| server.addr.clone());
            let has = addrs.into_iter().any(|addr| addr == wanted);
            assert!(has, "seed {}: {} did not follow: {:?}", self.seed, module.name, module.map);
            assert_eq!(module.map.epoch, epoch, "seed {}: {}", self.seed, module.name);
        }
        for lb in self.lbs.iter().filter_map(|lb| lb.up.as_ref()) {
            assert_eq!(lb.chart().epoch(), epoch, "seed {}", self.seed);
        }
    }
}

fn inventory() -> Inventory {
    let mut inventory = Inventory::default();
    for (line, role) in [Role::Lb, Role::Pppx, Role::Aar, Role::TopUp].into_iter().enumerate() {
        for (place, number) in [(Place::First, 1), (Place::Second, 2)] {
            let name = format!("{}-{number}", role.lower()).parse().unwrap();
            let addr = format!("127.0.0.1:{}", 8_000 + 10 * line + number).parse().unwrap();
            let listed = Listed { name, role, addr, weight: Weight::ONE, place, line };
            inventory.instances.push(listed);
        }
    }
    inventory
}

fn move_topup(inventory: &mut Inventory, addr: PeerAddr) {
    let topup = inventory.instances.iter_mut().find(|listed| listed.name.as_str() == "topup-1");
    topup.unwrap().addr = addr;
}

#[test]
fn the_next_edit_on_either_reaches_all_whatever_went_before() {
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
        }
        world.restart(0);
        world.restart(1);
        world.settle();
        let at = world.draws.below(2);
        world.edit(at);
        let port = world.ports;
        world.settle();
        world.all_follow(port);
    }
}

#[test]
fn an_lb_that_ran_ahead_and_died_for_good_does_not_block_the_other() {
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
        }
        world.run_ahead();
        // Some, all or none of the modules have taken the high number when it dies.
        for _ in 0..world.draws.below(20) {
            let at = world.draws.below(world.modules.len());
            world.init(at);
        }
        world.lbs[0].up = None;
        world.restart(1);
        world.settle();
        world.edit(1);
        let port = world.ports;
        world.settle();
        world.all_follow(port);
    }
}
