//! host/cli
fn main() {}
