//! host/tollgate
