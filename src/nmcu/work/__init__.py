"""Independent pieces of work: in this process, in processes of this machine, on a Dask cluster; with equal results."""

from nmcu.work.opened import workers
from nmcu.work.piece import Failure, Progress
from nmcu.work.threads import Threads
from nmcu.work.workers import Here, Workers, in_order

__all__ = ["Failure", "Here", "Progress", "Threads", "Workers", "in_order", "workers"]
