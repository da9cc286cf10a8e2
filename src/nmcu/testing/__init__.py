"""Checks for kernels, of this package and of others: one layer, run by one kernel, against the reference bit for bit.

    x = TensorInfo("x", (16,), scale=0.5, zero_point=0)
    layer = one_layer(ops.Reshape(shape=(4, 4)), {}, [x], [TensorInfo("y", ())])
    check_kernel(MyKernel(), layer)

Every buffer of the program is an array of its own, so that AddressSanitizer sees an access outside any of them; inputs
must be unchanged after the run. A check that fails raises `AssertionError` with kernel, tiling and what differs.
"""

from nmcu.testing.check import check_host, check_kernel, check_simulated, tilings
from nmcu.testing.layer import one_layer, random_inputs
from nmcu.testing.run import on_host, on_simulator

__all__ = [
    "check_host",
    "check_kernel",
    "check_simulated",
    "on_host",
    "on_simulator",
    "one_layer",
    "random_inputs",
    "tilings",
]
