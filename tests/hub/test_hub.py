"""Data and encoder from the Hub, through the Hub's own client, against a server that fails as networks do."""

import io
import json
import multiprocessing
import time
from pathlib import Path

import pytest
import torch
from hub_server import COMMIT, SILENCE, Fault, altered, broken_off, silence, status, truncated
from hub_sources import Data, Encoder
from huggingface_hub import constants, hf_hub_download
from ner_pruning.data.hub import download
from ner_pruning.files import InputError
from safetensors.torch import load

CLIENT, OURS = {1, 2, 4, 8}, {10, 20, 40}  # seconds that the client, and that the study, waits before it asks again
MISSING = "1" * 40


@pytest.fixture(params=[Data, Encoder], ids=["data", "encoder"])
def source(request):
    return request.param


def files_of(hub, source):
    return hub.repositories[source.key].files


def message_of(source, folder, **options) -> str:
    """Return the one line that fetching ends with; nothing is left of what would have been written."""
    with pytest.raises(InputError) as error:
        source.fetch(folder / "out", **options)
    assert not [path for path in (folder / "out").rglob("*") if path.suffix in (".parquet", ".safetensors")]
    assert "\n" not in str(error.value)
    return str(error.value)


# A transfer without trouble


def test_a_source_comes_whole_from_its_commit(hub, client, source, tmp_path):
    source.check(source.fetch(tmp_path), files_of(hub, source))
    assert {request.path.split("/resolve/")[1].split("/")[0] for request in hub.asked("HEAD", "/resolve/")} == {COMMIT}
    assert len(hub.asked("GET", source.large)) == 1
    assert not client


def test_only_what_a_study_needs_is_downloaded(hub, client, tmp_path):
    Data.fetch(tmp_path / "data")
    Encoder.fetch(tmp_path / "encoder")
    asked = " ".join(request.path for request in hub.requests)
    for name in ("README.md", "tf_model.h5", "onnx", "/yo/"):
        assert name not in asked


def test_a_branch_is_resolved_once_and_recorded(hub, client, source, tmp_path):
    source.check(source.fetch(tmp_path, revision="main"), files_of(hub, source))
    recorded = json.loads((tmp_path / "source.json").read_text())
    assert recorded == {"repository": source.name, "revision": "main", "commit": COMMIT}
    assert [request.path for request in hub.requests if "main" in request.path] == [f"/api/{source.key}/revision/main"]


def test_older_weights_are_taken_where_there_are_no_others(hub, client, tmp_path, encoder_files):
    buffer = io.BytesIO()
    torch.save(load(encoder_files[Encoder.large]), buffer)
    others = {name: content for name, content in encoder_files.items() if name != Encoder.large}
    hub.repositories[Encoder.key].files = others | {"pytorch_model.bin": buffer.getvalue()}
    Encoder.check(Encoder.fetch(tmp_path), encoder_files)


def test_weights_in_one_format_only_are_downloaded(hub, client, tmp_path, encoder_files):
    hub.repositories[Encoder.key].files = encoder_files | {"pytorch_model.bin": b"the same in another format"}
    Encoder.check(Encoder.fetch(tmp_path), encoder_files)
    assert not hub.asked("GET", "pytorch_model.bin")


def test_a_private_repository_takes_the_token_and_storage_does_not_get_it(hub, client, source, tmp_path, monkeypatch):
    hub.repositories[source.key].token = "hf_reader"
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    source.check(source.fetch(tmp_path), files_of(hub, source))
    assert {request.token for request in hub.asked("GET", "/storage/")} == {None}


def fetch_at_once(barrier, folder):
    barrier.wait()
    Data.fetch(folder)


def test_jobs_that_download_the_same_at_once_do_not_disturb_each_other(hub, client, tmp_path):
    context = multiprocessing.get_context("fork")  # which inherits the client's settings
    barrier = context.Barrier(4)
    folders = [tmp_path / str(number) for number in range(4)]
    jobs = [context.Process(target=fetch_at_once, args=(barrier, folder)) for folder in folders]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)
    assert [job.exitcode for job in jobs] == [0] * 4
    for folder in folders:
        Data.check(folder, files_of(hub, Data))
    assert not list(Path(constants.HF_HUB_CACHE).rglob("*.incomplete"))


