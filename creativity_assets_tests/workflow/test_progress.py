import pytest

from creativity_assets.workflow.progress import Lines, begin, duration, listening, with_progress


def spoken(seconds_per_image: float, images: int) -> list[str]:
    """What a log says of a measurement, by a clock that stands still between images."""
    said, now = [], [0.0]
    lines = Lines(said.append, clock=lambda: now[0])
    with listening(lines):
        begin("measure tiny.ddim4", images)
        for _ in with_progress("score", range(images)):
            now[0] += seconds_per_image
    return said


def test_a_slow_measurement_says_every_ten_seconds_how_far_it_is() -> None:
    said = spoken(4.0, 100)
    assert said[:3] == [
        "measure tiny.ddim4: 100 images",
        "measure tiny.ddim4: score 3 of 100, 0.25 images/s, 6 min 28 s left",
        "measure tiny.ddim4: score 6 of 100, 0.25 images/s, 6 min 16 s left",
    ]
    assert said[-1] == "measure tiny.ddim4: score 100 of 100, 0.25 images/s"


def test_a_fast_one_says_it_every_twentieth_but_not_twice_a_second() -> None:
    assert len(spoken(0.1, 1000)) == 1 + 20
    assert len(spoken(0.001, 1000)) == 1 + 1


def test_without_a_total_only_what_is_known_is_said() -> None:
    said, now = [], [0.0]
    lines = Lines(said.append, clock=lambda: now[0])
    with listening(lines):
        begin("index paintings")
        for _ in with_progress("sample", range(3)):
            now[0] += 11
    assert said == [
        "index paintings",
        "index paintings: sample 1, 0.091 images/s",
        "index paintings: sample 2, 0.091 images/s",
        "index paintings: sample 3, 0.091 images/s",
    ]


def test_all_who_listen_hear_and_afterwards_nobody() -> None:
    first, second = list[str](), list[str]()
    with listening(Lines(first.append)), listening(Lines(second.append)):
        begin("a", 1)
    begin("b", 1)
    assert first == second == ["a: 1 images"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations_in_words(seconds: float, text: str) -> None:
    assert duration(seconds) == text
