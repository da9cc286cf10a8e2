"""How type checkers see what users write: checked by mypy with the package (pyproject.toml), never run."""

from typing import assert_type

import numpy as np

import nmcu

model = nmcu.load("m.onnx")
assert_type(nmcu.inspect(model), nmcu.Inspection)
pruned = nmcu.prune(model, "1:8")
assert_type(pruned, nmcu.Pruned)
program = nmcu.compile(pruned, "cluster8")
assert_type(program, nmcu.CompiledModel)
report = nmcu.run(program, np.zeros((1, 2), np.float32))
nmcu.run(program, {"x": np.zeros((1, 2))})
nmcu.run(program, [[1.0, 2.0]])
nmcu.run("x.onnx")
assert_type(report, nmcu.RunReport)
assert_type(nmcu.explain(program, report), nmcu.Explanation)
assert_type(nmcu.evaluate(program, "x"), nmcu.Accuracy)
assert_type(nmcu.verify("m.onnx"), nmcu.Verdict)
assert_type(nmcu.sensitivity(pruned, "x.npz", ["1:8"]), nmcu.Sensitivity)
assert_type(nmcu.compare("m.onnx", "float.onnx", "x"), nmcu.FloatComparison)
assert_type(report.layers[0].cycles, int)
report.save("x", force=True)
report.to_frame()
nmcu.sim.simulate(program.image.elf, program.plan.target).cycles + 1
try:
    nmcu.run(program, target="x")
except nmcu.NmcuError as error:
    print(error)
nmcu.run(42)  # type: ignore[arg-type]
