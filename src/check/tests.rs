//! Small programs and what the checker says about them.
