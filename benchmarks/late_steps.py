"""Steps late in a training, when the rows of rare pieces have had no gradient for long, against transformers.Trainer.

The first moment of such a row shrinks by AdamW's beta1 a step until it is denormal, which slows the optimiser down.
"""

import math
from collections.abc import Sequence
from functools import partial
from unittest.mock import patch

import numpy as np
import ours
import torch
import trainer
from common import SEED, TrainedRun, Work, alternate, in_child, make_parser, prepared_work, ratio_line, run_benchmark
from ner_pruning.data.encoded_sentences import read_encoded
from ner_pruning.files import InputError
from ner_pruning.training import run, word_rows
from spreads import spread
from transformers import AutoConfig, AutoModel

ALL_ROWS, WITH_DENORMALS = "all-rows", "with-denormals"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print seconds a step, early and late, of ours, of ours in other ways, and of the trainer; then the ratios."""
    parser = make_parser(__doc__, steps=1600)
    parser.set_defaults(language="en", batch_size=8, repetitions=1)
    parser.add_argument("--early", type=int, nargs=2, default=(100, 600), help="after which steps they begin, and end")
    parser.add_argument("--late", type=int, default=1500, help="after which step late ones begin")
    parser.add_argument("--layers", type=int, default=1, help="of the encoder, which take as long early as late")
    parser.add_argument("--hidden", type=int, help="width of the encoder; its own by default")
    arguments = parser.parse_args(arguments)
    steps, late = arguments.steps, arguments.late
    if late >= steps:
        raise InputError(f"--late: {late}, expected less than the {steps} steps")
    with prepared_work(arguments, {steps}) as work:
        rows, width = in_child(shrink, work, arguments.layers, arguments.hidden)
        trained_rows = len(np.unique(read_encoded(work.train_path(steps)).pieces))
        sides = {
            "ours": partial(ours.train, work, steps),
            ALL_ROWS: partial(train_all_rows, work, steps),
            WITH_DENORMALS: partial(train_with_denormals, work, steps),
            "trainer": partial(trainer.train, work, steps),
        }
        runs = alternate(sides, arguments.repetitions)
    if any(one.losses.tolist() != runs[ALL_ROWS][0].losses.tolist() for one in runs[WITH_DENORMALS]):
        raise RuntimeError("the losses are not the same with denormal numbers and without")
    print(
        f"\n{steps} steps; the word embedding has {rows} rows of {width} weights, of which ours trains {trained_rows}"
    )
    first, last = arguments.early
    early_seconds = {side: [np.median(one.seconds[first:last]) for one in several] for side, several in runs.items()}
    late_seconds = {side: [np.median(one.seconds[late:]) for one in several] for side, several in runs.items()}
    for side, several in runs.items():
        slower = spread(np.divide(late_seconds[side], early_seconds[side]))
        print(f"  {side}, {several[0].precision}: early {spread(early_seconds[side])} s a step, ", end="")
        print(f"late {spread(late_seconds[side])}, late/early {slower}, ", end="")
        print(f"loss of late ones {spread(one.losses[late:].mean() for one in several)}")
        quarters = np.quantile(np.concatenate([one.seconds[late:] for one in several]), [0.25, 0.75])
        print(f"    half of the late steps take {quarters[0]:.3g} to {quarters[1]:.3g} s")
    print(ratio_line("early-steps/trainer", early_seconds["ours"], early_seconds["trainer"]))
    for side in (ALL_ROWS, WITH_DENORMALS, "trainer"):
        print(ratio_line(f"late-steps/{side}", late_seconds["ours"], late_seconds[side]))


def train_all_rows(work: Work, steps: int) -> TrainedRun:
    """Train as `ours.train` does, but move all rows of the word embedding in every step."""
    with patch.object(word_rows, "FEWEST_WEIGHTS", math.inf):
        return ours.train(work, steps)


def train_with_denormals(work: Work, steps: int) -> TrainedRun:
    """Train as `train_all_rows` does, but compute with denormal numbers as torch does by default."""
    with patch.object(run, "use_threads", torch.set_num_threads):
        return train_all_rows(work, steps)


def shrink(work: Work, layers: int, width: int | None) -> tuple[int, int]:
    """Put an encoder with random weights, the same vocabulary and so many layers in the place of the work's.

    width: if it is not the encoder's own, each 64 have a head, and the feed-forward layer is four times as wide.
    Returns the rows and the width of its word embedding.
    """
    config = AutoConfig.from_pretrained(work.encoder, trust_remote_code=False)
    config.num_hidden_layers = layers
    if width is not None:
        config.hidden_size, config.intermediate_size = width, 4 * width
        config.num_attention_heads = max(1, width // 64)
    torch.manual_seed(SEED)
    model = AutoModel.from_config(config, trust_remote_code=False)
    model.save_pretrained(work.encoder)
    return tuple(model.get_input_embeddings().weight.shape)


if __name__ == "__main__":
    run_benchmark(main)
