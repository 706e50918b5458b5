//! The registry that versions are promoted in.

use std::path::PathBuf;
use std::time::Duration;

use tollgate::tree::Node;

use super::{Reader, limits};

/// How long one request to a registry may take, where nobody says it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The registry that versions are promoted in. Who asks it is in the
/// environment only, by MLflow's own names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryConfig {
    /// The promotion plan.
    pub plan: PathBuf,
    /// The address of MLflow; none where the plan or the environment says it.
    pub url: Option<String>,
    /// What says where approvals are.
    pub approvals: Option<PathBuf>,
    /// How long one request may take.
    pub timeout: Duration,
}

/// Reads it; none where there is none.
pub(super) fn read(tree: &Node, reader: &Reader<'_>) -> Option<RegistryConfig> {
    let node = tree.get("registry")?;
    let text = |key: &str| node.get(key).and_then(Node::text);
    Some(RegistryConfig {
        plan: reader.path(node.get("plan")?)?,
        url: text("url").map(str::to_owned),
        approvals: node.get("approvals").and_then(|node| reader.path(node)),
        timeout: text("timeout").and_then(limits::time).unwrap_or(TIMEOUT),
    })
}
