"""Networks as libraries in programs of somebody else, on this machine and compiled for others."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import firmware
import nmcu
from networks import conv_linear
from nmcu import graph
from nmcu.frontend.lower import floats
from nmcu.graph import Builder, Graph, TensorInfo, ops
from nmcu.graph.op import Array
from nmcu.toolchain.compiler import find_compiler
from small import with_working

MODELS = Path(__file__).parents[2] / "examples" / "models"
GCC = "riscv64-unknown-elf-gcc"
RISCV = ("-mabi=ilp32", "-ffreestanding", "-O2")
BARE = """
#include <stdio.h>
#include <string.h>

/* What is around the memory of the network stays as it was. */
#define GUARDED(name, bytes) static struct { uint8_t before[16]; uint8_t memory[bytes]; uint8_t after[16]; } \\
    __attribute__((aligned(16))) name
#define CLEAN(name) (name.before[15] == 0xA5 && name.after[0] == 0xA5 && name.after[15] == 0xA5)
"""


def streaming(name: str = "streaming") -> Graph:
    """The last two frames of four bytes and the present one, added up in pairs: int8 (1, 4) to int8 (2, 4)."""
    quant = ("int8", 0.05, 3)
    builder = Builder(name)
    x = builder.input(TensorInfo("frame", (1, 4), "int8"), TensorInfo("x", (1, 4), *quant), (0, 1))
    old = builder.state(TensorInfo("window", (2, 4), *quant), np.arange(8, dtype=np.int8).reshape(2, 4))
    window = builder.add("join", ops.Concat(axis=0), [old, x], [TensorInfo("join", (), *quant)])[0]
    last = ops.Slice(starts=(1, 0), steps=(1, 1), shape=(2, 4))
    builder.keep(old, builder.add("shift", last, [window], [TensorInfo("shift", (), *quant)])[0])
    builder.output(old, TensorInfo("y", (2, 4), "int8"), (0, 1), (2, 4))
    return builder.finish()


def library(folder: Path, network: Graph, target: str, name: str, isa: str | None = None) -> Path:
    compiled = nmcu.compile(network, target, isa=isa, name=name)
    return firmware.write(folder / name, compiled.files("cmake"))


def feeds_of(network: Graph, count: int) -> tuple[list[dict[str, Array]], list[dict[str, Array]]]:
    """Inputs of the device and the outputs of the reference, run after run."""
    feeds = [network.border.encode(graph.random_inputs(network, seed)) for seed in range(count)]
    return feeds, list(graph.reference.sequence(network, feeds))


def runs(name: str) -> str:
    """C that runs the network NAME on all inputs of standard input and writes the outputs."""
    upper = name.upper()
    return f"""
static int {name}_runs(int count)
{{
    for (int i = 0; i < count; i++) {{
        if (fread(in_{name}.memory, sizeof in_{name}.memory, 1, stdin) != 1) return 90;
        const {name}_input_t in[] = {{{{in_{name}.memory, sizeof in_{name}.memory}}}};
        const {name}_output_t out[] = {{{{out_{name}.memory, sizeof out_{name}.memory}}}};
        const {name}_status_t status = {name}_run(arena_{name}.memory, in, out);
        if (status != {upper}_OK) return (int)status;
        fwrite(out_{name}.memory, sizeof out_{name}.memory, 1, stdout);
    }}
    return 0;
}}
"""


def memory(name: str, inputs: str, outputs: str) -> str:
    """C with the memory of NAME between guards, and `NAME_begin`."""
    upper = name.upper()
    return f"""
#include <{name}.h>
GUARDED(arena_{name}, {upper}_ARENA_BYTES);
GUARDED(in_{name}, {upper}_INPUT_{inputs}_BYTES);
GUARDED(out_{name}, {upper}_OUTPUT_{outputs}_BYTES);

static int {name}_begin(void)
{{
    memset(&arena_{name}, 0xA5, sizeof arena_{name});
    memset(&in_{name}, 0xA5, sizeof in_{name});
    memset(&out_{name}, 0xA5, sizeof out_{name});
    return (int){name}_init(arena_{name}.memory, sizeof arena_{name}.memory);
}}

