//! Where owners and links cannot be told, nothing is kept.

use std::io;
use std::path::{Path, PathBuf};

use super::super::CacheProblem;
use super::{Kept, Listed};

#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, CacheProblem> {
        Err(CacheProblem::new(path, "is on a system where its owner cannot be told"))
    }

    pub(crate) fn problem(&self, problem: String) -> CacheProblem {
        CacheProblem::new(&self.path, problem)
    }

    pub(crate) fn read(&self, _name: &str, _most: u64, _forbidden: u32) -> Kept {
        Kept::Nothing
    }

    pub(crate) fn touch(&self, _name: &str) {}

    pub(crate) fn make(&self, _name: &str, _content: &[u8]) -> io::Result<bool> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn write(&self, _name: &str, _content: &[&[u8]]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn list(&self) -> io::Result<Vec<Listed>> {
        Ok(Vec::new())
    }

    pub(crate) fn remove(&self, _name: &str) {}
}
