//! What a clerk does to requests, and the notices that follow.