static int {name}_clean(void)
{{
    return CLEAN(arena_{name}) && CLEAN(in_{name}) && CLEAN(out_{name});
}}
"""


ONE = memory("one", "IMAGE", "LOGITS")


@pytest.mark.parametrize("target", ["rp2350", "esp32c3", "ibex"])
def test_a_library_runs_in_a_program_of_somebody_else(tmp_path: Path, target: str) -> None:
    """Again and again, in static memory, under sanitizers; nothing beside the memory given is written."""
    network = conv_linear(zeros_every=8)
    feeds, expected = feeds_of(network, 3)
    main = f"{BARE}{ONE}{runs('one')}int main(void) {{ return one_begin() || one_runs(3) || !one_clean(); }}"
    folder = library(tmp_path, network, target, "one")
    program = firmware.program(tmp_path, main, [folder], "cc", *firmware.SANITIZERS)
    found = firmware.call([str(program)], b"".join(f["image_q"].tobytes() for f in feeds))
    assert found == b"".join(e["scores"].tobytes() for e in expected)


def test_states_last_from_run_to_run_until_reset(tmp_path: Path) -> None:
    network = streaming()
    feeds, expected = feeds_of(network, 3)
    main = f"""{BARE}{memory("one", "FRAME", "Y")}{runs("one")}
int main(void)
{{
    if (one_begin() || one_runs(3) || one_reset(arena_one.memory)) return 1;
    return one_runs(3) || !one_clean();
}}"""
    folder = library(tmp_path, network, "esp32c6", "one")
    program = firmware.program(tmp_path, main, [folder], "cc", *firmware.SANITIZERS)
    found = firmware.call([str(program)], 2 * b"".join(f["x"].tobytes() for f in feeds))
    assert found == 2 * b"".join(next(iter(e.values())).tobytes() for e in expected)


def test_networks_for_several_targets_link_into_one_program(tmp_path: Path) -> None:
    """With the same kernels, staged and not; two instances of one of them do not disturb each other."""
    image, stream = conv_linear(zeros_every=8), streaming()
    feeds, expected = feeds_of(image, 2)
    frames, windows = feeds_of(stream, 2)
    folders = [
        library(tmp_path, image, "rp2350", "one"),
        library(tmp_path, conv_linear(), "ibex", "two"),
        library(tmp_path, stream, "esp32c6", "three"),
    ]
    main = f"""{BARE}{ONE}{memory("two", "IMAGE", "LOGITS")}{memory("three", "FRAME", "Y")}
{runs("one")}{runs("two")}{runs("three")}
static uint8_t other[THREE_ARENA_BYTES] __attribute__((aligned(THREE_ALIGNMENT)));

