//! What goes wrong with networks, devices and the server.

use rand::Rng as _;
use tealight_session::Fact;
use tealight_tests::wire::{Fault, HalfOpen, PeerId};

use super::World;

impl World {
    pub(super) fn a_network_fails(&mut self) {
        let pages = [self.wire.visitors(), self.wire.operators()].concat();
        let Some(page) = self.one_of(&pages) else { return };
        self.faults += 1;
        match self.wire.rng.random_range(0..100) {
            0..27 => {
                let (page_notices, desk_notices) =
                    (self.wire.rng.random_range(0..2_000), self.wire.rng.random_range(0..40_000));
                self.wire.cut(page, page_notices, desk_notices);
            }
            27..39 => {
                let ms = self.wire.rng.random_range(1_000..20_000);
                self.wire.darken(page, ms);
            }
            39..43 => {
                let ms = self.wire.rng.random_range(60_000..120_000);
                self.wire.darken(page, ms);
            }
            43..49 => {
                let way = if self.wire.rng.random() { HalfOpen::Up } else { HalfOpen::Down };
                self.wire.half_open(page, way);
            }
            49..55 => {
                let ms = self.wire.rng.random_range(1_000..50_000);
                self.wire.stall(page, ms);
            }
            55..61 => self.wire.fact(page, Fact::Offline),
            61..69 => self.wire.fact(page, Fact::Online),
            69..74 => self.wire.fact(page, Fact::PageLeft),
            74..81 => self.wire.fact(page, Fact::PageRestored),
            81..84 => {
                let ms = self.wire.rng.random_range(5_000..100_000);
                self.wire.sleep(page, ms);
            }
            84..86 => {
                let ms = self.wire.rng.random_range(0..7_200_000);
                self.wire.skew(page, ms);
            }
            86..88 => self.wire.storage_works(page, false),
            88 => self.reload(page, true),
            _ => self.reload(page, false),
        }
    }

    fn reload(&mut self, page: PeerId, storage_is_lost: bool) {
        if storage_is_lost {
            self.wire.lose_storage(page);
        }
        // A console keeps nothing; and what a broken storage did not take is lost with the page.
        let is_kept =
            self.wire.visitors().contains(&page) && !storage_is_lost && self.wire.takes_storage(page);
        if !is_kept {
            self.excused.insert(page);
        }
        self.wire.reload(page);
        self.watch.reloaded(page);
    }

    pub(super) fn the_server_fails(&mut self) {
        self.faults += 1;
        match self.wire.rng.random_range(0..14) {
            0..2 => self.wire.stop_and_start(),
            2..4 => self.wire.crash(),
            4..8 => {
                let fault = Fault::ALL[self.wire.rng.random_range(0..4)];
                let boundary = self.wire.boundaries() + self.wire.rng.random_range(1..20);
                self.wire.plan(boundary, fault);
            }
            8..10 => self.wire.back_up(),
            10 => drop(self.wire.restore()),
            _ => {
                let writes = self.wire.rng.random_range(1..4);
                self.wire.refuse_writes(writes);
            }
        }
    }
}
