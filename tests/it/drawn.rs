//! Numbers that look like chance and are the same on every machine.

/// A small generator. Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (SplitMix64).
pub(crate) struct Drawn(pub(crate) u64);

impl Drawn {
    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    /// Whether one of so many times has come.
    pub(crate) fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    /// One of some, each as likely as the others.
    pub(crate) fn one_of<T: Copy>(&mut self, these: &[T]) -> T {
        let bound = u64::try_from(these.len()).unwrap();
        these[usize::try_from(self.below(bound)).unwrap()]
    }
}