# Trouble that passes


def test_a_broken_transfer_goes_on_where_it_broke(hub, client, source, tmp_path):
    hub.faults = [Fault("GET", f"/storage/{source.key}/{source.large}", broken_off(0.5))]
    source.check(source.fetch(tmp_path), files_of(hub, source))
    first, second = hub.asked("GET", f"/storage/{source.key}/{source.large}")
    assert first.range is None
    start = int(second.range.removeprefix("bytes=").removesuffix("-"))
    half = len(files_of(hub, source)[source.large]) // 2
    assert half - constants.DOWNLOAD_CHUNK_SIZE < start <= half
    assert set(client) == {1}


def test_a_transfer_that_breaks_in_each_attempt_ends_and_is_made_anew(hub, client, source, tmp_path):
    """The client gives up after six attempts that bring no byte; a later one of ours starts again."""
    hub.faults = [Fault("GET", f"/storage/{source.key}/{source.large}", broken_off(0), times=6)]
    source.check(source.fetch(tmp_path), files_of(hub, source))
    assert client == [1] * 5 + [10]


PASSING = {
    "commit": ("GET", "/revision/", 503, OURS),
    "list": ("GET", "/tree/", 503, CLIENT),
    "head": ("HEAD", "/resolve/{commit}/{large}", 503, CLIENT),
    "transfer": ("GET", "/storage/{key}/{large}", 503, OURS),
    "transfer_too_many": ("GET", "/storage/{key}/{large}", 429, CLIENT),
}


@pytest.mark.parametrize(("method", "part", "code", "who"), PASSING.values(), ids=PASSING)
def test_an_error_of_the_server_passes(hub, client, source, tmp_path, method, part, code, who):
    """Which the client waits out by itself, and which we do."""
    part = part.format(commit=COMMIT, key=source.key, large=source.large)
    hub.faults = [Fault(method, part, status(code), times=2)]
    source.check(source.fetch(tmp_path, revision="main"), files_of(hub, source))
    assert hub.faults[0].times == 0
    assert client and set(client) <= who


@pytest.mark.parametrize("part", ["/revision/", "/tree/", "/resolve/", "/storage/"])
def test_a_server_that_stays_silent_is_asked_again(hub, impatient, source, tmp_path, part):
    hub.faults = [Fault("HEAD" if part == "/resolve/" else "GET", part, silence)]
    start = time.monotonic()
    source.check(source.fetch(tmp_path, revision="main"), files_of(hub, source))
    assert time.monotonic() - start < SILENCE
    assert hub.faults[0].times == 0


def test_a_file_that_comes_altered_is_downloaded_again(hub, client, source, tmp_path, capsys):
    hub.faults = [Fault("GET", f"/storage/{source.key}/{source.large}", altered)]
    source.check(source.fetch(tmp_path), files_of(hub, source))
    assert f"{source.what}: {source.large} differs from the Hub's; downloading it again\n" in capsys.readouterr().out


def test_a_small_file_that_comes_altered_is_downloaded_again(hub, client, tmp_path):
    hub.faults = [Fault("GET", "/resolve/", altered, times=3)]
    Encoder.check(Encoder.fetch(tmp_path), files_of(hub, Encoder))
    assert hub.faults[0].times == 0


# Trouble that stays ends in one line


def refuse_readers(hub, source, monkeypatch):
    hub.repositories[source.key].token = "hf_reader"


def refuse_a_token(hub, source, monkeypatch):
    refuse_readers(hub, source, monkeypatch)
    monkeypatch.setenv("HF_TOKEN", "hf_other")


def gate(hub, source, monkeypatch):
    hub.repositories[source.key].gated = True


def forbid(hub, source, monkeypatch):
    hub.faults = [Fault("GET", "/tree/", status(403))]


