"""What a run of the bench has found: as facts for a file, and as lines for people."""

import json
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from scipy import stats

from creativity_assets_tests.bench.interleaved import Timing
from creativity_assets_tests.bench.stages import Stages
from creativity_assets_tests.bench.subject import Subject

CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Result:
    """timings: the matrix product first, then stock alone, stock at our batch, ours, and what else was measured.

    scores: composites of the same files, by stock and by us.
    """

    subject: Subject
    batch: int
    timings: Sequence[Timing]
    stages: Stages
    scores: tuple[Sequence[float], Sequence[float]]

    def facts(self) -> dict[str, Any]:
        """Everything, as JSON can hold it: seconds, bytes, shares of 1."""
        peak, alone, together, *ours = self.timings
        return {
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(self.subject),
            "model": {
                "name": self.subject.backbone.name,
                "resolution": self.subject.backbone.resolution,
                "latent": list(self.subject.backbone.latent_shape),
                "dtype": str(self.subject.dtype).removeprefix("torch."),
            },
            "method": {"inversion": self.subject.settings.inversion, "steps": self.subject.steps},
            "suite": self.subject.suite.name,
            "batch": self.batch,
            "peak_flops_per_second": self.peak,
            "variants": [self._variant(timing) for timing in self.timings[1:]],
            "ratios": {
                f"{of.variant.name} / {stock.variant.name}": of.images_per_second / stock.images_per_second
                for of in ours
                if of.variant.flops
                for stock in (alone, together)
            },
            "rounds": {peak.variant.name: list(peak.seconds)},
            "stages": {**self.stages.seconds, "wall": self.stages.wall},
            "network_share": self.stages.network_share,
            "agreement": agreement(*self.scores),
        }

    @property
    def peak(self) -> float:
        """Operations a second of the fastest round: nothing is slower by chance for the better."""
        product = self.timings[0]
        return product.variant.flops * product.variant.images / min(product.seconds)

    def _variant(self, timing: Timing) -> dict[str, Any]:
        return {
            "name": timing.variant.name,
            "images": timing.variant.images,
            "rounds": list(timing.seconds),
            "seconds_per_image": timing.seconds_per_image,
            "images_per_second": timing.images_per_second,
            "spread": timing.spread,
            "processor_seconds_per_image": timing.processor_per_image,
            "flops_per_image": timing.variant.flops,
            "share_of_peak": timing.flops_per_second / self.peak,
            "peak_memory": timing.peak_memory,
        }


def agreement(stock: Sequence[float], ours: Sequence[float]) -> dict[str, float]:
    """How far the scores of the same pictures lie apart, and whether their order is the same."""
    apart = max(abs(a - b) for a, b in zip(stock, ours, strict=True))
    order = stats.spearmanr(stock, ours).statistic if len(stock) > 2 else 1.0
    return {"images": len(stock), "largest_difference": apart, "rank_correlation": float(order)}


def machine(subject: Subject) -> dict[str, Any]:
    """What the figures hold for."""
    named = CPUINFO.read_text().splitlines() if CPUINFO.exists() else []
    processor = next((line.partition(":")[2].strip() for line in named if line.startswith("model name")), "")
    return {
        "processor": processor or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": subject.device.description,
        "load": list(os.getloadavg()),
        "torch": torch.__version__,
    }


def lines(facts: dict[str, Any]) -> Iterator[str]:
    """A page of plain text."""
    model, where = facts["model"], facts["machine"]
    yield (
        f"{model['name']}, {model['resolution']} px, {model['dtype']}, {facts['method']['inversion']} of "
        f"{facts['method']['steps']} steps, suite {facts['suite']}"
    )
    yield (
        f"{where['processor']}, {where['cores']} cores, {where['threads']} threads, device {where['device']}, "
        f"load {where['load'][0]:.1f}"
    )
    yield f"matrix product: {facts['peak_flops_per_second'] / 1e9:.1f} GFLOP/s"
    yield ""
    yield f"{'':36}{'images/s':>10}{'s an image':>12}{'spread':>8}{'CPU s':>9}{'of peak':>9}{'memory':>10}"
    for variant in facts["variants"]:
        share = f"{variant['share_of_peak']:.1%}" if variant["flops_per_image"] else ""
        yield (
            f"{variant['name']:36}{variant['images_per_second']:10.3g}{variant['seconds_per_image']:12.4f}"
            f"{variant['spread']:8.0%}{variant['processor_seconds_per_image']:9.4f}{share:>9}{variant['peak_memory'] / 2**20:7.0f} MiB"
        )
    yield ""
    for name, ratio in facts["ratios"].items():
        yield f"{name:56}{ratio:6.2f} x"
    yield ""
    yield "seconds an image of ours, by stage"
    wall = facts["stages"]["wall"]
    for name, seconds in facts["stages"].items():
        yield f"  {name:32}{seconds:10.4f}{seconds / wall:8.0%}"
    yield ""
    same = facts["agreement"]
    yield (
        f"scores of {same['images']} images, ours and stock: apart by {same['largest_difference']:.1e} at most, rank "
        f"correlation {same['rank_correlation']:.4f}"
    )


def write(facts: dict[str, Any], folder: Path) -> None:
    """bench.json and bench.svg."""
    from creativity_assets_tests.bench.plot import drawing

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    (folder / "bench.svg").write_text(drawing(facts), encoding="utf-8")
