//! `rand` and `choose`.

use super::super::call::{Call, Outcome};
use super::super::machine::Machine;
use super::super::process::Pid;
use super::int;
use crate::vm::Fault;

fn below(machine: &mut Machine, me: Pid, call: &Call, function: &'static str) -> Outcome {
    let n = int(machine, me, call, 0);
    if n <= 0 {
        let problem = format!("n is {n}, and there is no number from 0 to n-1");
        return Outcome::fault(Fault::Argument { function, problem });
    }
    Outcome::Int(machine.chance.below(n as u64) as i64)
}

pub(crate) fn rand(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    below(machine, me, call, "rand")
}

pub(crate) fn choose(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    below(machine, me, call, "choose")
}