def remove(hub, source, monkeypatch):
    del hub.repositories[source.key]
    monkeypatch.setenv("HF_TOKEN", "hf_reader")


def rewrite(hub, source, monkeypatch):
    hub.repositories[source.key].commit = MISSING


def fail(hub, source, monkeypatch):
    hub.faults = [Fault("GET", "/storage/", status(503), times=1000)]


def shut_down(hub, source, monkeypatch):
    hub.stop()


def lead_elsewhere(hub, source, monkeypatch):
    hub.faults = [Fault("GET", "/tree/", lambda handler, content: handler.answer(200, b"<html>"))]


NO_READER = "401: no such repository, or a private or gated one; expected in HF_TOKEN a token that may read it"
LASTING = {
    "no_token": (refuse_readers, NO_READER),
    "wrong_token": (refuse_a_token, NO_READER),
    "gated": (gate, "403: gated; expected in HF_TOKEN the token of an account that has accepted the terms on its page"),
    "forbidden": (forbid, "403: the token in HF_TOKEN may not read it"),
    "no_repository": (remove, "404: no such repository"),
    "no_commit": (rewrite, "404: no such revision"),
    "server": (fail, "503: server error"),
    "no_connection": (shut_down, "no connection to {endpoint}"),
    "no_hub": (lead_elsewhere, "{endpoint} does not answer as a Hub"),
}


@pytest.mark.parametrize(("trouble", "reason"), LASTING.values(), ids=LASTING)
def test_lasting_trouble_ends_in_one_line(hub, client, source, tmp_path, monkeypatch, trouble, reason):
    trouble(hub, source, monkeypatch)
    message = f"{source.what}: cannot be fetched from the Hub ({reason.format(endpoint=hub.endpoint)})"
    assert message_of(source, tmp_path) == message
    passes = trouble in (fail, shut_down)
    assert [seconds for seconds in client if seconds in OURS] == [10, 20, 40] * passes


def test_a_branch_that_does_not_exist(hub, client, source, tmp_path):
    message = f"{source.name} (revision nope): cannot be fetched from the Hub (404: no such revision)"
    assert message_of(source, tmp_path, revision="nope") == message


def test_a_server_that_never_answers(hub, impatient, source, tmp_path):
    hub.faults = [Fault("GET", "/revision/", silence, times=1000)]
    message = f"{source.name} (revision main): cannot be fetched from the Hub (no answer from {hub.endpoint} in time)"
    assert message_of(source, tmp_path, revision="main") == message
    assert impatient == [10, 20, 40]


def test_a_language_that_the_data_set_lacks(hub, client, tmp_path):
    message = f"{Data.name}, language qq (revision {COMMIT}): has no file qq/*.parquet"
    assert message_of(Data, tmp_path, language="qq") == message


def test_a_split_that_the_data_set_lacks(hub, client, tmp_path, data_files):
    hub.repositories[Data.key].files = {name: content for name, content in data_files.items() if "sw/test" not in name}
    assert "sw: a missing split in Hub's layout: test (" in message_of(Data, tmp_path)


def test_an_encoder_without_weights(hub, client, tmp_path, encoder_files):
    hub.repositories[Encoder.key].files = {"config.json": encoder_files["config.json"]}
    message = f"{Encoder.what}: has no file model*.safetensors or pytorch_model*.bin"
    assert message_of(Encoder, tmp_path) == message


def test_a_file_that_always_comes_altered(hub, client, source, tmp_path):
    hub.faults = [Fault("GET", f"/storage/{source.key}/{source.large}", altered, times=1000)]
    message = message_of(source, tmp_path)
    assert message.startswith(f"{source.what}: {constants.HF_HUB_CACHE}/")
    assert f"/snapshots/{COMMIT}/{source.large} is damaged; expected the content with the digest " in message
    assert len(hub.asked("GET", source.large)) == 2


def test_a_file_that_comes_truncated(hub, client, source, tmp_path):
    hub.faults = [Fault("GET", f"/storage/{source.key}/{source.large}", truncated)]
    size = len(files_of(hub, source)[source.large])
    message = f"(OSError: Consistency check failed: file should be of size {size} but has size {size // 2} "
    assert message in message_of(source, tmp_path)


