//! What helps those who write policies, beside judging by them.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`explain`] | what a document decides, asked of its plugin |
//! | [`files`] | the documents below folders |
//! | [`mod@format`] | one way to write YAML, which keeps comments and meaning |
//! | [`lint`] | what is wrong in documents, or worth a look |
//! | [`page`] | explanations as pages |

pub mod explain;
pub mod files;
pub mod format;
pub mod lint;
pub mod page;
