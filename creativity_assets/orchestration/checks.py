"""One asset check per entry of `workflow.checks.CHECKS`, all on the scores and from one look at parts and tables."""

from collections.abc import Iterator

import dagster as dg

from creativity_assets.orchestration.resources import StudyResource
from creativity_assets.orchestration.tables import STATS
from creativity_assets.workflow.checks import CHECKS, run_check
from creativity_assets.workflow.collected import Collected

SHOWN = 20
LOOKED_AT = ["raw_samples", "duplicates", *STATS]


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(name, asset="image_metrics", description=check.__doc__, additional_deps=LOOKED_AT)
        for name, check in CHECKS.items()
    ],
    can_subset=True,
)
def score_checks(context: dg.AssetCheckExecutionContext, study: StudyResource) -> Iterator[dg.AssetCheckResult]:
    """The problems of everything measured, check by check; the UI may ask for some of them."""
    collected = Collected(study.open().lineage)
    for key in sorted(context.selected_asset_check_keys):
        problems = run_check(key.name, collected)
        shown = "\n".join(f"- {line}" for line in problems[:SHOWN]) or "none"
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=not problems,
            metadata={"n_problems": len(problems), "problems": dg.MetadataValue.md(shown)},
        )


ASSET_CHECKS = [score_checks]
