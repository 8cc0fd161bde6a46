"""What is measured: the contests of Proc with its peers, and the costs that are watched as the work grows."""

import math
from dataclasses import dataclass, field

#: The peers, what they are called in the tables, and how they are installed on Debian and Ubuntu.
PEERS = {
    "lua": ("Lua", "apt-get install lua5.4"),
    "python": ("CPython", "apt-get install python3"),
    "linux": ("Linux, in C", "apt-get install gcc libc6-dev"),
    "erlang": ("Erlang/OTP", "apt-get install erlang-base"),
    "spin": ("SPIN", "apt-get install spin gcc"),
    "self": ("itself", ""),
}


@dataclass(frozen=True)
class Runner:
    """A program of one side: what is started, how much work it is given, and how little for the run that is subtracted."""

    command: tuple
    size: int
    #: The size of the run whose time is taken off; `None` where the whole run counts, with its start.
    base: int | None = None
    #: Where the output tells how many units of work were done, and how many of them are not counted: that number stands for the output.
    told: str | None = None
    beside: int = 0
    #: The statuses with which a run may end.
    statuses: tuple = (0,)

    def at(self, size):
        """The command for a size; `{n}` stands for it."""
        return tuple(part.replace("{n}", str(size)) for part in self.command)


@dataclass(frozen=True)
class Contest:
    """Proc beside its peers. Every side prints the same."""

    name: str
    group: str
    title: str
    runners: dict
    #: How many times as fast as a peer Proc is to be.
    targets: dict = field(default_factory=dict)
    #: What the times are divided by besides the work: processes that each do it.
    unit: str = "ms"
    #: How many runs make one sample, where one is too short.
    batch: int = 1


@dataclass(frozen=True)
class Growth:
    """The cost of the same thing in three sizes or more."""

    name: str
    title: str
    #: The command; `{n}` stands for the size, `{m}` for the turns.
    command: tuple
    sizes: tuple
    #: How much work a size is.
    work: object
    #: What is taken for one unit of work, and the unit of time.
    unit: str
    #: How many times the smallest cost of a unit the greatest may be; `None` where costs are only shown.
    within: float | None
    #: The turns of the run that counts and of the one that is subtracted, by size; `None` where the whole run counts.
    turns: object = None
    #: Whether the memory is told as well.
    memory: bool = False
    #: The most that the greatest size may cost, in the words of the table.
    limit: str = ""
    #: Where the output tells how much work a size is, instead of `work`.
    told: str | None = None
    #: The workload whose constant is the size, and the constant.
    constant: tuple | None = None
    #: The same run in another way: what counts is how many times as long the command takes.
    beside: tuple | None = None
    #: How many runs make one sample, where one is too short.
    batch: int = 1


def _language(name, title, size):
    runners = {
        "proc": Runner(("{proc}", f"{{work}}/{name}.proc", "{n}"), size),
        "lua": Runner(("{lua}", f"{{work}}/{name}.lua", "{n}"), size),
        "python": Runner(("{python}", f"{{work}}/{name}.py", "{n}"), size),
    }
    return Contest(name, "language", title, runners, {"lua": 1.3})


#: The workloads of the language: name, title, size, sizes for the growth, work of a size.
LANGUAGE = (
    ("fib", "recursive Fibonacci", 32, (28, 30, 32), lambda n: ((1 + 5**0.5) / 2) ** n),
    ("while", "`while` loop", 9_000_000, None, float),
    ("for", "`for` over a range", 15_000_000, None, float),
    ("sieve", "sieve of Eratosthenes", 2_000_000, None, float),
    ("quicksort", "quicksort of an array", 400_000, None, lambda n: n * math.log2(n)),
    ("matrix", "product of int matrices", 160, (80, 120, 160), lambda n: n**3),
    ("strings", "split and join of strings", 600, None, float),
    ("nbody", "n-body in floats", 40_000, None, float),
    ("list", "walk along a list of structs", 6000, None, float),
    ("collatz", "Collatz sequences", 60_000, None, lambda n: n * math.log2(n)),
)