# The cache


def cached(source) -> Path:
    (path,) = Path(constants.HF_HUB_CACHE).glob(f"*/snapshots/{COMMIT}/{source.large}")
    return path


def damage(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize("offline", [True, False])
def test_without_the_hub_the_cache_is_used(hub, client, source, tmp_path, monkeypatch, offline):
    source.fetch(tmp_path / "first")
    hub.stop()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    source.check(source.fetch(tmp_path / "second"), files_of(hub, source))
    assert not client


def test_offline_a_cache_that_another_program_filled_is_used(hub, client, source, tmp_path, monkeypatch):
    for name in files_of(hub, source):
        hf_hub_download(source.name, name, repo_type=source.kind, revision=COMMIT)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    source.check(source.fetch(tmp_path), files_of(hub, source))
    damage(cached(source))
    assert f"{cached(source)} is damaged" in message_of(source, tmp_path)


def test_offline_an_empty_cache_ends_in_one_line(hub, client, source, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    reason = f"HF_HUB_OFFLINE is set, and not all of it is in the cache {constants.HF_HUB_CACHE}"
    assert message_of(source, tmp_path) == f"{source.what}: cannot be fetched from the Hub ({reason})"
    assert not client and not hub.requests


def test_offline_a_cache_that_lacks_a_file_ends_in_one_line(hub, client, source, tmp_path, monkeypatch):
    source.fetch(tmp_path)
    cached(source).unlink()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    reason = f"HF_HUB_OFFLINE is set, and not all of it is in the cache {constants.HF_HUB_CACHE}"
    assert message_of(source, tmp_path) == f"{source.what}: cannot be fetched from the Hub ({reason})"


def test_offline_a_branch_is_not_resolved(hub, client, source, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    message = f"{source.name} (revision main): HF_HUB_OFFLINE is set; expected a commit, 40 hexadecimal digits"
    assert message_of(source, tmp_path, revision="main") == message


def test_a_file_damaged_in_the_cache_is_downloaded_again(hub, client, source, tmp_path):
    source.fetch(tmp_path / "first")
    damage(cached(source))
    source.check(source.fetch(tmp_path / "second"), files_of(hub, source))
    assert len(hub.asked("GET", source.large)) == 2


def test_offline_a_file_damaged_in_the_cache_ends_in_one_line(hub, client, source, tmp_path, monkeypatch):
    source.fetch(tmp_path)
    damage(cached(source))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    digest = cached(source).readlink().name
    message = f"{source.what}: {cached(source)} is damaged; expected the content with the digest {digest}"
    assert message_of(source, tmp_path) == message


def test_a_file_that_several_repositories_share_is_checked(hub, client, tmp_path):
    """With Xet, the file that is named by the digest is a link to one that is named by another."""
    Data.fetch(tmp_path / "first")
    file = cached(Data).resolve()
    shared = file.rename(tmp_path / ("0" * 64))
    file.symlink_to(shared)
    Data.check(Data.fetch(tmp_path / "second"), files_of(hub, Data))
    assert len(hub.asked("GET", Data.large)) == 1
    damage(shared)
    Data.check(Data.fetch(tmp_path / "third"), files_of(hub, Data))
    assert len(hub.asked("GET", Data.large)) == 2


def test_a_cache_without_links_is_used_and_said_to_be_unchecked(hub, client, source, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_SYMLINKS", True)
    source.check(source.fetch(tmp_path), files_of(hub, source))
    line = f"{cached(source)}: cannot be checked, because the cache has no digest of it\n"
    assert capsys.readouterr().out.count(line) == 1


def test_files_in_deeper_folders_are_not_wanted(hub, client):
    folder = download(Encoder.name, COMMIT, "model", ["*.json"], "it")
    assert {path.name for path in folder.iterdir()} == {"config.json", "tokenizer.json", "tokenizer_config.json"}
