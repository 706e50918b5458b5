//! Rows of JSON, which stay as they were written.

/// What a body of records begins and ends with.
const START: &[u8] = b"{\"dataframe_records\":[";
const END: &[u8] = b"]}";

/// JSON objects that are judged together, as a request body
/// `{"dataframe_records": [...]}`.
#[derive(Debug)]
pub struct JsonRecords {
    body: Vec<u8>,
}

impl Default for JsonRecords {
    fn default() -> Self {
        Self { body: [START, END].concat() }
    }
}

impl JsonRecords {
    /// Adds an object, which must end where [`end_of_object`] says, so that it
    /// does not reach into the next.
    pub fn push(&mut self, record: &[u8]) {
        self.body.truncate(self.bytes());
        if self.body.len() > START.len() {
            self.body.push(b',');
        }
        self.body.extend_from_slice(record);
        self.body.extend_from_slice(END);
    }

    /// How many bytes there are, without the end of the body.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.body.len() - END.len()
    }

    /// The request body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The records, in order.
    fn records(&self) -> Vec<&[u8]> {
        let mut rest = self.body.get(START.len()..).unwrap_or_default();
        let mut records = Vec::new();
        while let Some(end) = end_of_object(rest) {
            let (record, more) = rest.split_at(end);
            records.push(record);
            rest = more.strip_prefix(b",").unwrap_or_default();
        }
        records
    }

    /// Some of them; none when there are fewer.
    pub(super) fn part(&self, start: usize, count: usize) -> Option<Self> {
        let mut part = Self::default();
        for record in self.records().get(start..start + count)? {
            part.push(record);
        }
        Some(part)
    }
}

/// Where the object that `record` begins with ends; none where it does not.
/// Whether it is JSON is not asked.
#[must_use]
pub fn end_of_object(record: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut bytes = record.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => loop {
                match bytes.next()?.1 {
                    b'"' => break,
                    b'\\' => {
                        bytes.next()?;
                    }
                    _ => {}
                }
            },
            _ => {}
        }
    }
    None
}

/// JSON values as they were written, each judged by itself.
#[derive(Debug, Default)]
pub struct JsonValues {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl JsonValues {
    /// Adds a value.
    pub fn push(&mut self, value: &[u8]) {
        self.text.extend_from_slice(value);
        self.ends.push(self.text.len());
    }

    /// How many bytes there are.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let places = starts.zip(&self.ends);
        places.map(|(start, end)| self.text.get(start..*end).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_out_as_they_went_in() {
        let given: [&[u8]; 5] =
            [b"{}", b"{\"a\":[{}]}", b"{\"a\":\"}\\\"{\"}", b"{\"a\":NaN}", b"{\"a\":}"];
        let mut records = JsonRecords::default();
        assert!(records.records().is_empty());
        assert_eq!(records.body(), b"{\"dataframe_records\":[]}");
        for record in given {
            records.push(record);
        }
        assert_eq!(records.records(), given);
        let part = records.part(1, 2).unwrap();
        assert_eq!(part.records(), given[1..3]);
        assert_eq!(part.body(), b"{\"dataframe_records\":[{\"a\":[{}]},{\"a\":\"}\\\"{\"}]}");
        assert!(records.part(4, 2).is_none());
    }
}
