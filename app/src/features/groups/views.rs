//! Views of this capability.
