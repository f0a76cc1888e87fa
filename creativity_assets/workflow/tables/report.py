"""report: the page from the warehouse, with pictures from the parts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from creativity_assets.errors import StoreError
from creativity_assets.hashing import digest, digest_of_file
from creativity_assets.report.build import build_report
from creativity_assets.report.sections import SECTIONS
from creativity_assets.store.database import database_damage
from creativity_assets.store.files import read_record, replacing, write_record
from creativity_assets.store.warehouse import warehouse_hash
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.pictures import encoded_of

REPORT_VERSION = 1


def write_report(step: Step) -> tuple[Path, int]:
    """Make the page unless it is fresh; returns where it is and its size in bytes."""
    study = step.study
    page = study.store.report
    if step.force or not report_is_fresh(study):
        with replacing(page) as temporary, _database_damage(study.store.database):
            build_report(
                study.store.database,
                temporary,
                load_images=lambda works, experiment: encoded_of(study.lineage, works, experiment),
            )
        write_record(study.store.record("report"), _state(study))
    return page, page.stat().st_size


@contextmanager
def _database_damage(database: Path) -> Iterator[None]:
    """A warehouse that the page finds damaged is set aside, to be built again."""
    try:
        yield
    except StoreError as problem:
        cause = problem.__cause__
        if isinstance(cause, duckdb.Error) and (damage := database_damage(database, cause)):
            raise damage from problem
        raise


def report_is_fresh(study: Study) -> bool:
    """Whether the page is the one that was written, and shows the warehouse as it is."""
    page = study.store.report
    return page.is_file() and read_record(study.store.record("report")) == _state(study)


def _state(study: Study) -> dict[str, str]:
    sections = [section.anchor for section in SECTIONS]
    made_from = digest(version=REPORT_VERSION, warehouse=warehouse_hash(study.store), sections=sections)
    return {"made_from": made_from, "page": digest_of_file(study.store.report)}
