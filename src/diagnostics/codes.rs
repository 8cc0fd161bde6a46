//! One row for each thing that can be said: its stable code, its name for `allow`, how bad it is, and
//! one sentence. E0xxx is text, E1xxx meaning, W2xxx lints, F3xxx faults of a run, S4xxx runs that are
//! stuck, N5xxx notes at the end of a run, L6xxx limits and the loading of programs.

use serde::{Serialize, Serializer};

use super::Severity;

/// Calls `$callback!` with every row: `Variant, "CODE", "name", Severity, "sentence";`.
#[macro_export]
macro_rules! for_each_code {
    ($callback:ident) => {
        $callback! {
            // The text: lexing and parsing.
            UnexpectedToken, "E0001", "unexpected-token", Error, "Something stands where the grammar has no place for it.";
            MissingToken, "E0002", "missing-token", Error, "A `;`, a brace or another fixed sign is missing.";
            UnclosedDelimiter, "E0003", "unclosed-delimiter", Error, "A brace, bracket or parenthesis is never closed.";
            BadCharacter, "E0004", "bad-character", Error, "A character that no word of the language begins with.";
            BadLiteral, "E0005", "bad-literal", Error, "A number, character or string that cannot be read.";
            BadEscape, "E0006", "bad-escape", Error, "An escape sequence that does not exist.";
            UnclosedText, "E0007", "unclosed-text", Error, "A string, character or comment that is never closed.";
            TooDeep, "E0008", "too-deep", Error, "The program is nested too deeply.";
            CHabit, "E0009", "c-habit", Error, "A habit from C that is spelled differently here.";
            ChainedComparison, "E0010", "chained-comparison", Error, "Comparisons do not chain.";
            // The meaning: names, types, flow.
            UnknownName, "E1001", "unknown-name", Error, "A name that nothing declares.";
            DuplicateName, "E1002", "duplicate-name", Error, "A name declared twice in one scope.";
            TypeMismatch, "E1003", "type-mismatch", Error, "A value of one type where another is wanted.";
            WrongCount, "E1004", "wrong-count", Error, "Too many or too few arguments, parts or fields.";
            NotAssignable, "E1005", "not-assignable", Error, "Something that cannot be assigned to.";
            UnknownType, "E1006", "unknown-type", Error, "A type that nothing declares.";
            UnknownField, "E1007", "unknown-field", Error, "A field that the struct does not have.";
            CannotInfer, "E1008", "cannot-infer", Error, "A type that cannot be known from here.";
            MissingReturn, "E1009", "missing-return", Error, "A function that can reach its end without its result.";
            OutsideLoop, "E1010", "outside-loop", Error, "`break` or `continue` with no loop around it.";
            NotConstant, "E1011", "not-constant", Error, "An expression that is not constant where one is needed.";
            BadFormat, "E1012", "bad-format", Error, "A format that does not fit its arguments.";
            NotCallable, "E1013", "not-callable", Error, "A call of something that is not a function.";
            BadOperand, "E1014", "bad-operand", Error, "An operator that does not exist for these types.";
            BadCondition, "E1015", "bad-condition", Error, "A condition that is neither true nor false.";
            BadPattern, "E1016", "bad-pattern", Error, "A pattern that cannot match its subject.";
            Captured, "E1017", "captured-local", Error, "A function that uses a local of the function around it.";
            StatusMisused, "E1018", "status-misused", Error, "A status taken for a number.";
            TupleMisused, "E1019", "tuple-misused", Error, "A tuple where a single value is wanted.";
            BadRedefinition, "E1020", "bad-redefinition", Error, "A declaration that takes a built-in's name.";
            TooManyLocals, "E1021", "too-many-locals", Error, "A function with more variables than a frame can hold.";
            UselessExpression, "E1022", "useless-expression", Error, "A statement that computes a value and drops it.";
            ConstantFault, "E1023", "constant-fault", Error, "A constant expression that would fault.";
            ReturnMismatch, "E1024", "return-mismatch", Error, "A `return` that does not fit the function's result.";
            // Lints.
            UnreachableArm, "W2001", "unreachable-arm", Warning, "An arm of a match that no value reaches.";
            UnreachableCode, "W2002", "unreachable-code", Warning, "Code that no path reaches.";
            UnusedName, "W2003", "unused-name", Warning, "A name that is never used.";
            ExitCodeRange, "W2004", "exit-code-range", Warning, "An exit code of which only the low 8 bits survive.";
            ArgumentOrder, "W2005", "argument-order", Warning, "Arguments that seem to stand in the wrong order.";
            UnknownAllow, "W2006", "unknown-allow", Warning, "A word in an `allow` that names no warning.";
            PrintFormat, "W2007", "print-format", Warning, "A format for `printf` that is given to `print`.";
            ForkInLoop, "W2101", "fork-in-loop", Warning, "A loop that forks, and whose children stay in it.";
            PipeAfterFork, "W2102", "pipe-after-fork", Warning, "A pipe that parent and child make each for itself.";
            ForkUnchecked, "W2103", "fork-unchecked", Note, "A fork that may have failed, and whose -1 means everybody to `kill`.";
            CodeAfterExec, "W2104", "code-after-exec", Warning, "Code that runs only if exec fails.";
            NoExitAfterExec, "W2105", "no-exit-after-exec", Warning, "A child that goes on with its parent's code when exec fails.";
            ArgvZero, "W2106", "argv-zero", Warning, "A first argument that looks like an option and not like a name.";
            UnguardedStatus, "W2107", "unguarded-status", Warning, "WEXITSTATUS of a child that a signal may have killed.";
            RawStatus, "W2108", "raw-status", Warning, "The raw status word taken for the exit code.";
            ResultDropped, "W2109", "result-dropped", Warning, "A result that nobody can get back.";
            WrongPipeEnd, "W2110", "wrong-pipe-end", Warning, "A read from a write end, or a write to a read end.";
            ClosedDescriptor, "W2111", "closed-descriptor", Warning, "A descriptor that is used after it was closed.";
            QueueName, "W2112", "queue-name", Warning, "A queue's name that no system takes.";
            QueueLimits, "W2113", "queue-limits", Warning, "Attributes or a priority beyond the limits of a queue.";
            PrintBeforeFork, "W2114", "print-before-fork", Note, "Text that may still be in the stdout buffer when fork copies it.";
            ReaderHoldsWriteEnd, "W2115", "reader-holds-write-end", Note, "A child that reads a pipe to its end and never closes its own write end.";
            ChildMemory, "W2116", "child-memory", Warning, "A variable that a child changes and its parent reads.";
            ShadowedName, "W2117", "shadowed-name", Warning, "A variable that keeps its value, since an inner one of its name was set.";
            ExecPath, "W2118", "exec-path", Warning, "A path for exec where a real system has its programs, and the simulated one has none.";
            ImpossibleResult, "W2119", "impossible-result", Warning, "A comparison with what a call never gives.";
            UnsafeInHandler, "W2201", "unsafe-in-handler", Warning, "A call in a signal handler that is not safe there.";
            OneWaitInHandler, "W2202", "one-wait-in-handler", Warning, "A SIGCHLD handler that takes one child and leaves the others.";
            LostWakeup, "W2203", "lost-wakeup", Warning, "A signal that can come between the test of a flag and the pause.";
            Spinning, "W2204", "spinning", Warning, "A loop that waits by spinning.";
            EndlessLoop, "W2205", "endless-loop", Warning, "A loop in which nothing changes what it tests.";
            UncatchableSignal, "W2206", "uncatchable-signal", Warning, "A handler for a signal that nobody can catch.";
            SuspendBlocks, "W2207", "suspend-blocks", Warning, "A sigsuspend that blocks the signal it waits for.";
            SignalForSet, "W2208", "signal-for-set", Warning, "The number of a signal where a set of signals is wanted.";
            // Faults of a run.
            DivisionFault, "F3001", "division", Error, "An integer division by zero, or one that overflows.";
            IndexFault, "F3002", "index", Error, "An index outside an array or string.";
            NilFault, "F3003", "nil", Error, "A use of `nil`.";
            PointerFault, "F3004", "pointer", Error, "A pointer outside every live block.";
            StackFault, "F3005", "stack-overflow", Error, "The stack has reached its limit.";
            AssertFault, "F3006", "assertion", Error, "A failed assertion.";
            ConversionFault, "F3007", "conversion", Error, "A text that is not a number.";
            HeapFault, "F3008", "heap-full", Error, "The heap has reached its limit.";
            AbortFault, "F3009", "abort", Error, "A call of `abort`.";
            ArgumentFault, "F3010", "argument", Error, "An argument that a library function cannot take.";
            FreeFault, "F3011", "bad-free", Error, "A `free` of something that is not a live block.";
            OutOfMemory, "F3012", "out-of-memory", Error, "The memory of the whole machine has run out.";
            Internal, "X9001", "internal", Error, "A mistake of proc itself.";
            // Runs that cannot go on.
            Stuck, "S4001", "stuck", Error, "Every process waits and nothing can wake any of them.";
            // The end of a run.
            TextTwice, "N5001", "text-twice", Warning, "Text that came out several times, since fork copied it in the stdout buffer.";
            TextLost, "N5002", "text-lost", Warning, "Printed text that was thrown away with the buffer that held it.";
            FailedCall, "N5003", "failed-call", Warning, "A system call that failed while nobody looked at its result.";
            InterruptedCall, "N5004", "interrupted-call", Warning, "A call that a signal handler interrupted, taken for a failure.";
            SharedFlag, "N5005", "shared-flag", Warning, "A descriptor that another process has made non-blocking.";
            ExitCodeCut, "N5006", "exit-code-cut", Warning, "An exit code of which only the low 8 bits reached the parent.";
            KilledReadAsExit, "N5007", "killed-read-as-exit", Warning, "The exit code of a child that a signal had killed.";
            WrongChild, "N5008", "wrong-child", Warning, "A wait that could have collected another child.";
            WaitInVain, "N5009", "wait-in-vain", Warning, "A loop around a wait that finds no child any more.";
            NeverWaited, "N5010", "never-waited", Warning, "A zombie that nobody waited for.";
            Orphan, "N5011", "orphan", Warning, "A child that outlived the script.";
            SignalMerged, "N5012", "signal-merged", Warning, "A signal that was dropped, since one of its kind was pending.";
            StoppedByTerminal, "N5013", "stopped-by-terminal", Warning, "A background job that the terminal stopped again.";
            MessagesLeft, "N5014", "messages-left", Warning, "Messages that nobody received.";
            MissingProgram, "N5015", "missing-program", Warning, "A program that exec did not find, though one of nearly that name is there.";
            ScriptKilled, "N5019", "script-killed", Warning, "A signal that ended the script.";
            HeldOpen, "N5020", "held-open", Warning, "A reader whose end of file came only when a process that never writes had ended.";
            EndIgnored, "N5021", "end-ignored", Warning, "A loop that goes on reading at the end of a file.";
            ForkBomb, "N5022", "fork-bomb", Warning, "Processes that all make processes, until there may be no more.";
            ZombieAsked, "N5023", "zombie-asked", Warning, "A zombie that `kill(pid, 0)` has shown to be there, as if it lived.";
            NobodyEnded, "N5024", "nobody-ended", Warning, "The status of a wait with WNOHANG that found no child which had ended.";
            DescriptorLeak, "N5025", "descriptor-leak", Warning, "Descriptors that one place in a program opens until no more may be open.";
            EarlyHandler, "N5026", "early-handler", Warning, "A handler that used the result of a fork before it was stored.";
            CallInVain, "N5027", "call-in-vain", Warning, "A call that fails, or finds nothing, over and over.";
            FaultAgain, "N5028", "fault-again", Warning, "A handler that returns to the instruction that faults.";
            ForkAgain, "N5029", "fork-again", Warning, "A child that came back to the fork that made it.";
            NeverRead, "N5030", "never-read", Warning, "Bytes that were written into a pipe and that nobody has read.";
            ChildKilled, "N5031", "child-killed", Note, "A child that a signal has killed, which its program did not expect.";
            EndUnnoticed, "N5032", "end-unnoticed", Warning, "A read that met the end of its file, and whose empty text was used.";
            BusyWaiting, "N5033", "busy-waiting", Note, "A loop that waits by looking again and again.";
            NeverHandled, "N5034", "never-handled", Warning, "A signal with a handler that stayed blocked to the end of its process.";
            Overwritten, "N5035", "overwritten", Warning, "Bytes of a file that another process wrote over before anybody had read them.";
            CopiedTooEarly, "N5036", "copied-too-early", Warning, "A copy of a standard descriptor, made before its original was led elsewhere.";
            OneAfterAnother, "N5016", "one-after-another", Note, "Children that run one after another, though they could run at once.";
            PriorityOrder, "N5017", "priority-order", Note, "A message that was passed by one sent later.";
            Leak, "N5018", "leak", Note, "A block that was never freed.";
            TicksReached, "L6001", "ticks-reached", Error, "The run was stopped after the number of instructions asked for.";
            // Loading.
            Interrupted, "L6006", "interrupted", Error, "The run was ended by Ctrl-C, pressed twice.";
            FileUnreadable, "L6002", "file-unreadable", Error, "A file that is missing or cannot be read.";
            FileTooLarge, "L6003", "file-too-large", Error, "A source file that is larger than the limit.";
            NotExportable, "L6005", "not-exportable", Error, "Something that C has no counterpart of, so that the program cannot be exported.";
            NotText, "L6004", "not-text", Error, "A source file that is not UTF-8.";
        }
    };
}

macro_rules! define_codes {
    ($($variant:ident, $code:literal, $name:literal, $severity:ident, $sentence:literal;)*) => {
        /// The stable name of a thing that can be said.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each variant's sentence is its row")]
        pub enum Code { $($variant,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The code as printed, `E1001`.
            pub fn text(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// The name that `--allow` and `// allow(…)` take, `unknown-name`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// The severity it has unless a run changes it.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// One sentence that says what it means.
            pub fn sentence(self) -> &'static str {
                match self { $(Code::$variant => $sentence,)* }
            }
        }
    };
}
for_each_code!(define_codes);

impl Code {
    /// Whether it is said only where hints are asked for: most programs that it could be said of are right.
    pub fn is_hint(self) -> bool {
        matches!(self, Code::ForkUnchecked | Code::PrintBeforeFork | Code::ReaderHoldsWriteEnd)
    }

    /// Finds a code by its text (`E1001`, any case) or its name (`unknown-name`).
    pub fn find(word: &str) -> Option<Code> {
        Self::ALL.iter().copied().find(|code| code.text().eq_ignore_ascii_case(word) || code.name() == word)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}
