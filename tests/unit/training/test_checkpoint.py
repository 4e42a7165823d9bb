import pytest
import torch
from ner_pruning.files import InputError, file_digest
from ner_pruning.training.checkpoint import BITS, KEPT, VALUES, read_weights, save_run, stored_sparsity
from ner_pruning.training.pruning import Block, Matrix, prune_smallest
from ner_pruning.training.vocabulary import trim_vocabulary
from safetensors import safe_open
from small_models import tiny_model
from zstandard import ZstdDecompressor

WORDS = "bert.embeddings.word_embeddings.weight"
QUERY = "bert.encoder.layer.0.attention.self.query.weight"


def store(folder, sparsity=0.0, scope="full", used=range(0, 60, 3)):
    """Store a model whose query matrix and, under full, whose word embedding are pruned; return its weights, whole."""
    model = tiny_model("bert")
    model.get_input_embeddings().weight.data[0] = 0.5  # the padding piece's, which is 0
    model.base_model.save_pretrained(folder)
    weights = {name: weight.clone() for name, weight in model.state_dict().items()}
    vocabulary, _ = trim_vocabulary(model, torch.tensor(used).numpy(), keep_rest=scope == "full")
    words = model.get_input_embeddings().weight.data
    words.mul_(2)
    query = Block(model.get_parameter(QUERY).data)
    prune_smallest([Matrix(QUERY, [query])], round(sparsity * 32 * 32))
    rest = vocabulary.rest
    if scope == "full":
        blocks = [Block(words, vocabulary.used), Block(vocabulary.rest, vocabulary.unused)]
        prune_smallest([Matrix(WORDS, blocks)], round(sparsity * 60 * 32))
    else:
        rest = weights[WORDS][vocabulary.unused]
    weights[QUERY] = query.weight.clone()
    weights[WORDS][vocabulary.used], weights[WORDS][vocabulary.unused] = words, rest
    save_run(model, vocabulary, file_digest(folder / "model.safetensors"), folder / "weights", folder / "run.json")
    return weights


@pytest.mark.parametrize("scope", ["partial", "full"])
@pytest.mark.parametrize("sparsity", [0.0, 0.02, 0.5, 0.9, 1.0])
def test_a_stored_run_comes_back_bit_for_bit(tmp_path, sparsity, scope):
    expected = store(tmp_path, sparsity, scope)
    weights = dict(read_weights(tmp_path / "weights", tmp_path))
    assert weights.keys() == expected.keys()
    for name, weight in weights.items():
        assert torch.equal(weight.view(torch.int32), expected[name].view(torch.int32)), name
    zeros = {count["matrix"]: count["zeros"] for count in stored_sparsity(weights.items(), [QUERY], "bert")}
    assert zeros[QUERY] == round(sparsity * 32 * 32)
    assert zeros[WORDS] == (round(sparsity * 60 * 32) if scope == "full" else 0)


def test_zeros_cost_a_bit_and_rows_of_the_encoder_nothing_or_a_bit(tmp_path):
    sizes = {}
    for scope, sparsity in (("partial", 0.02), ("partial", 0.5), ("full", 0.5)):
        store(tmp_path, sparsity, scope)
        plain = tmp_path / "plain"
        with open(tmp_path / "weights", "rb") as source, open(plain, "wb") as target:
            ZstdDecompressor().copy_stream(source, target)
        with safe_open(plain, framework="pt") as stored:
            sizes[scope, sparsity] = {key: stored.get_tensor(key).nbytes for key in stored.keys()}  # noqa: SIM118
    assert sizes["partial", 0.02][QUERY] == 4 * 32 * 32  # the bits would cost more than the zeros
    assert QUERY not in sizes["partial", 0.5]
    assert (sizes["partial", 0.5][QUERY + BITS], sizes["partial", 0.5][QUERY + VALUES]) == (32 * 32 // 8, 4 * 16 * 32)
    assert sizes["partial", 0.5][WORDS] == 4 * 20 * 32
    assert WORDS + KEPT not in sizes["partial", 0.5]
    assert sizes["full", 0.5][WORDS + KEPT] == 40 * 32 // 8


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-9], lambda data: data[:300] + b"\0" + data[301:], lambda data: b""]
)
def test_a_damaged_file_is_refused_in_one_line(tmp_path, damage):
    store(tmp_path)
    path = tmp_path / "weights"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=f"^{path}: damaged") as error:
        dict(read_weights(path, tmp_path))
    assert "\n" not in str(error.value)


def test_another_encoder_is_refused(tmp_path):
    store(tmp_path)
    (tmp_path / "other").mkdir()
    tiny_model("bert", vocabulary=61).base_model.save_pretrained(tmp_path / "other")
    with pytest.raises(InputError, match=f"{tmp_path}/weights: was trained from another encoder than {tmp_path}/other"):
        dict(read_weights(tmp_path / "weights", tmp_path / "other"))


def test_a_pruned_matrix_that_is_not_stored_is_refused(tmp_path):
    with pytest.raises(InputError, match="has no matrix nowhere.weight"):
        stored_sparsity(store(tmp_path).items(), ["nowhere.weight"], "bert")