def _fork(name, title, proc, linux):
    return Contest(name, "machine", title, {"proc": proc, "linux": linux}, {"linux": 300.0}, unit="ns a turn")


def _round_trip(name, title):
    erlang = ("{erl}", "+S", "1:1", "-noshell", "-noinput", "-pa", "{built}", "-run", "message", "main", "{n}")
    runners = {
        "proc": Runner(("{proc}", f"{{work}}/{name}.proc", "{n}"), 300_000, 1000),
        "linux": Runner((f"{{built}}/{name}", "{n}"), 40_000, 100),
        "erlang": Runner(erlang, 600_000, 1000),
    }
    return Contest(name, "machine", title, runners, {"linux": 15.0, "erlang": 1.0}, unit="ns a turn")


def _provenance(workload, title, size, *args, base=None, stdout=()):
    """What it costs to remember where things come from: the same run with `--fast` may be faster by a fifth, so that provenance
    takes at most 1.25 times as long."""
    script = (f"{{work}}/{workload}.proc", "{n}", *args)
    return Contest(
        f"fast-{workload}",
        "output",
        f"{title}, beside the same with `--fast`, which remembers nothing",
        {
            "proc": Runner(("{proc}", "run", *stdout, *script), size, base),
            "self": Runner(("{proc}", "run", "--fast", *stdout, *script), size, base),
        },
        {"self": 0.8},
        unit="ns a turn" if base else "ms",
    )


#: The models that are explored: name, title.
MODELS = (
    ("philosophers", "dining philosophers with forks in pipes"),
    ("ring", "leader election in a ring"),
    ("mutex", "mutual exclusion through queues"),
)


#: Where an exploration tells its transitions.
EXPLORED = r'^  "transitions": (\d+)'


def _model(name, title):
    """Every order of steps on one core. The Promela models are the programs step by step, so both have the same states and the same
    transitions; SPIN counts the start as one more."""
    explore = ("{proc}", "explore", "--jobs", "1", "--reduction", "none", "--format", "json", f"{{models}}/{name}.proc")
    runners = {
        "proc": Runner(explore, 1, told=EXPLORED, statuses=(0, 1)),
        "spin": Runner((f"{{built}}/pan-{name}", "-m1000000", "-w22"), 1, told=r"^ *(\d+) transitions", beside=1),
    }
    return Contest(f"explore-{name}", "explore", title, runners, {"spin": 1.0}, unit="ns a transition")


