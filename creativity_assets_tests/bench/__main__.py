"""python -m creativity_assets_tests.bench: see --help, and docs/bench.md for what the figures mean."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from creativity_assets.diffusion.weights.networks import DTYPES
from creativity_assets.engine.devices import batch_size, find_devices, own_dtype
from creativity_assets.metrics.suites import load_suite
from creativity_assets.paths import data_root
from creativity_assets_tests.bench import ours, stock
from creativity_assets_tests.bench.flops import flops_of
from creativity_assets_tests.bench.interleaved import Variant, interleaved
from creativity_assets_tests.bench.peak import matrix_peak
from creativity_assets_tests.bench.result import Result, lines, write
from creativity_assets_tests.bench.stages import stages_of
from creativity_assets_tests.bench.subject import Subject, from_folder, of_full_size, paint_files
from creativity_assets_tests.full_size import FULL_SIZE


def options(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m creativity_assets_tests.bench", description=__doc__)
    parser.add_argument("--model", help=f"a folder in diffusers' layout, or {', '.join(FULL_SIZE)}: random weights")
    parser.add_argument("--device", help="cpu, or a name that `creativity doctor` shows")
    parser.add_argument("--dtype", choices=sorted(DTYPES), help="the network's; by default the device's own")
    parser.add_argument("--images", type=int, default=64, help="how many pictures are measured at our batch")
    parser.add_argument("--alone", type=int, default=8, help="how many of them are measured at batch 1")
    parser.add_argument("--batch", type=int, help="by default what the device is given")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3, help="rounds, of which the median counts")
    parser.add_argument("--suite", default="embedded", choices=["embedded", "paper"])
    parser.add_argument("--compile", action="store_true", help="measure ours with a compiled network too: minutes more")
    parser.add_argument("--peak-side", type=int, help="rows of the matrices whose product is the machine's peak")
    parser.add_argument("--out", type=Path, help="a folder for bench.json and bench.svg")
    return parser.parse_args(given)


def subject_of(asked: argparse.Namespace, folder: Path) -> Subject:
    """Load the model and the suite, and paint the pictures."""
    device = find_devices(asked.device)[0]
    dtype = DTYPES[asked.dtype] if asked.dtype else own_dtype(device)
    model = asked.model or str(data_root() / "embedded" / "tiny-sd")
    make: Any = of_full_size if model in FULL_SIZE else from_folder
    backbone, pipeline = make(model if model in FULL_SIZE else Path(model), device, dtype)
    files = paint_files(folder, asked.images, backbone.resolution)
    suite = load_suite(asked.suite, data_root(), device.name)
    return Subject(device, backbone, pipeline, suite, files, asked.steps)


def measured(subject: Subject, asked: argparse.Namespace) -> Result:
    """All variants in one interleaved run, then one more of ours for the stages."""
    files, batch = subject.files, asked.batch or batch_size(subject.device, subject.backbone.resolution)
    few = files[: asked.alone]
    flops, evaluations = flops_of(subject.backbone), subject.settings.evaluations
    trip, with_floor = flops.round_trip(evaluations), flops.round_trip(evaluations, decodes=2)
    name = f"ours with floor, batch {batch}"
    compiled = Variant(
        f"{name}, compiled", len(files), lambda: ours.measure_compiled(subject, files, batch), with_floor
    )
    timings = interleaved(
        [
            matrix_peak(subject.device, subject.dtype, asked.peak_side),
            Variant("stock, batch 1", len(few), lambda: stock.measure(subject, few, 1), trip),
            Variant(f"stock, batch {batch}", len(files), lambda: stock.measure(subject, files, batch), trip),
            Variant(
                f"ours, batch {batch}", len(files), lambda: ours.measure_without_floor(subject, files, batch), trip
            ),
            Variant(name, len(files), lambda: ours.measure(subject, files, batch), with_floor),
            Variant("ours, ceilings alone", len(files), lambda: ours.measure_ceilings(subject, files, batch)),
            *([compiled] if asked.compile else []),
        ],
        subject.device,
        asked.repeats,
    )
    scores = stock.measure(subject, few, 1), ours.measure(subject, files, batch)[: len(few)]
    return Result(subject, batch, timings, stages_of(subject, files, batch), scores)


def quieten() -> None:
    """Without the libraries' bars and advice between the figures."""
    import diffusers
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()


def main(given: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure, print, and write where a folder is named; the facts."""
    asked = options(given)
    quieten()
    with tempfile.TemporaryDirectory() as folder:
        facts = measured(subject_of(asked, Path(folder)), asked).facts()
    print("\n".join(lines(facts)))
    if asked.out:
        write(facts, asked.out)
        print(f"\n{asked.out / 'bench.json'}, {asked.out / 'bench.svg'}")
    return facts


if __name__ == "__main__":
    main()
