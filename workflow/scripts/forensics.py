"""Compare the published perturbed F1 with what each mistake of an evaluation predicts, in tables and a figure."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from jobs.logs import log_to
from ner_pruning.claims.paper_scores import read_published
from ner_pruning.data.test_sets import read_encoded_evaluation
from ner_pruning.data.wikiann import Corpus, read_corpus
from ner_pruning.figures.forensics import published_and_predicted
from ner_pruning.figures.style import save_figures
from ner_pruning.files import sentence_digest, write_text
from ner_pruning.frames import write_frame
from ner_pruning.report.forensics import (
    DRAWS,
    OF_MODELS,
    SENTENCES,
    forensic_frame,
    forensic_tables,
    perturbed_cells,
)
from ner_pruning.scoring.broken_models import untrained_head_f1, wrong_encoder_f1, wrong_vocabulary_f1
from ner_pruning.scoring.mistakes import TestSet
from ner_pruning.scoring.prediction import word_states
from ner_pruning.scoring.prediction_files import read_predictions
from ner_pruning.scoring.score_table import read_scores
from ner_pruning.table import html_page, markdown_page
from ner_pruning.terms import IN_LANGUAGE, REGULAR, Provenance, Run
from ner_pruning.training.checkpoint import load_run
from ner_pruning.training.model import load_encoder


def main(
    published: str,
    test_sets: Mapping[str, tuple[str, str]],
    encoder: str | None,
    encoded: Mapping[str, str],
    runs: Sequence[tuple[Run, str]],
    provenance: Provenance,
    out: Mapping[str, str],
) -> None:
    """Write the frame, its tables and the figure.

    test_sets: regular and in-language corpus by language. What the study has of models, none of it needed: encoder: its
    folder; encoded: evaluation by language; runs: monolingual ones with their folders. out: paths by suffix.
    """
    first = {language: [_first_sentences(path) for path in paths] for language, paths in test_sets.items()}
    sets = {language: TestSet(perturbed.tags, regular.tags) for language, (regular, perturbed) in first.items()}
    digests = {language: [*map(sentence_digest, perturbed.tokens)] for language, (_, perturbed) in first.items()}
    cells = perturbed_cells(read_published(published), list(sets))
    of_models = _of_models(sets, digests, encoder, encoded, runs) if encoder else {}
    frame = forensic_frame(cells, sets, of_models, _kept(runs, digests))
    write_frame(out["csv"], frame)
    tables = forensic_tables(frame, provenance)
    write_text(out["md"], markdown_page(tables))
    write_text(out["html"], html_page(tables))
    print(markdown_page(tables))
    save_figures(published_and_predicted(frame, provenance), [out[suffix] for suffix in ("pdf", "png", "svg")])


def _first_sentences(path: str) -> Corpus:
    corpus = read_corpus(path)
    return replace(corpus, tokens=corpus.tokens[:SENTENCES], tags=corpus.tags[:SENTENCES])


def _of_models(
    sets: Mapping[str, TestSet],
    digests: Mapping[str, Sequence[str]],
    encoder: str,
    encoded: Mapping[str, str],
    runs: Sequence[tuple[Run, str]],
) -> dict[str, dict[str, np.ndarray]]:
    """Return the F1 of runs with a part that is not theirs, by hypothesis and language: of one dense run each.

    digests: of the sentences of `sets` by language. A language whose encoded sentences are others is left out: they are
    those of an earlier config.
    """
    _, *names = OF_MODELS
    f1: dict[str, dict[str, np.ndarray]] = {name: {} for name in names}
    new_head, new_head_on_trained, checkpoint, vocabulary = (f1[name] for name in names)
    trained = {run.training_set: folder for run, folder in reversed(runs) if not run.sparsity and _weights(folder)}
    pretrained = load_encoder(encoder, dropout=0.0, seed=0)
    for language, path in encoded.items():
        gold, random = sets[language].gold, np.random.default_rng(0)
        sentences, sizes = read_encoded_evaluation(path)
        start = sum(size for _, size in itertools.takewhile(lambda item: item[0] != IN_LANGUAGE, sizes.items()))
        chosen = np.arange(start, start + len(digests[language]))
        if list(sentences.digests[start : start + len(chosen)]) != list(digests[language]):
            print(f"{language}: {path} has other in-language sentences; left out", flush=True)
            continue
        states = word_states(pretrained, sentences, chosen)
        new_head[language] = untrained_head_f1(states, gold, random, DRAWS)
        if language in trained:
            folder = Path(trained[language])
            model = load_run(folder / "weights.safetensors.zst", folder / "config.json", encoder)
            own = word_states(model, sentences, chosen)
            new_head_on_trained[language] = untrained_head_f1(own, gold, random, DRAWS)
            checkpoint[language] = np.array([wrong_encoder_f1(model, states, gold)])
            vocabulary[language] = wrong_vocabulary_f1(model, sentences, chosen, gold)
        print(f"{language}: hidden states of {len(chosen)} sentences", flush=True)
    return f1


def _weights(folder: str) -> bool:
    return Path(folder, "weights.safetensors.zst").is_file()


def _kept(runs: Sequence[tuple[Run, str]], digests: Mapping[str, Sequence[str]]) -> dict[tuple[str, int, str], float]:
    """Return the in-language F1 of the study's models as a share of their regular F1, means over seeds.

    Of those whose predictions were made for the sentences of `digests`, by language.
    """
    frames = [
        read_scores(Path(folder, "scores.csv")).assign(scope=run.scope, sparsity=run.sparsity)
        for run, folder in runs
        if Path(folder, "scores.csv").is_file() and _predicted(folder, run.training_set, digests)
    ]
    if not frames:
        return {}
    f1 = pd.concat(frames).pivot_table(index=["scope", "sparsity", "language"], columns="test_set", values="f1")
    return (f1[IN_LANGUAGE] / f1[REGULAR]).where(f1[REGULAR] > 0).dropna().to_dict()


def _predicted(folder: str, language: str, digests: Mapping[str, Sequence[str]]) -> bool:
    """Return whether the in-language predictions of a monolingual run are those of the sentences of `digests`."""
    path = Path(folder, "predictions", f"{IN_LANGUAGE}.parquet")
    if not path.is_file():
        return False
    same = list(read_predictions(path)[language].digests[:SENTENCES]) == list(digests[language])
    if not same:
        print(f"{language}: {path} is of other sentences; left out", flush=True)
    return same


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files, params = snakemake.input, snakemake.params
        main(
            published=files.published,
            test_sets={
                language: paths
                for language, *paths in zip(params.languages, files.regular, files.perturbed, strict=True)
            },
            encoder=params.encoder,
            encoded=dict(params.encoded),
            runs=[(Run(*run), folder) for run, folder in params.runs],
            provenance=Provenance(**params.provenance),
            out={path.rsplit(".", 1)[1]: path for path in snakemake.output},
        )
