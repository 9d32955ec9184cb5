//! What the control may do at ДАН: read and send messages, and play a citizen's token.

pub use super::{
    messages::{Message, all as messages, receive},
    signature::{Signed, sign},
};
