from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.guidance import Guidance
from creativity_assets.diffusion.inversion import ddim_invert, ddim_sample
from creativity_assets.diffusion.inversion.cfg_pp import cfg_pp_invert, cfg_pp_sample
from creativity_assets.diffusion.inversion.dpm_solver import dpmpp_2m_invert, dpmpp_2m_sample
from creativity_assets.diffusion.inversion.edict import edict_invert, edict_sample
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.measure import (
    Encoding,
    Latent,
    Reconstruction,
    ScoreItem,
    embed,
    encode,
    invert,
    reconstruct,
    score,
)
from creativity_assets.errors import ModelError
from creativity_assets.metrics.suites import Suite
from creativity_assets.vocabulary import SCORES

from .conftest import Items

SETTINGS = InversionSettings(steps=10)


@pytest.fixture(scope="module")
def encodings(backbone: Backbone, items: Items) -> list[Encoding]:
    return list(encode(backbone, items, batch=BatchSize(len(items))))


@pytest.fixture(scope="module")
def latents(encodings: list[Encoding]) -> list[Latent]:
    return [Latent(done.sample_id, done.latent) for done in encodings]


@pytest.fixture(scope="module")
def reference(backbone: Backbone, latents: list[Latent]) -> list[Reconstruction]:
    return list(reconstruct(backbone, SETTINGS, latents, batch=BatchSize(len(latents))))


def levels_apart(one: np.ndarray | None, other: np.ndarray | None) -> int:
    assert one is not None
    assert other is not None
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def test_a_reconstruction_is_encode_invert_sample_decode(
    backbone: Backbone, items: Items, encodings: list[Encoding], reference: list[Reconstruction]
) -> None:
    latents = backbone.encode(np.stack([image for _, image in items]))
    schedule, e = backbone.schedule(10), backbone.denoiser()
    with torch.no_grad():
        returned = ddim_sample(e, schedule, ddim_invert(e, schedule, latents).noise)
    images, floors = backbone.decode(returned), backbone.decode(latents)
    assert [done.sample_id for done in reference] == [sample_id for sample_id, _ in items]
    for done, encoding, image, floor in zip(reference, encodings, images, floors, strict=True):
        assert done.image.dtype == encoding.floor.dtype == np.uint8
        assert levels_apart(done.image, image) == levels_apart(encoding.floor, floor) == 0
        assert levels_apart(done.image, encoding.floor) > 1
    np.testing.assert_array_equal(np.stack([e.latent for e in encodings]), latents.numpy())


@pytest.fixture(scope="module", params=[1, 3])
def shuffled(request: pytest.FixtureRequest, backbone: Backbone, latents: list[Latent]) -> list[Reconstruction]:
    """The reference in another order and other batches, put back into its order."""
    return list(reconstruct(backbone, SETTINGS, latents[::-1], batch=BatchSize(request.param)))[::-1]


def test_company_and_place_in_a_batch_change_no_byte(
    backbone: Backbone, suite: Suite, items: Items, latents: list[Latent]
) -> None:
    """In batches of one size and on one thread: what an image becomes is its own (docs/precision.md)."""
    chosen = [[0, 1, 2, 3], [5, 3, 4, 0]]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        done = [
            {
                r.sample_id: r
                for r in reconstruct(
                    backbone, SETTINGS, [latents[i] for i in some], batch=BatchSize(4), readouts=["noise"]
                )
            }
            for some in chosen
        ]
        encoded = [
            {e.sample_id: e for e in encode(backbone, [items[i] for i in some], batch=BatchSize(4))} for some in chosen
        ]
        rows = [[ScoreItem(n, image, image[::-1].copy()) for n, image in (items[i] for i in some)] for some in chosen]
        scored = [dict(score(suite, some, batch=BatchSize(4))) for some in rows]
    finally:
        torch.set_num_threads(threads)
    for name in (latents[0].sample_id, latents[3].sample_id):
        one, other = (batch[name] for batch in done)
        np.testing.assert_array_equal(one.image, other.image)
        assert one.readouts == other.readouts
        np.testing.assert_array_equal(encoded[0][name].latent, encoded[1][name].latent)
        np.testing.assert_array_equal(encoded[0][name].floor, encoded[1][name].floor)
        assert scored[0][name] == scored[1][name]


def test_the_size_of_a_batch_moves_latents_by_rounding_alone(backbone: Backbone, items: Items) -> None:
    """The bound that docs/precision.md states, with room for other kernels."""
    whole = np.stack([e.latent for e in encode(backbone, items, batch=BatchSize(len(items)))])
    for size in (1, 2, 3):
        apart = np.stack([e.latent for e in encode(backbone, items, batch=BatchSize(size))])
        assert np.abs(apart - whole).max() < 1e-5 * np.abs(whole).max()


