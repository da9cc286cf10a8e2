"""What each build system gets beside the sources, and CMake's own word on it."""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import firmware
import nmcu
from networks import conv_linear
from nmcu import graph
from nmcu.codegen.header import SEVERAL_CORES, STATUS
from nmcu.errors import NmcuError
from nmcu.toolchain import FORMS

LIBRARIES = [form for form in FORMS if form != "make"]
CMAKE = shutil.which("cmake", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
needs_cmake = pytest.mark.skipif(CMAKE is None, reason="cmake is not installed (pip install cmake)")
TARGETS = ["rp2350", "esp32c3", "ibex", "cluster8"]


@pytest.fixture(scope="module", params=TARGETS)
def compiled(request: pytest.FixtureRequest) -> nmcu.CompiledModel:
    return nmcu.compile(conv_linear(), request.param, name="my_net")


@pytest.mark.parametrize("form", LIBRARIES)
def test_the_network_is_the_same_in_every_form(compiled: nmcu.CompiledModel, form: str) -> None:
    """No main, no start-up code, no linker script; every source that a build system lists is there, and all are."""
    files = compiled.files(form)
    sources = {name for name in files if name.startswith("src/")}
    assert {name: files[name] for name in sources} == {
        name: content for name, content in compiled.files("cmake").items() if name.startswith("src/")
    }
    assert not [name for name in files if name.endswith(("main.c", "crt0.S", "start.c", ".ld", ".bin"))]
    assert {"README.md", "plan.json", "src/my_net.h", "src/my_net.c", "src/my_net_weights.c"} <= files.keys()
    if "CMakeLists.txt" in files or "zephyr/CMakeLists.txt" in files:
        text = files.get("CMakeLists.txt", files.get("zephyr/CMakeLists.txt", b"")).decode()
        listed = set(re.findall(r"src/\S+\.[cS]\b", text))
        assert listed == {name for name in sources if name.endswith((".c", ".S"))}
    for name in sources:
        for include in re.findall(rb'^ *# *include +"([^"]+)"', files[name], re.MULTILINE):
            found = os.path.normpath(Path(name).parent / include.decode())
            assert found in files, f"{name} includes {include.decode()}"


def test_manifests_say_what_their_build_systems_ask_for(compiled: nmcu.CompiledModel) -> None:
    manifest = json.loads(compiled.files("platformio")["library.json"])
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", manifest["name"]) and manifest["version"] == "1.0.0"
    assert manifest["headers"] == "my_net.h" and manifest["build"]["srcDir"] == "src"
    lines = compiled.files("arduino")["library.properties"].decode().splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    needed = [
        "name",
        "version",
        "author",
        "maintainer",
        "sentence",
        "paragraph",
        "category",
        "url",
        "architectures",
    ]
    assert all(properties[key] for key in needed) and properties["includes"] == "my_net.h"
    component = compiled.files("esp-idf")
    assert b"idf_component_register" in component["CMakeLists.txt"]
    assert re.search(rb'^version: "1.0.0"$', component["idf_component.yml"], re.MULTILINE)
    module = compiled.files("zephyr")
    assert b"cmake: zephyr" in module["zephyr/module.yml"] and b"config MY_NET\n" in module["zephyr/Kconfig"]
    assert b"if(CONFIG_MY_NET)" in module["zephyr/CMakeLists.txt"]
    assert b"add_library(my_net INTERFACE)" in compiled.files("pico-sdk")["CMakeLists.txt"]


@pytest.mark.parametrize("form", LIBRARIES)
def test_the_readme_is_a_program(tmp_path: Path, form: str) -> None:
    compiled = nmcu.compile(conv_linear(), "rp2350", name="my_net")
    folder = firmware.write(tmp_path / "my_net", compiled.files(form))
    (code,) = re.findall(r"```c\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    main = f"{code}\nint main(void) {{ return once(); }}\n"
    firmware.call([str(firmware.program(tmp_path, main, [folder], "cc", "-O1"))])


USER = """\
cmake_minimum_required(VERSION 3.16)
project(user C)
%s
add_executable(program main.c)
target_link_libraries(program PRIVATE nmcu::one)
"""
MAIN = """\
#include <one.h>
#include <stdio.h>

static uint8_t arena[ONE_ARENA_BYTES] __attribute__((aligned(ONE_ALIGNMENT)));
static int8_t image[ONE_INPUT_IMAGE_SIZE] __attribute__((aligned(4)));
static int8_t scores[ONE_OUTPUT_LOGITS_SIZE] __attribute__((aligned(4)));

int main(void)
{
    const one_input_t in[] = {{image, sizeof image}};
    const one_output_t out[] = {{scores, sizeof scores}};

    if (one_init(arena, sizeof arena) || fread(image, sizeof image, 1, stdin) != 1) return 1;
    if (one_run(arena, in, out)) return 2;
    return fwrite(scores, sizeof scores, 1, stdout) != 1;
}
"""


@needs_cmake
@pytest.mark.parametrize("how", ["subfolder", "installed", "pico-sdk"])
def test_cmake_builds_it_into_a_program(tmp_path: Path, how: str) -> None:
    assert CMAKE is not None
    network, form = conv_linear(zeros_every=8), "pico-sdk" if how == "pico-sdk" else "cmake"
    library = firmware.write(tmp_path / "one", nmcu.compile(network, "rp2350", name="one").files(form))
    take = "add_subdirectory(one)"
    if how == "pico-sdk":  # whose own CMake has assembly on
        take = f"enable_language(ASM)\n{take}\nadd_library(nmcu::one ALIAS one)"
    if how == "installed":
        take = "find_package(one 1.0 REQUIRED)"
        firmware.call([CMAKE, "-S", str(library), "-B", str(tmp_path / "made")])
        firmware.call([CMAKE, "--build", str(tmp_path / "made"), "-j", "2"])
        firmware.call([CMAKE, "--install", str(tmp_path / "made"), "--prefix", str(tmp_path / "there")])
    firmware.write(tmp_path, {"CMakeLists.txt": USER % take, "main.c": MAIN})
    prefix = f"-DCMAKE_PREFIX_PATH={tmp_path / 'there'}"
    flags = "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror"
    firmware.call([CMAKE, "-S", str(tmp_path), "-B", str(tmp_path / "build"), prefix, flags])
    firmware.call([CMAKE, "--build", str(tmp_path / "build"), "-j", "2"])
    feeds = network.border.encode(graph.random_inputs(network, 7))
    found = firmware.call([str(tmp_path / "build" / "program")], feeds["image_q"].tobytes())
    assert found == graph.reference.run(network, feeds)["scores"].tobytes()


def test_what_is_no_form_or_name_is_told(nmcu: Any, tmp_path: Path) -> None:
    model = Path(__file__).parents[2] / "examples" / "models" / "resnet8_1x8.onnx"
    found = nmcu("compile", model, "-o", tmp_path / "out", "--for", "nix")
    assert found.code == 2 and "unknown form 'nix'; known forms: make, cmake, platformio" in found.err
    for name in ("1x", "Net", "nmcu_net", "main", "string", "conv", "a" * 49):
        found = nmcu("compile", model, "-o", tmp_path / "out", "--no-verify", "--name", name)
        assert found.code == 1 and f"a network cannot be called '{name}'" in found.err
    assert not (tmp_path / "out").exists()


def test_another_form_takes_the_place_of_the_last_one(nmcu: Any, tmp_path: Path) -> None:
    model, out = Path(__file__).parents[2] / "examples" / "models" / "resnet8_1x8.onnx", tmp_path / "out"
    for form, there, gone in (("make", "Makefile", "src"), ("arduino", "library.properties", "Makefile")):
        value = nmcu("compile", model, "-o", out, "--no-verify", "--for", form, "--json").json
        assert (value["form"], value["name"]) == (form, "resnet8_1x8")
        assert (out / there).exists() and not (out / gone).exists()
    (out / "src" / "resnet8_1x8.c").write_text("mine")
    found = nmcu("compile", model, "-o", out, "--no-verify", "--for", "cmake")
    assert found.code == 1 and "was changed since nmcu wrote it" in found.err


def test_python_says_what_forms_there_are() -> None:
    with pytest.raises(NmcuError, match="unknown form 'nix'; known forms: make, cmake"):
        nmcu.compile(conv_linear(), "ibex").files("nix")


def test_the_page_names_every_form_and_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "firmware.md").read_text(encoding="utf-8")
    assert set(FORMS) == set(re.findall(r"^\| `([a-z][a-z-]+)`", page, re.MULTILINE))
    codes = [word for word, _ in (*STATUS, SEVERAL_CORES) if word != "OK"]
    assert re.findall(r"^\| `NAME_([A-Z_]+)` \|", page, re.MULTILINE) == codes
