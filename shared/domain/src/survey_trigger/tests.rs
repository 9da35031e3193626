//! Decisions about surveys.
