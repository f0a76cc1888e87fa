"""All that the instrument computes, on a second device and on the CPU: the same numbers to 1e-5.

Attention takes its plain form on both, since the CPU's fused kernel is the CPU's alone: what is compared is where
tensors lie, and 1e-5 then leaves room for nothing but the order of a sum.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from creativity_assets.diffusion import diffusion_schedule, flow_schedule
from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.guidance import Guidance, Interval
from creativity_assets.diffusion.inversion import INVERSIONS
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.diffusion.weights.model_files import Lora, ModelSource
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.ceilings import CeilingItem, ceilings
from creativity_assets.engine.devices import find_devices, own_dtype
from creativity_assets.engine.generate import generate
from creativity_assets.engine.loading import Workbench
from creativity_assets.engine.measure import Encoding, Latent, ScoreItem, embed, encode, reconstruct, score
from creativity_assets.engine.readouts import READOUTS
from creativity_assets.metrics.perceptual import alexnet_path
from creativity_assets.metrics.suites import EMBEDDED_FOLDER, Suite, load_suite
from creativity_assets_tests.device.second_device import Machine, second_device
from creativity_assets_tests.diffusion.weights.test_overrides import save_lora
from creativity_assets_tests.tiny_families import SAVERS
from creativity_assets_tests.tiny_models import save_tiny_suite

TOLERANCE = 1e-5
SHIPPED = Path(__file__).parents[2] / "data"
CAPTIONS = ("a portrait of the sea", "red and blue")
CHEAP = ("noise", "defect", "one_state", "denoising_error")
Numbers = dict[str, np.ndarray]


@pytest.fixture(scope="module", autouse=True)
def machine() -> Iterator[Machine]:
    with second_device() as machine, sdpa_kernel(SDPBackend.MATH):
        yield machine


@pytest.fixture(scope="module")
def images() -> list[tuple[str, np.ndarray]]:
    coarse = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    return [(f"image-{i}", np.kron(image, np.ones((4, 4, 1), np.uint8))) for i, image in enumerate(coarse)]


Pair = tuple[Backbone, Backbone]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pair]:
    """A model of each family on the CPU and on the device."""
    folders = {name: save(tmp_path_factory.mktemp(name)) for name, save in SAVERS.items()}
    return {name: (Backbone.load(folder), Backbone.load(folder, device="soft")) for name, folder in folders.items()}


def latents(backbone: Backbone, images: list[tuple[str, np.ndarray]]) -> list[Latent]:
    done = encode(backbone, images, batch=BatchSize(2))
    return [Latent(e.sample_id, e.latent, caption) for e, caption in zip(done, CAPTIONS, strict=True)]


def measured(
    backbone: Backbone, settings: InversionSettings, items: list[Latent], readouts: Sequence[str] = ()
) -> Numbers:
    done = list(reconstruct(backbone, settings, items, batch=BatchSize(2), readouts=readouts))
    numbers = {name: np.array([r.readouts[name] for r in done]) for name in done[0].readouts}
    return {"pixels": np.stack([r.image for r in done]).astype(np.float64), **numbers}


def assert_equal(there: Numbers, here: Numbers) -> None:
    assert there.keys() == here.keys()
    for name, expected in here.items():
        if name == "pixels":  # levels: a number on the edge of two may round to either
            assert np.abs(there[name] - expected).max() <= 1
            assert (there[name] != expected).mean() < 1e-3
        else:
            np.testing.assert_allclose(there[name], expected, rtol=TOLERANCE, atol=TOLERANCE, err_msg=name)


def whole(family: str) -> list[str]:
    """Every method on Stable Diffusion 1; of the other families each kind of subject and of auxiliary state."""
    kind = "flow" if family == "sd3" else "diffusion"
    fitting = [name for name, spec in INVERSIONS.items() if spec.kind in {None, kind}]
    return fitting if family in {"sd1", "sd3"} else ["ddim", "cfg_pp", "bdia"]


@pytest.mark.parametrize(("family", "method"), [(family, method) for family in SAVERS for method in whole(family)])
def test_every_method_measures_there_what_it_measures_here(
    pairs: dict[str, Pair], images: list[tuple[str, np.ndarray]], family: str, method: str
) -> None:
    here, there = pairs[family]
    spec = INVERSIONS[method]
    settings = setting(method)
    items = latents(here, images)
    groups = CHEAP if spec.steps else ()
    assert_equal(measured(there, settings, items, groups), measured(here, settings, items, groups))


def setting(method: str) -> InversionSettings:
    """Two steps each, and few of null-text's own."""
    steps = 2 if INVERSIONS[method].steps else 0
    options = {"inner_steps": 2} if method == "null_text" else {}
    return InversionSettings(method, steps, options, prompt="caption" if method == "cfg_pp" else "none")


