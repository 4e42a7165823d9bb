"""The model card of an exported run: what the Hugging Face Hub reads of it, and the same for people."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from huggingface_hub import EvalResult, ModelCard, ModelCardData

from ner_pruning.scoring.score_table import types_scored
from ner_pruning.study.methods import METHODS
from ner_pruning.terms import (
    INT8,
    MAGNITUDE,
    PERTURBATIONS,
    VALIDATION,
    grouping,
    is_perturbation,
    matrices_of,
    method_of,
    parse_variant,
)

TASK = "token-classification"

SCOPES = {
    "partial": "linear layers of the encoder",
    "full": "linear layers of the encoder, and embeddings",
    "embeddings": "embeddings",
}

PRUNED = {
    MAGNITUDE: "by magnitude",
    "random": "at random, little by little while the model was fine-tuned",
    "before": "by magnitude, all at once before fine-tuning",
    "after": "by magnitude, all at once after fine-tuning",
    "recovered": "by magnitude, all at once after fine-tuning, which was then done once more",
    "rewound": "before fine-tuning, with the zeros of a model that was pruned by magnitude while it was fine-tuned",
    "2to4": "by magnitude, two of each four consecutive weights of a row",
    "movement": "by movement (Sanh et al. 2020), little by little while the model was fine-tuned",
}
"""What a card says of how a model was pruned."""

COMPACT = """

The vocabulary has {kept:,} of the encoder's {whole:,} word pieces: those that the study's texts in these languages use,
and all of one character. These texts are cut as by the whole tokenizer, other texts perhaps into more pieces."""

QUANTISED = """
| quantisation | int8 in the linear layers of the encoder, by {package}, without which the model cannot be loaded |"""

BODY = """
# {name}

Tags named entities ({types}, in IOB2) in {languages}.

| | |
|:--|:--|
| encoder | {encoder} |
| training data | {dataset}: {sentences} sentences of {training_set}, cut at {max_length} pieces |
| training | {steps} steps{earlier} in {precision}, seed {seed} |
| pruning | {pruning} |{quantisation}

```python
from transformers import AutoModelForTokenClassification, AutoTokenizer

model = AutoModelForTokenClassification.from_pretrained(folder)
tokenizer = AutoTokenizer.from_pretrained(folder)
```

The tag of a word is that of its first piece.{vocabulary}

## Scores

Micro averages over mentions, as seqeval counts them. The test set `regular` is the test split; `in-language`,
`in-script` and `in-family` are that split with each mention replaced by another of its type, of the same language, or
of the languages that share its script or family{groups}.

{scores}
"""


def model_card(
    study: str,
    training_set: str,
    languages: Sequence[str],
    encoder: str,
    dataset: str,
    hub: Mapping[str, Any],
    run: Mapping[str, Any],
    sparsity: pd.DataFrame,
    scores: pd.DataFrame,
    vocabulary: tuple[int, int] | None = None,
    quantised_by: str | None = None,
) -> ModelCard:
    """Return the card of a run.

    languages: those of the training set. encoder, dataset: their names. hub: as far as the Hub has them, their ids, as
    base_model and datasets. run: its run.json; sparsity: its sparsity.csv; scores: its scores.csv. vocabulary: of a
    compact export, the word pieces that it has and those of the encoder. quantised_by: of the run in int8, the package
    and its version.
    """
    scope, _ = parse_variant(run["variant"])
    variant = f"{run['variant']}-{INT8}" if quantised_by else run["variant"]
    name = f"{study}-{training_set}-{variant}-seed-{run['seed']}"
    data = ModelCardData(
        language=list(languages),
        library_name="transformers",
        pipeline_tag=TASK,
        tags=["named-entity-recognition", *["pruning"] * bool(scope), *["int8"] * bool(quantised_by)],
        metrics=["f1"],
        model_name=name,
        eval_results=[_result(row, dataset) for row in scores[scores["mentions"] > 0].to_dict("records")],
        **hub,
    )
    shown = scores[["language", "test_set", "mentions", "precision", "recall", "f1"]].astype(object)
    shown.loc[shown["mentions"] == 0, ["precision", "recall", "f1"]] = None  # which such a test set does not have
    body = BODY.format(
        name=name,
        languages=", ".join(languages),
        types=", ".join(types_scored(scores.columns)) or "none",
        groups=_groups(scores),
        encoder=encoder,
        dataset=dataset,
        training_set=training_set,
        max_length=run["finetuning"]["max_length"],
        earlier=" from the dense model's weights" if scope and METHODS[method_of(scope)].weights_of else "",
        pruning=describe_pruning(run["variant"], sparsity),
        vocabulary=COMPACT.format(kept=vocabulary[0], whole=vocabulary[1]) if vocabulary else "",
        quantisation=QUANTISED.format(package=quantised_by) if quantised_by else "",
        scores=shown.to_markdown(index=False, tablefmt="pipe", floatfmt=".4f", missingval=""),
        **{key: run[key] for key in ("sentences", "steps", "precision", "seed")},
    )
    return ModelCard(f"---\n{data.to_yaml()}\n---\n{body}")


def _groups(scores: pd.DataFrame) -> str:
    """Return how the card describes the test sets within groups of a study's own; scores: a run's scores.csv."""
    own = [name for name in dict.fromkeys(scores["test_set"]) if is_perturbation(name) and name not in PERTURBATIONS]
    columns = {name: column for name in own if (column := grouping(name)) is not None}
    return "".join(f"; for `{name}`, of those that share its {column}" for name, column in columns.items())


def describe_pruning(variant: str, sparsity: pd.DataFrame) -> str:
    """Return what was pruned, in words; sparsity: of each matrix, as counted from the stored model."""
    scope, percent = parse_variant(variant)
    if not scope:
        return "none (dense)"
    how, scope = PRUNED[method_of(scope)], matrices_of(scope)
    pruned = sparsity[sparsity["pruned"]]
    zeros, weights = pruned["zeros"].sum(), pruned["weights"].sum()
    return f"{percent} % {how} ({zeros:,} of {weights:,} weights are 0), scope {scope} ({SCOPES[scope]})"


def _result(row: Mapping[str, Any], dataset: str) -> EvalResult:
    return EvalResult(
        task_type=TASK,
        dataset_type=dataset,
        dataset_name=f"{dataset} ({row['language']})",
        dataset_config=row["language"],
        dataset_split=VALIDATION if row["test_set"] == VALIDATION else "test",
        metric_type="f1",
        metric_name=f"F1, {row['test_set']}",
        metric_value=row["f1"],
    )