def contests():
    """All contests, in the order of the tables."""
    rows = [_language(name, title, size) for name, title, size, _, _ in LANGUAGE]
    rows += [
        _fork(
            "fork",
            "`fork` + `_exit` + `wait`",
            Runner(("{proc}", "{work}/fork.proc", "{n}", "0"), 200_000, 2000),
            Runner(("{built}/fork", "{n}", "0"), 2000, 20),
        ),
        _fork(
            "fork-256",
            "the same beside a heap of 256 MB",
            Runner(("{proc}", "run", "--heap", "1G", "{work}/fork.proc", "{n}", "256"), 100_000, 1000),
            Runner(("{built}/fork", "{n}", "256"), 60, 2),
        ),
        _round_trip("pipe", "round trip of 64 bytes through pipes"),
        _round_trip("queue", "round trip of 64 bytes through message queues"),
        Contest(
            "lines",
            "output",
            "10 million short lines on stdout",
            {
                "proc": Runner(("{proc}", "run", "--stdout", "file", "{work}/lines.proc", "{n}"), 10_000_000),
                "lua": Runner(("{lua}", "{work}/lines.lua", "{n}"), 10_000_000),
                "python": Runner(("{python}", "{work}/lines.py", "{n}"), 10_000_000),
            },
            {"lua": 1.0},
        ),
        Contest(
            "lines-tty",
            "output",
            "1 million, each a `write` of its own, as on a terminal",
            {
                "proc": Runner(("{proc}", "run", "--stdout", "tty", "{work}/lines.proc", "{n}"), 1_000_000),
                "lua": Runner(("{lua}", "{work}/lines.lua", "{n}"), 1_000_000),
            },
        ),
        Contest(
            "start",
            "output",
            "start, `hello` and end of the whole process",
            {
                "proc": Runner(("{proc}", "run", "{work}/hello.proc"), 1),
                "lua": Runner(("{lua}", "{work}/hello.lua"), 1),
                "python": Runner(("{python}", "{work}/hello.py"), 1),
            },
            {"lua": 1 / 1.5},
            batch=20,
        ),
        Contest(
            "trace",
            "output",
            "round trips through pipes, beside the same with every event traced to a file",
            {
                "proc": Runner(("{proc}", "{work}/pipe.proc", "{n}"), 50_000, 1000),
                "self": Runner(("{proc}", "run", "--trace", "--trace-file", "{built}/trace", "{work}/pipe.proc", "{n}"), 50_000, 1000),
            },
            unit="ns a turn",
        ),
        _provenance("fork", "`fork` + `_exit` + `wait`", 200_000, "0", base=2000),
        _provenance("pipe", "round trips through pipes", 300_000, base=1000),
        _provenance("strings", "split and join of strings", 600),
        _provenance("lines", "10 million short lines on stdout", 10_000_000, stdout=("--stdout", "file")),
    ]
    rows += [_model(*model) for model in MODELS]
    return rows


