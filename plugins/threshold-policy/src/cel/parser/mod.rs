//! From tokens to a program: a Pratt parser that checks types as it goes and
//! emits postfix operations directly, so that there is no tree to keep.

mod calls;
mod emit;

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use tollgate_sdk::nearest;

use super::lexer::{Lexer, Token};
use super::operation::{Comparison, Operation};
use super::program::{Constant, Program};
use super::refusal::Refusal;
use super::{Type, Variable};

/// How deep parentheses, signs and choices may nest: each level takes some
/// hundred bytes of a guest's stack of 16 KiB.
const DEPTH: u32 = 24;

/// How long an expression may be, in bytes; jumps are 16-bit.
const LENGTH: usize = 4096;

/// Compiles a condition over `variables`.
///
/// # Errors
/// The first place that is malformed, unsupported, of the wrong type, or names
/// no variable.
pub fn compile(text: &str, variables: &[Variable<'_>]) -> Result<Program, Refusal> {
    if text.len() > LENGTH {
        return Err(Refusal {
            column: 1,
            message: format!("the expression is longer than {LENGTH} bytes"),
        });
    }
    let mut lexer = Lexer::new(text);
    let (token, at) = lexer.next()?;
    let mut parser = Parser {
        lexer,
        token,
        at,
        variables,
        depth: 0,
        height: 0,
        operations: Vec::new(),
        places: Vec::new(),
        constants: Vec::new(),
        landing: 0,
    };
    let kind = parser.expression()?;
    if parser.token != Token::End {
        return Err(parser.unexpected("an operator or the end"));
    }
    if kind != Type::Boolean {
        let message = format!("a condition must be true or false, this is {}", a(kind));
        return Err(parser.lexer.refuse(0, message));
    }
    let columns = parser.places.iter();
    let columns = columns.map(|at| super::refusal::column(text, *at));
    Ok(Program {
        columns: columns.collect(),
        operations: parser.operations.into(),
        constants: parser.constants.into(),
    })
}

struct Parser<'a, 'v> {
    lexer: Lexer<'a>,
    token: Token<'a>,
    /// Where `token` starts.
    at: usize,
    variables: &'v [Variable<'v>],
    depth: u32,
    /// How many operands wait at this point of the program.
    height: usize,
    operations: Vec<Operation>,
    places: Vec<usize>,
    constants: Vec<Constant>,
    /// Where the last jump lands. What comes before it must stay.
    landing: usize,
}

type Parsed<T = Type> = Result<T, Refusal>;

