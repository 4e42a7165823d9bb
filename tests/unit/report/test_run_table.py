"""What the runs took, as a frame and as a table."""

import pandas as pd
import pytest
from ner_pruning.report.run_table import run_statistics, run_statistics_table
from ner_pruning.terms import Provenance, Run


def record(seconds: float, pieces: int, rows: int | None) -> dict:
    return {
        "sentences": 100,
        "steps": 780,
        "schedule": {"batch_size": 8},
        "training_seconds": seconds,
        "pieces": pieces,
        "peak_memory_bytes": 1_500_000_000,
        "weights_bytes": 40_000_000,
        "vocabulary_rows_trained": rows,
        "precision": "fp32",
        "device": "cpu",
        "threads": 1,
    }


RUNS = {Run("yo", "dense", 1): record(60.0, 6000, 500), Run("yo", "dense", 2): record(120.0, 6000, None)}


def test_statistics_worked_out_by_hand():
    frame = run_statistics(RUNS)
    assert frame["pieces_per_second"].tolist() == [100, 50]
    assert frame["peak_memory_mb"].tolist() == [1500, 1500]
    assert frame["stored_mb"].tolist() == [40, 40]
    assert frame["vocabulary_rows"].tolist() == [500, pd.NA]
    assert frame[["training_set", "variant", "seed", "batch_size"]].iloc[1].tolist() == ["yo", "dense", 2, 8]


def test_the_table_has_a_row_a_variant_and_the_csv_a_row_a_run():
    table = run_statistics_table(run_statistics(RUNS), Provenance("s", True, "encoder"))
    assert "| yo             | dense     |      2 |" in table.markdown()
    assert "1.5 |" in table.markdown()  # minutes, the mean of 1 and 2
    assert "2 runs trained 0.1 hours in all, in fp32 on cpu." in table.markdown()
    assert "demo on synthetic text" in table.markdown()
    lines = table.csv().splitlines()
    assert len(lines) == 3
    assert lines[2] == "yo,dense,2,100,780,8,120.0,50.0,1500.0,,40.0,fp32,cpu,1"


def test_a_run_without_its_size_is_an_error():
    run = record(60.0, 6000, 500)
    del run["weights_bytes"]
    with pytest.raises(KeyError):
        run_statistics({Run("yo", "dense", 1): run})


def test_a_run_that_takes_no_step_has_no_speed():
    at_once = record(0.01, 0, 500) | {"steps": 0}
    frame = run_statistics(RUNS | {Run("yo", "full-50-after", 1): at_once})
    assert frame["pieces_per_second"].isna().tolist() == [False, False, True]
    table = run_statistics_table(frame, Provenance("s", True, "encoder"))
    assert table.csv().splitlines()[-1] == "yo,full-50-after,1,100,0,8,0.0,,1500.0,500,40.0,fp32,cpu,1"
    (line,) = (line for line in table.markdown().splitlines() if "full-50-after" in line)
    assert [cell.strip() for cell in line.split("|")[5:8]] == ["0", "0.0", "–"]


def test_a_run_in_int8_is_the_trained_one_of_its_base():
    """It is one of the runs, but none that trained or stored anything."""
    variants = ("partial-50-random-int8", "dense-int8")
    frame = run_statistics(RUNS | {Run("yo", variant, 1): record(60.0, 6000, 500) for variant in variants})
    for _, row in frame.iloc[-2:].iterrows():
        assert (row["sentences"], row["steps"], row["precision"]) == (100, 0, "int8")
        assert row[["seconds", "pieces_per_second", "peak_memory_mb", "stored_mb"]].isna().all()
    table = run_statistics_table(frame, Provenance("s", True, "encoder"))
    text = table.markdown()
    assert "2 runs trained 0.1 hours in all, in fp32 on cpu." in text
    assert "Those in int8 are other runs' models, quantised when they predict" in text
    assert table.csv().splitlines()[-1] == "yo,dense-int8,1,100,0,8,,,,500,,int8,cpu,1"
    (line,) = (line for line in text.splitlines() if "dense-int8" in line)
    assert [cell.strip() for cell in line.split("|")[5:-1]] == ["0", "–", "–", "–", "–"]
