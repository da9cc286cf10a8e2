"""The cost model's fit: the solver, and that predictions are linear in the constants."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nmcu.bench.fit import Fit, errors, predicted, solve
from nmcu.bench.measure import Case, Measurement, measure
from nmcu.cli import main
from nmcu.kernels.costs import COSTS_FILE, Costs, fitted


def test_solve_finds_what_is_there() -> None:
    rng = np.random.default_rng(1)
    matrix = rng.uniform(0.1, 1, (40, 4))
    wanted = np.array([3.0, 0.0, 12.0, 0.5])
    np.testing.assert_allclose(solve(matrix, matrix @ wanted), wanted, atol=1e-4)


def test_solve_never_goes_below_zero() -> None:
    rng = np.random.default_rng(2)
    matrix = rng.uniform(0.1, 1, (40, 3))
    assert (solve(matrix, matrix @ np.array([3.0, -1.0, 2.0])) >= 0).all()


@pytest.fixture(scope="module")
def measured() -> Measurement:
    found = measure(Case("conv3x3_6x6x16_8", "1:8", "word_gather_g1", "xcv"))
    assert found is not None
    return found


def test_the_prediction_is_the_planners(measured: Measurement) -> None:
    assert predicted(measured, fitted())[0] == pytest.approx(measured.candidate.cycles, abs=2)


def test_compute_is_linear_in_the_constants(measured: Measurement) -> None:
    table = {
        isa: {k: dict(units) for k, units in kernels.items()} for isa, kernels in fitted().constants.items()
    }
    twice = {
        isa: {k: {u: 2 * c for u, c in units.items()} for k, units in kernels.items()}
        for isa, kernels in table.items()
    }
    assert predicted(measured, Costs(twice))[1] == pytest.approx(2 * predicted(measured, fitted())[1], abs=2)


def test_errors_keep_other_shapes_apart(measured: Measurement) -> None:
    exact = replace(measured, cycles=predicted(measured, fitted())[0])
    inside = replace(exact, case=replace(exact.case, shape="conv3x3_16x16x64_64"))
    inside = replace(inside, cycles=round(predicted(inside, fitted())[0] * 0.8))
    (error,) = errors([exact, inside], fitted())
    assert error.other_max == 0
    assert error.fitted_max == pytest.approx(0.25, abs=0.01)


def test_constants_are_written_here_not_into_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = COSTS_FILE.read_bytes()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nmcu.cli.bench.fit.fit_costs", lambda *_: Fit(fitted(), ()))
    with pytest.raises(SystemExit) as caught:
        main(["bench", "fit"])
    assert not caught.value.code
    assert json.loads((tmp_path / "costs.json").read_text()) == fitted().constants
    assert "constants written to costs.json" in capsys.readouterr().err
    assert COSTS_FILE.read_bytes() == shipped