impl<'a> Parser<'a, '_> {
    fn advance(&mut self) -> Parsed<Token<'a>> {
        let (token, at) = self.lexer.next()?;
        self.at = at;
        Ok(core::mem::replace(&mut self.token, token))
    }

    fn take(&mut self, symbol: &str) -> Parsed<bool> {
        let found = matches!(&self.token, Token::Symbol(found) if *found == symbol);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, symbol: &str) -> Parsed<()> {
        if self.take(symbol)? {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{symbol}`")))
    }

    fn unexpected(&self, wanted: &str) -> Refusal {
        let found = match &self.token {
            Token::Integer(_) | Token::Number(_) => "a number".to_string(),
            Token::Text(_) => "a text".to_string(),
            Token::Name(name) => format!("`{name}`"),
            Token::Symbol("[") => "a list, which may only stand right of `in`".to_string(),
            Token::Symbol("{") => "a map, which is not supported".to_string(),
            Token::Symbol(symbol) => format!("`{symbol}`"),
            Token::End => "the end".to_string(),
        };
        let message = format!("here should be {wanted}, not {found}");
        self.lexer.refuse(self.at, message)
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > DEPTH {
            let message = "the expression nests too deeply".to_string();
            return Err(self.lexer.refuse(self.at, message));
        }
        let parsed = parse(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    fn expression(&mut self) -> Parsed {
        let start = self.at;
        let condition = self.operators(1)?;
        let at = self.at;
        if !self.take("?")? {
            return Ok(condition);
        }
        self.want(Type::Boolean, condition, "what stands before `?`", start)?;
        let choose = self.emit_jump(Operation::Choose(0, 0), at);
        self.height -= 1;
        let first = self.deeper(|parser| parser.operators(1))?;
        let jump = self.emit_jump(Operation::Jump(0), at);
        self.expect(":")?;
        let otherwise = self.here();
        self.height -= 1;
        let start = self.at;
        let second = self.deeper(Self::expression)?;
        self.patch(choose, Operation::Choose(otherwise, self.here()));
        self.patch(jump, Operation::Jump(self.here()));
        self.want(first, second, "the part after `:`", start)?;
        Ok(first)
    }

    /// Operators that bind at least as tightly as `least`, left to right.
    fn operators(&mut self, least: u8) -> Parsed {
        let mut left = self.unary()?;
        loop {
            let at = self.at;
            let (symbol, binding) = match &self.token {
                Token::Symbol(symbol) => match *symbol {
                    "||" => (*symbol, 1),
                    "&&" => (*symbol, 2),
                    "<" | "<=" | ">" | ">=" | "==" | "!=" => (*symbol, 3),
                    "+" | "-" => (*symbol, 4),
                    "*" | "/" | "%" => (*symbol, 5),
                    _ => return Ok(left),
                },
                Token::Name("in") => ("in", 3),
                _ => return Ok(left),
            };
            if binding < least {
                return Ok(left);
            }
            self.advance()?;
            left = match symbol {
                "||" | "&&" => self.logical(symbol, binding, left, at)?,
                "in" => self.membership(left, at)?,
                _ => {
                    let right = self.deeper(|parser| parser.operators(binding + 1))?;
                    self.binary(symbol, left, right, at)?
                }
            };
        }
    }

    fn logical(&mut self, symbol: &str, binding: u8, left: Type, at: usize) -> Parsed {
        let absorbing = symbol == "||";
        self.want(Type::Boolean, left, &format!("the left of `{symbol}`"), at)?;
        let skip = self.emit_jump(Operation::SkipIf(absorbing, 0), at);
        let right = self.deeper(|parser| parser.operators(binding + 1))?;
        self.want(Type::Boolean, right, &format!("the right of `{symbol}`"), at)?;
        self.emit(Operation::Logical(absorbing), at, 2)?;
        self.patch(skip, Operation::SkipIf(absorbing, self.here()));
        Ok(Type::Boolean)
    }

    fn binary(&mut self, symbol: &str, left: Type, right: Type, at: usize) -> Parsed {
        let comparison = match symbol {
            "<" => Some(Comparison::Less),
            "<=" => Some(Comparison::AtMost),
            ">" => Some(Comparison::More),
            ">=" => Some(Comparison::AtLeast),
            "==" => Some(Comparison::Equal),
            "!=" => Some(Comparison::NotEqual),
            _ => None,
        };
        if let Some(comparison) = comparison {
            let is_equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
            let has_null = left == Type::Null || right == Type::Null;
            let fits = if has_null {
                is_equality
            } else {
                left == right || left.is_numeric() && right.is_numeric()
            };
            if !fits {
                return Err(self.misfit(symbol, left, right, at));
            }
            match *self.fusible() {
                [.., Operation::Variable(variable), Operation::Constant(constant)] => {
                    self.fuse(Operation::Test(comparison, variable, constant), at, 2)?;
                }
                _ => {
                    self.emit(Operation::Compare(comparison), at, 2)?;
                }
            }
            return Ok(Type::Boolean);
        }
        let operation = match symbol {
            "+" => Operation::Add,
            "-" => Operation::Subtract,
            "*" => Operation::Multiply,
            "/" => Operation::Divide,
            _ => Operation::Remainder,
        };
        let whole = operation == Operation::Remainder;
        if left != right || !left.is_numeric() || whole && left != Type::Integer {
            return Err(self.misfit(symbol, left, right, at));
        }
        self.emit(operation, at, 2)?;
        Ok(left)
    }

    /// `in` and a list of literals.
    fn membership(&mut self, left: Type, at: usize) -> Parsed {
        if !self.take("[")? {
            return Err(self.unexpected("a list such as `[\"a\", \"b\"]`"));
        }
        let first = self.constants.len() as u16;
        loop {
            let place = self.at;
            let negative = self.take("-")?;
            let constant = self
                .literal(negative)?
                .ok_or_else(|| self.unexpected("a number, a text, `true` or `false`"))?;
            let kind = constant_type(&constant);
            if kind != left && !(kind.is_numeric() && left.is_numeric()) {
                return Err(self.misfit("in", left, kind, place));
            }
            self.constants.push(constant);
            if !self.take(",")? {
                break;
            }
        }
        self.expect("]")?;
        let count = self.constants.len() as u16 - first;
        match *self.fusible() {
            [.., Operation::Variable(variable)] => {
                self.fuse(Operation::Listed(variable, first, count), at, 1)?;
            }
            _ => {
                self.emit(Operation::In(first, count), at, 1)?;
            }
        }
        Ok(Type::Boolean)
    }

    fn unary(&mut self) -> Parsed {
        let at = self.at;
        if self.take("!")? {
            let kind = self.deeper(Self::unary)?;
            self.want(Type::Boolean, kind, "what `!` negates", at)?;
            self.emit(Operation::Not, at, 1)?;
            return Ok(kind);
        }
        if self.take("-")? {
            // A sign and a number are one literal: the least integer has no
            // positive twin.
            if matches!(self.token, Token::Integer(_) | Token::Number(_))
                && let Some(constant) = self.literal(true)?
            {
                let kind = constant_type(&constant);
                self.constant(constant, at)?;
                return self.members(kind);
            }
            let kind = self.deeper(Self::unary)?;
            if !kind.is_numeric() {
                let message = format!("`-` takes a number, not {}", a(kind));
                return Err(self.lexer.refuse(at, message));
            }
            self.emit(Operation::Negate, at, 1)?;
            return Ok(kind);
        }
        let kind = self.primary()?;
        self.members(kind)
    }

    /// The literal at this point, if there is one.
    fn literal(&mut self, negative: bool) -> Parsed<Option<Constant>> {
        let constant = match &mut self.token {
            Token::Integer(value) => {
                let signed = i128::from(*value) * if negative { -1 } else { 1 };
                let Ok(signed) = i64::try_from(signed) else {
                    let message = format!("`{value}` is not an integer in 64 bits");
                    return Err(self.lexer.refuse(self.at, message));
                };
                Constant::Integer(signed)
            }
            Token::Number(value) => Constant::Number(if negative { -*value } else { *value }),
            _ if negative => return Ok(None),
            Token::Text(text) => Constant::Text(core::mem::take(text).into_boxed_str()),
            Token::Name("true") => Constant::Boolean(true),
            Token::Name("false") => Constant::Boolean(false),
            _ => return Ok(None),
        };
        self.advance()?;
        Ok(Some(constant))
    }

    fn primary(&mut self) -> Parsed {
        let at = self.at;
        if let Some(constant) = self.literal(false)? {
            let kind = constant_type(&constant);
            self.constant(constant, at)?;
            return Ok(kind);
        }
        if self.take("(")? {
            let kind = self.deeper(Self::expression)?;
            self.expect(")")?;
            return Ok(kind);
        }
        let Token::Name(name) = self.token else {
            return Err(self.unexpected("a value"));
        };
        self.advance()?;
        if name == "null" {
            self.constant(Constant::Null, at)?;
            return Ok(Type::Null);
        }
        if self.token == Token::Symbol("(") {
            return self.function(name, at);
        }
        let index = (self.variables.iter()).position(|variable| variable.name == name);
        let Some((index, variable)) = index.and_then(|at| Some((at, self.variables.get(at)?)))
        else {
            let names = self.variables.iter().map(|variable| variable.name);
            let hint = match nearest(name, names) {
                Some(other) => format!(", did you mean `{other}`?"),
                None => ", declare it under `inputs`".to_string(),
            };
            let message = format!("`{name}` is not an input{hint}");
            return Err(self.lexer.refuse(at, message));
        };
        let kind = variable.kind;
        self.emit(Operation::Variable(index as u16), at, 0)?;
        Ok(kind)
    }

    fn want(&self, wanted: Type, found: Type, what: &str, at: usize) -> Parsed<()> {
        if wanted == found {
            return Ok(());
        }
        let message = format!("{what} must be {}, this is {}", a(wanted), a(found));
        Err(self.lexer.refuse(at, message))
    }

    fn misfit(&self, symbol: &str, left: Type, right: Type, at: usize) -> Refusal {
        let mixed = left.is_numeric() && right.is_numeric() && left != right;
        let hint = match symbol {
            "%" if left.is_numeric() && right.is_numeric() => ", only two integers",
            _ if mixed => ", write `1.0` or `double(x)` for the integer",
            "+" if left == Type::Text => ", only numbers",
            _ => "",
        };
        let message = format!("`{symbol}` cannot take {} and {}{hint}", a(left), a(right));
        self.lexer.refuse(at, message)
    }
}

fn constant_type(constant: &Constant) -> Type {
    match constant {
        Constant::Null => Type::Null,
        Constant::Boolean(_) => Type::Boolean,
        Constant::Integer(_) => Type::Integer,
        Constant::Number(_) => Type::Number,
        Constant::Text(_) => Type::Text,
    }
}

fn a(kind: Type) -> String {
    match kind {
        Type::Null => "null".to_string(),
        Type::Integer => "an integer".to_string(),
        kind => format!("a {}", kind.name()),
    }
}