STAGED = Guidance((Interval(500, 1.0), Interval(200, 3.0), Interval(-1, 0.0)))
GUIDED = {
    "constant": InversionSettings(steps=2, prompt="caption", guidance=Guidance.constant(3.0)),
    "captioned": InversionSettings(steps=2, prompt="caption", guidance=Guidance.constant(1.0)),
    "staged": InversionSettings(steps=5, prompt="caption", guidance=STAGED),
    "mismatch": InversionSettings(steps=2, prompt="caption", resample_guidance=Guidance.constant(7.5)),
}


@pytest.mark.parametrize("kind", GUIDED)
def test_every_guidance_is_the_same_there(
    pairs: dict[str, Pair], images: list[tuple[str, np.ndarray]], kind: str
) -> None:
    here, there = pairs["sd1"]
    items = latents(here, images)
    assert_equal(measured(there, GUIDED[kind], items), measured(here, GUIDED[kind], items))


@pytest.mark.parametrize(("family", "method"), [("sd1", "ddim"), ("sd1", "cfg_pp"), ("sd3", "euler")])
def test_every_readout_is_the_same_there(
    pairs: dict[str, Pair],
    images: list[tuple[str, np.ndarray]],
    family: str,
    method: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The likelihood on a coarse grid: its gradients are the dearest of all on this device."""
    for schedule in (diffusion_schedule, flow_schedule):
        monkeypatch.setattr(schedule, "LIKELIHOOD_INTERVALS", 2)
    here, there = pairs[family]
    items, settings = latents(here, images), setting(method)
    assert_equal(measured(there, settings, items, tuple(READOUTS)), measured(here, settings, items, tuple(READOUTS)))


@pytest.mark.parametrize("family", SAVERS)
def test_encoding_and_sampling_are_the_same_there(
    pairs: dict[str, Pair], images: list[tuple[str, np.ndarray]], family: str
) -> None:
    """Noise is drawn on the CPU for every device: an image depends on its seed, not on the machine."""
    requests = [("one", CAPTIONS[0], 11), ("two", "", 12)]

    def numbers(backbone: Backbone) -> tuple[Numbers, np.ndarray]:
        encoded: list[Encoding] = list(encode(backbone, images, batch=BatchSize(2)))
        drawn = [image for _, image in generate(backbone, requests, guidance=3.0, steps=2, batch=BatchSize(2))]
        pixels = np.stack([*(e.floor for e in encoded), *drawn]).astype(np.float64)
        return {"latents": np.stack([e.latent for e in encoded]), "pixels": pixels}, np.stack(drawn)

    (there, drawn), (here, _) = numbers(pairs[family][1]), numbers(pairs[family][0])
    assert_equal(there, here)
    assert drawn.std() > 5, "grey images would not test anything"


def test_a_lora_is_added_before_the_model_moves(
    images: list[tuple[str, np.ndarray]], tmp_path: Path, machine: Machine
) -> None:
    folder = SAVERS["sd1"](tmp_path / "base")
    source = ModelSource("tuned", folder, lora=Lora(save_lora(tmp_path / "lora", folder), scale=0.5))
    here = Backbone.from_source(source)
    there = Backbone.from_source(source, device="soft")
    items, settings = latents(here, images), InversionSettings(steps=2)
    expected = measured(here, settings, items)
    assert_equal(measured(there, settings, items), expected)
    plain = measured(Backbone.load(folder), settings, items)
    assert np.abs(plain["pixels"] - expected["pixels"]).max() > 2, "a LoRA that changes nothing would not test it"


@pytest.mark.parametrize(
    ("family", "dtype"), [("sd1", "float16"), ("sd1", "bfloat16"), ("sdxl", "bfloat16"), ("sd3", "bfloat16")]
)
def test_half_precision_is_the_same_there(
    images: list[tuple[str, np.ndarray]], tmp_path: Path, family: str, dtype: str
) -> None:
    """The state stays float32 and the network computes in halves, as on the CPU in the same halves."""
    folder = SAVERS[family](tmp_path / family)
    here, there = Backbone.load(folder, dtype=dtype), Backbone.load(folder, dtype=dtype, device="soft")
    assert {p.dtype for p in there.network.parameters()} == {getattr(torch, dtype)}
    items, settings = latents(here, images), InversionSettings("euler" if family == "sd3" else "ddim", 2)
    assert_equal(measured(there, settings, items, CHEAP), measured(here, settings, items, CHEAP))


@pytest.mark.parametrize("family", SAVERS)
def test_a_device_without_float64_measures_too(
    pairs: dict[str, Pair], images: list[tuple[str, np.ndarray]], family: str
) -> None:
    """As Apple's are: nothing of the instrument may ask the device for doubles."""
    here = pairs[family][0]
    settings = InversionSettings("euler" if family == "sd3" else "aidi", 2)
    with second_device(float64=False):
        there = Backbone.load(Path(here.name), device="soft")
        items = latents(there, images)
        found = measured(there, settings, items, CHEAP)
        panel = np.stack([image for _, image in images])
        scores = load_suite("embedded", SHIPPED, device="soft").score(panel, panel[::-1])
    assert_equal(found, measured(here, settings, items, CHEAP))
    assert_equal(scores, load_suite("embedded", SHIPPED).score(panel, panel[::-1]))


@pytest.fixture(scope="module")
def suite_pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Suite, Suite]]:
    root = tmp_path_factory.mktemp("suite")
    save_tiny_suite(root / EMBEDDED_FOLDER)
    roots = {"embedded": SHIPPED, "random": root}
    return {
        name: (load_suite("embedded", root), load_suite("embedded", root, device="soft"))
        for name, root in roots.items()
    }


