"""One asset check per entry of `workflow.checks.CHECKS`, all on the scores and from one look at parts and tables."""

from collections.abc import Collection as Names
from collections.abc import Iterator
from typing import Any

import dagster as dg

from creativity_assets.orchestration.resources import StudyResource
from creativity_assets.statistics.tables import GROUPINGS
from creativity_assets.workflow.tables.checks import CHECKS, run_check
from creativity_assets.workflow.tables.collected import Collected

SHOWN = 20
LOOKED_AT = ["raw_samples", "duplicates", *GROUPINGS]


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(name, asset="image_metrics", description=check.__doc__, additional_deps=LOOKED_AT)
        for name, check in CHECKS.items()
    ],
    can_subset=True,
)
def score_checks(context: dg.AssetCheckExecutionContext, study: StudyResource) -> Iterator[dg.AssetCheckResult]:
    """The problems of everything measured, check by check; the UI may ask for some of them."""
    names = {key.name for key in context.selected_asset_check_keys}
    for name, problems in outcomes(Collected(study.open().lineage), names).items():
        yield dg.AssetCheckResult(
            asset_key="image_metrics", check_name=name, passed=not problems, metadata=shown(problems)
        )


def outcomes(collected: Collected, names: Names[str] = CHECKS.keys()) -> dict[str, list[str]]:
    """The problems that each named check finds."""
    return {name: run_check(name, collected) for name in sorted(names)}


def shown(problems: list[str]) -> dict[str, Any]:
    """How many problems there are, and the first of them in words, for the UI."""
    lines = "\n".join(f"- {line}" for line in problems[:SHOWN]) or "none"
    return {"n_problems": len(problems), "problems": dg.MetadataValue.md(lines)}


ASSET_CHECKS = [score_checks]
