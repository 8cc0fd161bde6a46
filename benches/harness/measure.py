"""How it is measured: runs by turns, and the processor time of each with its descendants."""

import hashlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from . import rows

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "benches" / "work"
MODELS = ROOT / "benches" / "spin"
BUILT = ROOT / "target" / "benchmarks"


class Failed(Exception):
    """A program that did not do its work."""


def note(text):
    """Tells how far the work has come."""
    print(text, file=sys.stderr, flush=True)


class Bench:
    """The programs of all sides, ready to run."""

    def __init__(self, proc):
        BUILT.mkdir(parents=True, exist_ok=True)
        self.places = {"proc": str(proc), "work": str(WORK), "models": str(MODELS), "built": str(BUILT)}
        self.versions = {"proc": first_line([str(proc), "--version"])}
        self.missing = []
        self._find("lua", ("lua5.4", "lua"), ["-v"])
        self._find("python", ("python3",), ["--version"])
        self._build_c()
        self._build_erlang()
        self._build_models()

    def _find(self, peer, names, ask):
        path = next((found for found in map(shutil.which, names) if found), None)
        if path is None:
            self.missing.append(peer)
            return
        # A wrapper that chooses among versions would be measured as well.
        if peer == "python":
            path = subprocess.run([path, "-c", "import sys; print(sys.executable)"], capture_output=True, text=True).stdout.strip()
        self.places[peer] = path
        self.versions[peer] = first_line([path, *ask])

    def _build_c(self):
        compiler = shutil.which("gcc")
        if compiler is None:
            self.missing.append("linux")
            return
        for source in sorted(WORK.glob("*.c")):
            target = BUILT / source.stem
            subprocess.run([compiler, "-O2", "-w", str(source), "-o", str(target), "-lrt"], check=True)
        self.versions["linux"] = f"Linux {os.uname().release}, {first_line([compiler, '--version'])}"

    def _build_erlang(self):
        if shutil.which("erl") is None or shutil.which("erlc") is None:
            self.missing.append("erlang")
            return
        for source in sorted(WORK.glob("*.erl")):
            subprocess.run(["erlc", "-o", str(BUILT), str(source)], check=True)
        self.places["erl"] = shutil.which("erl")
        told = "io:format(\"OTP ~s\", [erlang:system_info(otp_release)]), halt()."
        self.versions["erlang"] = first_line(["erl", "-noshell", "-eval", told])

    def _build_models(self):
        """Makes a verifier of each model. SPIN's own resetting of dead variables is off (-o2): the models reset theirs, and with it SPIN loses
        states of two of the three."""
        if shutil.which("spin") is None or shutil.which("gcc") is None:
            self.missing.append("spin")
            return
        for name, _ in rows.MODELS:
            folder = BUILT / f"model-{name}"
            folder.mkdir(exist_ok=True)
            quiet = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL}
            subprocess.run(["spin", "-a", "-o2", str(MODELS / f"{name}.pml")], **quiet)
            flags = ["-O2", "-w", "-DNOREDUCE", "-DSAFETY", "-DMEMLIM=4096"]
            subprocess.run(["gcc", *flags, "-o", str(BUILT / f"pan-{name}"), "pan.c"], **quiet)
        self.versions["spin"] = first_line(["spin", "-V"])

    def has(self, side):
        """Whether a side can take part."""
        return side in ("proc", "self") or side not in self.missing

    def fill(self, command):
        """A command with the places of this machine."""
        filled = []
        for part in command:
            for name, place in self.places.items():
                part = part.replace("{" + name + "}", place)
            filled.append(part)
        return filled

    def run(self, runner, size, batch=1):
        """Runs a side's command so many times: processor time and wall time in seconds, the greatest memory in KB, a digest of the output,
        and how many units of work it tells of."""
        command = self.fill(runner.at(size))
        output = BUILT / "output"
        cpu = wall = 0.0
        memory = 0
        for _ in range(batch):
            with open(output, "wb") as sink:
                begun = time.perf_counter()
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.PIPE)
                told = process.stderr.read()
                _, status, usage = os.wait4(process.pid, 0)
                wall += time.perf_counter() - begun
                process.returncode = os.waitstatus_to_exitcode(status)
                process.stderr.close()
            if process.returncode not in runner.statuses or told:
                raise Failed(f"{' '.join(command)}: status {process.returncode}\n{told.decode(errors='replace')}")
            cpu += usage.ru_utime + usage.ru_stime
            memory = max(memory, usage.ru_maxrss)
        printed = output.read_bytes()
        units = 1
        if runner.told is not None:
            found = re.search(runner.told, printed.decode(), re.MULTILINE)
            if found is None:
                raise Failed(f"{' '.join(command)}: tells no figure")
            units = int(found.group(1)) - runner.beside
            printed = str(units).encode()
        digest = hashlib.sha256(printed).hexdigest()
        return {"cpu": cpu / batch, "wall": wall / batch, "memory": memory, "digest": digest, "units": units}


