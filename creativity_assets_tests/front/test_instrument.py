import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import creativity_assets
from creativity_assets import CreativityError, Instrument
from creativity_assets.commands.score import score_files
from creativity_assets.engine.readouts import READOUTS
from creativity_assets.front.instrument import COLUMNS, SCORE_COLUMNS
from creativity_assets.images.preprocess import preprocess
from creativity_assets.store.layout import Store
from creativity_assets.store.sql.query import query
from creativity_assets.vocabulary import EMBEDDED_NOTE
from creativity_assets_tests.studies import EXPERIMENT, RESOLUTION, WORKS, save_picture

MODEL, METHOD = EXPERIMENT.split(".")


@pytest.fixture
def instrument(study_root: Path) -> Iterator[Instrument]:
    with Instrument(MODEL, METHOD) as opened:
        yield opened


def test_shell_python_and_workflow_give_equal_numbers(measured_root: Path) -> None:
    """The same five paintings, in the order in which the workflow measured them: in equal batches no bit differs."""
    measured = query(
        Store(measured_root).database,
        f"SELECT *, title FROM image_metrics JOIN samples USING (sample_id) WHERE experiment = '{EXPERIMENT}' "
        "AND label = 'human' ORDER BY samples.artist_slug, sample_id",
    )
    file_of = {title: measured_root.parent / "pictures" / "paintings" / file for file, _, title, *_ in WORKS}
    files = [file_of[title] for title in measured["title"]]
    frame = creativity_assets.score(files, MODEL, METHOD, readouts=["noise", "defect", "one_state"])
    rows, problems = score_files(measured_root, files, EXPERIMENT)
    assert problems == []
    of_shell = pd.DataFrame(rows)
    shared = [name for name in COLUMNS if name != "error"]
    pd.testing.assert_frame_equal(frame[shared], of_shell[shared], check_exact=True)
    for name in SCORE_COLUMNS:
        np.testing.assert_allclose(frame[name], measured[name], rtol=0, atol=1e-6)
    read = query(Store(measured_root).database, "SELECT * FROM readouts").pivot(
        index="sample_id", columns="readout", values="value"
    )
    for name in ("noise_power", "noise_autocorrelation", "noise_kl"):
        np.testing.assert_allclose(frame[name], read.loc[measured["sample_id"], name], rtol=0, atol=1e-6)


def test_a_frame_has_a_row_for_each_picture_in_order(instrument: Instrument, tmp_path: Path) -> None:
    folder = tmp_path / "shown"
    good, bad, gone = save_picture(folder / "a.png", seed=1), folder / "bad.png", folder / "gone.png"
    bad.write_bytes(b"no picture")
    array = np.asarray(Image.open(save_picture(folder / "other" / "b.png", seed=2)))
    frame = instrument.score([bad, good, array, gone])
    assert tuple(frame.columns) == COLUMNS
    assert list(frame["file"]) == [str(bad), str(good), "image 2", str(gone)]
    assert list(frame["error"].isna()) == [False, True, True, False]
    assert frame["error"][0].startswith("not_an_image: ")
    assert frame["error"][3] == "No such file or directory"
    assert frame[list(SCORE_COLUMNS)].isna().all(axis=1).tolist() == [True, False, False, True]
    assert set(frame["experiment"]) == {EXPERIMENT}
    assert set(frame["note"]) == {EMBEDDED_NOTE}
    assert frame["composite"][1] == pytest.approx(frame.loc[1, ["dino_distance", "lpips", "log_mse"]].mean())
    assert list(instrument.score(folder)["file"]) == [
        str(folder / name) for name in ("a.png", "bad.png", "other/b.png")
    ]


def test_where_nothing_can_be_decoded_there_are_rows_all_the_same(instrument: Instrument, tmp_path: Path) -> None:
    frame = instrument.score([tmp_path / "gone.png"], readouts=["noise"])
    assert tuple(frame.columns) == COLUMNS
    assert frame["composite"].dtype == float
    assert instrument.score([]).empty


def test_readouts_are_columns_and_follow_the_pixels_alone(instrument: Instrument, tmp_path: Path) -> None:
    file = save_picture(tmp_path / "a.png", seed=1)
    array = np.asarray(Image.open(file))
    frame = instrument.score([file, save_picture(tmp_path / "b.png", seed=2), array], readouts=list(READOUTS))
    assert set(frame.columns) - {*COLUMNS} == {
        *("noise_power", "noise_autocorrelation", "noise_kl", "one_state_error"),
        *("step_defect", "denoising_error", "log_likelihood", "log_likelihood_se"),
    }
    assert frame.columns[-1] == "error"
    numbers = frame.select_dtypes(float)
    np.testing.assert_allclose(numbers.iloc[0], numbers.iloc[2], rtol=0, atol=1e-6)
    assert abs(frame["denoising_error"][0] - frame["denoising_error"][1]) > 1e-6


