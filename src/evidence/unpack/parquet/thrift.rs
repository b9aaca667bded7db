//! Thrift's compact protocol (Apache Thrift, "Thrift Compact protocol encoding"), in which a Parquet file's directory and the headers
//! of its pages are written: read into a tree, since little of it is wanted.

use super::Fault;

const CUT: Fault = "a header ends within a value";
const DEEP: Fault = "headers are nested deeper than any writer nests them";
const DEEPEST: usize = 16;

/// A value as written.
#[derive(Debug)]
pub(super) enum Value<'f> {
    /// A truth value is 0 or 1.
    Int(i64),
    Bytes(&'f [u8]),
    List(Vec<Value<'f>>),
    Struct(Struct<'f>),
    /// What no header that is read here holds: a float, a map.
    Other,
}

/// The fields of a struct, by number.
#[derive(Debug, Default)]
pub(super) struct Struct<'f>(Vec<(i16, Value<'f>)>);

impl<'f> Struct<'f> {
    pub(super) fn field(&self, number: i16) -> Option<&Value<'f>> {
        self.0.iter().find(|(own, _)| *own == number).map(|(_, value)| value)
    }

    pub(super) fn int(&self, number: i16) -> Option<i64> {
        match self.field(number)? {
            Value::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// A number that can't be negative.
    pub(super) fn count(&self, number: i16) -> Option<u64> {
        self.int(number).and_then(|int| u64::try_from(int).ok())
    }

    pub(super) fn bytes(&self, number: i16) -> Option<&'f [u8]> {
        match self.field(number)? {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(super) fn part(&self, number: i16) -> Option<&Struct<'f>> {
        match self.field(number)? {
            Value::Struct(part) => Some(part),
            _ => None,
        }
    }

    /// The structs of a list; none where there is no list.
    pub(super) fn parts(&self, number: i16) -> impl Iterator<Item = &Struct<'f>> {
        let list = match self.field(number) {
            Some(Value::List(list)) => list.as_slice(),
            _ => &[],
        };
        list.iter().filter_map(|value| match value {
            Value::Struct(part) => Some(part),
            _ => None,
        })
    }

    /// The number of the first field: which of a union's kinds it is.
    pub(super) fn kind(&self) -> Option<i16> {
        self.0.first().map(|(number, _)| *number)
    }
}

/// Bytes to read from.
pub(super) struct Reader<'f> {
    pub(super) rest: &'f [u8],
}

impl<'f> Reader<'f> {
    /// A struct, which begins here.
    pub(super) fn read(&mut self) -> Result<Struct<'f>, Fault> {
        self.fields(0)
    }

    fn fields(&mut self, depth: usize) -> Result<Struct<'f>, Fault> {
        if depth > DEEPEST {
            return Err(DEEP);
        }
        let (mut fields, mut number) = (Vec::new(), 0_i16);
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(Struct(fields));
            }
            number = match head >> 4 {
                0 => self.zigzag()? as i16,
                step => number.wrapping_add(i16::from(step)),
            };
            let value = match head & 15 {
                1 => Value::Int(1),
                2 => Value::Int(0),
                kind => self.value(kind, depth)?,
            };
            fields.push((number, value));
        }
    }

    fn value(&mut self, kind: u8, depth: usize) -> Result<Value<'f>, Fault> {
        Ok(match kind {
            // Truth values stand as bytes in lists.
            1 | 2 => Value::Int(i64::from(self.byte()? == 1)),
            3 => Value::Int(i64::from(self.byte()?.cast_signed())),
            4..=6 => Value::Int(self.zigzag()?),
            7 => {
                self.take(8)?;
                Value::Other
            }
            8 => {
                let length = self.length()?;
                Value::Bytes(self.take(length)?)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.length()? } else { usize::from(head >> 4) };
                // Each takes a byte at least, so a count that is a lie ends with the bytes.
                let mut list = Vec::new();
                for _ in 0..count {
                    list.push(self.value(head & 15, depth + 1)?);
                }
                Value::List(list)
            }
            11 => {
                let count = self.length()?;
                let kinds = if count > 0 { self.byte()? } else { 0 };
                for _ in 0..count {
                    self.value(kinds >> 4, depth + 1)?;
                    self.value(kinds & 15, depth + 1)?;
                }
                Value::Other
            }
            12 => Value::Struct(self.fields(depth + 1)?),
            _ => return Err("a header has a value of no known type"),
        })
    }

    fn take(&mut self, length: usize) -> Result<&'f [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(CUT)?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.take(1)?[0])
    }

    /// A number of up to 64 bits, seven to a byte, the lowest first.
    pub(super) fn varint(&mut self) -> Result<u64, Fault> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err("a number in a header has more than 64 bits")
    }

    pub(super) fn zigzag(&mut self) -> Result<i64, Fault> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    fn length(&mut self) -> Result<usize, Fault> {
        usize::try_from(self.varint()?).map_err(|_| CUT)
    }
}
