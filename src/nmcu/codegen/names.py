"""Names from a model, made safe for C: identifiers and comments."""

import re
from collections.abc import Collection, Sequence
from functools import cache

from nmcu.errors import NmcuError
from nmcu.kernels.kernel import KERNELS_DIR
from nmcu.targets.target import TARGETS_DIR

MAX_LENGTH = 48
SUFFIXES = (".xz", ".onnx", ".tflite")
OWN_NAME = "network"
"""What is said of a network without a name."""
TAKEN = """
    main nmcu assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg
    stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype
    aio alloca dirent dlfcn endian err fcntl features fnmatch ftw glob grp iconv langinfo malloc memory netdb newlib
    poll pthread pwd reent regex sched search semaphore spawn strings syslog tar termios unistd utime values wait
"""
"""Files beside the network's or headers of C and its libraries that its own would hide: `features.h` is in all others.
"""


class Identifiers:
    """C identifiers, each given once. A prefix that ends in `_` keeps them apart from words of C and its libraries."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, prefix: str, name: str, suffix: str = "", ends: Sequence[str] = ()) -> str:
        """`prefix`, at most 48 characters of `name` in lower case, `suffix`, and a number where that is taken, or what
        follows from it by one of the `ends`, which is taken then, too."""
        wanted = f"{prefix}{_word(name) or 'unnamed'}{suffix}"
        unique, count = wanted, 2
        while not self._taken.isdisjoint(family := {unique, *(unique + end for end in ends)}):
            unique, count = f"{wanted}_{count}", count + 1
        self._taken |= family
        return unique


def network_name(model: str, headers: Collection[str] = ()) -> str:
    """What the functions of a model's network begin with: the file's name in lower case, made a C identifier that none
    of `headers` has."""
    for suffix in SUFFIXES:
        model = model.removesuffix(suffix)
    word = _word(model) or OWN_NAME
    return word if _refusal(word, headers) is None else f"net_{word}"


def checked_name(name: str, headers: Collection[str] = (), what: str = "network") -> str:
    """`name`, which a user gave for a network, or `what` else has C functions; raises `NmcuError` where they cannot
    begin with it."""
    refusal = _refusal(name, headers)
    if refusal is not None:
        raise NmcuError(
            f"a {what} cannot be called {name!r}, {refusal}: a name has up to {MAX_LENGTH} lower-case letters, digits "
            "and _, and begins with a letter"
        )
    return name


def _refusal(name: str, headers: Collection[str]) -> str | None:
    if len(name) > MAX_LENGTH or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return "which is no plain C identifier"
    if name in _taken() or f"{name}.h" in headers or name.startswith("nmcu"):
        return "which is the name of a file or function that it uses"
    return None


@cache
def _taken() -> frozenset[str]:
    headers = (path.stem for folder in (KERNELS_DIR, TARGETS_DIR) for path in folder.rglob("*.h"))
    return frozenset((*TAKEN.split(), *headers))


def _word(name: str) -> str:
    word = re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", name.lower())).strip("_")
    return word[:MAX_LENGTH].strip("_")


def comment(name: str) -> str:
    """`name` as it may stand inside a C comment: printable ASCII, nothing that ends or continues a comment."""
    shown = "".join(c if " " <= c <= "~" and c not in '\\"?' else "." for c in name)
    return shown.replace("*/", "*.").replace("/*", "/.")[:80]
