//! Adding operations to the program.

use alloc::string::ToString as _;

use super::{Parsed, Parser};
use crate::cel::operation::Operation;
use crate::cel::program::{Constant, STACK};

impl Parser<'_, '_> {
    /// Adds an operation that takes `takes` operands and leaves one.
    pub(super) fn emit(&mut self, operation: Operation, at: usize, takes: usize) -> Parsed<usize> {
        self.height = self.height.saturating_sub(takes) + 1;
        if self.height > STACK {
            let message = "the expression nests too deeply".to_string();
            return Err(self.lexer.refuse(at, message));
        }
        Ok(self.emit_jump(operation, at))
    }

    /// Adds an operation that leaves the operands as they are.
    pub(super) fn emit_jump(&mut self, operation: Operation, at: usize) -> usize {
        self.operations.push(operation);
        self.places.push(at);
        self.operations.len() - 1
    }

    /// Adds an operation, after taking back the last `count`, whose work it
    /// does.
    pub(super) fn fuse(&mut self, operation: Operation, at: usize, count: usize) -> Parsed<()> {
        let left = self.operations.len().saturating_sub(count);
        self.operations.truncate(left);
        self.places.truncate(left);
        self.emit(operation, at, count)?;
        Ok(())
    }

    /// The last operations that no jump lands behind: those that can be fused.
    pub(super) fn fusible(&self) -> &[Operation] {
        self.operations.get(self.landing..).unwrap_or_default()
    }

    pub(super) fn here(&self) -> u16 {
        self.operations.len() as u16
    }

    /// Fills in a jump to here.
    pub(super) fn patch(&mut self, index: usize, operation: Operation) {
        self.landing = self.operations.len();
        if let Some(jump) = self.operations.get_mut(index) {
            *jump = operation;
        }
    }

    pub(super) fn constant(&mut self, constant: Constant, at: usize) -> Parsed<()> {
        self.constants.push(constant);
        let index = self.constants.len() as u16 - 1;
        self.emit(Operation::Constant(index), at, 0)?;
        Ok(())
    }
}
