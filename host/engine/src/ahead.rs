//! Components that travel inside a program, compiled ahead of time.
//!
//! A component is compiled when it is first loaded, which takes up to seconds.
//! A program that brings components of its own can spare its users that:
//! [`pack`] compiles while the program is built, for the oldest processor that
//! it is to run on, and packs component and code into one file;
//! [`built_in!`](crate::built_in) puts that into the program, and
//! [`Engine::load_built_in`](crate::Engine::load_built_in) takes the code where
//! it fits and compiles the component where it does not: another version of
//! wasmtime, other settings, another system, an older processor.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use object::LittleEndian;
use object::read::elf::{ElfFile64, ElfSection64};
use object::{Object as _, ObjectSection as _};
use wasmtime::component::Component;

use crate::component;
use crate::config::config;
use crate::digest::Digest;
use crate::error::LoadError;
use crate::limits::Limits;

/// The form of what [`pack`] gives, one more whenever it changes.
const FORM: u8 = 2;

/// How hard is packed: it is done once, and unpacking takes as long at any
/// level.
const LEVEL: i32 = 19;

/// A component inside this program; see [`built_in!`](crate::built_in).
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn(Form);

#[derive(Debug, Clone, Copy)]
enum Form {
    Component(&'static [u8]),
    /// And what it was packed against, where it was.
    Packed(&'static [u8], Option<&'static [u8]>),
}

impl BuiltIn {
    /// A component as it is.
    #[doc(hidden)]
    #[must_use]
    pub const fn component(bytes: &'static [u8]) -> Self {
        Self(Form::Component(bytes))
    }

    /// What [`pack`] gave, and what it was packed against.
    ///
    /// # Safety
    /// The code in it runs outside of the sandbox: it must come from a source
    /// that is trusted as this program is.
    #[doc(hidden)]
    #[must_use]
    #[allow(unsafe_code)]
    pub const unsafe fn packed(bytes: &'static [u8], like: Option<&'static [u8]>) -> Self {
        Self(Form::Packed(bytes, like))
    }

    /// The bytes of the component.
    pub(crate) fn bytes(&self) -> Result<Cow<'static, [u8]>, LoadError> {
        let damaged = || LoadError::Invalid("it was damaged when this program was built".into());
        match self.0 {
            Form::Component(bytes) => Ok(bytes.into()),
            Form::Packed(bytes, like) => {
                let packed = Packed::read(bytes).ok_or_else(damaged)?;
                let known = packed.known(like, |like| &like.component).ok_or_else(damaged)?;
                packed.component.unpacked(&known).map(Cow::Owned).ok_or_else(damaged)
            }
        }
    }

    /// The component from its code; none when there is no code, when it was
    /// made of another component than the one with this digest, or when it does
    /// not fit this engine or this processor.
    pub(crate) fn compiled(&self, engine: &wasmtime::Engine, digest: &Digest) -> Option<Component> {
        let Form::Packed(bytes, like) = self.0 else { return None };
        let packed = Packed::read(bytes).filter(|it| it.digest == *digest.as_bytes())?;
        let code = packed.code.unpacked(&packed.known(like, |like| &like.code)?)?;
        // SAFETY: the code is part of this program, as `packed` demands, and so
        // trusted as the program itself.
        #[allow(unsafe_code)]
        unsafe { Component::deserialize(engine, code) }.ok()
    }
}

/// A file that becomes part of this program as a
/// [`BuiltIn`](crate::ahead::BuiltIn): `built_in!("x.wasm")` is a component,
/// `built_in!(packed "x.cwasm")` what [`ahead::pack`](crate::ahead::pack) made
/// of one, and `built_in!(packed "x.cwasm" like "y.cwasm")` what it made of one
/// against another.
///
/// The path is a literal, read while the program is compiled. Who can change
/// what it names can change the program: the code in it is trusted as an object
/// file is that the linker takes.
#[macro_export]
macro_rules! built_in {
    ($path:literal) => {
        $crate::ahead::BuiltIn::component(include_bytes!($path))
    };
    (packed $path:literal) => {
        // SAFETY: as the macro's documentation says.
        #[allow(unsafe_code)]
        unsafe {
            $crate::ahead::BuiltIn::packed(include_bytes!($path), None)
        }
    };
    (packed $path:literal like $like:literal) => {
        // SAFETY: as the macro's documentation says.
        #[allow(unsafe_code)]
        unsafe {
            $crate::ahead::BuiltIn::packed(include_bytes!($path), Some(include_bytes!($like)))
        }
    };
}

