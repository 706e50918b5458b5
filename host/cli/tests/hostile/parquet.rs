//! Parquet files written by hand: Thrift's compact protocol, with whatever
//! numbers a test wants.

/// A struct in the compact protocol.
#[derive(Default, Clone)]
pub(crate) struct Thrift {
    bytes: Vec<u8>,
    last: i64,
}

pub(crate) fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7F {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn zigzag(number: i64) -> Vec<u8> {
    varint(((number << 1) ^ (number >> 63)) as u64)
}

impl Thrift {
    fn field(mut self, id: i64, kind: u8, value: &[u8]) -> Self {
        if (1..=15).contains(&(id - self.last)) {
            self.bytes.push(((id - self.last) as u8) << 4 | kind);
        } else {
            self.bytes.push(kind);
            self.bytes.extend(zigzag(id));
        }
        self.last = id;
        self.bytes.extend(value);
        self
    }

    pub(crate) fn i32(self, id: i64, value: i64) -> Self {
        self.field(id, 5, &zigzag(value))
    }

    pub(crate) fn i64(self, id: i64, value: i64) -> Self {
        self.field(id, 6, &zigzag(value))
    }

    pub(crate) fn text(self, id: i64, text: &[u8]) -> Self {
        let mut bytes = varint(text.len() as u64);
        bytes.extend(text);
        self.field(id, 8, &bytes)
    }

    pub(crate) fn inner(self, id: i64, inner: Thrift) -> Self {
        self.field(id, 12, &inner.done())
    }

    /// A list that says it has so many items.
    pub(crate) fn list_of(self, id: i64, kind: u8, count: u64, items: &[u8]) -> Self {
        let mut bytes = vec![0xF0 | kind];
        bytes.extend(varint(count));
        bytes.extend(items);
        self.field(id, 9, &bytes)
    }

    pub(crate) fn list(self, id: i64, items: Vec<Thrift>) -> Self {
        let count = items.len() as u64;
        let items: Vec<u8> = items.into_iter().flat_map(Thrift::done).collect();
        self.list_of(id, 12, count, &items)
    }

    pub(crate) fn done(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }
}

/// Physical types.
pub(crate) const INT32: i64 = 1;
pub(crate) const INT64: i64 = 2;
pub(crate) const BYTES: i64 = 6;
pub(crate) const FIXED: i64 = 7;

/// Packings.
pub(crate) const PLAIN: i64 = 0;
pub(crate) const GZIP: i64 = 2;
pub(crate) const ZSTD: i64 = 6;

/// Required, optional, repeated.
pub(crate) const REQUIRED: i64 = 0;
pub(crate) const OPTIONAL: i64 = 1;
pub(crate) const REPEATED: i64 = 2;

pub(crate) fn group(name: &str, repetition: i64, children: i64) -> Thrift {
    Thrift::default().i32(3, repetition).text(4, name.as_bytes()).i32(5, children)
}

pub(crate) fn leaf(name: &str, kind: i64, width: i64, repetition: i64) -> Thrift {
    Thrift::default().i32(1, kind).i32(2, width).i32(3, repetition).text(4, name.as_bytes())
}

/// A page: its header, and bytes that may be anything.
pub(crate) fn page(unpacked: usize, values: i64, encoding: i64, bytes: &[u8]) -> Vec<u8> {
    let inner = Thrift::default().i32(1, values).i32(2, encoding).i32(3, 3).i32(4, 3);
    let header = Thrift::default().i32(1, 0).i32(2, unpacked as i64).i32(3, bytes.len() as i64);
    [header.inner(5, inner).done(), bytes.to_vec()].concat()
}

pub(crate) fn dictionary_page(unpacked: usize, values: i64, bytes: &[u8]) -> Vec<u8> {
    let inner = Thrift::default().i32(1, values).i32(2, 0);
    let header = Thrift::default().i32(1, 2).i32(2, unpacked as i64).i32(3, bytes.len() as i64);
    [header.inner(7, inner).done(), bytes.to_vec()].concat()
}

/// A column in a row group: where it is, and what it says.
pub(crate) struct Column {
    pub(crate) kind: i64,
    pub(crate) codec: i64,
    pub(crate) values: i64,
    pub(crate) at: i64,
    pub(crate) length: i64,
    pub(crate) dictionary: bool,
}

impl Column {
    fn thrift(&self) -> Thrift {
        let meta = Thrift::default()
            .i32(1, self.kind)
            .list_of(2, 5, 1, &[0])
            .list_of(3, 8, 1, &[1, b'x'])
            .i32(4, self.codec)
            .i64(5, self.values)
            .i64(6, self.length)
            .i64(7, self.length)
            .i64(9, self.at);
        let meta = if self.dictionary { meta.i64(11, self.at) } else { meta };
        Thrift::default().i64(2, 0).inner(3, meta)
    }
}

pub(crate) fn row_group(columns: &[Column], rows: i64) -> Thrift {
    Thrift::default().list(1, columns.iter().map(Column::thrift).collect()).i64(2, 100).i64(3, rows)
}

/// The description of a file.
pub(crate) fn footer(schema: Vec<Thrift>, groups: Vec<Thrift>, rows: i64) -> Thrift {
    Thrift::default().i32(1, 1).list(2, schema).i64(3, rows).list(4, groups)
}

/// A file of pages and its description.
pub(crate) fn file(pages: &[u8], footer: &[u8]) -> Vec<u8> {
    let length = (footer.len() as u32).to_le_bytes();
    [b"PAR1", pages, footer, &length, b"PAR1"].concat()
}

/// A file of one row group, a column of pages each.
pub(crate) fn flat(
    schema: Vec<Thrift>,
    kind: i64,
    codec: i64,
    columns: &[Vec<u8>],
    rows: i64,
    values: i64,
) -> Vec<u8> {
    let mut pages = Vec::new();
    let mut described = Vec::new();
    for column in columns {
        let at = 4 + pages.len() as i64;
        pages.extend(column);
        let dictionary = column.get(1) == Some(&4);
        let length = column.len() as i64;
        described.push(Column { kind, codec, values, at, length, dictionary });
    }
    let footer = footer(schema, vec![row_group(&described, rows)], rows);
    file(&pages, &footer.done())
}

/// A zstd frame of so many zeros, in some thousandth of them: blocks of one
/// byte repeated (RFC 8878).
pub(crate) fn zstd_zeros(count: usize) -> Vec<u8> {
    let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0x80, 0x38];
    frame.extend((count as u32).to_le_bytes());
    let mut left = count;
    while left > 0 {
        let size = left.min(128 << 10);
        left -= size;
        let head = u32::from(left == 0) | 1 << 1 | (size as u32) << 3;
        frame.extend(&head.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

/// A run of `count` times the level `level`, and its length before it.
pub(crate) fn levels(count: u64, level: u8) -> Vec<u8> {
    let mut run = varint(count << 1);
    run.push(level);
    [(run.len() as u32).to_le_bytes().to_vec(), run].concat()
}
