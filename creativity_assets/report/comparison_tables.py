"""The tables of one comparison under one experiment: the study's tables 3 to 7 beside ours, and further ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from creativity_assets.report import formats
from creativity_assets.report.data import Contrast, Evidence
from creativity_assets.report.table import LONG, SIDE_HEADS, Head, Table, shares, side_cells
from creativity_assets.statistics.bounds import MIN_ROOM, normalised
from creativity_assets.statistics.effects import effect
from creativity_assets.vocabulary import SampleColumn, audit_columns, compared_scores, title_of

STUDY_GROUP = "the study"


@dataclass(frozen=True)
class _Column:
    """How one printed column comes out of a row of stats."""

    head: Head
    cell: Callable[[pd.Series], str]


def table_3(evidence: Evidence, contrast: Contrast) -> Table:
    """Composite score of both sides, and the study's moments."""
    row, paper = contrast.overall, _paper(evidence, contrast, 3)
    theirs = paper.iloc[0] if len(paper) else pd.Series(dtype=object)
    rows = tuple(
        (
            *side_cells(side, row),
            formats.count(theirs.get(f"paper_n_{side}")),
            formats.score(theirs.get(f"paper_mean_{side}")),
            formats.score(theirs.get(f"paper_sd_{side}")),
        )
        for side in ("ai", "human")
    )
    theirs_heads = tuple(Head(t, group=STUDY_GROUP) for t in ("n", "mean", "sd"))
    return Table("Table 3. Composite score by label", (*SIDE_HEADS, *theirs_heads), rows, contrast.suite)


def table_3_effect(evidence: Evidence, contrast: Contrast) -> Table:
    """The difference of table 3: with and without the floor, paired where the works are pairs."""
    row, paper = contrast.overall, _paper(evidence, contrast, 3)
    theirs = paper.iloc[0] if len(paper) else pd.Series(dtype=object)
    cells = [
        (Head("difference"), formats.signed(row["difference"])),
        (Head("95 % interval"), formats.interval(row["difference_low"], row["difference_high"])),
        (Head("p"), formats.p_value(row["p_value"])),
        (Head("Cohen's d"), formats.effect_size(row["cohens_d"])),
        (Head("AUROC"), formats.effect_size(row["auroc"])),
        (Head("pairs"), formats.count(row["n_pairs"])),
        (Head("paired p"), formats.p_value(row["p_value_paired"])),
        (Head("difference", group="above the floor"), formats.signed(row["difference_above_floor"])),
        (Head("p", group="above the floor"), formats.p_value(row["p_value_above_floor"])),
        (Head("difference", group=STUDY_GROUP), formats.signed(theirs.get("paper_difference"))),
        (
            Head("p", group=STUDY_GROUP),
            formats.p_value(theirs.get("paper_p_value"), theirs.get("paper_p_relation")),
        ),
    ]
    note = (
        "Difference = ai − human; p: two-sided Welch t-test; d with the pooled sd; AUROC: the chance that an "
        "ai image scores above a human one. Above the floor: the same after the autoencoder's cost is subtracted."
    )
    heads, printed = zip(*cells, strict=True)
    return Table("The difference in table 3", heads, (printed,), contrast.suite, note)


def table_4(evidence: Evidence, contrast: Contrast) -> Table:
    """Every metric."""
    rows = evidence.of(contrast, "stats_by_metric")
    name = _Column(Head("metric", False), lambda r: title_of(r["metric"]))
    paper = {r["metric"]: r for _, r in _paper(evidence, contrast, 4).iterrows()}
    return _grouped("Table 4. By metric", rows, name, "metric", paper=paper, suite=contrast.suite)


def table_5(evidence: Evidence, contrast: Contrast) -> Table:
    """Eras in the order of time."""
    rows = eras(evidence, contrast)
    paper = {r["group"]: r for _, r in _paper(evidence, contrast, 5).iterrows()}
    name = _Column(Head("era", False), lambda r: era_title(r["era"], paper))
    note = "An ai image belongs to the era of the work it is paired with." + _left_out(rows, contrast, "era")
    return _grouped("Table 5. By era", rows, name, "era", paper=paper, suite=contrast.suite, note=note)


