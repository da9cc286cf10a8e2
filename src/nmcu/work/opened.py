"""Which workers a command has."""

from importlib.util import find_spec

from nmcu.errors import NmcuError
from nmcu.work.processes import Processes
from nmcu.work.workers import Here, Workers

EXTRA = ("distributed", "cryptography")
"""What the extra `search` brings: Dask, and what makes certificates, so that a local cluster's port is its own."""
LOCAL = "local"


def workers(jobs: int = 2, scheduler: str | None = None) -> Workers:
    """`jobs` processes of this machine; or with `scheduler` those of a Dask cluster: one of our own on this machine
    (`local`), or the one whose scheduler has that address (`tcp://host:8786`), whose workers `jobs` does not count.

    Raises `NmcuError` where Dask is not installed and, when they are opened, where the scheduler is not there or a
    worker has another version of nmcu.
    """
    if scheduler is None:
        return Here() if jobs < 2 else Processes(jobs)
    missing = [package for package in EXTRA if find_spec(package) is None]
    if missing:
        raise NmcuError(
            f"the scheduler {scheduler} needs the package {missing[0]}, which is not installed: "
            "pip install 'nmcu[search]'"
        )
    from nmcu.work import cluster  # late: Dask takes seconds

    return cluster.embedded(jobs) if scheduler == LOCAL else cluster.connected(scheduler)