def _language_growth(name, title, size, sizes, work):
    sizes = sizes or (size // 4, size // 2, size)
    return Growth(name, title, ("{proc}", f"{{work}}/{name}.proc", "{n}"), sizes, work, "of one unit of work", 2.0)


def _provenance_growth(workload, title, sizes, *args):
    """How many times as long it takes to remember where things come from."""
    script = (f"{{work}}/{workload}.proc", "{n}", *args)
    return Growth(
        f"fast-{workload}",
        f"provenance: {title}, beside the same with `--fast`",
        ("{proc}", "run", *script),
        sizes,
        float,
        "times as long",
        1.25,
        limit="1.25 times as long",
        beside=("{proc}", "run", "--fast", *script),
    )


#: The models in sizes: name, what is counted, its constant, the sizes.
GROWING = (
    ("philosophers", "dining philosophers, by dinners of each", "DINNERS", (2, 3, 4)),
    ("ring", "leader election in a ring, by rounds", "ROUNDS", (2, 3, 4)),
    ("mutex", "mutual exclusion, by turns of each process", "TURNS", (2, 3, 4)),
)


def _model_growth(name, title, constant, sizes):
    return Growth(
        f"explore-{name}",
        f"all schedules of the model of {title}",
        ("{proc}", "explore", "--jobs", "1", "--reduction", "none", "--max-states", "10000000", "--format", "json", f"{{built}}/{name}-{{n}}.proc"),
        sizes,
        None,
        "a transition",
        1.5,
        memory=True,
        told=EXPLORED,
        constant=(name, constant),
    )


def growths():
    """All costs that are watched as the work grows."""
    switch = ("{proc}", "run", "--max-procs", "1100000", "{work}/switch.proc", "{n}", "{m}")
    rows = [_language_growth(*row) for row in LANGUAGE]
    rows += [
        Growth(
            "fork-heap",
            "`fork` + `_exit` + `wait`, by MB of heap in the parent",
            ("{proc}", "run", "--heap", "1G", "{work}/fork.proc", "{m}", "{n}"),
            (0, 1, 64, 256),
            lambda size: 1,
            "a turn",
            1.5,
            turns=lambda size: (100_000, 1000),
        ),
        Growth(
            "switch",
            "`sched_yield` with its switch, by processes that are ready",
            switch,
            (2, 1000, 100_000, 1_000_000),
            lambda size: size,
            "a switch",
            2.0,
            turns=lambda size: (max(12, 2_000_000 // size), max(2, 20_000 // size)),
            limit="40 ns",
        ),
        Growth(
            "live",
            "live processes, each having written to its heap: made, woken, ended",
            ("{proc}", "run", "--max-procs", "1100000", "{work}/live.proc", "{n}"),
            (10_000, 100_000, 1_000_000),
            lambda size: size,
            "a process",
            2.0,
            memory=True,
            limit="1.6 GB, 10 s",
        ),
        *(
            Growth(
                f"{name}-turns",
                f"round trips of 64 bytes through {what}",
                ("{proc}", f"{{work}}/{name}.proc", "{n}"),
                (30_000, 100_000, 300_000),
                float,
                "a round trip",
                1.5,
            )
            for name, what in (("pipe", "pipes"), ("queue", "message queues"))
        ),
        *(_model_growth(*model) for model in GROWING),
        Growth(
            "fork-turns",
            "`fork` + `_exit` + `wait`, by how many",
            ("{proc}", "{work}/fork.proc", "{n}", "0"),
            (20_000, 200_000, 600_000),
            float,
            "a turn",
            1.5,
        ),
        Growth(
            "trace",
            "round trips through pipes, every event traced to a file",
            ("{proc}", "run", "--trace", "--trace-file", "{built}/trace", "{work}/pipe.proc", "{n}"),
            (5000, 20_000, 50_000),
            float,
            "a round trip",
            1.5,
        ),
        _provenance_growth("fork", "`fork` + `_exit` + `wait`", (20_000, 200_000, 600_000), "0"),
        _provenance_growth("pipe", "round trips through pipes", (30_000, 100_000, 300_000)),
        Growth(
            "start",
            "start, run and end of the whole process, by lines of the source",
            ("{proc}", "run", "{built}/lines-{n}.proc"),
            (50, 200, 800),
            lambda size: 1,
            "a start",
            None,
            batch=20,
        ),
        Growth(
            "stdout",
            "short lines on stdout",
            ("{proc}", "run", "--stdout", "file", "{work}/lines.proc", "{n}"),
            (1_000_000, 3_000_000, 10_000_000),
            lambda size: size,
            "a line",
            1.5,
        ),
        Growth(
            "compile",
            "check of a generated source, by lines",
            ("{proc}", "check", "{built}/lines-{n}.proc"),
            (25_000, 50_000, 100_000),
            lambda size: size,
            "a line",
            1.5,
            memory=True,
            limit="1 s",
        ),
    ]
    return rows


def generated_source(lines):
    """A source of so many lines, in which every function calls the one before it."""
    parts = ["//! Written by benches/compare.\n"]
    written = 1
    count = 0
    while written + 24 + 4 <= lines:
        call = f"step_{count - 1}(total, b)" if count else "total"
        parts.append(
            f"""
// The {count}th step.
fn step_{count}(a: int, b: int) -> int {{
    let total = a * {count % 97 + 2} + b;
    let names: [str] = [];
    let point = Point {{ x: a, y: b }};
    for i in 0..b {{
        if i % 3 == 0 {{
            total += i * point.x;
        }} else {{
            push(names, "item " + str(i));
        }}
    }}
    while total > 1000 && point.y < 10 {{
        total /= 2;
        point.y += 1;
    }}
    match len(names) {{
        0 => {{ total += 1; }}
        1 | 2 => {{ total -= point.y; }}
        many => {{ total ^= many; }}
    }}
    return {call};
}}
"""
        )
        written += 24
        count += 1
    parts.append(f"\nstruct Point {{ x: int, y: int }}\n\nprint(step_{count - 1}(1, 0));\n")
    written += 4
    parts.append("// The rest of the lines.\n" * (lines - written))
    return "".join(parts)