def table_6(evidence: Evidence, contrast: Contrast) -> Table:
    """Artists by difference, largest first."""
    rows = composite(evidence, contrast, "stats_by_artist").sort_values("difference", ascending=False)
    paper = {r["group"]: r for _, r in _paper(evidence, contrast, 6).iterrows()}
    name = _Column(Head("artist", False), lambda r: formats.text(r["artist"]))
    note = _left_out(rows, contrast, "artist") + _by_chance(rows)
    table = _grouped("Table 6. By artist", rows, name, "artist_slug", paper=paper, suite=contrast.suite, note=note)
    return _folded(table, len(rows) > LONG)


def table_7(evidence: Evidence, contrast: Contrast) -> Table:
    """Decades in the order of time."""
    rows = decades(evidence, contrast)
    paper = {str(r["group"]): r for _, r in _paper(evidence, contrast, 7).iterrows()}
    name = _Column(Head("decade", False), lambda r: f"{int(r['decade'])}s")
    note = _left_out(rows, contrast, "decade") + _by_chance(rows)
    return _folded(
        _grouped("Table 7. By decade", rows, name, "decade", paper=paper, suite=contrast.suite, note=note),
        len(rows) > LONG,
    )


def further(evidence: Evidence, contrast: Contrast) -> list[Table]:
    """By style and by family of the ai side, which the study does not have."""
    tables = []
    for table, column, note in (
        ("stats_by_style", "style", ""),
        ("stats_by_family", "family", "Each family of the ai side against the whole human side."),
    ):
        rows = composite(evidence, contrast, table)
        name = _Column(Head(column, False), lambda r, column=column: formats.capital(r[column]))  # type: ignore[misc]
        if len(rows):
            tables.append(_folded(_grouped(f"By {column}", rows, name, column, suite=contrast.suite, note=note), True))
    return tables


def readouts(evidence: Evidence, contrast: Contrast) -> Table:
    """What else was read out of the sides' inversions; what follows from scores and bounds is in `bounds`."""
    ai, human = (_read(evidence, contrast, side) for side in (contrast.ai, contrast.human))
    named = [
        {"readout": name, **asdict(effect(ai[name].dropna(), human[name].dropna()))}
        for name in sorted({*ai.columns} & {*human.columns})
        if not name.startswith(("excess_", "ceiling_", "normalised_"))
    ]
    column = _Column(Head("readout", False), lambda r: str(r["readout"]))
    note = "What each is: docs/methods.md. A readout that tells the sides apart better than the score is a rival to it."
    return _folded(
        _grouped("Readouts", pd.DataFrame(named), column, "readout", suite=contrast.suite, note=note), bool(named)
    )


def bounds(evidence: Evidence, contrast: Contrast) -> Table:
    """Where each side's mean scores lie between floor and ceiling: the ratio of means, not the mean of ratios."""
    sides = [
        (label, side, _read(evidence, contrast, side))
        for label, side in (("ai", contrast.ai), ("human", contrast.human))
    ]
    rows = []
    for metric in compared_scores():
        for label, side, read in sides:
            if f"ceiling_{metric}" not in read:
                continue
            ceilings = read[f"ceiling_{metric}"].dropna()
            held = side.set_index("sample_id").loc[ceilings.index]
            floor, score, ceiling = held[f"floor_{metric}"].mean(), held[metric].mean(), ceilings.mean()
            numbers = map(formats.score, (floor, score, ceiling, normalised(score, floor, ceiling)))
            rows.append((title_of(metric), label, formats.count(len(held)), *numbers))
    heads = (Head("metric", False), Head("label", False), *map(Head, ("n", "floor", "score", "ceiling", "normalised")))
    note = (
        "Ceiling: against the reconstructions of other works. Normalised: (score − floor) / (ceiling − floor) of the "
        f"means; none where there is less than {MIN_ROOM} between them."
    )
    return _folded(Table("Between floor and ceiling", heads, tuple(rows), contrast.suite, note), bool(rows))


