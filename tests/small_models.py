"""Small models with random weights, random encoded sentences, and the padded batches that packed ones must equal."""

import numpy as np
import torch
from ner_pruning.data.encoded_sentences import LOST, EncodedSentences
from ner_pruning.data.mentions import LABELS
from ner_pruning.study.schedules import Schedule
from ner_pruning.training.attention import PACKED_ATTENTION
from ner_pruning.training.finetune import Training
from ner_pruning.training.model import set_packing
from transformers import (
    BertConfig,
    BertForTokenClassification,
    DebertaV2Config,
    DebertaV2ForTokenClassification,
    ModernBertConfig,
    ModernBertForTokenClassification,
    XLMRobertaConfig,
    XLMRobertaForTokenClassification,
)

torch.set_num_threads(1)  # as in a run; tiny matrices gain nothing from more, which wait for each other

CPU = torch.device("cpu")
IGNORED = -100  # label of a position without loss in transformers


def tiny_model(family, attention=PACKED_ATTENTION, *, vocabulary=60, dropout=0.0, initializer_range=0.2):
    """A model with random weights, large enough for logits that differ between positions and sentences.

    It takes packed batches; with the attention "sdpa" or "eager", padded ones. "deberta-v2" takes padded ones alone.
    """
    sizes = {
        "vocab_size": vocabulary,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 48,
        "max_position_embeddings": 64,
        "initializer_range": initializer_range,
        "id2label": dict(enumerate(LABELS)),
        "label2id": {label: number for number, label in enumerate(LABELS)},
        "hidden_dropout_prob": dropout,
        "attention_probs_dropout_prob": dropout,
    }
    torch.manual_seed(0)
    if family == "bert":
        model = BertForTokenClassification(BertConfig(pad_token_id=0, **sizes))
    elif family == "modernbert":  # windows of 4 pieces on either side
        rates = {"attention_dropout": dropout, "embedding_dropout": dropout, "mlp_dropout": dropout}
        window = {"local_attention": 8, "global_attn_every_n_layers": 2}
        model = ModernBertForTokenClassification(ModernBertConfig(pad_token_id=3, **sizes, **rates, **window))
    elif family == "deberta-v2":
        sizes |= {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_biased_input": False}
        model = DebertaV2ForTokenClassification(DebertaV2Config(pad_token_id=0, type_vocab_size=0, **sizes))
        set_packing(model, False)
        return model
    else:
        model = XLMRobertaForTokenClassification(XLMRobertaConfig(pad_token_id=1, type_vocab_size=1, **sizes))
    model.set_attn_implementation(attention)
    return model


def random_sentences(lengths, all_lost=(), seed=0):
    """Sentences of random pieces; about one word in five is lost, and all words of the sentences `all_lost`."""
    random = np.random.default_rng(seed)
    firsts = []
    for number, length in enumerate(lengths):
        positions = np.sort(random.choice(np.arange(1, length), size=max(1, length // 2), replace=False))
        lost = np.full(len(positions), number in all_lost) | (random.random(len(positions)) < 0.2)
        firsts.append(np.where(lost, LOST, positions).astype(np.int16))
    words = [len(sentence) for sentence in firsts]
    return EncodedSentences(
        pieces=random.integers(4, 60, sum(lengths)).astype(np.int32),
        piece_offsets=np.concatenate([[0], np.cumsum(lengths)]),
        first_pieces=np.concatenate(firsts),
        tags=random.integers(0, len(LABELS), sum(words)).astype(np.int8),
        word_offsets=np.concatenate([[0], np.cumsum(words)]),
        digests=[str(number) for number in range(len(lengths))],
    )


def padded_inputs(sentences, chosen, padding):
    """The usual batch: a row a sentence, padded, a 2-D mask, and labels at the first pieces alone."""
    shape = (len(chosen), int(sentences.lengths[chosen].max()))
    pieces, mask = torch.full(shape, padding), torch.zeros(shape, dtype=torch.long)
    labels = torch.full(shape, IGNORED)
    for row, sentence in enumerate(chosen):
        start, end = sentences.piece_offsets[sentence : sentence + 2]
        pieces[row, : end - start] = torch.tensor(sentences.pieces[start:end].tolist())
        mask[row, : end - start] = 1
        for word in range(*sentences.word_offsets[sentence : sentence + 2]):
            if sentences.first_pieces[word] >= 0:
                labels[row, int(sentences.first_pieces[word])] = int(sentences.tags[word])
    return {"input_ids": pieces, "attention_mask": mask, "labels": labels}


def pruned_at(start, end, frequency):
    """The schedule of a run that is pruned after these steps."""
    return Schedule(epochs=1, batch_size=8, start=start, end=end, frequency=frequency)


def make_training(epochs, learning_rate):
    """The paper's training at batch size 8 with other epochs and another learning rate."""
    return Training(
        epochs=epochs,
        batch_size=8,
        learning_rate=learning_rate,
        learning_rate_schedule="linear",
        warmup_steps=0,
        weight_decay=0.0,
        gradient_clipping=1.0,
        adam_beta1=0.9,
        adam_beta2=0.999,
        adam_epsilon=1e-8,
        precision="fp32",
    )