def test_batch_and_order_change_no_score_beyond_tolerance(
    suite: Suite, items: Items, reference: list[Reconstruction], shuffled: list[Reconstruction]
) -> None:
    originals = dict(items)

    def scores(done: list[Reconstruction], batch: int) -> dict[str, dict[str, float]]:
        rows = [ScoreItem(r.sample_id, originals[r.sample_id], r.image) for r in done]
        return dict(score(suite, rows, batch=BatchSize(batch)))

    for ours, theirs in zip(shuffled, reference, strict=True):
        assert levels_apart(ours.image, theirs.image) <= 1
    expected = scores(reference, 7)
    for sample_id, row in scores(shuffled, 2).items():
        for name, value in row.items():
            # the squared error is not on the scores' scale
            tolerance = 0.5 if name == "mse" else 5e-4
            assert value == pytest.approx(expected[sample_id][name], abs=tolerance), name


@pytest.mark.parametrize("size", [1, 3])
def test_encodings_do_not_depend_on_the_batch(
    backbone: Backbone, items: Items, encodings: list[Encoding], size: int
) -> None:
    for ours, theirs in zip(encode(backbone, items, batch=BatchSize(size)), encodings, strict=True):
        assert np.linalg.norm(ours.latent - theirs.latent) < 1e-5 * np.linalg.norm(theirs.latent)
        assert levels_apart(ours.floor, theirs.floor) <= 1


def test_images_are_yielded_as_their_batch_is_done(backbone: Backbone, latents: list[Latent]) -> None:
    asked: list[str] = []

    def source() -> Iterator[Latent]:
        for item in latents:
            asked.append(item.sample_id)
            yield item

    first = next(reconstruct(backbone, SETTINGS, source(), batch=BatchSize(2)))
    assert first.sample_id == "image-0"
    assert asked == ["image-0", "image-1"]


