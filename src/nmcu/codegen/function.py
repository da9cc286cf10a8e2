"""One layer as a C function, for programs that plan for themselves: what `NAME.h` declares, `NAME.c` and the packed
constants."""

from collections.abc import Mapping
from dataclasses import dataclass

from nmcu.codegen.arena import ALIGNMENT, TENSOR_ALIGNMENT
from nmcu.codegen.header import STACK_BYTES, comment_lines, cores_lines
from nmcu.codegen.kernel_files import folders, library, portable
from nmcu.codegen.layers import function_text
from nmcu.codegen.names import checked_name, comment
from nmcu.codegen.program import Interface, Program
from nmcu.codegen.symbols import PLACES
from nmcu.codegen.weights import included
from nmcu.graph import Layer
from nmcu.kernels import Addresses, Candidate, Kernel, Machine, Packed, Struct
from nmcu.kernels.kernel import NOWHERE, align
from nmcu.plan import COPY

STATUS = (
    ("OK", "done"),
    ("NULL", "a pointer is null"),
    ("MISALIGNED", "something does not lie at a multiple of the bytes that it needs"),
)
"""What the function returns, in the order of the codes; on several cores there is one more."""


@dataclass(frozen=True)
class LayerCall:
    """`layer`, of one input and one output, as `kernel` runs it in the tiling `candidate` on `machine`."""

    name: str
    layer: Layer
    kernel: Kernel
    candidate: Candidate
    machine: Machine

    @property
    def prototype(self) -> str:
        """The C function without a body."""
        return f"int {self.name}(void *workspace, const void *packed, const int8_t *x, int8_t *y)"

    @property
    def workspace_bytes(self) -> int:
        """Bytes of the memory that it computes in."""
        return self._placed[1]

    def packed(self, layer: Layer) -> bytes:
        """The constants of a layer like this one as one block, as the function reads them."""
        constants = self.kernel.pack(layer)
        block = bytearray(_end(constants))
        for key, offset in _offsets(constants).items():
            block[offset : offset + constants[key].size] = constants[key].data
        return bytes(block)

    def descriptor(self, layer: Layer) -> Struct:
        """What the kernel is told of a layer like this one, wherever its constants lie."""
        places = self._placed[0]
        constants = _offsets(self.kernel.pack(layer))
        at = Addresses(
            inputs=(f"{PLACES}input",),
            outputs=(f"{PLACES}output",),
            constants={key: f"({PLACES}weights + {offset})" for key, offset in constants.items()},
            l1={
                key: f"{PLACES}l1 + {places[key]}" if size else NOWHERE
                for key, size in self.candidate.l1.items()
            },
            in_l1=frozenset() if self.machine.staged else None,
            scratch=f"{PLACES}l1 + {places['scratch']}" if "scratch" in places else NOWHERE,
        )
        return self.kernel.descriptor(layer, self.candidate.parameters, at)

    def program(self) -> Program:
        """The generated files, and those of the library that they need: all of a program but its `main`."""
        name, isa = self.name, self.machine.isa
        include_dirs = self.kernel.include_dirs(isa)
        checked_name(name, {path.name for folder in include_dirs for path in folder.glob("*.h")}, "layer")
        packed = self.packed(self.layer)
        assembly = "\n".join(included(".weights", f"{name}_weights", self.packed_alignment)) + "\n"
        return Program(
            files={
                f"{name}.h": self._header(len(packed)),
                f"{name}.c": self._source(),
                f"{name}_weights.S": assembly,
                f"{name}_weights.bin": packed,
            },
            sources=(f"{name}.c", f"{name}_weights.S"),
            include_dirs=include_dirs,
            library=library([self.kernel], isa),
            portable=portable([self.kernel]),
            folders=folders([self.kernel], isa),
            interface=Interface(
                name, {"workspace": self.workspace_bytes}, ALIGNMENT, self.packed_alignment, STACK_BYTES
            ),
        )

    @property
    def packed_alignment(self) -> int:
        """What the packed constants need, in bytes."""
        return max(TENSOR_ALIGNMENT, *(c.alignment for c in self.kernel.pack(self.layer).values()))

    @property
    def _placed(self) -> tuple[dict[str, int], int]:
        """Where buffers lie in the workspace, and its size. What a kernel reads behind any of them lies last."""
        layer, machine = self.layer, self.machine
        sizes = {key: size for key, size in self.candidate.l1.items() if key != "behind"}
        sizes["scratch"] = self.kernel.scratch_bytes(layer, machine)
        sizes["output"] = align(layer.outputs[0].bytes) if self._is_copied else 0
        sizes["behind"] = self.candidate.l1.get("behind", 0)
        places, end = {}, 0
        for key, size in sizes.items():
            if size:
                places[key] = end
                end += align(size)
        return places, max(end, ALIGNMENT)

    @property
    def _is_copied(self) -> bool:
        """Whether the result is made in the workspace: kernels write words where it lies."""
        return not self.machine.staged and self.layer.outputs[0].bytes % TENSOR_ALIGNMENT != 0

    @property
    def _title(self) -> str:
        shapes = " -> ".join("x".join(map(str, t.shape)) for t in (*self.layer.inputs, *self.layer.outputs))
        return f'{self.layer.kind} "{comment(self.layer.name)}", {shapes}, by {self.kernel.name}'

    def _codes(self) -> tuple[tuple[str, str], ...]:
        several = ("NOT_A_CORE", f"the calling core is none of the first {self.name.upper()}_CORES")
        return (*STATUS, several) if self.machine.cores > 1 else STATUS

    def _header(self, packed_bytes: int) -> str:
        name, upper, machine = self.name, self.name.upper(), self.machine
        (x,), (y,) = self.layer.inputs, self.layer.outputs
        memory = (
            "the fast memory that cores compute in, the others outside of it," if machine.staged else "RAM"
        )
        cores = (
            f" Each of {upper}_CORES cores calls it with the same arguments and returns when all are done; core "
            "numbers are mhartid."
            if machine.cores > 1
            else ""
        )
        codes = [
            f"    {upper}_{word} = {number}, /* {text} */"
            for number, (word, text) in enumerate(self._codes())
        ]
        lines = [
            f"/* {self._title}, for {machine.target.name}, {machine.isa}, made by nmcu. */",
            f"#ifndef {upper}_H",
            f"#define {upper}_H",
            "",
            "#include <stdint.h>",
            "",
            "#ifdef __cplusplus",
            'extern "C" {',
            "#endif",
            "",
            f"#define {upper}_X_BYTES {x.bytes}",
            f"#define {upper}_Y_BYTES {y.bytes}",
            f"#define {upper}_TENSOR_ALIGNMENT {TENSOR_ALIGNMENT} /* of x and y, in bytes */",
            f"#define {upper}_WORKSPACE_BYTES {self.workspace_bytes}",
            f"#define {upper}_WORKSPACE_ALIGNMENT {ALIGNMENT}",
            f"#define {upper}_PACKED_BYTES {packed_bytes}",
            f"#define {upper}_PACKED_ALIGNMENT {self.packed_alignment}",
            *cores_lines(machine.cores, upper),
            "",
            "/* The packed weights, bias and requantisation that the function was made with. */",
            f"extern const uint32_t {name}_weights[];",
            "",
            "/* What the function returns; other than OK, it has done nothing. */",
            "enum {",
            *codes,
            "};",
            "",
            *comment_lines(
                f"y = the layer of x. `packed` is {name}_weights, or what nmcu packed for this function. `workspace` "
                f"lies in {memory} and holds nothing between calls; y and workspace lie over nothing else. Up to 16 "
                "bytes behind x may be read and are not used." + cores
            ),
            f"{self.prototype};",
            "",
            "#ifdef __cplusplus",
            "}",
            "#endif",
            "",
            "#endif",
            "",
        ]
        return "\n".join(lines)

    def _source(self) -> str:
        name, upper, staged = self.name, self.name.upper(), self.machine.staged
        places = self._placed[0]
        copy = f"{PLACES}l1 + {places[COPY]}" if staged and COPY in places else None
        text = function_text(name, self.kernel.function, self.descriptor(self.layer), staged, copy)
        includes = "".join(f'#include "{header}"\n' for header in (*self.kernel.headers, "nmcu_hal.h"))
        output, after = "y", ""
        if self._is_copied:
            output = f"(int8_t *)workspace + {places['output']}"
            after = f"    if (nmcu_core_id() == 0) memcpy(y, places.output, {upper}_Y_BYTES);\n    nmcu_barrier();\n"
        core = (
            f"    if (nmcu_core_id() >= {upper}_CORES) return {upper}_NOT_A_CORE;\n"
            if self.machine.cores > 1
            else ""
        )
        return f"""\
/* {self._title}. */

#include "{name}.h"

{includes}
#include <string.h>

/* The layer's function: its descriptor is on the stack only while it runs. */
#define NETWORK_LAYER void __attribute__((noinline))

/* What a call works on. */
typedef struct {{
    int8_t *l1, *input, *output;
    const uint8_t *weights;
}} places_t;

{text}
{self.prototype}
{{
    const uintptr_t tensors = (uintptr_t)x | (uintptr_t)y;

{core}    if (!workspace || !packed || !x || !y) return {upper}_NULL;
    if (tensors % {upper}_TENSOR_ALIGNMENT || (uintptr_t)workspace % {upper}_WORKSPACE_ALIGNMENT ||
        (uintptr_t)packed % {upper}_PACKED_ALIGNMENT)
        return {upper}_MISALIGNED;
    const places_t places = {{
        .l1 = workspace,
        .input = (int8_t *)(uintptr_t)x,
        .output = {output},
        .weights = packed,
    }};
    run_{name}(&places);
{after}    return {upper}_OK;
}}
"""


def _offsets(constants: Mapping[str, Packed]) -> dict[str, int]:
    places, end = {}, 0
    for key, constant in constants.items():
        places[key] = align(end, constant.alignment)
        end = places[key] + constant.size
    return places


def _end(constants: Mapping[str, Packed]) -> int:
    return max((offset + constants[key].size for key, offset in _offsets(constants).items()), default=0)