/// Packs a component, with code for every processor of this machine's kind from
/// the baseline on: x86-64-v2 (of 2009: SSE 4.2, POPCNT), or any 64-bit ARM.
/// None on other machines.
///
/// `like` is what this function gave for a component that shares much with this
/// one, such as the SDK: what both have is then there once. It was itself
/// packed against nothing.
///
/// # Errors
/// When the bytes are not a plugin, or cannot be compiled.
pub fn pack(component: &[u8], like: Option<&[u8]>) -> Result<Option<Vec<u8>>, LoadError> {
    let invalid = |error: wasmtime::Error| LoadError::Invalid(format!("{error:#}"));
    let Some(engine) = engine().transpose().map_err(invalid)? else {
        return Ok(None);
    };
    component::read(component, Limits::default().component)?;
    let mut code = engine.precompile_component(component).map_err(invalid)?;
    forget_symbols(&mut code)
        .map_err(|error| LoadError::Invalid(format!("its code cannot be read: {error}")))?;
    let unusable = || LoadError::Invalid("what it is packed against is damaged".into());
    let like = like.map(|like| Packed::read(like).ok_or_else(unusable)).transpose()?;
    let mut bytes = Digest::of(component).as_bytes().to_vec();
    bytes.extend(made_by(&engine).to_le_bytes());
    bytes.extend(like.as_ref().map_or([0; 32], |like| like.digest));
    let parts = [
        (component, like.as_ref().map(|it| &it.component)),
        (&code, like.as_ref().map(|it| &it.code)),
    ];
    for (part, known) in parts {
        let known = known.map_or(Some(Vec::new()), |known| known.unpacked(&[]));
        Part::write(part, &known.ok_or_else(unusable)?, &mut bytes)
            .map_err(|error| LoadError::Invalid(error.to_string()))?;
    }
    Ok(Some(bytes))
}

/// Whether [`pack`] would give these very bytes for the component: what a build
/// asks before it compiles again.
#[must_use]
pub fn is_current(packed: &[u8], component: &[u8], like: Option<&[u8]>) -> bool {
    let (Some(packed), Some(Ok(engine))) = (Packed::read(packed), engine()) else {
        return false;
    };
    let like = like.map_or(Some([0; 32]), |like| Some(Packed::read(like)?.digest));
    packed.digest == *Digest::of(component).as_bytes()
        && packed.made_by == made_by(&engine)
        && like == Some(packed.like)
}

/// The file: the component's digest, what its code was made by, the digest of
/// the component that it is packed against (zeros where there is none), both
/// packed.
struct Packed<'a> {
    digest: [u8; 32],
    made_by: u64,
    like: [u8; 32],
    component: Part<'a>,
    code: Part<'a>,
}

impl<'a> Packed<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (digest, rest) = bytes.split_first_chunk::<32>()?;
        let (made_by, rest) = rest.split_first_chunk::<8>()?;
        let (like, rest) = rest.split_first_chunk::<32>()?;
        let (component, rest) = Part::read(rest)?;
        let (code, rest) = Part::read(rest)?;
        let made_by = u64::from_le_bytes(*made_by);
        rest.is_empty().then_some(Self { digest: *digest, made_by, like: *like, component, code })
    }

    /// A part of what this is packed against; nothing where it is packed against
    /// nothing, and none where something else is at hand.
    fn known(
        &self,
        like: Option<&[u8]>,
        part: impl for<'p> FnOnce(&'p Packed<'p>) -> &'p Part<'p>,
    ) -> Option<Vec<u8>> {
        if self.like == [0; 32] {
            return Some(Vec::new());
        }
        let like = Packed::read(like?).filter(|like| like.digest == self.like)?;
        part(&like).unpacked(&[])
    }
}

