//! "Did you mean": the nearest of a list of names.
