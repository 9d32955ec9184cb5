//! Chance that comes out the same on every machine and in every run: SplitMix64 (Steele, Lea, Flood 2014), from a seed.

/// A stream of numbers that its seed determines.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Evenly from 0 to `bound`, which is left out; 0 where there is nothing to choose from.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // Multiplying instead of dividing: a bias of less than 2⁻⁴⁰ for the bounds used here.
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// From 0 to 1, which is left out.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    pub(crate) fn one_of<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.below(things.len()))
    }

    /// `count` of the indices below `bound`, each at most once, in rising order; all of them when there are fewer.
    pub(crate) fn sample(&mut self, bound: usize, count: usize) -> Vec<usize> {
        let mut left = count.min(bound);
        (0..bound)
            .filter(|index| {
                let taken = self.below(bound - index) < left;
                left -= usize::from(taken);
                taken
            })
            .collect()
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        let mut random = Random::new(1_234_567);

        let stream: Vec<u64> = (0..3).map(|_| random.next()).collect();

        assert_eq!(stream, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn a_sample_has_the_size_asked_for_and_no_index_twice() {
        let mut sample = Random::new(7).sample(25_846, 300);

        assert_eq!(sample.len(), 300);
        sample.dedup();
        assert_eq!(sample.len(), 300);
        assert_eq!(Random::new(7).sample(3, 300), [0, 1, 2]);
    }
}
