"""Functions of others in IREE's program: an operator of the domain nmcu becomes a dispatch of an external function.

The function `NAME` of a shared library is given the buffers of its inputs and outputs, in order, each with its offset
there in elements. (IREE's way: its samples of custom dispatches.)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nmcu.graph import TensorInfo

DOMAIN = "nmcu"
_ELEMENTS = {"int8": "i8", "int32": "i32", "float32": "f32"}
_CALL = re.compile(
    r'^ *%(?P<result>\w+)(?::\d+)? = torch\.operator "onnx\.(?P<name>\w+)"\((?P<inputs>.*?)\) : .*$', re.M
)


@dataclass(frozen=True)
class External:
    """An external function: what it is called, and the tensors that it reads and writes."""

    name: str
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]


def dispatched(module: str, functions: Sequence[External]) -> str:
    """`module`, imported from ONNX, whose operators called as `functions` are dispatches of them."""
    known = {function.name: function for function in functions}
    replaced: list[tuple[str, str]] = []

    def call(found: re.Match[str]) -> str:
        function = known.get(found["name"])
        if function is None:
            return found[0]
        text, results = _dispatch(function, found["inputs"].split(", "))
        old, several = f"%{found['result']}", len(results) > 1
        replaced.extend((f"{old}#{i}" if several else old, new) for i, new in enumerate(results))
        return text

    text = _CALL.sub(call, module)
    for old, new in replaced:
        text = re.sub(rf"{re.escape(old)}(?![\w#])", new, text)
    executables = "".join(map(_executable, functions))
    return text.replace("module {\n", "module {\n" + executables, 1)


def _dispatch(function: External, values: Sequence[str]) -> tuple[str, list[str]]:
    """The operations of a call with `values`, and what its results are called."""
    lines, name = [], function.name
    for i, (value, info) in enumerate(zip(values, function.inputs, strict=True)):
        lines.append(
            f"    %{name}_in{i} = torch_c.to_builtin_tensor {value} : {_torch(info)} -> {_tensor(info)}"
        )
    given = ", ".join(f"%{name}_in{i}" for i in range(len(function.inputs)))
    types = ", ".join(map(_tensor, function.inputs))
    results = ", ".join(map(_tensor, function.outputs))
    made = [f"%{name}_made{i}" for i in range(len(function.outputs))]
    lines.append(
        f"    {', '.join(made)} = flow.dispatch @{name}::@call_{name}({given}) : ({types}) -> ({results})"
    )
    names = [f"%{name}_out{i}" for i in range(len(function.outputs))]
    for new, old, info in zip(names, made, function.outputs, strict=True):
        lines.append(f"    {new} = torch_c.from_builtin_tensor {old} : {_tensor(info)} -> {_torch(info)}")
    return "\n".join(lines), names


def _executable(function: External) -> str:
    """One workgroup, which calls the function."""
    ports = (*function.inputs, *function.outputs)
    elements = [_ELEMENTS[info.dtype] for info in ports]
    signature = ", ".join(f"memref<{element}>, index" for element in elements)
    bindings = ", ".join(f"%port{i}: !stream.binding" for i in range(len(ports)))
    body = []
    for i, (info, element) in enumerate(zip(ports, elements, strict=True)):
        # Without an offset that is not known the address would be the buffer's.
        whole = f"memref<{info.size}x{element}, strided<[1], offset: ?>>"
        body.append(f"%map{i} = stream.binding.subspan %port{i}[%zero] : !stream.binding -> {whole}")
        body.append(
            f"%base{i}, %offset{i}, %size{i}, %stride{i} = memref.extract_strided_metadata %map{i} : {whole} -> "
            f"memref<{element}>, index, index, index"
        )
    given = ", ".join(f"%base{i}, %offset{i}" for i in range(len(ports)))
    lines = "\n        ".join([*body, f"func.call @{function.name}({given}) : ({signature}) -> ()", "return"])
    return f"""  stream.executable private @{function.name} {{
    stream.executable.export public @call_{function.name} workgroups() -> (index, index, index) {{
      %one = arith.constant 1 : index
      stream.return %one, %one, %one : index, index, index
    }}
    builtin.module {{
      func.func private @{function.name}({signature}) attributes {{llvm.bareptr = true}}
      func.func @call_{function.name}({bindings}) {{
        %zero = arith.constant 0 : index
        {lines}
      }}
    }}
  }}
"""


def _tensor(info: TensorInfo) -> str:
    return f"tensor<{''.join(f'{d}x' for d in info.shape)}{_ELEMENTS[info.dtype]}>"


def _torch(info: TensorInfo) -> str:
    element = _ELEMENTS[info.dtype].replace("i", "si")
    return f"!torch.vtensor<[{','.join(map(str, info.shape))}],{element}>"
