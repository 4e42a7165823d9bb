"""What of a study is published: what has something to show."""

import publish


def test_tables_without_a_value_and_their_figures_are_left_out(tmp_path, capsys):
    contents = {
        "scores.csv": "language,f1\n",  # a head alone says that nothing was measured
        "forgotten.csv": "language,estimate\nyo,0.1\n",
        "tables/table-6.csv": "language,f1\nyo,0\n",
        "tables/table-6.md": "| yo | 0 |\n",
        "tables/forgotten.csv": "mentions,floor\n",
        "tables/forgotten.md": "No class has ten mentions.\n",
        "tables/calibration.csv": 'setting,measure\n"",""\n',
        "tables/calibration.md": "No run has stored confidences.\n",
        "figures/calibration.png": "a picture of words",
        "figures/figure-1.png": "a picture",
    }
    for place, text in contents.items():
        path = tmp_path / "results" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    out = tmp_path / "docs/results"
    publish.main([str(tmp_path / "results" / place) for place in contents], str(out))
    copied = {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}
    shown = ["scores.csv", "forgotten.csv", "tables/table-6.csv", "tables/table-6.md", "figures/figure-1.png"]
    assert copied == {place: contents[place] for place in shown}
    assert capsys.readouterr().out == (
        f"left out, as there is nothing in them: calibration, forgotten\n5 files in {out}\n"
    )
