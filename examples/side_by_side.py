"""The MLPerf Tiny networks as nmcu runs them, beside the C that bakenn, which installs with pip, makes of the files.

    pip install 'nmcu[verify]' 'bakenn[tflite]==1.0.0'
    python examples/side_by_side.py FOLDER

FOLDER holds MLPerf Tiny's int8 TFLite files. All programs are built by one compiler for one core without SIMD
(`cv32e40p`, RV32IMC, single-cycle loads and products), and run there on one input. What bakenn does not take is
changed in the file before, for nmcu, too: the batch is fixed, RESHAPE has its options written out, and the softmax at
the end is left out.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import bakenn
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

import nmcu
from nmcu import graph, targets, toolchain
from nmcu.registry import Registry
from nmcu.sim.simulate import simulate

NETWORKS = ("resnet8_int8", "kws_dscnn_int8", "ad_autoencoder_int8")
TARGET = targets.get("cv32e40p")
ISA = Registry.installed().isa("rv32")
LEVELS = ("-O2", "-O3")
CALL = 1
"""The region of the program that is measured."""
MOST_STEPS = 4
"""By which results may differ: bakenn rounds twice, as LiteRT's reference, nmcu once."""
MAIN = """\
#include <stdint.h>
#include "bknn_net.h"
#include "nmcu_hal.h"

NMCU_L2 int8_t input[BKNN_NET_INPUT_SIZE], output[BKNN_NET_OUTPUT_SIZE]; /* not cleared when the program starts */
static uint8_t arena[BKNN_NET_ARENA_SIZE] __attribute__((aligned(BKNN_NET_ARENA_ALIGNMENT)));

int main(void)
{
    nmcu_region(1);
    bknn_net_infer(arena, input, output);
    nmcu_region(2);
    return 0;
}
"""


def main(folder: Path) -> None:
    """Prints a row for each network and level of optimisation; ends with 1 where outputs differ."""
    different = False
    for name in NETWORKS:
        with tempfile.TemporaryDirectory(prefix="side-by-side-") as work:
            file = Path(work) / "model.tflite"
            file.write_bytes(_simplified((folder / f"{name}.tflite").read_bytes()))
            inputs = graph.random_inputs(nmcu.load(file), 0)
            report = nmcu.run(file, inputs, target=TARGET, isa=ISA)
            (x,), (right,) = inputs.values(), report.outputs.values()
            bakenn.compile_tflite(str(file), f"{work}/c", name="net")
            (Path(work) / "c" / "main.c").write_text(MAIN)
            print(f"{name}: nmcu {report.cycles:,} cycles")
            for level in LEVELS:
                cycles, y = _run(Path(work) / "c", x, right.size, level)
                steps = int(np.abs(y.astype(np.int64) - right.reshape(-1)).max())
                different |= steps > MOST_STEPS or not report.bit_exact
                print(
                    f"{name}: bakenn {bakenn.__version__} {level} {cycles:,} cycles, "
                    f"{cycles / report.cycles:.2f} times nmcu's; outputs differ by up to {steps}"
                )
    sys.exit(different)


def _run(folder: Path, x: NDArray[Any], outputs: int, level: str) -> tuple[int, NDArray[np.int8]]:
    """Cycles of one inference by the C files in `folder`, and its result."""
    image = toolchain.build(sorted(folder.glob("*.c")), TARGET, ISA, include_dirs=[folder], opt=level)
    result = simulate(
        image.elf,
        TARGET,
        isa=ISA,
        writes={image.symbols["input"]: x.tobytes()},
        reads=[(image.symbols["output"], outputs)],
    )
    if result.exit_code:
        raise SystemExit(f"the program ended with exit code {result.exit_code}")
    cycles = next(region.cycles for region in result.regions if region.region == CALL)
    return cycles, np.frombuffer(result.memory[0], np.int8)


def _simplified(data: bytes) -> bytes:
    """The file with a fixed batch and all options, without a softmax at its end."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data))
    (net,) = model.subgraphs

    def code(operator: Any) -> int:
        found = model.operatorCodes[operator.opcodeIndex]
        return max(found.builtinCode, found.deprecatedBuiltinCode)

    for tensor in net.tensors:
        tensor.shapeSignature = None
    for operator in net.operators:
        if code(operator) == schema.BuiltinOperator.RESHAPE and not operator.builtinOptionsType:
            operator.builtinOptionsType = schema.BuiltinOptions.ReshapeOptions
            operator.builtinOptions = schema.ReshapeOptionsT()
            operator.builtinOptions.newShape = list(net.tensors[operator.outputs[0]].shape)
    if code(net.operators[-1]) == schema.BuiltinOperator.SOFTMAX:
        net.outputs = [net.operators[-1].inputs[0]]
        net.operators = net.operators[:-1]
    model.signatureDefs = None
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
