"""Write the page to explore a study's results with: F1 by sparsity, and sentences as the models tag them."""

import gc
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jobs.logs import log_to
from ner_pruning.data.language_groups import read_groups
from ner_pruning.data.test_sets import read_names, read_test_set
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import write_text
from ner_pruning.report.explore_page import columns_of, explore_page
from ner_pruning.report.explored_scores import first_lines, line_name, line_rows, seed_rows
from ner_pruning.report.explored_sentences import chosen_rows, lowest_changes, shown_test_set
from ner_pruning.scoring.prediction_files import read_aligned
from ner_pruning.scoring.score_table import read_all_scores
from ner_pruning.statistics.interval_table import read_intervals
from ner_pruning.table import count
from ner_pruning.terms import REGULAR, VALIDATION, Provenance, Run, perturbations_among
from snakemake.assets import Assets

LIBRARIES = ("vega/vega.js", "vega-lite/vega-lite.js", "vega-embed/vega-embed.js")
"""What draws the chart: Snakemake brings it along for its reports, in a version that the lock pins with Snakemake."""

NOT_DRAWING = ("snakemake/", "pygments/", "tailwindcss/", "react/", "heroicons/", "prop-types/")
"""What else Snakemake brings along."""


def main(
    intervals: str,
    scores: str,
    groups: str,
    predictions: Mapping[Run, tuple[str, str]],
    gold: Mapping[str, str],
    page_parts: Sequence[str],
    provenance: Provenance,
    out: str,
) -> None:
    """Write the page; predictions: manifest and folder by run, dense ones first; gold: evaluation files by language;
    page_parts: markup, style and script."""
    names = read_groups(groups)["name"].to_dict()
    lines = line_rows(read_intervals(intervals), names)
    sentences = [
        part
        for training_set in dict.fromkeys(run.training_set for run in predictions)
        for part in tagged_sentences(
            {run: files for run, files in predictions.items() if run.training_set == training_set}, gold, names
        )
    ]
    data = {
        "lines": columns_of(lines),
        "seeds": columns_of(seed_rows(read_all_scores(scores), lines, names)),
        "test_sets": [REGULAR, *perturbations_among(lines["test_set"])],
        "first_lines": first_lines(lines, [line_name(language, "", names) for language in gold]),
        "sentences": sorted(sentences, key=lambda part: list(gold).index(part["language"])),
    }
    markup, style, script = (Path(path).read_text(encoding="utf-8") for path in page_parts)
    libraries = {path: Assets.get_content(path) for path in LIBRARIES}
    licences = [path for path in Assets.spec if "LICENSE" in path or "NOTICE" in path]
    texts = {path: Assets.get_content(path) for path in licences if not path.startswith(NOT_DRAWING)}
    page = explore_page(markup, style, script, libraries, texts, data, provenance)
    write_text(out, page)
    shown = sum(len(part["rows"]) for part in sentences)
    print(f"{len(lines)} points, {count(shown, 'sentence')}, {len(page.encode()) / 1e6:.1f} MB")


def tagged_sentences(
    predictions: Mapping[Run, tuple[str, str]], gold: Mapping[str, str], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return what the page shows of the sentences of each language that the runs of one training set tag.

    predictions: manifest and folder by run, the dense one first; gold: evaluation files by language.
    """
    runs = list(predictions)
    languages = [code for code in gold if runs[0].training_set in (code, runs[0].setting)]
    corpora = {code: {name: read_test_set(gold[code], name) for name in _test_sets(gold[code])} for code in languages}
    regular = {run: read_tags(run, files, REGULAR, corpora) for run, files in predictions.items()}
    lowest, rows = {}, {}
    for code in languages:
        dense, *pruned = [(run.sparsity, regular[run][code]) for run in runs if not run.quantised]
        lowest[code] = lowest_changes(dense[1], pruned, corpora[code][REGULAR].types)
        rows[code] = chosen_rows(lowest[code])
    shown: dict[tuple[str, str], dict[str, dict[int, Sequence[int]]]] = defaultdict(dict)
    for run, files in predictions.items():  # of one test set at a time, no more than is shown is kept
        for name in dict.fromkeys(name for code in languages for name in corpora[code]):
            tags = regular[run] if name == REGULAR else read_tags(run, files, name, corpora)
            for code, by_sentence in tags.items():
                shown[code, name][run.variant] = {row: by_sentence[row] for row in rows[code]}
    return [
        {
            "language": code,
            "name": line_name(code, "", names),
            "setting": runs[0].setting,
            "models": {run.variant: {"scope": run.scope, "sparsity": run.sparsity} for run in runs},
            "types": corpora[code][REGULAR].types,
            "sentences": len(corpora[code][REGULAR]),
            "rows": rows[code],
            "lowest": [lowest[code][row] for row in rows[code]],
            "test_sets": {
                name: shown_test_set(rows[code], corpora[code][REGULAR], corpus, shown[code, name])
                for name, corpus in corpora[code].items()
            },
        }
        for code in languages
    ]


def read_tags(
    run: Run, files: tuple[str, str], test_set: str, corpora: Mapping[str, Mapping[str, Corpus]]
) -> dict[str, Sequence[Sequence[int]]]:
    """Return the tags that a run predicts, by language that has the test set; files: its manifest and folder."""
    gold = {code: of_language[test_set] for code, of_language in corpora.items() if test_set in of_language}
    return {code: part.tags for code, part in read_aligned(*files, test_set, gold, run=str(run)).items()}


def _test_sets(path: str) -> list[str]:
    """Return the test sets of an evaluation file, validation apart."""
    return [name for name in read_names(path) if name != VALIDATION]


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        gc.disable()  # no list of tags is garbage, and to look through them is three quarters of the reading
        files, params = snakemake.input, snakemake.params
        pairs = zip(files.manifests, files.folders, strict=True)
        main(
            files.intervals,
            files.scores,
            files.groups,
            dict(zip([Run(*run) for run in params.runs], pairs, strict=True)),
            dict(zip(params.languages, files.gold, strict=True)),
            [files.markup, files.style, files.script],
            Provenance(**params.provenance),
            snakemake.output[0],
        )
