//! What compiling a component will cost, foreseen from what is in it.
//!
//! A small file can ask a compiler for hours or for all memory there is: each
//! local of a function may need a value of its own in each of its blocks. The
//! counts here predict that work, and are compared with limits that are the
//! same on every machine, before anything is validated or compiled.

use std::fmt;

use wasmparser::{
    BlockType, ComponentType, ComponentTypeDeclaration, CompositeInnerType, CoreType, FuncType,
    FunctionBody, InstanceTypeDeclaration, ModuleTypeDeclaration, Operator, Parser, Payload,
    RecGroup, TypeRef,
};

/// Functions of all modules: twice those of a Python interpreter. Each costs
/// some 80 µs, however short it is.
const FUNCTIONS: u64 = 40_000;

/// Bytes of one function. The largest that people compile, an interpreter's
/// main loop, have a quarter of it.
const FUNCTION_BYTES: u64 = 512 << 10;

/// Values that meet in a function: its locals and what its blocks take and
/// give, for each place where control flow branches or joins. Each may become
/// a value of its own.
const MEETINGS: u64 = 4_000_000;

/// The same of all functions together.
const ALL_MEETINGS: u64 = 128_000_000;

/// Instructions of a function for each place where its control flow branches
/// or joins: what is known of a value is kept for each block.
const SPANS: u64 = 1_000_000_000;

/// Parameters and results of all that is called, in all functions together.
const PASSED: u64 = 4_000_000;

/// Items of all other sections, and what their types are made of: types,
/// imports, exports, instances, aliases, globals, tables and segments.
const ITEMS: u64 = 50_000;

/// Functions in all tables from the start.
const ELEMENTS: u64 = 500_000;

/// A count that is too high to be compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMuch {
    /// What was counted.
    what: &'static str,
    /// The function, from 0, among all of the component.
    function: Option<u64>,
    count: u64,
    limit: u64,
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, function, count, limit } = self;
        if let Some(function) = function {
            write!(f, "function {function} has ")?;
        } else {
            write!(f, "it has ")?;
        }
        write!(f, "{count} {what}, above the limit of {limit}")
    }
}

/// Why a component is not compiled.
#[derive(Debug)]
pub(crate) enum Unbounded {
    TooMuch(TooMuch),
    Invalid(wasmparser::BinaryReaderError),
}

impl From<wasmparser::BinaryReaderError> for Unbounded {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Invalid(error)
    }
}

/// Counts what is in a component, until something is too much.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Unbounded> {
    let mut counts = Counts::default();
    // The modules and components that are open, the innermost last.
    let mut open: Vec<Module> = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::Version { .. } => open.push(Module::default()),
            Payload::End(_) => drop(open.pop()),
            payload => {
                if let Some(module) = open.last_mut() {
                    counts.section(payload, module)?;
                }
            }
        }
    }
    Ok(())
}

fn over(what: &'static str, count: u64, limit: u64) -> Result<(), Unbounded> {
    if count <= limit {
        return Ok(());
    }
    Err(Unbounded::TooMuch(TooMuch { what, function: None, count, limit }))
}

/// What is counted over all modules.
#[derive(Default)]
struct Counts {
    functions: u64,
    /// Those whose bodies have been looked at.
    bodies: u64,
    meetings: u64,
    passed: u64,
    items: u64,
    elements: u64,
}

/// What a function's body refers to.
#[derive(Default)]
struct Module {
    /// How many parameters and results each type has.
    types: Vec<Arity>,
    /// The type of each function.
    functions: Vec<u32>,
    /// How many of them are imported.
    imported: usize,
    /// How many bodies came by.
    bodies: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Arity {
    params: u64,
    results: u64,
}

impl Arity {
    fn both(self) -> u64 {
        self.params + self.results
    }
}

impl Module {
    fn arity(&self, kind: u32) -> Arity {
        self.types.get(kind as usize).copied().unwrap_or_default()
    }

    fn arity_of_function(&self, function: u32) -> Arity {
        let kind = self.functions.get(function as usize).copied();
        kind.map_or(Arity::default(), |kind| self.arity(kind))
    }

    fn arity_of_block(&self, block: BlockType) -> u64 {
        match block {
            BlockType::Empty => 0,
            BlockType::Type(_) => 1,
            BlockType::FuncType(kind) => self.arity(kind).both(),
        }
    }
}

impl Counts {
    fn items(&mut self, count: u64) -> Result<(), Unbounded> {
        self.items = self.items.saturating_add(count);
        over("types, imports, exports and other items", self.items, ITEMS)
    }

