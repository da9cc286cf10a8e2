"""Train, prune and quantise experiments: python examples/train/train.py EXPERIMENT.toml ... --data FOLDER

Each goes through a float phase (N:M-sparse where the experiment says so) and an int8 phase (quantisation-aware), writes
`model.onnx`, metrics, curves and a compact checkpoint to OUT/<name>, and keeps a full checkpoint in the cache: started
again, it continues where it was. With `--minutes` the epochs are planned for that time. Nothing is chosen on the test
images; they are looked at once, at the end.
"""

import argparse
import dataclasses
import os
import sys
import time
from pathlib import Path

import torch
from budget import cost
from experiment import read
from planning import TooLittleTime
from recipe import OutOfTime, Recipe

from nmcu.errors import NmcuError


def main() -> None:
    """Parse the command line and run the experiment; one sentence and exit code 1 for what a user can mend."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("experiments", type=Path, nargs="+", help="TOML files, in the order to train them")
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with train and test: parquet or images"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="results")
    parser.add_argument("--cache", type=Path, default=Path(".cache/train"), help="images, full checkpoints")
    parser.add_argument(
        "--seed", type=int, help="instead of the experiment's; the name then ends in _s<seed>"
    )
    time_given = parser.add_mutually_exclusive_group()
    time_given.add_argument("--max-minutes", type=minutes, help="stop cleanly after these")
    time_given.add_argument(
        "--minutes", type=minutes, help="plan as many epochs as fit into these for all experiments, then stop"
    )
    parser.add_argument("--threads", type=positive, default=os.cpu_count() or 1, help="CPU threads")
    parser.add_argument(
        "--limit", type=positive, help="use only this many training and test images (to try a recipe)"
    )
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    given = args.max_minutes if args.minutes is None else args.minutes
    deadline = float("inf") if given is None else time.monotonic() + 60 * given
    experiments = [read(file) for file in args.experiments]
    if args.seed is not None:
        experiments = [
            dataclasses.replace(e, seed=args.seed, name=f"{e.name}_s{args.seed}") for e in experiments
        ]
    trained = False
    for i, experiment in enumerate(experiments):
        share = None
        if args.minutes is not None:
            share = cost(experiment) / (sum(map(cost, experiments[i:])) or 1)
        try:
            recipe = Recipe(experiment, args.data, args.out, args.cache, deadline, share, args.limit)
            trained |= recipe.run()
        except (OutOfTime, TooLittleTime) as stop:
            if isinstance(stop, TooLittleTime) and not trained:
                raise
            print(f"{experiment.name}: stopped after {given:g} minutes; run the same command to continue")
            return
        except KeyboardInterrupt:
            sys.exit(f"{experiment.name}: stopped; the same command continues from the last finished epoch")


def positive(text: str) -> int:
    """A whole number above 0, for argparse."""
    if (value := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def minutes(text: str) -> float:
    """A number of 0 or more, for argparse."""
    if not 0 <= (value := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not 0 or more")
    return value


if __name__ == "__main__":
    try:
        main()
    except NmcuError as error:
        sys.exit(str(error))
