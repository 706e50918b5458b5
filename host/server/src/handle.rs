//! What each route does.

pub(crate) mod admin;
pub(crate) mod auth;
pub(crate) mod check;
pub(crate) mod console;
pub(crate) mod decide;
pub(crate) mod gate;
pub(crate) mod models;
pub(crate) mod outside;
pub(crate) mod promote;
mod reply;
pub(crate) mod rollback;
pub(crate) mod rows;
pub(crate) mod state;
