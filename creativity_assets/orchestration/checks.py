"""One asset check per entry of `workflow.checks.CHECKS`, all on the scores."""

from typing import Any

import dagster as dg

from creativity_assets.orchestration.resources import StudyResource
from creativity_assets.workflow.checks import CHECKS
from creativity_assets.workflow.collected import Collected

SHOWN = 20


def _check(name: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset="image_metrics", name=name, description=CHECKS[name].__doc__)
    def check(study: StudyResource) -> dg.AssetCheckResult:
        problems = CHECKS[name](Collected(study.open().lineage))
        text = "\n".join(f"- {line}" for line in problems[:SHOWN])
        metadata: dict[str, Any] = {"n_problems": len(problems), "problems": dg.MetadataValue.md(text or "none")}
        return dg.AssetCheckResult(passed=not problems, metadata=metadata)

    return check


ASSET_CHECKS = [_check(name) for name in CHECKS]