def test_memory_running_out_changes_nothing_but_the_batch(
    backbone: Backbone, latents: list[Latent], reference: list[Reconstruction], caplog: pytest.LogCaptureFixture
) -> None:
    batches: list[int] = []

    def small_memory(_module: torch.nn.Module, inputs: tuple[Any, ...]) -> None:
        if len(inputs[0]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        batches.append(len(inputs[0]))

    hook = backbone._networks.unet.register_forward_pre_hook(small_memory)
    size = BatchSize(5)
    try:
        done = list(reconstruct(backbone, SETTINGS, latents, batch=size))
    finally:
        hook.remove()
    assert [r.sample_id for r in done] == [r.sample_id for r in reference]
    assert all(levels_apart(ours.image, theirs.image) <= 1 for ours, theirs in zip(done, reference, strict=True))
    assert caplog.messages == ["out of memory at batch 5, going on with 2"]
    assert batches == [2] * 60 + [1] * 20


def test_a_method_for_another_kind_of_model_is_refused(backbone: Backbone, latents: list[Latent]) -> None:
    with pytest.raises(ModelError, match="a diffusion model, but fireflow inverts flow models"):
        reconstruct(backbone, InversionSettings("fireflow", 10), latents, batch=BatchSize(1))


def test_without_inversion_the_floor_comes_back(
    backbone: Backbone, encodings: list[Encoding], latents: list[Latent]
) -> None:
    settings = InversionSettings("autoencoder", steps=0)
    for done, encoding in zip(
        reconstruct(backbone, settings, latents, batch=BatchSize(len(latents)), readouts=["noise"]),
        encodings,
        strict=True,
    ):
        np.testing.assert_array_equal(done.image, encoding.floor)
        assert done.readouts == {}


def test_a_caption_is_read_where_the_method_says_so(backbone: Backbone, latents: list[Latent]) -> None:
    captioned = InversionSettings(steps=10, prompt="caption", guidance=Guidance.constant(1.0))
    named = [item._replace(caption="a portrait of a woman") for item in latents]
    with_caption, other, without, plain = (
        [done.image for done in reconstruct(backbone, settings, items, batch=BatchSize(4))]
        for settings, items in (
            (captioned, named),
            (captioned, [item._replace(caption="the sea") for item in latents]),
            (captioned, latents),
            (SETTINGS, named),
        )
    )
    assert any(levels_apart(a, b) > 0 for a, b in zip(with_caption, other, strict=True))
    assert all(levels_apart(a, b) <= 1 for a, b in zip(without, plain, strict=True)), "no caption is the empty prompt"


def test_images_without_a_caption_are_told_apart(backbone: Backbone, latents: list[Latent]) -> None:
    """The readout `captioned` is 1 where there was a caption and 0 where there was none, and absent elsewhere."""
    some = [item._replace(caption="the sea" if i % 3 == 0 else "") for i, item in enumerate(latents)]
    captioned = InversionSettings(steps=2, prompt="caption", guidance=Guidance.constant(1.0))
    told = [done.readouts["captioned"] for done in reconstruct(backbone, captioned, some, batch=BatchSize(4))]
    assert told == [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]
    assert not any(
        done.readouts for done in reconstruct(backbone, InversionSettings(steps=2), some, batch=BatchSize(4))
    )


CAPTIONS = ("a portrait in red", "the sea", "the sea in blue", "a portrait", "red and blue", "of the sea", "blue")
MISMATCH = InversionSettings(
    steps=10, prompt="caption", guidance=Guidance.constant(1.0), resample_guidance=Guidance.constant(7.5)
)
WEAK = InversionSettings("cfg_pp", 10, options={"weight": 0.2}, prompt="caption")
MIXED = InversionSettings("edict", 10, options={"p": 0.6})
MULTISTEP = InversionSettings("dpmpp_2m", 10)

Way = Callable[[Backbone, torch.Tensor], torch.Tensor]
"""A round trip written out: clean latents to what comes back, both (B, C, h, w)."""


def ddim_way(inversion: float, sampling: float) -> Way:
    """DDIM under the captions, at one guidance weight in the inversion and another in the sampling."""

    def way(backbone: Backbone, x: torch.Tensor) -> torch.Tensor:
        schedule = backbone.schedule(10)
        noise = ddim_invert(backbone.denoiser(CAPTIONS, inversion), schedule, x).noise
        return ddim_sample(backbone.denoiser(CAPTIONS, sampling), schedule, noise)

    return way


def cfg_pp_way(inversion: float, sampling: float) -> Way:
    """CFG++ under the captions, at one weight in the inversion and another in the sampling."""

    def way(backbone: Backbone, x: torch.Tensor) -> torch.Tensor:
        model, schedule = backbone.prompted(CAPTIONS), backbone.schedule(10)
        noise = cfg_pp_invert(model, schedule, x, weight=inversion).noise
        return cfg_pp_sample(model, schedule, noise, weight=sampling)

    return way


def edict_way(inversion: float, sampling: float, *, second: bool = True) -> Way:
    """EDICT at one p in the inversion and another in the sampling, with its second latent or from x_T alone."""

    def way(backbone: Backbone, x: torch.Tensor) -> torch.Tensor:
        e, schedule = backbone.denoiser(), backbone.schedule(10)
        inverted = edict_invert(e, schedule, x, p=inversion)
        return edict_sample(e, schedule, inverted.noise, inverted.auxiliary if second else None, p=sampling)

    return way


def dpmpp_2m_way(spacing: str) -> Way:
    """The multistep solver on steps that lie as `spacing` says."""

    def way(backbone: Backbone, x: torch.Tensor) -> torch.Tensor:
        e, schedule = backbone.denoiser(), backbone.schedule(10, spacing)
        return dpmpp_2m_sample(e, schedule, dpmpp_2m_invert(e, schedule, x).noise)

    return way


@pytest.mark.parametrize(
    ("settings", "way", "lost"),
    [
        pytest.param(MISMATCH, ddim_way(1.0, 7.5), [ddim_way(1.0, 1.0), ddim_way(7.5, 7.5)], id="guidance"),
        pytest.param(WEAK, cfg_pp_way(0.2, 0.2), [cfg_pp_way(0.6, 0.2), cfg_pp_way(0.2, 0.6)], id="options"),
        pytest.param(MIXED, edict_way(0.6, 0.6), [edict_way(0.93, 0.6), edict_way(0.6, 0.6, second=False)], id="auxiliary"),
        pytest.param(MULTISTEP, dpmpp_2m_way("linspace"), [dpmpp_2m_way("leading")], id="spacing"),
    ],
)  # fmt: skip
def test_what_an_entry_sets_reaches_the_method(
    backbone: Backbone, encodings: list[Encoding], settings: InversionSettings, way: Way, lost: list[Way]
) -> None:
    """A reconstruction is the method's own functions called with the setting, and not what they give without it."""
    named = [Latent(e.sample_id, e.latent, caption) for e, caption in zip(encodings, CAPTIONS, strict=True)]
    x = torch.from_numpy(np.stack([e.latent for e in encodings]))
    with torch.no_grad():
        wanted, *others = (backbone.decode(route(backbone, x)) for route in (way, *lost))
    done = np.stack([r.image for r in reconstruct(backbone, settings, named, batch=BatchSize(len(named)))])
    assert levels_apart(done, wanted) == 0
    assert min(levels_apart(done, other) for other in others) > 4


def test_embeddings_kept_change_no_score(suite: Suite, items: Items, reference: list[Reconstruction]) -> None:
    kept = dict(embed(suite, items, batch=BatchSize(3)))
    rows = [ScoreItem(r.sample_id, original, r.image) for (_, original), r in zip(items, reference, strict=True)]
    fresh = list(score(suite, rows, batch=BatchSize(4)))
    again = score(suite, [row._replace(embedding=kept[row.sample_id]) for row in rows], batch=BatchSize(4))
    for (_, ours), (_, theirs) in zip(again, fresh, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-6)


def test_scores_are_the_suites_and_floors_its_scores_of_the_floor(
    suite: Suite, items: Items, encodings: list[Encoding], reference: list[Reconstruction]
) -> None:
    """Floors may be asked for some images of a batch and not for others."""
    rows = [
        ScoreItem(done.sample_id, original, done.image, encoding.floor if i % 2 else None)
        for i, ((_, original), encoding, done) in enumerate(zip(items, encodings, reference, strict=True))
    ]
    scored = list(score(suite, rows, batch=BatchSize(4)))
    assert [sample_id for sample_id, _ in scored] == [sample_id for sample_id, _ in items]
    for (_, row), item in zip(scored, rows, strict=True):
        for prefix, image in (("", item.reconstruction), ("floor_", item.floor)):
            if image is None:
                assert set(row) == set(SCORES)
                continue
            for name, values in suite.score(item.original[None], image[None]).items():
                assert row[f"{prefix}{name}"] == pytest.approx(values[0], rel=1e-5, abs=1e-6)


def test_plain_triples_can_be_scored(suite: Suite, items: Items) -> None:
    ((sample_id, row),) = score(suite, [("same", items[0][1], items[0][1])], batch=BatchSize(4))
    assert sample_id == "same"
    assert row == pytest.approx(dict.fromkeys(SCORES, 0.0), abs=1e-6)


def test_scores_follow_the_embedding_that_was_kept(
    suite: Suite, items: Items, encodings: list[Encoding], reference: list[Reconstruction]
) -> None:
    """Each original with the embedding of another one: the distance is that one's, and nothing else moves."""
    kept = suite.embed(np.stack([image for _, image in items]))
    rows = [
        ScoreItem(done.sample_id, original, done.image, encoding.floor, kept[i - 1])
        for i, ((_, original), encoding, done) in enumerate(zip(items, encodings, reference, strict=True))
    ]
    plain = dict(score(suite, [row._replace(embedding=None) for row in rows], batch=BatchSize(4)))
    for i, (sample_id, ours) in enumerate(score(suite, rows, batch=BatchSize(4))):
        for prefix, image in (("", rows[i].reconstruction), ("floor_", rows[i].floor)):
            assert image is not None
            distance = 1 - float(kept[i - 1] @ suite.embed(image[None])[0])
            assert ours[f"{prefix}dino_distance"] == pytest.approx(distance, abs=1e-6)
            assert abs(distance - plain[sample_id][f"{prefix}dino_distance"]) > 1e-3
            for name in ("lpips", "mse", "log_mse"):
                assert ours[prefix + name] == plain[sample_id][prefix + name]


def test_an_inversion_alone_is_the_method_s_noise(backbone: Backbone, encodings: list[Encoding]) -> None:
    """Under each image's caption and the entry's options, by name, whatever the batch."""
    named = [Latent(e.sample_id, e.latent, caption) for e, caption in zip(encodings, CAPTIONS, strict=True)]
    x = torch.from_numpy(np.stack([e.latent for e in encodings]))
    with torch.no_grad():
        wanted = cfg_pp_invert(backbone.prompted(CAPTIONS), backbone.schedule(10), x, weight=0.2).noise.numpy()
    found = list(invert(backbone, WEAK, named, batch=BatchSize(3)))
    assert [sample_id for sample_id, _ in found] == [e.sample_id for e in encodings]
    np.testing.assert_allclose(np.stack([noise for _, noise in found]), wanted, atol=1e-4 * np.abs(wanted).max())
    with pytest.raises(ModelError, match="tiny: a diffusion model, but fireflow inverts flow models"):
        invert(backbone, InversionSettings("fireflow", 10), named, batch=BatchSize(1))
    spoilt = [
        item._replace(latent=item.latent * np.float32(np.nan)) if i == 4 else item for i, item in enumerate(named)
    ]
    with pytest.raises(ModelError, match="^tiny: cfg_pp: image-4: the inverted latent is NaN or infinite"):
        list(invert(backbone, WEAK, spoilt, batch=BatchSize(3)))
