"""What is written about the measurements: tables in Markdown, plots as SVG."""

import math

from .rows import LANGUAGE, PEERS

BEGIN = "<!-- Written by benches/compare from here on; do not edit. -->"

GROUPS = (
    ("language", "The language", "Whole runs, in milliseconds of processor time."),
    ("machine", "The machine", "Nanoseconds for each turn: a long run less a short one, so that the start of the process is not counted."),
    ("output", "Output, start, tracing, provenance", ""),
    ("explore", "Exploration", "Nanoseconds for each transition of the same graph, on one core without partial-order reduction, start and answers included."),
)


def shown(seconds, unit):
    """A time in a table."""
    if unit.startswith("ns"):
        return f"{seconds * 1e9:,.0f}"
    return f"{seconds * 1e3:,.1f}"


def spread(sample, unit):
    """Median, with the least and the greatest behind it."""
    middle, least, most = (shown(sample[key], unit) for key in ("median", "least", "most"))
    return f"{middle} <small>({least}–{most})</small>"


def ratio(value):
    """How many times as fast."""
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def mean(values):
    """The geometric mean."""
    return math.exp(sum(map(math.log, values)) / len(values))


def verdict(value, target):
    """Whether a target is reached."""
    if target is None:
        return ""
    said = ratio(target)
    return f"{said}: reached" if value >= target else f"{said}: **missed**"


def contest_table(results, group):
    """The table of one group."""
    rows = [one for one in results["contests"].values() if one["group"] == group]
    if not rows:
        return ""
    peers = [peer for peer in PEERS if any(peer in one["sides"] for one in rows)]
    head = ["workload", "Proc", *[PEERS[peer][0] for peer in peers], *[f"Proc is × {PEERS[peer][0]}" for peer in peers], "to reach"]
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 2) + " --- |"]
    for one in rows:
        unit = one["unit"]
        mark = f" ({unit})" if group == "output" else ""
        cells = [one["title"] + mark, spread(one["sides"]["proc"]["cpu"], unit)]
        cells += [spread(one["sides"][peer]["cpu"], unit) if peer in one["sides"] else "" for peer in peers]
        cells += [ratio(one["ratios"][peer]["median"]) if peer in one["ratios"] else "" for peer in peers]
        verdicts = [
            f"{PEERS[peer][0]} × {verdict(one['ratios'][peer]['median'], target)}"
            for peer, target in one["targets"].items()
            if peer in one["ratios"]
        ]
        cells.append("; ".join(verdicts))
        lines.append("| " + " | ".join(cells) + " |")
    if group == "language":
        for peer, target in (("lua", 1.8), ("python", 8.0)):
            ratios = [one["ratios"][peer]["median"] for one in rows if peer in one["ratios"]]
            if ratios and len(ratios) == len(rows):
                lines.append("")
                value = mean(ratios)
                lines.append(f"Geometric mean beside {PEERS[peer][0]}: **{value:.2f}** ({verdict(value, target)}).")
    return "\n".join(lines) + "\n"


def growth_table(results):
    """The table of costs as the work grows."""
    lines = [
        "| what | sizes | cost of each unit of work | greatest over least; of ratios the greatest | whole, at the greatest |",
        "| --- | --- | --- | ---: | --- |",
    ]
    for one in results["growths"].values():
        points = one["points"]
        sizes = " · ".join(f"{point['size']:,}" for point in points)
        told = (lambda value: f"{value:.2f}") if one.get("beside") else small_time
        costs = " · ".join(told(point["each"]["median"]) for point in points)
        # Where two ways are compared, the greatest is what is asked about; else how far the costs lie apart.
        factor = max(point["each"]["median"] for point in points) if one.get("beside") else one["factor"]
        said = "" if factor is None else f"{factor:.2f}"
        if factor is not None and one["within"] is not None:
            said += f" (within {one['within']}: {'reached' if factor <= one['within'] else '**missed**'})"
        last = points[-1]
        whole = f"{last['whole']['median']:.2f} s"
        if one["memory"]:
            whole += f", {last['memory_kb'] / 1e6:.2f} GB" if last["memory_kb"] > 5e5 else f", {last['memory_kb'] / 1e3:.0f} MB"
        if one["limit"]:
            whole += f" (limit: {one['limit']})"
        lines.append(f"| {one['title']} | {sizes} | {costs} {one['unit']} | {said} | {whole} |")
    return "\n".join(lines) + "\n"