def _read(evidence: Evidence, contrast: Contrast, side: pd.DataFrame) -> pd.DataFrame:
    """A side's readouts: a row per sample_id, a column each."""
    read = evidence.tables["readouts"]
    read = read[read["experiment"] == contrast.experiment].merge(side[["sample_id"]], on="sample_id")
    return read.pivot(index="sample_id", columns="readout", values="value").astype("float64").dropna(axis=1, how="all")


def composite(evidence: Evidence, contrast: Contrast, table: str) -> pd.DataFrame:
    """A study's rows of a stats table that speak about the composite score."""
    rows = evidence.of(contrast, table)
    return rows[rows["metric"] == "composite"].reset_index(drop=True)


def eras(evidence: Evidence, contrast: Contrast) -> pd.DataFrame:
    """A study's eras in the order of the years of their samples."""
    rows = composite(evidence, contrast, "stats_by_era")
    when = pd.to_numeric(evidence.tables["samples"]["year"], errors="coerce").groupby(evidence.tables["samples"]["era"])
    middle = when.median()
    return rows.assign(when=rows["era"].map(middle)).sort_values(["when", "era"], ignore_index=True)


def decades(evidence: Evidence, contrast: Contrast) -> pd.DataFrame:
    """A study's decades in the order of time."""
    return composite(evidence, contrast, "stats_by_decade").sort_values("decade", ignore_index=True)


def paper_differences(evidence: Evidence, contrast: Contrast, number: int, groups: Iterable[Any]) -> list[float]:
    """The study's difference for each group, NaN where it has none."""
    paper = {str(r["group"]): float(r["paper_difference"]) for _, r in _paper(evidence, contrast, number).iterrows()}
    return [paper.get(str(group), float("nan")) for group in groups]


def era_title(era: str, paper: dict[Any, pd.Series] | None = None) -> str:
    """The study's name of an era, or our slug with a capital."""
    if paper and era in paper:
        return str(paper[era]["group_label"])
    return formats.capital(era)


def era_titles(evidence: Evidence, contrast: Contrast, slugs: Iterable[str]) -> list[str]:
    """Names of eras for the axis of a figure."""
    paper = {r["group"]: r for _, r in _paper(evidence, contrast, 5).iterrows()}
    return [era_title(slug, paper) for slug in slugs]


def confounds(contrast: Contrast) -> Table:
    """What differs between the sides besides the label: any of it can move a reconstruction error."""
    shown = [column for column in audit_columns() if column.title and column.public]
    texts, numbers = ([c for c in shown if c.is_number == is_number] for is_number in (False, True))
    rows = []
    for side, frame in (("ai", contrast.ai), ("human", contrast.human)):
        sizes = pd.Series(list(map(formats.size, frame["width"], frame["height"])), dtype=object)
        rows.append(
            (
                side,
                formats.count(len(frame)),
                *(shares(frame[column.name]) for column in texts),
                shares(sizes),
                *(_middle(column, frame[column.name]) for column in numbers),
            )
        )
    heads = (
        Head("label", False),
        Head("n"),
        *(Head(column.title, False) for column in texts),
        Head("sizes", False),
        *(Head(f"{c.title}, median" if c.type == "BIGINT" else c.title) for c in numbers),
    )
    note = "A difference here is a rival explanation for a difference in the scores."
    return Table("What else differs between the sides", heads, tuple(rows), note=note)


def _middle(column: SampleColumn, values: pd.Series) -> str:
    """The median of whole numbers, the mean of others; a share in per cent."""
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    if column.type == "BIGINT":
        return formats.count(numbers.median())
    is_share = column.range == (0, 1)
    return formats.percent(numbers.mean()) if is_share else formats.effect_size(numbers.mean())


