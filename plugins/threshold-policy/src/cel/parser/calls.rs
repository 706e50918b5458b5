//! Functions and methods.

use alloc::format;
use alloc::string::{String, ToString as _};

use super::{Parsed, Parser, a};
use tollgate_sdk::nearest;

use crate::cel::Type;
use crate::cel::lexer::Token;
use crate::cel::operation::Operation;
use crate::cel::refusal::Refusal;

impl Parser<'_, '_> {
    /// A call, from its `(` on.
    pub(super) fn function(&mut self, name: &str, at: usize) -> Parsed {
        let operation = match name {
            "size" => Operation::Size,
            "int" => Operation::ToInteger,
            "double" => Operation::ToNumber,
            "has" => {
                let message = "`has()` is not supported, compare the input with `null` instead";
                return Err(self.lexer.refuse(at, message.to_string()));
            }
            _ => return Err(self.unknown_call(name, at)),
        };
        self.expect("(")?;
        let kind = self.deeper(Self::expression)?;
        self.expect(")")?;
        let fits = match operation {
            Operation::Size => kind == Type::Text,
            _ => kind.is_numeric(),
        };
        if !fits {
            let wanted = if name == "size" { "text" } else { "number" };
            let message = format!("`{name}()` takes a {wanted}, not {}", a(kind));
            return Err(self.lexer.refuse(at, message));
        }
        self.emit(operation, at, 1)?;
        Ok(match operation {
            Operation::ToNumber => Type::Number,
            _ => Type::Integer,
        })
    }

    /// `.name(...)`, any number of times.
    pub(super) fn members(&mut self, mut kind: Type) -> Parsed {
        loop {
            let dot = self.at;
            if self.token == Token::Symbol("[") {
                let message = "an index (`x[0]`) is not supported".to_string();
                return Err(self.lexer.refuse(dot, message));
            }
            if !self.take(".")? {
                return Ok(kind);
            }
            let at = self.at;
            let Token::Name(name) = self.token else {
                return Err(self.unexpected("the name of a method"));
            };
            self.advance()?;
            if self.token != Token::Symbol("(") {
                let message = format!("a field (`.{name}`) is not supported, inputs are flat");
                return Err(self.lexer.refuse(dot, message));
            }
            let operation = match name {
                "size" => Operation::Size,
                "startsWith" => Operation::StartsWith,
                "endsWith" => Operation::EndsWith,
                "contains" => Operation::Contains,
                _ => return Err(self.unknown_call(name, at)),
            };
            self.want(Type::Text, kind, &format!("what `.{name}()` is called on"), at)?;
            self.expect("(")?;
            if operation == Operation::Size {
                self.emit(operation, at, 1)?;
                kind = Type::Integer;
            } else {
                let start = self.at;
                let argument = self.deeper(Self::expression)?;
                self.want(Type::Text, argument, &format!("what `.{name}()` takes"), start)?;
                self.emit(operation, at, 2)?;
                kind = Type::Boolean;
            }
            self.expect(")")?;
        }
    }

    pub(super) fn unknown_call(&self, name: &str, at: usize) -> Refusal {
        let known = ["size", "int", "double", "startsWith", "endsWith", "contains"];
        let hint = match nearest(name, known) {
            Some(other) => format!(", did you mean `{other}()`?"),
            None => String::new(),
        };
        (self.lexer).refuse(at, format!("`{name}()` is not supported{hint}"))
    }
}
