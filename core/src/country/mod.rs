pub mod alphabet;
pub mod localised;
pub mod money;
