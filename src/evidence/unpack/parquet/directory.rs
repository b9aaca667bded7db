//! The directory at a Parquet file's end (`FileMetaData` of parquet.thrift): its schema, as it is written, and where the columns of
//! each group of rows stand.

use std::ops::Range;

use super::thrift::{Reader, Struct};
use super::{Fault, MAGIC};

/// The longest directory that is read: those of a thousand columns and groups have a few megabytes.
const LONGEST: usize = 16 << 20;

/// What the directory says.
pub(super) struct Directory<'f> {
    meta: Struct<'f>,
    pub(super) groups: Vec<Group>,
}

/// A group of rows.
pub(super) struct Group {
    pub(super) rows: u64,
    pub(super) chunks: Vec<Chunk>,
}

/// A column of a group.
pub(super) struct Chunk {
    /// Its pages in the file.
    pub(super) pages: Range<usize>,
    /// How its pages are packed, by the specification's number.
    pub(super) codec: i64,
}

impl Group {
    /// How many bytes its columns have.
    pub(super) fn length(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.pages.len() as u64).sum()
    }

    /// Where its first column begins.
    pub(super) fn start(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.pages.start as u64).min().unwrap_or(0)
    }
}

impl<'f> Directory<'f> {
    pub(super) fn of_file(file: &'f [u8]) -> Result<Directory<'f>, Fault> {
        let (front, end) = file.split_last_chunk::<8>().ok_or("the file is too short")?;
        let (length, magic) = end.split_at(4);
        if magic == b"PARE" {
            return Err("it is encrypted");
        }
        if magic != MAGIC {
            return Err("it does not end as a Parquet file does: it is cut off");
        }
        let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
        if length > LONGEST {
            return Err("its length is said to be over 16 MB");
        }
        let start = front.len().checked_sub(length).ok_or("its length is said to be more than the file's")?;
        let meta = Reader { rest: &front[start..] }.read()?;
        if meta.field(8).is_some() {
            return Err("its columns are encrypted");
        }
        let groups = meta.parts(4).map(|group| Group::of(group, start)).collect::<Result<Vec<Group>, Fault>>()?;
        let mut pages: Vec<(usize, usize)> =
            groups.iter().flat_map(|group| &group.chunks).map(|chunk| (chunk.pages.start, chunk.pages.end)).collect();
        pages.sort_unstable();
        // Columns that share bytes are how a small file is made to hold a large one.
        if pages.windows(2).any(|two| two[0].1 > two[1].0) {
            return Err("columns overlap");
        }
        Ok(Directory { meta, groups })
    }

    /// The elements of the schema, each before its children.
    pub(super) fn elements(&self) -> impl Iterator<Item = &Struct<'f>> {
        self.meta.parts(2)
    }
}

impl Group {
    fn of(group: &Struct<'_>, end: usize) -> Result<Group, Fault> {
        let chunks = group.parts(1).map(|chunk| Chunk::of(chunk, end)).collect::<Result<Vec<Chunk>, Fault>>()?;
        Ok(Group { rows: group.count(3).ok_or("a group does not say how many rows it has")?, chunks })
    }
}

impl Chunk {
    /// `end` is where the directory begins, before which all columns stand.
    fn of(chunk: &Struct<'_>, end: usize) -> Result<Chunk, Fault> {
        if chunk.bytes(1).is_some() {
            return Err("columns stand in another file");
        }
        let meta = chunk.part(3).ok_or("a column is encrypted or not described")?;
        let first = meta.count(9).ok_or("a column does not say where it stands")?;
        // The dictionary stands before the data, where there is one; some writers say 0 where there is none.
        let start =
            meta.count(11).filter(|dictionary| *dictionary > 0).map_or(first, |dictionary| dictionary.min(first));
        let start = usize::try_from(start).ok();
        let length = meta.count(7).and_then(|length| usize::try_from(length).ok());
        let pages = start.zip(length).and_then(|(start, length)| Some(start..start.checked_add(length)?));
        let pages = pages.filter(|pages| pages.start >= MAGIC.len() && pages.end <= end);
        let codec = meta.int(4).ok_or("a column does not say how it is packed")?;
        Ok(Chunk { pages: pages.ok_or("a column stands outside of the file")?, codec })
    }
}