@pytest.mark.parametrize("name", ["embedded", "random"])
def test_scores_kept_embeddings_and_ceilings_are_the_same_there(
    suite_pairs: dict[str, tuple[Suite, Suite]], images: list[tuple[str, np.ndarray]], name: str
) -> None:
    """Embeddings come out of the store, where they lie on no device."""
    panel = np.stack([image[::-1] for _, image in images] * 2)

    def numbers(suite: Suite) -> Numbers:
        kept = dict(embed(suite, images, batch=BatchSize(2)))
        rows = [ScoreItem(n, image, panel[i], panel[i + 1], kept[n]) for i, (n, image) in enumerate(images)]
        fresh = [row._replace(embedding=None) for row in rows]
        asked = [CeilingItem(n, image, kept[n], (i, 3)) for i, (n, image) in enumerate(images)]
        found: Numbers = {"embeddings": np.stack(list(kept.values()))}
        for what, scored in (
            ("kept", score(suite, rows, batch=BatchSize(2))),
            ("fresh", score(suite, fresh, batch=BatchSize(2))),
            ("ceilings", ceilings(suite, asked, panel, batch=BatchSize(2))),
        ):
            for sample, values in scored:
                found[f"{what} {sample}"] = np.array(list(values.values()))
        return found

    here, there = suite_pairs[name]
    assert_equal(numbers(there), numbers(here))


@pytest.mark.skipif(not alexnet_path().is_file(), reason="the paper's suite: AlexNet is not on this machine")
def test_the_papers_suite_is_the_same_there(images: list[tuple[str, np.ndarray]]) -> None:
    here, there = (load_suite("paper", SHIPPED, device=device) for device in ("cpu", "soft"))
    originals = np.stack([image for _, image in images])
    assert_equal(there.score(originals, originals[::-1]), here.score(originals, originals[::-1]))


def test_memory_that_runs_out_halves_the_batch_and_changes_no_number(
    tmp_path: Path, images: list[tuple[str, np.ndarray]], caplog: pytest.LogCaptureFixture
) -> None:
    """A device with room for the model and two images of four: through encode, reconstruct, embed and score."""
    folder = SAVERS["sd1"](tmp_path / "sd")
    save_tiny_suite(tmp_path / EMBEDDED_FOLDER)
    four = [(f"{name}{k}", image) for k in range(2) for name, image in images]
    source, settings = ModelSource("tiny", folder), InversionSettings(steps=2)

    def work(batch: int, capacity: int) -> tuple[Numbers, int, int]:
        with second_device(capacity=capacity) as machine:
            (device,) = find_devices()
            workbench = Workbench(tmp_path, device)
            backbone, suite = workbench.backbone(source), workbench.suite("embedded")
            loaded = machine.memory_allocated()
            machine.reset_peak_memory_stats()
            sizes = [BatchSize(batch) for _ in range(4)]
            encoded = list(encode(backbone, four, batch=sizes[0]))
            items = [Latent(e.sample_id, e.latent) for e in encoded]
            done = list(reconstruct(backbone, settings, items, batch=sizes[1], readouts=["noise"]))
            kept = dict(embed(suite, four, batch=sizes[2]))
            rows = [ScoreItem(r.sample_id, dict(four)[r.sample_id], r.image, None, kept[r.sample_id]) for r in done]
            scores = [list(values.values()) for _, values in score(suite, rows, batch=sizes[3])]
            pixels = np.stack([*(e.floor for e in encoded), *(r.image for r in done)]).astype(np.float64)
            numbers = {"pixels": pixels, "scores": np.array(scores)}
            assert workbench.batch(32).current >= 1
            return numbers, machine.max_memory_allocated() - loaded, loaded

    expected, peak_of_two, loaded = work(2, 2**30)
    assert not [line for line in caplog.messages if line.startswith("out of memory")]
    found, _, _ = work(4, loaded + int(1.3 * peak_of_two))
    assert "out of memory at batch 4, going on with 2" in caplog.messages
    assert_equal(found, expected)


def test_what_networks_compute_in_is_the_devices_own(tmp_path: Path) -> None:
    folder = SAVERS["sd1"](tmp_path / "sd")
    for bfloat16, dtype in ((True, torch.bfloat16), (False, torch.float16)):
        with second_device(bfloat16=bfloat16):
            (device,) = find_devices()
            assert own_dtype(device) == dtype
            workbench = Workbench(tmp_path, device)
            assert workbench.backbone(ModelSource("tiny", folder)).network.dtype == dtype
            assert workbench.backbone(ModelSource("tiny", folder, dtype="float32")).network.dtype == torch.float32
