//! All schedules of a program: every order in which its processes can be seen to move, what they print, where they hang.
//!
//! The machine of `kernel` carries out every step; nothing here knows what a system call does. [`stepper`] moves it one step at a time,
//! [`world`] keeps states as tuples of numbers, [`graph`] visits them all, [`outputs`] and [`circles`] answer questions about the graph,
//! [`survey`] puts the answers together. What was printed is not part of a state: texts stand on the steps between states.

mod circles;
mod footprint;
mod futures;
mod graph;
mod host;
mod intern;
mod order;
mod outputs;
mod reduce;
mod replay;
mod schedule;
mod stepper;
mod survey;
mod world;

pub use graph::{Bounds, Progress};
pub use host::Sources;
pub use replay::{Replayed, replay};
pub use schedule::{Schedule, parse};
pub use stepper::{Sleep, may_fail};
pub use survey::{Answer, Output, Range, Reduction, Report, Setup, Survey, Want, Witness};
