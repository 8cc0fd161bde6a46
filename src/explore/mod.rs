//! All schedules of a program: every order in which its processes can be seen to move, what they print, where they hang.
//!
//! The machine of `kernel` carries out every step; nothing here knows what a system call does. [`stepper`] moves it one step at a time,
//! [`world`] keeps states as tuples of numbers, [`worker`] looks at states, [`search`] visits them all, keeps them in [`states`] and makes the [`graph`], [`outputs`] and [`circles`] answer questions about the graph,
//! [`survey`] puts the answers together. What was printed is not part of a state: texts stand on the steps between states.

mod blind;
mod circles;
mod component;
mod count;
mod footprint;
mod futures;
mod graph;
mod host;
mod intern;
mod language;
mod liveness;
mod memo;
mod order;
mod outputs;
mod privacy;
mod promise;
mod race;
mod reduce;
mod replay;
mod schedule;
mod search;
mod shape;
mod shorten;
mod states;
mod stepper;
mod survey;
mod worker;
mod world;

pub use count::{Counted, Counts};
pub use graph::{Bounds, Progress};
pub use host::{Outside, Sources};
pub use promise::Promise;
pub use replay::{Replayed, replay, replay_further};
pub use schedule::{Schedule, parse};
pub use stepper::{Sleep, may_fail};
pub use survey::{Answer, Output, Print, Range, Reduction, Report, Setup, Survey, Want, Witness};
