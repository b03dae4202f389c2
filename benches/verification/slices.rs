//! The part of the table that is measured in slices: by turns, with the floor between them, so that
//! a noisy machine is noisy for all.

use std::time::Instant;

use crate::bench::Bench;
use crate::figures::Figures;
use crate::fleet::{Fleet, Kind};
use crate::floor::Floor;
use crate::load::{self, Slice};
use crate::numbers::Spread;
use crate::photo::{LARGEST, Photo};
use crate::straightforward::Straightforward;

const SMALLER: [usize; 3] = [10 * 1024, 51 * 1024, 138 * 1024];

/// Key, gateway, bytes of the photo, calls in flight.
const LOADS: [(&str, Kind, usize, usize); 15] = [
    ("libraries", Kind::Libraries, LARGEST, 16),
    ("libraries_alone", Kind::Libraries, LARGEST, 1),
    ("memory", Kind::Memory, LARGEST, 16),
    ("sqlite", Kind::Sqlite, LARGEST, 16),
    ("postgres", Kind::Postgres, LARGEST, 16),
    ("tls", Kind::Tls, LARGEST, 16),
    ("export", Kind::Export, LARGEST, 16),
    ("alone", Kind::Memory, LARGEST, 1),
    ("many", Kind::Memory, LARGEST, 256),
    ("photo_10", Kind::Memory, SMALLER[0], 16),
    ("photo_51", Kind::Memory, SMALLER[1], 16),
    ("photo_138", Kind::Memory, SMALLER[2], 16),
    ("photo_150", Kind::Memory, LARGEST, 16),
    (ONE_CORE, Kind::Sqlite, LARGEST, 64),
    (TWO_CORES, Kind::TwoCores, LARGEST, 64),
];
const ONE_CORE: &str = "one_core";
const TWO_CORES: &str = "two_cores";

/// A size of photo and the work that it makes unavoidable.
struct Size {
    photo: Photo,
    floor: Floor,
    floors: Vec<f64>,
}

impl Size {
    fn of(bytes: usize) -> Self {
        let photo = Photo::of(bytes);
        let floor = Floor::prepare(&photo);
        Self {
            photo,
            floor,
            floors: Vec::new(),
        }
    }

    fn floor(&self) -> f64 {
        Spread::of(self.floors.iter().copied()).median
    }
}

struct Slices {
    sizes: Vec<Size>,
    of_loads: Vec<Vec<Slice>>,
    straightforward: Vec<f64>,
}

pub async fn measure(bench: &Bench, figures: &mut Figures) {
    let fleet = Fleet::start(bench).await;
    let straightforward = Straightforward::prepare(&bench.photo);
    let mut slices = Slices {
        sizes: SMALLER.into_iter().chain([LARGEST]).map(Size::of).collect(),
        of_loads: LOADS.iter().map(|_| Vec::new()).collect(),
        straightforward: Vec::new(),
    };
    // Connections, buffers and statements are there before anything counts.
    slices.round(bench, &fleet, false).await;
    slices.of_loads.iter_mut().for_each(Vec::clear);
    let begun = Instant::now();
    for number in 0..bench.scale.slices {
        if begun.elapsed() > bench.scale.time_for_slices {
            break;
        }
        slices.round(bench, &fleet, number % 2 == 1).await;
        slices.measure_floors(&straightforward);
    }
    slices.report(figures);
}

impl Slices {
    /// Forwards, and then backwards: the first one after the floor has it a little easier.
    async fn round(&mut self, bench: &Bench, fleet: &Fleet, backwards: bool) {
        for number in 0..LOADS.len() {
            let index = if backwards {
                LOADS.len() - 1 - number
            } else {
                number
            };
            let (_, kind, bytes, in_flight) = LOADS[index];
            let Some(gateway) = fleet.get(kind) else {
                continue;
            };
            let photo = &self.size(bytes).photo;
            let calls = bench.scale.calls_of(in_flight);
            let slice = load::slice(gateway, photo, in_flight, calls).await;
            self.of_loads[index].push(slice);
        }
    }

    fn measure_floors(&mut self, straightforward: &Straightforward) {
        for size in &mut self.sizes {
            size.floors.push(size.floor.measure().as_secs_f64());
        }
        let took = straightforward.measure();
        self.straightforward.push(took.as_secs_f64());
    }

    fn size(&self, bytes: usize) -> &Size {
        let mut sizes = self.sizes.iter();
        sizes.find(|size| size.photo.0.len() == bytes).unwrap()
    }

    fn report(&self, figures: &mut Figures) {
        let largest = self.size(LARGEST);
        let floors = Spread::of(largest.floors.iter().copied());
        figures.set("floor", floors.times(1e6));
        let straightforward = Spread::of(self.straightforward.iter().copied());
        figures.set(
            "straightforward",
            straightforward.times(1.0 / floors.median),
        );
        for (index, (key, _, bytes, _)) in LOADS.into_iter().enumerate() {
            let slices = &self.of_loads[index];
            if !slices.is_empty() {
                let cpu = Spread::of_times(slices.iter().map(Slice::cpu_per_call));
                figures.set(key, cpu.times(1.0 / self.size(bytes).floor()));
            }
        }
        let one = self.of(ONE_CORE).iter().map(Slice::rate);
        let two = self.of(TWO_CORES).iter().map(Slice::rate_beside_load);
        let ratios: Vec<_> = one.zip(two).map(|(one, two)| two / one).collect();
        if !ratios.is_empty() {
            figures.set(TWO_CORES, Spread::of(ratios));
        }
    }

    fn of(&self, key: &str) -> &[Slice] {
        let index = LOADS.iter().position(|(its, ..)| *its == key);
        &self.of_loads[index.unwrap()]
    }
}
