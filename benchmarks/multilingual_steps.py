"""Late steps of a training on many languages, whose sentences use many more embedding rows, against one language.

What a step costs beside its pieces must follow the rows that its batch uses, not all that are trained.
"""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

import numpy as np
import ours
from common import alternate, batches, in_child, make_parser, prepared_work, ratio_line, run_benchmark
from late_steps import shrink
from ner_pruning.data.encoded_sentences import read_encoded
from ner_pruning.files import InputError
from spreads import spread

ONE, MANY = "monolingual", "multilingual"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print milliseconds a piece, pieces a late step and rows of both sides, and the ratio of the first."""
    parser = make_parser(__doc__, steps=1600)
    parser.set_defaults(language="en", batch_size=8, repetitions=1)
    parser.add_argument("--languages", default="de,es,fr", help="of the multilingual side, with commas between them")
    parser.add_argument("--late", type=int, default=1500, help="after which step late ones begin")
    parser.add_argument("--layers", type=int, default=12, help="of the encoder")
    arguments = parser.parse_args(arguments)
    steps, late = arguments.steps, arguments.late
    if late >= steps:
        raise InputError(f"--late: {late}, expected less than the {steps} steps")
    sides, pieces, rows = {}, {}, {}
    with ExitStack() as works:
        for name, languages in {ONE: arguments.language, MANY: arguments.languages}.items():
            given = argparse.Namespace(**vars(arguments) | {"language": languages})
            work = works.enter_context(prepared_work(given, {steps}))
            in_child(shrink, work, arguments.layers, None)
            sides[name] = partial(ours.train, work, steps)
            pieces[name] = np.array([lengths.sum() for lengths in batches(work, steps)[late:]])
            rows[name] = len(np.unique(read_encoded(work.train_path(steps)).pieces))
        runs = alternate(sides, arguments.repetitions)
    of_piece = {name: [np.median(run.seconds[late:] / pieces[name]) for run in runs[name]] for name in sides}
    print(f"\n{steps} steps, of which those after step {late} are timed, {runs[ONE][0].precision}")
    for name in sides:
        each = spread(1000 * seconds for seconds in of_piece[name])
        print(f"  {name}: {each} ms a piece, {pieces[name].mean():.0f} pieces a step; {rows[name]} rows are trained")
    print(ratio_line(f"late-steps-per-piece/{MANY}", of_piece[ONE], of_piece[MANY]))


if __name__ == "__main__":
    run_benchmark(main)