def first_line(command):
    """The first line that a command prints."""
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout + done.stderr).strip().splitlines()[0] if (done.stdout + done.stderr).strip() else "?"


def summary(samples):
    """Median and spread of samples."""
    return {
        "median": statistics.median(samples),
        "least": min(samples),
        "most": max(samples),
        "samples": samples,
    }


def contest(bench, row, repetitions):
    """Runs one contest: each side once to warm up, then all by turns, the order turned round each time."""
    sides = {side: runner for side, runner in row.runners.items() if bench.has(side)}
    digests = {}
    for side, runner in sides.items():
        small = runner.size if runner.base is None else runner.base
        digests[side] = bench.run(runner, small)["digest"]
    if len(set(digests.values())) > 1:
        raise Failed(f"{row.name}: the sides do not print the same")
    samples = {side: {"cpu": [], "wall": []} for side in sides}
    memory = dict.fromkeys(sides, 0)
    for turn in range(repetitions):
        order = list(sides.items())
        for side, runner in order if turn % 2 == 0 else reversed(order):
            done = bench.run(runner, runner.size, row.batch)
            if done["digest"] != digests[side]:
                raise Failed(f"{row.name}: {side} prints something else in another run")
            units = done["units"]
            empty = {"cpu": 0.0, "wall": 0.0}
            if runner.base is not None:
                empty = bench.run(runner, runner.base, row.batch)
                units = runner.size - runner.base
            for clock in ("cpu", "wall"):
                samples[side][clock].append((done[clock] - empty[clock]) / units)
            memory[side] = max(memory[side], done["memory"])
    result = {
        "name": row.name,
        "group": row.group,
        "title": row.title,
        "unit": row.unit,
        "targets": row.targets,
        "repetitions": repetitions,
        "sides": {},
    }
    for side, runner in sides.items():
        result["sides"][side] = {
            "size": runner.size,
            "base": runner.base,
            "cpu": summary(samples[side]["cpu"]),
            "wall": summary(samples[side]["wall"]),
            "memory_kb": memory[side],
        }
    own = result["sides"]["proc"]["cpu"]
    result["ratios"] = {}
    for side in sides:
        if side == "proc":
            continue
        other = result["sides"][side]["cpu"]
        result["ratios"][side] = {"median": other["median"] / own["median"], "least": other["least"] / own["least"]}
    return result


def growth(bench, row, repetitions):
    """Runs one series of sizes, by turns as well."""
    if any("{built}/lines-{n}.proc" in part for part in row.command):
        for size in row.sizes:
            (BUILT / f"lines-{size}.proc").write_text(rows.generated_source(size))
    if row.constant:
        model, constant = row.constant
        text = (MODELS / f"{model}.proc").read_text()
        for size in row.sizes:
            changed, count = re.subn(rf"const {constant} = \d+;", f"const {constant} = {size};", text)
            if count != 1:
                raise Failed(f"{row.name}: {model}.proc has no constant {constant}")
            (BUILT / f"{model}-{size}.proc").write_text(changed)

    def runner(turns):
        return rows.Runner(tuple(part.replace("{m}", str(turns)) for part in row.command), 0, told=row.told)

    samples = {size: [] for size in row.sizes}
    whole = {size: [] for size in row.sizes}
    memory = dict.fromkeys(row.sizes, 0)
    for turn in range(repetitions):
        for size in row.sizes if turn % 2 == 0 else reversed(row.sizes):
            many, few = row.turns(size) if row.turns else (1, 0)
            done = bench.run(runner(many), size, row.batch)
            seconds = done["cpu"]
            if row.turns:
                seconds -= bench.run(runner(few), size)["cpu"]
            if row.beside:
                other = bench.run(rows.Runner(row.beside, 0), size, row.batch)
                samples[size].append(seconds / other["cpu"])
            else:
                samples[size].append(seconds / (done["units"] if row.told else row.work(size)) / (many - few))
            whole[size].append(done["cpu"])
            memory[size] = max(memory[size], done["memory"])
    points = [
        {
            "size": size,
            "each": summary(samples[size]),
            "whole": summary(whole[size]),
            "memory_kb": memory[size],
        }
        for size in row.sizes
    ]
    least = min(point["each"]["median"] for point in points)
    greatest = max(point["each"]["median"] for point in points)
    return {
        "name": row.name,
        "title": row.title,
        "unit": row.unit,
        "within": row.within,
        "limit": row.limit,
        "memory": row.memory,
        "beside": row.beside is not None,
        "repetitions": repetitions,
        "points": points,
        "factor": greatest / least if least > 0 else None,
    }