def small_time(seconds):
    """A time with the unit that suits it."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def markdown(results):
    """All that is written about the measurements."""
    parts = [BEGIN, ""]
    machine = results["machine"]
    parts.append(
        f"Measured on {results['date']}: {machine['processor']}, {machine['cores']} cores, {machine['system']}; "
        f"load of the machine before: {machine['load']}. One processor was used by all."
    )
    parts.append("")
    parts.append("| side | version |\n| --- | --- |")
    for side, version in results["versions"].items():
        name = "Proc" if side == "proc" else PEERS[side][0]
        parts.append(f"| {name} | {version} |")
    for peer in results["missing"]:
        parts.append(f"| {PEERS[peer][0]} | not installed: `{PEERS[peer][1]}` |")
    parts.append("")
    for group, title, words in GROUPS:
        table = contest_table(results, group)
        if table:
            parts += [f"## {title}", "", *([words, ""] if words else []), table]
    if results["growths"]:
        parts += ["## As the work grows", "", "Flat is right: it is the cost of one unit of work, so that what is linear lies level.", ""]
        parts += [growth_table(results), "![costs of the language](benchmarks/language.svg)", "", "![costs of the machine](benchmarks/machine.svg)", ""]
    return "\n".join(parts).rstrip() + "\n"


COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22")
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 400, 70, 40, 190, 50


def plot(title, series):
    """Costs of a unit of work, relative to the smallest size, over the size relative to the smallest: level lines are linear work."""
    points = [(x, y) for _, line in series for x, y in line]
    most_x = max(x for x, _ in points)
    low = min(0.5, min(y for _, y in points) * 0.9)
    high = max(2.0, max(y for _, y in points) * 1.1)

    def across(x):
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log(x) / math.log(most_x) if most_x > 1 else 0)

    def up(y):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (math.log(y / low) / math.log(high / low))

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{title}</text>',
    ]
    for mark in (0.25, 0.5, 1, 2, 4, 8, 16):
        if low <= mark <= high:
            y = up(mark)
            out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{"#888" if mark == 1 else "#ddd"}"/>')
            out.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{mark}×</text>')
    mark = 1
    while mark <= most_x:
        x = across(mark)
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#eee"/>')
        out.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{mark:,}×</text>')
        mark *= 2 if most_x <= 64 else 10
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">work, beside that of the smallest size</text>')
    out.append(f'<text x="16" y="{(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 16 {(TOP + HEIGHT - BOTTOM) / 2})">cost of one unit of work</text>')
    for index, (name, line) in enumerate(series):
        colour = COLOURS[index % len(COLOURS)]
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" fill="{colour}"/>' for x, y in line]
        y = TOP + 14 + index * 18
        out.append(f'<rect x="{WIDTH - RIGHT + 14}" y="{y - 9}" width="12" height="10" fill="{colour}"/>')
        out.append(f'<text x="{WIDTH - RIGHT + 32}" y="{y}">{name}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def plots(results, rows):
    """The plots by file name."""
    language, machine = [], []
    for row in rows:
        one = results["growths"].get(row.name)
        if one is None or one.get("beside"):
            continue
        first = one["points"][0]
        if first["each"]["median"] <= 0:
            continue
        sizes = [point["size"] for point in one["points"]]
        work = [max(size, 1) if row.work is None else row.work(size) for size in sizes]
        # A unit of work that stays one is drawn over the size.
        if work[0] == work[-1]:
            work = [max(size, 1) for size in sizes]
        line = [(amount / work[0], point["each"]["median"] / first["each"]["median"]) for amount, point in zip(work, one["points"])]
        (language if any(row.name == name for name, *_ in LANGUAGE) else machine).append((row.name, line))
    named = (("language.svg", "Costs of the language as the work grows", language), ("machine.svg", "Costs of the machine as the work grows", machine))
    return {file: plot(title, series) for file, title, series in named if series}
