//! The schema of a Parquet file: a tree of groups whose leaves are the columns. How deep a value is there, and how often it is
//! repeated, is told by two levels (S. Melnik and others, "Dremel", 2010).

use super::Fault;
use super::directory::Directory;
use super::thrift::Struct;
use super::value::Kind;

const DEEPEST: usize = 24;

pub(super) struct Schema {
    /// The row's own fields.
    pub(super) fields: Vec<Node>,
    pub(super) leaves: Vec<Leaf>,
}

/// A column.
pub(super) struct Leaf {
    /// Its names from the row on, with points between.
    pub(super) path: String,
    pub(super) kind: Kind,
    /// The levels of a value that is there.
    pub(super) defined: u16,
    pub(super) repeated: u16,
}

/// A field.
pub(super) struct Node {
    /// Its name as a JSON string, with quotes and colon.
    pub(super) key: Vec<u8>,
    /// The level from which on it is there.
    pub(super) defined: u16,
    /// Whether it may be missing.
    pub(super) optional: bool,
    /// The level at which another of it follows, where it is repeated.
    pub(super) repeated: Option<u16>,
    /// The first column below it.
    pub(super) first: usize,
    pub(super) inside: Inside,
}

/// What a field holds.
pub(super) enum Inside {
    /// A value: the column of this number.
    Leaf,
    /// Fields of its own.
    Group(Vec<Node>),
    /// A list, whose elements this repeated node holds.
    List(Box<Node>),
    /// A map, whose keys and values this repeated node holds.
    Map(Box<Node>),
}

impl Schema {
    pub(super) fn of(directory: &Directory<'_>) -> Result<Schema, Fault> {
        let mut elements = directory.elements();
        let root = elements.next().ok_or("it has no schema")?;
        let mut leaves = Vec::new();
        let mut above = Above { path: String::new(), defined: 0, repeated: 0, depth: 0 };
        let fields = children(root, &mut elements, &mut above, &mut leaves)?;
        if leaves.is_empty() {
            return Err("its schema names no column");
        }
        Ok(Schema { fields, leaves })
    }
}

/// What stands above an element.
struct Above {
    path: String,
    defined: u16,
    repeated: u16,
    depth: usize,
}

fn children<'e, 'f: 'e>(
    parent: &Struct<'f>,
    elements: &mut impl Iterator<Item = &'e Struct<'f>>,
    above: &mut Above,
    leaves: &mut Vec<Leaf>,
) -> Result<Vec<Node>, Fault> {
    let count = parent.count(5).unwrap_or(0);
    (0..count).map(|_| node(elements, above, leaves)).collect()
}

fn node<'e, 'f: 'e>(
    elements: &mut impl Iterator<Item = &'e Struct<'f>>,
    above: &mut Above,
    leaves: &mut Vec<Leaf>,
) -> Result<Node, Fault> {
    let element = elements.next().ok_or("its schema is cut off")?;
    let name = String::from_utf8_lossy(element.bytes(4).unwrap_or_default());
    let (optional, again) = (element.int(3) == Some(1), element.int(3) == Some(2));
    let mut inside = Above {
        path: if above.depth == 0 { name.clone().into_owned() } else { format!("{}.{name}", above.path) },
        defined: above.defined + u16::from(optional || again),
        repeated: above.repeated + u16::from(again),
        depth: above.depth + 1,
    };
    if inside.depth > DEEPEST {
        return Err("its schema is nested deeper than 24 fields");
    }
    let first = leaves.len();
    let (defined, repeated) = (inside.defined, again.then_some(inside.repeated));
    let held = if element.count(5).is_some_and(|children| children > 0) {
        let mut fields = children(element, elements, &mut inside, leaves)?;
        let single = fields.len() == 1 && fields[0].repeated.is_some();
        // LIST and MAP, by the logical type or by the older converted type.
        let kind = element.part(10).and_then(Struct::kind);
        let converted = element.int(6);
        match fields.pop_if(|_| single) {
            Some(list) if kind == Some(3) || converted == Some(3) => Inside::List(Box::new(list)),
            Some(map) if (kind == Some(2) || matches!(converted, Some(1 | 2))) && map.is_entry() => {
                Inside::Map(Box::new(map))
            }
            Some(field) => Inside::Group(vec![field]),
            None => Inside::Group(fields),
        }
    } else {
        leaves.push(Leaf { path: inside.path, kind: Kind::of(element)?, defined, repeated: inside.repeated });
        Inside::Leaf
    };
    if first == leaves.len() {
        return Err("its schema has a group without columns");
    }
    let mut key = Vec::new();
    super::value::string(&name, &mut key);
    key.push(b':');
    Ok(Node { key, defined, optional, repeated, first, inside: held })
}

impl Node {
    /// Whether it holds a key and a value.
    fn is_entry(&self) -> bool {
        matches!(&self.inside, Inside::Group(fields) if fields.len() == 2 && matches!(fields[0].inside, Inside::Leaf))
    }
}
