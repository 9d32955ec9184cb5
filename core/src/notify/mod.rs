//! What reaches a citizen: messages, and the pushes that say there are some.

pub mod inbox;
pub mod push;