/// Two lengths, as it is and packed, and the packed bytes.
struct Part<'a> {
    length: usize,
    packed: &'a [u8],
}

impl<'a> Part<'a> {
    /// With a checksum, so that what was cut or damaged is not taken for code.
    fn write(bytes: &[u8], known: &[u8], to: &mut Vec<u8>) -> std::io::Result<()> {
        let mut compressor = zstd::bulk::Compressor::with_dictionary(LEVEL, known)?;
        compressor.include_checksum(true)?;
        let packed = compressor.compress(bytes)?;
        to.extend((bytes.len() as u64).to_le_bytes());
        to.extend((packed.len() as u64).to_le_bytes());
        to.extend(packed);
        Ok(())
    }

    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (packed, rest) = rest.split_first_chunk::<8>()?;
        let [length, packed] = [length, packed].map(|it| usize::try_from(u64::from_le_bytes(*it)));
        let (packed, rest) = rest.split_at_checked(packed.ok()?)?;
        Some((Self { length: length.ok()?, packed }, rest))
    }

    fn unpacked(&self, known: &[u8]) -> Option<Vec<u8>> {
        let mut decompressor = zstd::bulk::Decompressor::with_dictionary(known).ok()?;
        let bytes = decompressor.decompress(self.packed, self.length).ok()?;
        (bytes.len() == self.length).then_some(bytes)
    }
}

/// Blanks out the table of symbols, a twentieth of the packed code: only
/// debuggers read it. Backtraces take names from the component.
fn forget_symbols(code: &mut [u8]) -> object::Result<()> {
    let file = ElfFile64::<LittleEndian>::parse(&*code)?;
    let unread = |section: &ElfSection64<'_, '_, LittleEndian>| {
        [".symtab", ".strtab"].map(Ok).contains(&section.name())
    };
    let ranges: Vec<_> =
        file.sections().filter(unread).filter_map(|section| section.file_range()).collect();
    for (start, length) in ranges {
        let range = usize::try_from(start).ok().zip(usize::try_from(start + length).ok());
        let section = range.and_then(|(start, end)| code.get_mut(start..end));
        section.into_iter().for_each(|section| section.fill(0));
    }
    Ok(())
}

/// The version and the settings of what compiles.
fn made_by(engine: &wasmtime::Engine) -> u64 {
    // The default hasher with fixed keys; stable for one version of Rust.
    #[allow(deprecated)]
    let mut hasher = std::hash::SipHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    FORM.hash(&mut hasher);
    hasher.finish()
}

/// An engine that compiles for the baseline of this machine's kind.
fn engine() -> Option<wasmtime::Result<wasmtime::Engine>> {
    let (target, processor) = baseline()?;
    let mut config = config(&Limits::default());
    if let Err(error) = config.target(target) {
        return Some(Err(error));
    }
    if let Some(processor) = processor {
        // SAFETY: these are features of the processor, which is asked whether
        // it has them before code that was compiled for them is taken.
        #[allow(unsafe_code)]
        unsafe {
            config.cranelift_flag_enable(processor);
        }
    }
    Some(wasmtime::Engine::new(&config))
}

/// What this kind of machine is called, and the processor that every one of
/// them is taken to have, where that is more than the bare architecture.
fn baseline() -> Option<(&'static str, Option<&'static str>)> {
    const X86_64: Option<&str> = Some("x86-64-v2");
    match (std::env::consts::ARCH, std::env::consts::OS) {
        ("x86_64", "linux") => Some(("x86_64-unknown-linux-gnu", X86_64)),
        ("x86_64", "macos") => Some(("x86_64-apple-darwin", X86_64)),
        ("x86_64", "windows") => Some(("x86_64-pc-windows-msvc", X86_64)),
        ("aarch64", "linux") => Some(("aarch64-unknown-linux-gnu", None)),
        ("aarch64", "macos") => Some(("aarch64-apple-darwin", None)),
        _ => None,
    }
}
