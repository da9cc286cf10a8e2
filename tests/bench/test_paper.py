"""The table of published claims, from made-up rows."""

from nmcu.bench.kernels import KernelRow
from nmcu.bench.networks import NetworkRow
from nmcu.bench.paper import CONVOLUTIONS, kernel_rows, network_rows


def _row(
    shape: str, pattern: str, kernel: str, cycles: int, isa: str = "xcv", packed: bool = True
) -> KernelRow:
    dense = 1000
    return KernelRow(
        shape, "conv", pattern, kernel, isa, packed, cycles, 9000, 900, 9000 / cycles, 800 / cycles, dense / cycles,
        1, 1, True, {},
    )  # fmt: skip


def test_rows_compare_with_the_published_figures() -> None:
    rows = []
    for shape in CONVOLUTIONS:
        rows += [
            _row(shape, "dense", "dense_4x2", 1000, packed=False),
            _row(shape, "dense", "dense_4x4", 800, packed=False),
            _row(shape, "1:8", "published_conv", 500),
            _row(shape, "1:8", "published_conv_xdec", 250, "xdec"),
            _row(shape, "1:8", "word_gather_g1x8", 200),
            _row(shape, "1:8x4", "word_gather_g4", 100),
        ]
    found = {row.claim: row for row in kernel_rows(rows)}
    software = found["convolution 1:8 in software over the dense 4x2 loop"]
    assert (software.published, software.published_kernels, software.best) == (2.1, 2.0, 5.0)
    assert "1:8x4: 10.00" in software.detail
    gain = found["convolution 1:8: xDecimate over the published software kernel (at most)"]
    assert (gain.published, gain.published_kernels, gain.best) == (1.9, 2.0, 2.5)
    missing = found["convolution 1:16 in software over the dense 4x2 loop"]
    assert (missing.published, missing.published_kernels, missing.best) == (3.4, None, None)


def test_networks_compare_with_the_published_figures() -> None:
    def row(pattern: str, isa: str, kernels: str, speedup: float) -> NetworkRow:
        return NetworkRow(
            "resnet18", pattern, isa, kernels, 100, 1000, 10.0, speedup, 1, 1, 1, 100, True, None, {}
        )

    rows = [
        row("dense", "xcv", "*", 1.0),
        row("1:16", "xcv", "published*", 1.5),
        row("1:16", "xdec", "published*", 2.5),
        row("1:16", "xcv", "*", 3.5),
        row("1:16x4", "xcv", "*", 5.0),
    ]
    (found,) = network_rows(rows)
    assert (found.published, found.published_kernels, found.best) == (3.21, 2.5, 3.5)
    assert "1:16x4: 5.00" in found.detail
