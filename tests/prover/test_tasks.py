"""The order of tasks, what an interrupted run need not do again, the stages, and the user's cache."""

import os

import pytest

from hstar.prover import cache as caches
from hstar.prover.cache import Cache, cache_folder, entry_name
from hstar.prover.stages import COMMIT, FINAL, JOINS, LEAVES, PROVE, Stages
from hstar.prover.tasks import ReadyTasks, segment_tasks, tree_tasks
from hstar.recursion.plan import plan_nodes


def name_of(task):
    return "final" if task.is_final else f"{task.node.place.kind}-{task.node.first}-{task.node.count}"


def tasks_of(segments, there=()):
    root = plan_nodes([0] * segments, {(0, 1)}, {2, 3})
    return tree_tasks(root, name_of, "proof-{}".format, there.__contains__)


def test_everything_is_done_after_what_it_needs_and_leaves_follow_their_segments():
    todo, spared = tasks_of(7)
    assert not spared and len(todo) == 7 + 7 + 3 + 1
    order = [task.name for task in ReadyTasks(todo).in_order()]
    assert len(order) == len(set(order)) == len(todo) and order[-1] == "final"
    for task in todo:
        assert all(order.index(name) < order.index(task.name) for name in task.needs)
    for number in range(1, 8):
        assert order.index(f"leaf-{number}-1") == order.index(f"proof-{number}") + 1


def test_what_only_finished_nodes_need_is_not_done_again():
    todo, spared = tasks_of(7, {"join-1-3", "proof-5", "leaf-6-1"})
    names = {task.name for task in spared}
    assert names == {"join-1-3", *(f"leaf-{i}-1" for i in (1, 2, 3)),
                     *(f"proof-{i}" for i in (1, 2, 3)), "proof-5", "leaf-6-1", "proof-6"}  # fmt: skip
    order = [task.name for task in ReadyTasks(todo).in_order()]
    assert len(order) == len(todo) == 18 - len(spared)
    todo, spared = tasks_of(7, {"final"})
    assert not todo and len(spared) == 18


def test_a_task_that_waits_is_not_handed_out():
    todo, _ = tasks_of(2)
    ready = ReadyTasks(todo)
    taken = [ready.take(), ready.take()]
    assert [task.name for task in taken] == ["proof-1", "proof-2"] and ready.take() is None
    ready.finished(taken[1])
    assert ready.take().name == "leaf-2-1" and ready.take() is None


def test_segments_alone_go_in_order():
    tasks = segment_tasks(PROVE, [3, 1, 2], str)
    assert [task.number for task in ReadyTasks(tasks).in_order()] == [1, 2, 3]


def test_the_stages_share_time_and_say_how_far_all_of_it_is():
    seen = []
    stages = Stages(seen.append)
    stages.begin(COMMIT)
    assert seen[-1].total is None and seen[-1].fraction is None
    stages.expect(
        {PROVE: 2, LEAVES: 2, JOINS: 1, FINAL: 1}, {PROVE: 1}, {PROVE: 2.0, LEAVES: 1.0, JOINS: 1.0, FINAL: 2}
    )
    for stage in (PROVE, LEAVES, LEAVES, JOINS, FINAL):
        stages.step(stage)
    fractions = [step.fraction for step in seen if step.fraction is not None]
    assert fractions == sorted(fractions) and fractions[-1] == 1 and fractions[0] == pytest.approx(2 / 9, abs=0.3)
    assert (seen[-1].stage, seen[-1].done, seen[-1].total) == (FINAL, 1, 1)
    stages.spent({PROVE: 3.0, LEAVES: 1.0}, 8.0)
    assert (stages.seconds[PROVE], stages.seconds[LEAVES]) == (6.0, 2.0)
    stages.spent({PROVE: 0.0}, 1.0)
    assert stages.seconds[PROVE] == 0


# The cache


def test_the_cache_is_where_the_user_wants_it(monkeypatch, tmp_path):
    monkeypatch.setenv(caches.ENVIRONMENT_VARIABLE, str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here"
    monkeypatch.delenv(caches.ENVIRONMENT_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "hstar"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "hstar"


def test_entries_are_there_in_whole_or_not_at_all(tmp_path):
    cache = Cache(tmp_path)
    assert cache.get("a") is None
    cache.put("a", b"content")
    assert cache.get("a") == b"content" and Cache(tmp_path).get("a") == b"content"
    path = cache.path / "a"
    for damaged in (path.read_bytes()[:-1], path.read_bytes() + b"\0", b""):
        path.write_bytes(damaged)
        assert cache.get("a") is None
    cache.put("a", b"again")
    assert cache.get("a") == b"again" and [item.name for item in cache.path.iterdir()] == ["a"]
    cache.remove("a")
    cache.remove("a")
    assert cache.get("a") is None
    assert entry_name("leaf", b"a", b"b") != entry_name("leaf", b"ab", b"") and entry_name("leaf").startswith("leaf-")


def test_a_cache_that_others_may_write_to_is_not_read(tmp_path):
    """Keys that verifiers trust are made from what stands there."""
    cache = Cache(tmp_path)
    cache.put("a", b"content")
    assert cache.path.stat().st_mode & 0o777 == 0o700
    for mode in (0o770, 0o702):
        cache.path.chmod(mode)
        assert cache.get("a") is None
    cache.path.chmod(0o755)
    assert cache.get("a") == b"content"


def test_the_cache_of_another_user_is_not_read(tmp_path, monkeypatch):
    cache = Cache(tmp_path)
    cache.put("a", b"content")
    monkeypatch.setattr(os, "getuid", lambda: cache.path.stat().st_uid + 1)
    assert cache.get("a") is None


def test_folders_of_older_program_texts_go_away(tmp_path):
    for number in range(5):
        folder = tmp_path / f"{number:032x}"
        folder.mkdir()
        os.utime(folder, (number, number))
    (tmp_path / "mine").mkdir()
    cache = Cache(tmp_path)
    cache.put("a", b"content")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"mine", cache.path.name, *(f"{number:032x}" for number in (2, 3, 4))}
