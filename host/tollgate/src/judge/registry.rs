//! Named judges that are swapped while calls are under way.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

/// Judges by name. Whoever asks for one gets the one that is live then, and
/// keeps it for the call; a swap waits for nobody, and nobody for a swap.
///
/// ```
/// # use tollgate::judge::Registry;
/// // A judge is cheap to clone; a text stands for one here.
/// let registry = Registry::default();
/// registry.insert("fraud", "fraud 1.4.0");
/// assert_eq!(registry.insert("fraud", "fraud 1.5.0"), Some("fraud 1.4.0"));
/// assert_eq!(registry.get("fraud"), Some("fraud 1.5.0"));
/// ```
#[derive(Debug)]
pub struct Registry<J> {
    judges: ArcSwap<BTreeMap<String, J>>,
}

impl<J> Default for Registry<J> {
    fn default() -> Self {
        Self { judges: ArcSwap::default() }
    }
}

impl<J: Clone> Registry<J> {
    /// The judge of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<J> {
        self.judges.load().get(name).cloned()
    }

    /// Makes a judge the live one of its name; gives the one before.
    pub fn insert(&self, name: &str, judge: J) -> Option<J> {
        let before = self.judges.rcu(|judges| {
            let mut judges = BTreeMap::clone(judges);
            judges.insert(name.to_owned(), judge.clone());
            judges
        });
        before.get(name).cloned()
    }

    /// Takes a judge away; gives it.
    pub fn remove(&self, name: &str) -> Option<J> {
        let before = self.judges.rcu(|judges| {
            let mut judges = BTreeMap::clone(judges);
            judges.remove(name);
            judges
        });
        before.get(name).cloned()
    }

    /// Makes all these the live ones at once, and takes the others away; gives
    /// those before.
    pub fn replace(&self, judges: BTreeMap<String, J>) -> Arc<BTreeMap<String, J>> {
        self.judges.swap(Arc::new(judges))
    }

    /// Those that are live now, together.
    #[must_use]
    pub fn all(&self) -> Arc<BTreeMap<String, J>> {
        self.judges.load_full()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_one_by_one_and_all_at_once() {
        let registry = Registry::default();
        assert_eq!(registry.get("a"), None);
        assert_eq!(registry.insert("a", 1), None);
        assert_eq!(registry.insert("b", 2), None);
        assert_eq!(registry.insert("a", 3), Some(1));
        assert_eq!(registry.remove("b"), Some(2));
        assert_eq!(registry.remove("b"), None);
        let before = registry.replace(BTreeMap::from([("c".to_owned(), 4)]));
        assert_eq!(before.get("a"), Some(&3));
        assert_eq!((registry.get("a"), registry.get("c")), (None, Some(4)));
        assert_eq!(registry.all().len(), 1);
    }
}
