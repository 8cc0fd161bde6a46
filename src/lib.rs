//! Proc: a small language and a deterministic machine for learning how Unix processes work.
//!
//! The floors, from the ground up; each knows only those before it:
//!
//! [`source`] → [`diagnostics`] → [`abi`] → [`syntax`] → [`check`] → [`bytecode`] → [`pipeline`] → [`vm`] → [`kernel`] → [`trace`],
//! [`report`] → [`explore`] → [`export`] → [`cli`]
//!
//! A Rust program compiles a source, makes a machine for it with a [`kernel::machine::Config`] and a host of its own, and runs or steps it:
//!
//! ```
//! use std::cell::RefCell;
//! use std::rc::Rc;
//!
//! use proclang::abi::Errno;
//! use proclang::bytecode::image::Verified;
//! use proclang::kernel::door::End;
//! use proclang::kernel::host::{Host, Input, Stream};
//! use proclang::kernel::{Config, Machine};
//! use proclang::source::SourceMap;
//!
//! /// A terminal that remembers what was written to it.
//! struct Screen(Rc<RefCell<Vec<u8>>>);
//!
//! impl Host for Screen {
//!     fn write(&mut self, _stream: Stream, bytes: &[u8]) -> Result<(), Errno> {
//!         self.0.borrow_mut().extend(bytes);
//!         Ok(())
//!     }
//!     fn read(&mut self, _max: usize, _wait: bool) -> Input {
//!         Input::End
//!     }
//!     fn load(&mut self, _path: &[u8]) -> Result<Verified, Errno> {
//!         Err(Errno::ENOENT)
//!     }
//! }
//!
//! let source = "if fork() == 0 { exit(7); } let (pid, status) = wait(); if pid > 0 && WIFEXITED(status) { print(WEXITSTATUS(status)); }";
//! let compiled = proclang::pipeline::compile(&mut SourceMap::new(), "seven.proc", source.to_owned()).expect("it compiles");
//! let screen = Rc::new(RefCell::new(Vec::new()));
//! let host = Box::new(Screen(Rc::clone(&screen)));
//! let mut machine = Machine::new(Config::default(), compiled.image, &[b"seven.proc".to_vec()], host).expect("it starts");
//! let end = loop {
//!     if let Some(end) = machine.step() {
//!         break end;
//!     }
//! };
//! assert!(matches!(end, End::Finished(status) if status.exit_code() == 0));
//! assert_eq!(screen.borrow().as_slice(), b"7\n");
//! assert_eq!(machine.totals().processes, 2);
//! ```
#![allow(rustdoc::private_intra_doc_links, reason = "a floor's page names the files behind it")]

pub mod abi;
pub mod bytecode;
pub mod check;
pub mod cli;
pub mod diagnostics;
pub mod explore;
pub mod export;
pub mod kernel;
pub mod pipeline;
pub mod report;
pub mod source;
pub mod syntax;
pub mod trace;
pub mod vm;
