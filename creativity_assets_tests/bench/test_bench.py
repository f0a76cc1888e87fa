"""The bench at a tiny size: its figures follow from what it measured, and its two ways give the same scores."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets_tests.bench import __main__ as bench
from creativity_assets_tests.bench import stock
from creativity_assets_tests.bench.flops import flops_of
from creativity_assets_tests.bench.interleaved import Variant, interleaved
from creativity_assets_tests.bench.peak import matrix_peak
from creativity_assets_tests.bench.stages import STAGES
from creativity_assets_tests.full_size import full_size_backbone
from creativity_assets_tests.tiny_families import SAVERS

DATA = Path(__file__).parents[2] / "data"
SIZE = ["--images", "5", "--alone", "3", "--batch", "4", "--steps", "2", "--repeats", "2", "--peak-side", "64"]


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of tiny-sd, as the file says them."""
    out = tmp_path_factory.mktemp("bench")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CREATIVITY_DATA", str(DATA))
        said = bench.main([*SIZE, "--device", "cpu", "--out", str(out)])
    written: dict[str, Any] = json.loads((out / "bench.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(said))
    assert "<svg" in (out / "bench.svg").read_text(encoding="utf-8")
    return written


def test_each_figure_follows_from_the_rounds(facts: dict[str, Any]) -> None:
    alone, together, bare, ours, _ = facts["variants"]
    assert [v["images"] for v in facts["variants"]] == [3, 5, 5, 5, 5]
    assert bare["flops_per_image"] == together["flops_per_image"]
    for variant in facts["variants"]:
        assert len(variant["rounds"]) == 2
        mean = sum(variant["rounds"]) / 2  # the median of two
        assert variant["seconds_per_image"] == pytest.approx(mean / variant["images"])
        assert variant["images_per_second"] * variant["seconds_per_image"] == pytest.approx(1)
        assert variant["peak_memory"] > 0
        assert 0 < variant["processor_seconds_per_image"] < os.cpu_count() * max(variant["rounds"])
    speed = {"1": alone, "4": together}
    for batch, of in speed.items():
        ratio = facts["ratios"][f"ours with floor, batch 4 / stock, batch {batch}"]
        assert ratio == pytest.approx(of["seconds_per_image"] / ours["seconds_per_image"])
    best = 4 * 2 * 64**3 / min(facts["rounds"]["matrix product"])
    assert facts["peak_flops_per_second"] == pytest.approx(best)
    expected = ours["flops_per_image"] * ours["images_per_second"] / best
    assert ours["share_of_peak"] == pytest.approx(expected)
    assert ours["flops_per_image"] > together["flops_per_image"], "the floor is decoded too"


def test_stages_are_parts_of_the_wall_time(facts: dict[str, Any]) -> None:
    stages = dict(facts["stages"])
    wall = stages.pop("wall")
    assert set(stages) == set(STAGES)
    assert all(0 < seconds < wall for seconds in stages.values())
    assert facts["network_share"] == pytest.approx(stages["network"] / wall)


def test_both_ways_give_the_same_scores(facts: dict[str, Any]) -> None:
    """As docs/precision.md bounds them: a pixel may fall to either of two levels."""
    assert facts["agreement"]["images"] == 3
    assert facts["agreement"]["largest_difference"] < 1e-3
    assert facts["agreement"]["rank_correlation"] == pytest.approx(1)


@pytest.mark.parametrize("family", SAVERS)
def test_every_family_is_measured(family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREATIVITY_DATA", str(DATA))
    folder = SAVERS[family](tmp_path / family)
    asked = bench.options([*SIZE, "--model", str(folder), "--device", "cpu", "--images", "2", "--alone", "2"])
    subject = bench.subject_of(asked, tmp_path)
    theirs = stock.measure(subject, subject.files, 2)
    ours = bench.ours.measure(subject, subject.files, 2)
    assert bench.ours.measure_without_floor(subject, subject.files, 2) == pytest.approx(ours, abs=1e-6)
    assert len(ours) == len(theirs) == 2
    # diffusers' inverse scheduler reads a velocity at the level of the cleaner state, we where the network was asked.
    assert family == "sd2" or ours == pytest.approx(theirs, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "network", "encode", "decode"), [("sd15", 803, 1117, 2515), ("sdxl", 6761, None, None)]
)
def test_operations_are_those_that_others_have_counted(
    name: str, network: float, encode: float | None, decode: float | None
) -> None:
    """GFLOP of the published architectures; no weights are made for it."""
    counted = flops_of(full_size_backbone(name, "meta"))
    assert counted.network == pytest.approx(network * 1e9, rel=0.01)
    if encode and decode:
        assert counted.encode == pytest.approx(encode * 1e9, rel=0.03)
        assert counted.decode == pytest.approx(decode * 1e9, rel=0.03)
        assert counted.round_trip(40) == pytest.approx(35.9e12, rel=0.02)


def test_variants_take_turns(tmp_path: Path) -> None:
    """Each once before the clock runs, then round by round."""
    done: list[str] = []
    variants = [Variant(name, 1, lambda name=name: done.append(name)) for name in "ab"]
    timings = interleaved(variants, bench.find_devices("cpu")[0], 2)
    assert done == ["a", "b", "a", "b", "a", "b"]
    assert [len(timing.seconds) for timing in timings] == [2, 2]


def test_the_peak_is_that_of_the_dtype() -> None:
    product = matrix_peak(bench.find_devices("cpu")[0], torch.bfloat16, 32)
    product.work()
    assert product.flops == 2 * 32**3


def test_a_compiled_network_is_used_for_its_own_variant_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREATIVITY_DATA", str(DATA))
    folder = SAVERS["sd1"](tmp_path / "sd1")
    asked = bench.options([*SIZE, "--model", str(folder), "--device", "cpu", "--images", "2"])
    subject, calls = bench.subject_of(asked, tmp_path), []
    subject.backbone.compile(2, lambda network: lambda *a, **k: (calls.append(len(a[0])), network(*a, **k))[1])
    calls.clear()
    compiled = bench.ours.measure_compiled(subject, subject.files, 2)
    assert calls == [2, 2, 2, 2], "two steps in both directions"
    assert bench.ours.measure(subject, subject.files, 2) == compiled
    assert len(calls) == 4


def test_counting_leaves_the_model_as_it_was(tmp_path: Path) -> None:
    model = Backbone.load(SAVERS["sd1"](tmp_path / "sd1"))
    before = model.prediction(model.embed([""]))(model.noise([1]), 1)
    flops_of(model)
    assert torch.equal(model.prediction(model.embed([""]))(model.noise([1]), 1), before)