    fn section(&mut self, payload: Payload<'_>, module: &mut Module) -> Result<(), Unbounded> {
        match payload {
            Payload::TypeSection(section) => {
                self.items(u64::from(section.count()))?;
                for group in section {
                    self.group(&group?, Some(module))?;
                }
            }
            Payload::ImportSection(section) => {
                self.items(u64::from(section.count()))?;
                for import in section.into_imports() {
                    self.items(1)?;
                    if let TypeRef::Func(kind) | TypeRef::FuncExact(kind) = import?.ty {
                        module.functions.push(kind);
                        module.imported += 1;
                    }
                }
            }
            Payload::FunctionSection(section) => {
                self.functions += u64::from(section.count());
                over("functions", self.functions, FUNCTIONS)?;
                for kind in section {
                    module.functions.push(kind?);
                }
            }
            Payload::TableSection(section) => self.items(u64::from(section.count()))?,
            Payload::MemorySection(section) => self.items(u64::from(section.count()))?,
            Payload::TagSection(section) => self.items(u64::from(section.count()))?,
            Payload::GlobalSection(section) => self.items(u64::from(section.count()))?,
            Payload::ExportSection(section) => self.items(u64::from(section.count()))?,
            Payload::DataSection(section) => self.items(u64::from(section.count()))?,
            Payload::ElementSection(section) => {
                self.items(u64::from(section.count()))?;
                for element in section {
                    let count = match element?.items {
                        wasmparser::ElementItems::Functions(functions) => functions.count(),
                        wasmparser::ElementItems::Expressions(_, expressions) => {
                            expressions.count()
                        }
                    };
                    self.elements += u64::from(count);
                    over("functions in its tables", self.elements, ELEMENTS)?;
                }
            }
            Payload::CodeSectionEntry(body) => self.body(&body, module)?,
            Payload::InstanceSection(section) => {
                self.items(u64::from(section.count()))?;
                for instance in section {
                    self.items(match instance? {
                        wasmparser::Instance::Instantiate { args, .. } => args.len() as u64,
                        wasmparser::Instance::FromExports(exports) => exports.len() as u64,
                    })?;
                }
            }
            Payload::ComponentInstanceSection(section) => {
                self.items(u64::from(section.count()))?;
                for instance in section {
                    self.items(match instance? {
                        wasmparser::ComponentInstance::Instantiate { args, .. } => {
                            args.len() as u64
                        }
                        wasmparser::ComponentInstance::FromExports(exports) => exports.len() as u64,
                    })?;
                }
            }
            Payload::CoreTypeSection(section) => {
                for kind in section {
                    self.core_type(&kind?)?;
                }
            }
            Payload::ComponentTypeSection(section) => {
                for kind in section {
                    self.component_type(&kind?)?;
                }
            }
            Payload::ComponentAliasSection(section) => self.items(u64::from(section.count()))?,
            Payload::ComponentCanonicalSection(section) => {
                self.items(u64::from(section.count()))?;
            }
            Payload::ComponentImportSection(section) => self.items(u64::from(section.count()))?,
            Payload::ComponentExportSection(section) => self.items(u64::from(section.count()))?,
            _ => {}
        }
        Ok(())
    }

    /// The types of a group, for the bodies of `module`.
    fn group(
        &mut self,
        group: &RecGroup,
        mut module: Option<&mut Module>,
    ) -> Result<(), Unbounded> {
        for kind in group.types() {
            let arity = match &kind.composite_type.inner {
                CompositeInnerType::Func(function) => arity(function),
                CompositeInnerType::Struct(fields) => {
                    self.items(fields.fields.len() as u64)?;
                    Arity::default()
                }
                _ => Arity::default(),
            };
            self.items(1 + arity.both())?;
            if let Some(module) = &mut module {
                module.types.push(arity);
            }
        }
        Ok(())
    }

