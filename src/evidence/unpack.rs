//! Layers of compression.