int main(void)
{{
    static int8_t frame[4] __attribute__((aligned(4))) = {{1, 2, 3, 4}}, window[8] __attribute__((aligned(4)));
    const three_input_t in[] = {{{{frame, sizeof frame}}}};
    const three_output_t out[] = {{{{window, sizeof window}}}};

    if (one_begin() || two_begin() || three_begin() || three_init(other, sizeof other)) return 1;
    for (int i = 0; i < 2; i++)
        if (one_runs(1) || two_runs(1) || three_runs(1) || three_run(other, in, out)) return 2;
    return !(one_clean() && two_clean() && three_clean());
}}"""
    program = firmware.program(tmp_path, main, folders, "cc", *firmware.SANITIZERS)
    data = [f["image_q"].tobytes() * 2 + x["x"].tobytes() for f, x in zip(feeds, frames, strict=True)]
    _, dense = feeds_of(conv_linear(), 2)
    wanted = [
        a["scores"].tobytes() + b["scores"].tobytes() + next(iter(c.values())).tobytes()
        for a, b, c in zip(expected, dense, windows, strict=True)
    ]
    assert firmware.call([str(program)], b"".join(data)) == b"".join(wanted)


MISUSES = [
    ("one_run(memory, in, out)", "NOT_INITIALISED"),
    ("one_reset(memory)", "NOT_INITIALISED"),
    ("one_on_layer(memory, 0, 0)", "NOT_INITIALISED"),
    ("one_init(0, ONE_ARENA_BYTES)", "NULL"),
    ("one_init(memory + 4, ONE_ARENA_BYTES)", "MISALIGNED"),
    ("one_init(memory, ONE_ARENA_BYTES - 1)", "TOO_SMALL"),
    ("one_init(memory, sizeof memory)", "OK"),
    ("one_run(0, in, out)", "NULL"),
    ("one_run(memory, 0, out)", "NULL"),
    ("one_run(memory, in, 0)", "NULL"),
    ("one_run(memory + 8, in, out)", "MISALIGNED"),
    ("(in[0].data = 0, one_run(memory, in, out))", "NULL"),
    ("(in[0].data = image + 1, one_run(memory, in, out))", "MISALIGNED"),
    ("(in[0].bytes = 191, one_run(memory, in, out))", "WRONG_SIZE"),
    ("(in[0].data = memory, one_run(memory, in, out))", "OVERLAP"),
    ("(out[0].data = 0, one_run(memory, in, out))", "NULL"),
    ("(out[0].data = scores + 2, one_run(memory, in, out))", "MISALIGNED"),
    ("(out[0].bytes = 16, one_run(memory, in, out))", "WRONG_SIZE"),
    ("(out[0].data = image + 188, one_run(memory, in, out))", "OVERLAP"),
    ("(out[0].data = memory + 64, one_run(memory, in, out))", "OVERLAP"),
    ("one_run(memory, in, out)", "OK"),
    ("one_reset(memory)", "OK"),
    ("one_run(memory, in, out)", "OK"),
    ("(memory[0] ^= 1, one_run(memory, in, out))", "NOT_INITIALISED"),
]


def test_each_misuse_has_a_code(tmp_path: Path) -> None:
    lines = "".join(
        f"    in[0] = (one_input_t){{image, 192}}; out[0] = (one_output_t){{scores, 10}};\n"
        f"    if ({call} != ONE_{code}) return {number};\n"
        for number, (call, code) in enumerate(MISUSES, 1)
    )
    main = f"""
#include <one.h>
static uint8_t memory[ONE_ARENA_BYTES + 16] __attribute__((aligned(16)));
static int8_t image[196] __attribute__((aligned(16))), scores[16] __attribute__((aligned(16)));

int main(void)
{{
    one_input_t in[1];
    one_output_t out[1];

{lines}    return 0;
}}
"""
    folder = library(tmp_path, conv_linear(), "esp32c3", "one")
    program = firmware.program(tmp_path, main, [folder], "cc", *firmware.SANITIZERS)
    firmware.call([str(program)])


def test_layers_are_told_with_their_names(tmp_path: Path) -> None:
    main = f"""{BARE}{ONE}{runs("one")}
static void told(void *context, uint32_t layer)
{{
    ++*(int *)context;
    fprintf(stderr, "%u %s\\n", (unsigned)layer, layer < ONE_LAYERS ? one_layer_name(layer) : "end");
}}

