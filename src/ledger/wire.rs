//! What a ledger holds as bytes: what there is very much of as so many bytes each, the rest by postcard.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// An entry of which there are very many, as so many bytes.
pub(super) trait Flat<const N: usize>: Sized {
    fn to_flat(&self) -> [u8; N];
    fn of_flat(bytes: &[u8; N]) -> Self;
}

/// Bytes being put together from parts.
pub(super) struct Laying<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Laying<N> {
    pub(super) fn new() -> Laying<N> {
        Laying { bytes: [0; N], at: 0 }
    }

    pub(super) fn put<const M: usize>(&mut self, part: [u8; M]) -> &mut Laying<N> {
        self.bytes[self.at..self.at + M].copy_from_slice(&part);
        self.at += M;
        self
    }

    pub(super) fn done(&self) -> [u8; N] {
        debug_assert_eq!(self.at, N);
        self.bytes
    }
}

/// Parts being taken from bytes.
pub(super) struct Lifting<'b>(pub(super) &'b [u8]);

impl Lifting<'_> {
    pub(super) fn take<const M: usize>(&mut self) -> [u8; M] {
        let (part, rest) = self.0.split_first_chunk::<M>().expect("an entry is as long as its parts");
        self.0 = rest;
        *part
    }

    pub(super) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    pub(super) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}

/// Values one behind the other.
pub(super) struct Writing(pub(super) Vec<u8>);

impl Writing {
    pub(super) fn put<T: Serialize>(&mut self, value: &T) {
        let bytes = std::mem::take(&mut self.0);
        self.0 = postcard::to_extend(value, bytes).expect("a ledger holds nothing that postcard cannot write");
    }

    pub(super) fn flat<const N: usize>(&mut self, value: &impl Flat<N>) {
        self.0.extend_from_slice(&value.to_flat());
    }
}

pub(super) struct Reading<'b>(pub(super) &'b [u8]);

impl<'b> Reading<'b> {
    pub(super) fn take<T: DeserializeOwned>(&mut self) -> Result<T, String> {
        let (value, rest) = postcard::take_from_bytes(self.0).map_err(|e| format!("not a ledger: {e}"))?;
        self.0 = rest;
        Ok(value)
    }

    pub(super) fn chunk<const N: usize>(&mut self) -> Result<&'b [u8; N], String> {
        let (chunk, rest) = self.0.split_first_chunk::<N>().ok_or("not a ledger: it is cut off")?;
        self.0 = rest;
        Ok(chunk)
    }

    pub(super) fn flat<const N: usize, T: Flat<N>>(&mut self) -> Result<T, String> {
        Ok(T::of_flat(self.chunk()?))
    }
}
