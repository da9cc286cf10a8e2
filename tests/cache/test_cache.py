"""The cache: damage is noticed, its size bounded, a place that cannot be written costs speed only."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from isas import BUILT_IN, XCV
from networks import conv_linear
from nmcu import cache, codegen, host, plan, targets
from nmcu.cache import bounds, places
from nmcu.codegen.program import Program
from nmcu.errors import NmcuError
from nmcu.host import library
from nmcu.toolchain import build
from toolchain.workers import fill, shared_folder

CLUSTER = targets.get("cluster8")
MAIN = Program(files={"main.c": "int main(void) { return 5; }"}, sources=("main.c",))


@pytest.fixture(autouse=True)
def private_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("NMCU_CACHE", str(folder))
    return folder


def _damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _age(path: Path, seconds: float) -> None:
    when = path.stat().st_mtime - seconds
    os.utime(path, (when, when))


@pytest.mark.parametrize("data", [b"", b"x", bytes(100_000)])
def test_what_is_stored_is_loaded(data: bytes) -> None:
    name = cache.key("test", data)
    assert cache.load(name) is None
    cache.store(name, data)
    assert cache.load(name) == data


@pytest.mark.parametrize("harm", [_damage, _truncate, _empty])
def test_a_damaged_entry_is_dropped_and_built_again(private_cache: Path, harm: object) -> None:
    first = build(MAIN, CLUSTER, XCV).elf
    entries = [p for p in (private_cache / "objects").rglob("*") if p.is_file()]
    for entry in entries:
        harm(entry)  # type: ignore[operator]
    assert all(cache.load(entry.parent.name + entry.name) is None for entry in entries)
    assert not any(entry.exists() for entry in entries)
    assert build(MAIN, CLUSTER, XCV).elf == first
    assert all(entry.exists() for entry in entries)


@pytest.mark.parametrize("harm", [_damage, _truncate, Path.unlink])
def test_a_folder_is_made_once_and_again_when_damaged(harm: object) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        fill(folder)

    name = cache.key("folder")
    path = cache.tree(name, make)
    assert cache.tree(name, make) == path and len(made) == 1
    harm(path / "sub" / "part")  # type: ignore[operator]
    assert cache.tree(name, make) == path and len(made) == 2
    (path / "stranger").write_bytes(b"")
    assert cache.tree(name, make) == path and len(made) == 3
    assert (path / "sub" / "part").read_bytes() == b"a part"
    assert [p.name for p in path.parent.iterdir()] == [name]


@pytest.mark.parametrize("failure", [NmcuError("no compiler"), KeyboardInterrupt()])
def test_a_folder_that_cannot_be_made_leaves_nothing(private_cache: Path, failure: BaseException) -> None:
    def make(folder: Path) -> None:
        fill(folder)
        raise failure

    with pytest.raises(type(failure)):
        cache.tree(cache.key("fails"), make)
    assert list((private_cache / "built").iterdir()) == []


def test_processes_share_folders(private_cache: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert len(set(pool.map(shared_folder, range(8)))) == 1
    assert [p.name for p in (private_cache / "built").iterdir()] == [cache.key("shared")]


def test_its_size_is_bounded_and_what_was_used_last_stays(
    private_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NMCU_CACHE_MIB", "1")
    names = [cache.key("entry", str(number)) for number in range(40)]
    for number, name in enumerate(names):
        cache.store(name, bytes([number]) * 60_000)
        _age(private_cache / "objects" / name[:2] / name[2:], 1000 - number)
        assert cache.load(names[0]) is not None  # in use all the time
        assert bounds.size(private_cache / "objects") <= 1 << 20
    kept = [name for name in names if cache.load(name) is not None]
    assert kept == [names[0], *names[-len(kept) + 1 :]]
    assert len(kept) > 10


def test_built_folders_count(private_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NMCU_CACHE_MIB", "1")

    def make(folder: Path) -> None:
        (folder / "large").write_bytes(bytes(600_000))

    for number in range(3):
        path = cache.tree(cache.key("large", str(number)), make)
        _age(path, bounds.IN_USE_SECONDS + 100 - number)
    assert bounds.size(private_cache / "built") <= 1 << 20
    assert path.exists()


def test_what_a_tool_keeps_itself_counts_and_goes_as_a_whole(
    private_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NMCU_CACHE_MIB", "1")
    zig = cache.guest("zig")
    assert zig is not None
    (zig / "z").write_bytes(bytes(500_000))
    cache.store(cache.key("a"), bytes(200_000))
    assert zig.exists()  # somebody may be reading it
    _age(zig, bounds.IN_USE_SECONDS + 1)
    cache.store(cache.key("b"), bytes(200_000))
    assert not zig.exists()
    assert cache.load(cache.key("a")) is not None


def test_a_bound_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NMCU_CACHE_MIB", "2 GiB")
    with pytest.raises(NmcuError, match="NMCU_CACHE_MIB is '2 GiB': a whole number of MiB is needed"):
        build(MAIN, CLUSTER, XCV)


def test_a_bound_of_nothing_keeps_nothing(private_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NMCU_CACHE_MIB", "0")
    assert build(MAIN, CLUSTER, XCV).elf == build(MAIN, CLUSTER, XCV).elf
    assert bounds.size(private_cache / "objects") == 0


@pytest.mark.parametrize("where", ["file", "in a file", "nowhere"])
def test_a_place_that_cannot_be_written_only_costs_speed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    places = {"file": tmp_path / "file", "in a file": tmp_path / "file" / "x", "nowhere": Path("/proc/nmcu")}
    monkeypatch.setenv("NMCU_CACHE", str(places[where]))
    assert build(MAIN, CLUSTER, XCV).elf == build(MAIN, CLUSTER, XCV).elf
    path = cache.tree(cache.key("temporary"), fill)
    assert (path / "whole").read_bytes() == b"all of it"
    assert cache.tree(cache.key("temporary"), fill) == path
    assert cache.guest("zig") is None
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("NMCU_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    cache.store(cache.key("homeless"), b"")
    assert cache.load(cache.key("homeless")) is None


def test_a_relative_place_is_meant_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NMCU_CACHE", "here")
    assert places.folder() == tmp_path / "here"


def test_programs_for_this_machine_depend_on_all_they_are_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    program = codegen.emit(plan.make(conv_linear(), CLUSTER, host.ISA, BUILT_IN))
    compiled: list[Program] = []

    def compile_(program: Program, folder: Path) -> bytes:
        compiled.append(program)
        return b"library"

    monkeypatch.setattr(library, "_compile", compile_)
    host.build(program)
    host.build(program)
    assert len(compiled) == 1
    host.build(Program(**{**vars(program), "defines": {**program.defines, "MORE": "1"}}))
    assert len(compiled) == 2
    monkeypatch.setattr(library, "_machine", lambda: "another processor")
    host.build(program)
    assert len(compiled) == 3


def test_contents_are_names_and_files(tmp_path: Path) -> None:
    found = []
    for name, text in (("a.h", "1"), ("a.h", "2"), ("b.h", "2"), ("unread.txt", "2")):
        for old in tmp_path.iterdir():
            old.unlink()
        (tmp_path / name).write_text(text)
        found.append(cache.contents([tmp_path], ".h"))
    assert len(set(found)) == 4
