"""report: the page from the warehouse, with pictures from the parts."""

from pathlib import Path

from creativity_assets.report.build import build_report
from creativity_assets.store.files import replacing
from creativity_assets.store.warehouse import warehouse_hash
from creativity_assets.workflow.collected import Collected
from creativity_assets.workflow.lineage import digest
from creativity_assets.workflow.pictures import pngs_of
from creativity_assets.workflow.steps import Step
from creativity_assets.workflow.study import Study

REPORT_VERSION = 1


def write_report(step: Step) -> tuple[Path, int]:
    """Make the page unless it is fresh; returns where it is and its size in bytes."""
    study = step.study
    page = study.store.report
    if step.force or not report_is_fresh(study):
        collected = Collected(study.lineage)
        build_report(
            study.store.database,
            page,
            load_images=lambda samples, experiment: pngs_of(collected, samples, experiment),
        )
        with replacing(_stamp(study)) as temporary:
            temporary.write_text(_hash(study))
    return page, page.stat().st_size


def report_is_fresh(study: Study) -> bool:
    """Whether the page shows the warehouse as it is."""
    stamp = _stamp(study)
    return study.store.report.is_file() and stamp.is_file() and stamp.read_text() == _hash(study)


def _hash(study: Study) -> str:
    return digest(version=REPORT_VERSION, warehouse=warehouse_hash(study.store))


def _stamp(study: Study) -> Path:
    return study.store.root / "tables" / "report.sha256"
