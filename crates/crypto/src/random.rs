//! Random bytes from a generator that the caller chooses.

pub use rand::CryptoRng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

/// Returns the system's generator.
///
/// Its methods panic when the kernel has no randomness to give: nothing safe could be done then.
pub fn system() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// Draws an array of random bytes.
pub fn bytes<const N: usize>(rng: &mut impl CryptoRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// Lends a generator to `rsa` 0.9, which asks for the traits of `rand_core` 0.6.
pub(crate) struct Lent<'a, R>(pub(crate) &'a mut R);

// === impl Lent ===

impl<R: CryptoRng> rand_core06::RngCore for Lent<'_, R> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill_bytes(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core06::Error> {
        self.0.fill_bytes(dest);
        Ok(())
    }
}

impl<R: CryptoRng> rand_core06::CryptoRng for Lent<'_, R> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_anew_each_time() {
        let mut rng = system();
        assert_ne!(bytes::<16>(&mut rng), bytes::<16>(&mut rng));
    }
}
