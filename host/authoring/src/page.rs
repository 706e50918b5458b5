//! An explanation as a page: for a terminal, as Markdown, as HTML.
//!
//! Whatever strangers wrote is only read: no page holds a character that a
//! terminal or a browser would act on.

mod drawn;
mod html;
mod human;
mod markdown;
mod parts;

pub use self::html::html;
pub use self::human::human;
pub use self::markdown::markdown;
