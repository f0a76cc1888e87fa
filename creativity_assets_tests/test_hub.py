"""One client of the hub: what is here, what is not, and the command for it."""

import pytest

from creativity_assets import hub as client
from creativity_assets_tests.hub_cache import COMMIT, HubCache


def test_the_commands_are_those_that_people_have_been_told() -> None:
    command = client.download_command
    assert (
        command("a/m", COMMIT, ["*.json", "x"])
        == f"hf download a/m --revision {COMMIT} --include '*.json' --include 'x'"
    )
    assert command("a/m", None) == "hf download a/m"
    assert command("a/m", COMMIT, files=["x", "y"]) == f"hf download a/m --revision {COMMIT} x y"
    assert command("a/d", COMMIT, dataset=True) == f"hf download a/d --repo-type dataset --revision {COMMIT}"
    found = command("a/d", COMMIT, files=["x.tar"], dataset=True)
    assert found == f"hf download a/d x.tar --repo-type dataset --revision {COMMIT}"


@pytest.mark.parametrize("dataset", [True, False])
def test_what_is_here_is_found_and_what_is_not_is_told_apart(hub: HubCache, dataset: bool) -> None:
    folder = hub.snapshot("a/b", "dataset" if dataset else "model")
    (folder / "x.json").write_text("{}")
    assert client.snapshot("a/b", dataset=dataset).resolve() == folder.resolve()
    assert client.snapshot("a/b", COMMIT, ["*.json"], dataset=dataset).name == COMMIT
    with pytest.raises(client.NotHere):
        client.snapshot("a/b", dataset=not dataset)
    with pytest.raises(client.NoHubId):
        client.snapshot("a b/c/d", dataset=dataset)


def test_a_file_of_a_data_set_is_found_at_its_commit_alone(hub: HubCache) -> None:
    (hub.snapshot("a/d", "dataset") / "x.tar").write_bytes(b"x")
    found = client.cached_file("a/d", COMMIT, "x.tar")
    assert found is not None and found.read_bytes() == b"x"
    assert client.cached_file("a/d", COMMIT, "y.tar") is None
    assert client.cached_file("a/d", "f" * 40, "x.tar") is None


def test_offline_the_hub_is_not_asked_and_the_cause_is_kept(hub: HubCache) -> None:
    assert client.offline()
    assert client.cache_folder() == hub.folder.absolute()
    with pytest.raises(client.Unreachable) as told:
        client.main_branch("a/d")
    assert "offline" in told.value.reason.lower()


def test_a_reason_is_one_line_also_where_the_cause_says_nothing() -> None:
    for cause, reason in ((OSError("one\ntwo"), "one"), (OSError(), "OSError")):
        problem = client.Unreachable("a/b")
        problem.__cause__ = cause
        assert problem.reason == reason
