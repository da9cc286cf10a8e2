"""What is imported when: heavy libraries only by what needs them."""

import os
import subprocess
import sys
from pathlib import Path

MODEL = Path(__file__).parents[2] / "examples" / "models" / "resnet8_1x8x4.onnx"
HEAVY = ("matplotlib", "PIL", "pyarrow", "torch", "onnxruntime")
FORBID = f"""
import sys

class Forbidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HEAVY}:
            raise ImportError(name + " is not to be imported")

sys.meta_path.insert(0, Forbidden())
"""


def _python(script: str) -> str:
    environment = {**os.environ, "NMCU_DEBUG": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_compiling_and_running_need_no_heavy_library() -> None:
    script = f"""
import nmcu
assert nmcu.run(nmcu.compile({str(MODEL)!r})).bit_exact
"""
    _python(FORBID + script)