int main(void)
{{
    int count = 0;
    if (one_begin() || one_on_layer(arena_one.memory, told, &count) || one_runs(1)) return 1;
    if (count != 3 || one_layer_name(ONE_LAYERS) || one_on_layer(arena_one.memory, 0, 0)) return 2;
    return one_runs(1) || count != 3 || !one_clean();
}}"""
    folder = library(tmp_path, conv_linear(), "esp32c3", "one")
    program = firmware.program(tmp_path, main, [folder], "cc", *firmware.SANITIZERS)
    done = subprocess.run([program], input=bytes(2 * 192), capture_output=True, check=True)
    assert done.stderr.decode().split("\n") == ["0 conv", "2 classifier", "3 end", ""]


def test_the_header_is_one_of_cpp(tmp_path: Path) -> None:
    folder = library(tmp_path, conv_linear(), "rp2350", "one")
    main = "#include <one.h>\nint main() { return one_run(0, 0, 0) != ONE_NULL; }\n"
    (tmp_path / "main.cpp").write_text(main)
    built = map(str, firmware.objects(folder, "cc"))
    command = ["c++", "-Wall", "-Wextra", "-Werror", "-pedantic", f"-I{folder / 'src'}", "main.cpp"]
    subprocess.run([*command, *built, "-o", "program"], cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "program"], check=True)


@pytest.mark.parametrize(
    ("target", "isa", "march"),
    [
        ("rp2350", "rv32", "rv32imac_zicsr_zba_zbb_zbs_zbkb"),
        ("esp32c3", "rv32", "rv32imc"),
        ("ibex", "rv32", "rv32imc_zicsr"),
        ("cluster8", "rv32", "rv32imc_zicsr"),
        ("cluster8", "xcv", "rv32imac_zicsr"),
        ("cv32e40p", "xcv", "rv32imc_zicsr"),
    ],
)
@pytest.mark.parametrize("compiler", ["gcc", "clang", "own"])
def test_every_compiler_takes_it_without_a_warning(
    tmp_path: Path, target: str, isa: str, march: str, compiler: str
) -> None:
    """And whoever links it sees names of the network only; nothing is left in memory but the cores' meeting."""
    command: tuple[str, ...] = (GCC,)
    if compiler == "own":
        command = find_compiler().cc
        march = "rv32imc_zicsr_xcvalu1p0_xcvbi1p0_xcvmac1p0_xcvmem1p0_xcvsimd1p0" if isa == "xcv" else march
    elif compiler == "clang":
        command = ("clang", "--target=riscv32-unknown-elf")
        march = march.removesuffix("_zba_zbb_zbs_zbkb")
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed (Debian: gcc-riscv64-unknown-elf, clang)")
    if compiler == "clang":
        march = march.replace("_zicsr", "")  # clang 14 of Debian 12 has it in the base
    folder = library(tmp_path, conv_linear(zeros_every=8), target, "one", isa)
    built = firmware.objects(folder, *command, f"-march={march}", *RISCV)
    text = firmware.call(["nm", *map(str, built)]).decode()
    found = [line.split()[-2:] for line in text.splitlines() if len(line.split()) == 3]
    assert {name for kind, name in found if kind in "TDBRC" and not name.startswith("one_")} == set()
    variables = {name for kind, name in found if kind in "bdBD" and not name.startswith(("$", "."))}
    assert variables <= {"arrived", "released"}


@pytest.mark.skipif(shutil.which(GCC) is None, reason=f"{GCC} is not installed")
def test_products_and_sums_are_not_contracted_where_the_core_could(tmp_path: Path) -> None:
    """No flag says so: the sources do."""
    builder, shape = Builder("floats"), (1, 20)
    x = builder.input(TensorInfo("in", shape, "float32"), TensorInfo("x", shape, "float32"), (0, 1))
    for function in ("tanh", "gelu_tanh", "softplus"):
        y = floats.apply(builder, function, function, x, 1 / 6, 0.5)
        builder.output(y, TensorInfo(f"{function} out", shape, "float32"), (0, 1), shape)
    folder = library(tmp_path, builder.finish(), "rp2350", "one")
    command = (GCC, "-march=rv32imafc_zicsr", "-mabi=ilp32f", "-ffreestanding", "-O2", "-S", "-o", "-")
    sources = [path for path in firmware.sources(folder) if path.suffix == ".c"]
    text = "".join(firmware.call([*command, str(path)]).decode() for path in sources)
    assert "fmul.s" in text and not re.search(r"fn?m(add|sub)\.s", text)