    fn core_type(&mut self, kind: &CoreType<'_>) -> Result<(), Unbounded> {
        self.items(1)?;
        match kind {
            CoreType::Rec(group) => self.group(group, None),
            CoreType::Module(declarations) => {
                for declaration in declarations {
                    self.items(1)?;
                    if let ModuleTypeDeclaration::Type(group) = declaration {
                        self.group(group, None)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn component_type(&mut self, kind: &ComponentType<'_>) -> Result<(), Unbounded> {
        use wasmparser::ComponentDefinedType as Defined;
        self.items(1)?;
        match kind {
            ComponentType::Defined(defined) => self.items(match defined {
                Defined::Record(fields) => fields.len(),
                Defined::Variant(cases) => cases.len(),
                Defined::Tuple(types) => types.len(),
                Defined::Flags(names) | Defined::Enum(names) => names.len(),
                _ => 0,
            } as u64),
            ComponentType::Func(function) => self.items(function.params.len() as u64),
            ComponentType::Component(declarations) => {
                declarations.iter().try_for_each(|declaration| match declaration {
                    ComponentTypeDeclaration::Type(kind) => self.component_type(kind),
                    ComponentTypeDeclaration::CoreType(kind) => self.core_type(kind),
                    _ => self.items(1),
                })
            }
            ComponentType::Instance(declarations) => {
                declarations.iter().try_for_each(|declaration| match declaration {
                    InstanceTypeDeclaration::Type(kind) => self.component_type(kind),
                    InstanceTypeDeclaration::CoreType(kind) => self.core_type(kind),
                    _ => self.items(1),
                })
            }
            ComponentType::Resource { .. } => Ok(()),
        }
    }

    /// Looks at what one function does.
    fn body(&mut self, body: &FunctionBody<'_>, module: &mut Module) -> Result<(), Unbounded> {
        let function = self.bodies;
        let over = |what, count, limit| {
            over(what, count, limit).map_err(|error| match error {
                Unbounded::TooMuch(much) => {
                    Unbounded::TooMuch(TooMuch { function: Some(function), ..much })
                }
                invalid => invalid,
            })
        };
        let size = body.range().len() as u64;
        over("bytes", size, FUNCTION_BYTES)?;
        let index = u32::try_from(module.imported + module.bodies).unwrap_or(u32::MAX);
        let own = module.arity_of_function(index);
        let mut locals = own.both();
        for group in body.get_locals_reader()? {
            locals += u64::from(group?.0);
        }
        let mut flow = Flow::default();
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            flow.operator(&operators.read()?, module);
        }
        let meetings = flow.meetings(locals);
        over("values to carry from block to block", meetings, MEETINGS)?;
        over("instructions times blocks", flow.operators.saturating_mul(flow.joints), SPANS)?;
        self.meetings = self.meetings.saturating_add(meetings);
        self.passed = self.passed.saturating_add(flow.passed + own.both());
        self.bodies += 1;
        module.bodies += 1;
        self::over(
            "values to carry from block to block in all its functions",
            self.meetings,
            ALL_MEETINGS,
        )?;
        self::over("values passed to functions", self.passed, PASSED)
    }
}

fn arity(function: &FuncType) -> Arity {
    Arity { params: function.params().len() as u64, results: function.results().len() as u64 }
}

/// The control flow of one function.
#[derive(Default)]
struct Flow {
    operators: u64,
    /// Places where control flow branches or joins.
    joints: u64,
    /// The most values that a block takes and gives.
    widest: u64,
    /// Parameters and results of calls.
    passed: u64,
}

impl Flow {
    /// Each joint may have to carry all locals and what its block takes.
    fn meetings(&self, locals: u64) -> u64 {
        (self.joints + 1).saturating_mul(locals.saturating_add(self.widest))
    }

    fn operator(&mut self, operator: &Operator<'_>, module: &Module) {
        self.operators += 1;
        match operator {
            Operator::Block { blockty } | Operator::Loop { blockty } => {
                self.block(1, module.arity_of_block(*blockty));
            }
            Operator::If { blockty } => self.block(2, module.arity_of_block(*blockty)),
            Operator::TryTable { try_table } => {
                self.block(1 + try_table.catches.len() as u64, module.arity_of_block(try_table.ty));
            }
            Operator::Br { .. } | Operator::BrIf { .. } | Operator::Else => self.joints += 1,
            Operator::BrTable { targets } => self.joints += 1 + u64::from(targets.len()),
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                self.passed += module.arity_of_function(*function_index).both();
            }
            Operator::CallIndirect { type_index, .. }
            | Operator::ReturnCallIndirect { type_index, .. }
            | Operator::CallRef { type_index }
            | Operator::ReturnCallRef { type_index } => {
                self.passed += module.arity(*type_index).both();
            }
            _ => {}
        }
    }

    fn block(&mut self, joints: u64, width: u64) {
        self.joints += joints;
        self.widest = self.widest.max(width);
    }
}