def test_pictures_noise_and_vectors(instrument: Instrument, tmp_path: Path) -> None:
    file = save_picture(tmp_path / "a.png", seed=1)
    images = [file, tmp_path / "gone.png", np.asarray(Image.open(save_picture(tmp_path / "b.png", seed=2)))]
    pictures = list(instrument.reconstruct(images))
    noises, vectors = list(instrument.invert(images)), list(instrument.embed(images))
    for made in (pictures, noises, vectors):
        assert [value is None for value in made] == [False, True, False]
    (picture, noise, vector) = pictures[0], noises[0], vectors[0]
    assert picture is not None
    assert noise is not None
    assert vector is not None
    assert (picture.shape, picture.dtype) == ((RESOLUTION, RESOLUTION, 3), np.uint8)
    assert (noise.ndim, noise.dtype) == (3, np.float32)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    frame = instrument.score(images, readouts=["noise"])
    assert frame["noise_power"][0] == pytest.approx(np.mean(noise**2), rel=1e-5)
    original = preprocess(Image.open(file), RESOLUTION)
    assert frame["mse"][0] == pytest.approx(np.mean((original.astype(float) - picture) ** 2))


def test_a_stream_is_held_a_few_batches_at_a_time(instrument: Instrument, tmp_path: Path) -> None:
    picture = np.asarray(Image.open(save_picture(tmp_path / "a.png", seed=1)))
    taken = 0

    def endless() -> Iterator[np.ndarray]:
        nonlocal taken
        while True:
            taken += 1
            yield picture

    batch = instrument._loaded()[1].batch(RESOLUTION).current
    assert next(iter(instrument.invert(endless()))) is not None
    assert taken <= 2 * batch


def test_a_model_is_a_name_or_a_folder(study_root: Path, tmp_path: Path) -> None:
    file = save_picture(tmp_path / "a.png", seed=1)
    folder = study_root / "embedded" / "tiny"
    by_name = creativity_assets.score(file, MODEL, METHOD)
    for place in (folder, str(folder)):
        by_folder = creativity_assets.score(file, place, METHOD, suite="embedded")
        assert by_folder["experiment"][0] == f"{folder.resolve()}.{METHOD}"
        assert by_folder["composite"][0] == pytest.approx(by_name["composite"][0], abs=1e-6)


COMMIT = "a" * 40


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": "nothing"}, "no model 'nothing'; have tiny; or give a folder"),
        ({"model": Path("nowhere")}, "nowhere: no model_index.json there"),
        ({"model": "owner/name"}, "no model 'owner/name'"),
        ({"model": "owner/name@main"}, "owner/name: owner/name needs a pinned revision"),
        (
            {"model": f"owner/name@{COMMIT}"},
            "owner/name: owner/name is not on this machine; fetch it with: hf download",
        ),
        ({"method": "nothing"}, "no method 'nothing'; have ddim4, ddim2"),
        ({"suite": "nothing"}, "no metric suite 'nothing'"),
        ({"device": "nothing:7"}, "device nothing:7: no such device on this machine; have cpu"),
    ],
)
def test_what_is_wrong_is_one_line_before_anything_is_loaded(
    study_root: Path, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(CreativityError, match=re.escape(words)) as caught:
        Instrument(**{"model": MODEL, "method": METHOD, **arguments})  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_a_method_for_another_kind_of_model_is_refused_for_folders_too(study_root: Path) -> None:
    (study_root / "catalog" / "more.yaml").write_text(
        "methods: {euler4: {inversion: euler, steps: 4}, odd: {inversion: ddim, steps: 999}}"
    )
    folder = study_root / "embedded" / "tiny"
    for model in (MODEL, folder):
        with pytest.raises(CreativityError, match="diffusion model, but euler inverts flow models"):
            Instrument(model, "euler4")
        with pytest.raises(CreativityError, match="999"):
            Instrument(model, "odd")


def test_the_suite_is_the_catalogues_unless_it_is_given(study_root: Path) -> None:
    with Instrument(MODEL, METHOD) as measured, Instrument(MODEL, "ddim2") as other:
        assert (measured.suite, other.suite) == ("embedded", "embedded")
    with Instrument(study_root / "embedded" / "tiny", METHOD) as unknown:
        assert unknown.suite == "paper"
        with pytest.raises(CreativityError, match="suite paper: .* fetch it with: "):
            unknown.score(np.zeros((32, 32, 3), np.uint8))


def test_unknown_readouts_and_closed_instruments_are_one_line(study_root: Path, tmp_path: Path) -> None:
    file = save_picture(tmp_path / "a.png", seed=1)
    with Instrument(MODEL, METHOD) as opened, pytest.raises(CreativityError, match="no readout 'nothing'; have noise"):
        opened.score(file, readouts=["nothing"])
    for verb in (opened.score, opened.embed, opened.invert, opened.reconstruct):
        with pytest.raises(CreativityError, match="the instrument is closed; make a new one"):
            verb(file)