@pytest.mark.parametrize("model", ["wakeword_hey_jarvis_int8.tflite", "rnnoise_gru_int8.tflite"])
def test_public_streaming_networks_start_again_after_a_reset(
    tmp_path: Path, test_data: Path, model: str
) -> None:
    file = test_data / "models" / model
    if not file.exists():
        pytest.skip(f"{model} is not among the test data")
    compiled = nmcu.compile(file, "esp32c3", name="one")
    folder = firmware.write(tmp_path / "one", compiled.files("esp-idf"))
    feeds, expected = feeds_of(compiled.graph, 2)
    ports = (*compiled.program.inputs, *compiled.program.outputs)
    symbols = [[p.symbol for p in some] for some in (compiled.program.inputs, compiled.program.outputs)]
    given, taken = (", ".join(f"{{{s}, sizeof {s}}}" for s in some) for some in symbols)
    read = "".join(f"if (fread({s}, sizeof {s}, 1, stdin) != 1) return 2;\n        " for s in symbols[0])
    wrote = "".join(f"fwrite({s}, sizeof {s}, 1, stdout); " for s in symbols[1])
    main = f"""
#include <one.h>
#include <stdio.h>

static uint8_t arena[ONE_ARENA_BYTES] __attribute__((aligned(ONE_ALIGNMENT)));
{"".join(f"static uint8_t {p.symbol}[{p.bytes}] __attribute__((aligned(4)));" for p in ports)}

int main(void)
{{
    const one_input_t in[] = {{{given}}};
    const one_output_t out[] = {{{taken}}};

    if (one_init(arena, sizeof arena)) return 1;
    for (int i = 0; i < 4; i++) {{
        {read}
        if ((i == 2 && one_reset(arena)) || one_run(arena, in, out)) return 3;
        {wrote}
    }}
    return 0;
}}
"""
    program = firmware.program(tmp_path, main, [folder], "cc", "-O2")
    data = b"".join(feed[p.name].tobytes() for feed in feeds for p in compiled.program.inputs)
    wanted = b"".join(out[p.name].tobytes() for out in expected for p in compiled.program.outputs)
    assert firmware.call([str(program)], 2 * data) == 2 * wanted


@pytest.mark.parametrize("kib", [1536, 110])
def test_memory_of_every_kind_is_the_callers(tmp_path: Path, kib: int) -> None:
    """Compute memory of its own; where working memory is small, weights stream and activations wait in bulk memory."""
    network = nmcu.load(MODELS / "resnet8_dense.onnx")
    compiled = nmcu.compile(network, with_working("cluster8", kib), name="one")
    memories = compiled.program.network.memories
    assert list(memories) == (["arena", "fast"] if kib > 1000 else ["arena", "fast", "bulk"])
    assert bool(compiled.plan.chunks) == (kib < 1000)
    (given,), (taken,) = compiled.program.inputs, compiled.program.outputs
    main = f"""
#include <one.h>
#include <stdio.h>

{"".join(f"static uint8_t {m}[{n}] __attribute__((aligned(16)));" for m, n in memories.items())}
static uint8_t all[{max(memories.values())}] __attribute__((aligned(16)));
static int8_t x[{given.bytes}] __attribute__((aligned(4))), y[{taken.bytes}] __attribute__((aligned(4)));

int main(void)
{{
    const one_input_t in[] = {{{{x, sizeof x}}}};
    const one_output_t out[] = {{{{y, sizeof y}}}};

    if (one_init({", ".join(f"{m}, sizeof {m}" for m in memories)})) return 1;
    if (one_init({", ".join(f"{m}, sizeof {m} - 1" for m in memories)}) != ONE_TOO_SMALL) return 2;
    if (one_run(arena, (one_input_t[]){{{{fast, sizeof x}}}}, out) != ONE_OVERLAP) return 4;
    for (int i = 0; i < 2; i++) {{
        if (fread(x, sizeof x, 1, stdin) != 1 || one_run(arena, in, out)) return 3;
        fwrite(y, sizeof y, 1, stdout);
    }}
    return one_init({", ".join(f"all, {n}" for n in memories.values())}) != ONE_OVERLAP;
}}
"""
    folder = firmware.write(tmp_path / "one", compiled.files("cmake"))
    program = firmware.program(tmp_path, main, [folder], "cc", *firmware.SANITIZERS)
    feeds, expected = feeds_of(network, 2)
    found = firmware.call([str(program)], b"".join(f[given.name].tobytes() for f in feeds))
    assert found == b"".join(e[taken.name].tobytes() for e in expected)
