//! Records of text files, read one by one and none beyond a limit.

pub(crate) mod csv;
pub(crate) mod lines;
