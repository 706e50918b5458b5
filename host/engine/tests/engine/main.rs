//! The engine against well-behaved and hostile guests. The guests are
//! WebAssembly text in `guests/`; what hostile ones replace in them is data in
//! `hostile/`.
#![allow(missing_docs)]

mod cache;
mod calls;
mod files;
mod guest;
mod hostile;
mod pool;
