//! The settings, as a policy document spells them.

mod json;
mod read;

use alloc::string::String;
use alloc::vec::Vec;

pub use json::Json;

/// All that a policy document sets. `settings.schema.json` describes each key.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Every action, mildest first; derived when empty, see [`crate::actions`].
    pub actions: Vec<String>,
    /// For each action the lowest score, in [0, 1], that calls for it.
    pub thresholds: Vec<(String, f64)>,
    /// The reason that each threshold gives, by its action.
    pub reasons: Vec<(String, String)>,
    /// Inputs that rules read beside the built-in ones.
    pub inputs: Vec<(String, CustomInput)>,
    /// Business rules.
    pub rules: Rules,
    /// Switches.
    pub flags: Flags,
    /// Protection of customers from too many blocks.
    pub guardrails: Guardrails,
}

/// An input of the document's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustomInput {
    /// What kind of value it is.
    pub kind: InputKind,
    /// Whether a decision needs it; null otherwise reaches the expressions.
    pub required: bool,
}

/// The kinds of an input, in the contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// True or false.
    Boolean,
    /// A whole number, 64 bits.
    Integer,
    /// A double.
    Number,
    /// Text.
    Text,
}

/// What a rule may do to the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effect {
    /// Make it stricter, never milder.
    #[default]
    Escalate,
    /// Replace it, by a milder one too.
    Set,
}

/// The business rules: the built-in ones as a map, or a list of rules, of
/// which one entry may hold the built-in keys.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The entries; one when the document has a map.
    pub entries: Vec<Rule>,
    /// Whether the document has a list, for the pointers of findings.
    pub listed: bool,
}

/// One entry of the rules: either the built-in keys, or `id`, `when`,
/// `action` and `effect`.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    /// The rule's name, which is the reason it gives.
    pub id: Option<String>,
    /// A condition, in the subset of CEL that [`crate::cel`] describes.
    pub when: Option<String>,
    /// The action when the condition holds.
    pub action: Option<String>,
    /// What the action does; `escalate` when not given.
    pub effect: Option<Effect>,
    /// Above this, an amount is high.
    pub high_value_threshold: Option<f64>,
    /// The action for a high amount.
    pub high_value_action: Option<String>,
    /// What the high-value action does.
    pub high_value_effect: Option<Effect>,
    /// Below this age, in days, a merchant is new.
    pub new_merchant_lookback_days: Option<f64>,
    /// The action for a new merchant.
    pub new_merchant_action: Option<String>,
    /// What the new-merchant action does.
    pub new_merchant_effect: Option<Effect>,
    /// How many transactions in the last hour are usual.
    pub max_transactions_per_hour: Option<f64>,
    /// The action for more than that.
    pub high_velocity_action: Option<String>,
    /// What the velocity action does.
    pub high_velocity_effect: Option<Effect>,
}

/// Switches that a document turns on and off.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// Whether countries are judged.
    pub enable_geo_blocking: bool,
    /// Whether the number of recent transactions is judged.
    pub enable_velocity_checks: bool,
    /// The countries that are judged strictly.
    pub strict_mode_countries: Vec<String>,
    /// The action for them; `manual_review` when not given.
    pub strict_mode_action: Option<String>,
    /// What that action does; `escalate` when not given.
    pub strict_mode_effect: Option<Effect>,
}

/// Limits on what the policy does to one customer.
#[derive(Debug, Clone, Default)]
pub struct Guardrails {
    /// How many blocks a day a customer gets before a milder action follows.
    /// A block that is in force stands all the same.
    pub max_daily_blocks_per_customer: Option<u32>,
    /// For how many hours a block stands.
    pub auto_unblock_after_hours: Option<f64>,
}

impl Rule {
    /// Whether any of the built-in keys is there.
    pub(crate) fn is_built_in(&self) -> bool {
        self.high_value_threshold.is_some()
            || self.high_value_action.is_some()
            || self.high_value_effect.is_some()
            || self.new_merchant_lookback_days.is_some()
            || self.new_merchant_action.is_some()
            || self.new_merchant_effect.is_some()
            || self.max_transactions_per_hour.is_some()
            || self.high_velocity_action.is_some()
            || self.high_velocity_effect.is_some()
    }

    /// Whether any of the keys of a rule with a condition is there.
    pub(crate) fn is_conditional(&self) -> bool {
        self.id.is_some() || self.when.is_some() || self.action.is_some() || self.effect.is_some()
    }
}