def _grouped(
    caption: str,
    rows: pd.DataFrame,
    name: _Column,
    key: str,
    *,
    suite: str,
    paper: dict[Any, pd.Series] | None = None,
    note: str = "",
) -> Table:
    """A stats table with the study's figures of the same group on its right; `paper` None: no such columns."""
    ours = [name, *_OURS]
    heads = [column.head for column in ours]
    if paper is not None:
        heads += [Head(t, group=STUDY_GROUP) for t in ("ai", "human", "difference")]
    printed = []
    for _, row in rows.iterrows():
        cells = [column.cell(row) for column in ours]
        if paper is not None:
            cells += _paper_cells(paper.get(str(row[key]), pd.Series(dtype=object)))
        printed.append(tuple(cells))
    alone = [p for group, p in (paper or {}).items() if group not in set(rows[key].astype("str"))]
    for theirs in alone:
        printed.append((str(theirs["group_label"]), *[formats.MISSING] * len(_OURS), *_paper_cells(theirs)))
    if alone and printed:
        note += f" {'The last row is' if len(alone) == 1 else f'The last {len(alone)} rows are'} the study's alone."
    return Table(caption, tuple(heads), tuple(printed), suite, note.strip())


def _paper_cells(theirs: pd.Series) -> tuple[str, str, str]:
    return (
        formats.score(theirs.get("paper_mean_ai")),
        formats.score(theirs.get("paper_mean_human")),
        formats.signed(theirs.get("paper_difference")),
    )


def _folded(table: Table, folded: bool) -> Table:
    return replace(table, folded=folded)


def _paper(evidence: Evidence, contrast: Contrast, number: int) -> pd.DataFrame:
    rows = evidence.of(contrast, "paper_comparison")
    return rows[rows["table_number"] == number]


def _left_out(rows: pd.DataFrame, contrast: Contrast, group: str) -> str:
    """How many of each side stand in no row of a grouped table, and why."""
    if rows.empty:
        column = "artist_slug" if group == "artist" else group
        counts = (
            f"{formats.count(side[column].isna().sum())} of {formats.count(len(side))} {label}"
            for label, side in (("ai", contrast.ai), ("human", contrast.human))
        )
        return f" No {group} has works on both sides: {' and '.join(counts)} works have none."
    first, parts = rows.iloc[0], []
    for side in ("ai", "human"):
        nameless, alone = int(first[f"n_{side}_left_out"] or 0), int(first[f"n_{side}_unmatched"] or 0)
        if nameless:
            parts.append(f"{formats.count(nameless)} {side} without {group}")
        if alone:
            parts.append(f"{formats.count(alone)} {side} whose {group} the other side lacks")
    return f" Left out: {'; '.join(parts)}." if parts else ""


def _by_chance(rows: pd.DataFrame) -> str:
    """How many small p values there are, and how many chance alone would give."""
    tested = rows["p_value"].dropna()
    if len(tested) < 5:
        return ""
    small = int((tested < 0.05).sum())
    return f" {small} of {len(tested)} have p < 0.05; chance alone gives about {0.05 * len(tested):.1f}."


_OURS: list[_Column] = [
    _Column(Head("n ai"), lambda r: formats.count(r["n_ai"])),
    _Column(Head("n human"), lambda r: formats.count(r["n_human"])),
    _Column(Head("ai"), lambda r: formats.score(r["mean_ai"])),
    _Column(Head("human"), lambda r: formats.score(r["mean_human"])),
    _Column(Head("difference"), lambda r: formats.signed(r["difference"])),
    _Column(Head("p"), lambda r: formats.p_value(r["p_value"])),
    _Column(Head("d"), lambda r: formats.effect_size(r["cohens_d"])),
    _Column(Head("AUROC"), lambda r: formats.effect_size(r["auroc"])),
]
