"""Their side: `transformers.Trainer` as its documentation has it for token classification."""

import time
from collections.abc import Sequence
from tempfile import TemporaryDirectory

import numpy as np
import torch
from common import SEED, TrainedRun, Work, take_order
from ner_pruning.data.encoded_sentences import LOST, EncodedSentences, read_encoded
from ner_pruning.data.mentions import LABELS
from ner_pruning.terms import DENSE, parse_variant
from ner_pruning.training.checkpoint import peak_memory_bytes
from ner_pruning.training.model import DROPOUT_KEYS, HEAD_DROPOUT_KEYS, IGNORED, choose_device, first_position
from ner_pruning.training.pruning import prunable_matrices
from torch import nn
from torch.nn.utils import prune
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    DataCollatorWithFlattening,
    PreTrainedModel,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)


class StepLog(TrainerCallback):
    """Notes when each step ended, and its loss, from what the trainer logs."""

    def __init__(self):
        self.times, self.losses = [], []

    def on_train_begin(self, args, state, control, **kwargs):
        self.times.append(time.perf_counter())

    def on_log(self, args, state, control, logs, **kwargs):
        if "loss" in logs:
            self.times.append(time.perf_counter())
            self.losses.append(logs["loss"])


class PruneOnce(TrainerCallback):
    """Prunes a model with torch.nn.utils.prune after its second step, and makes that permanent after the last one."""

    def __init__(self, model: PreTrainedModel, variant: str):
        scope, sparsity = parse_variant(variant)
        self.modules = matrix_modules(model, scope)
        self.share = sparsity / 100

    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == 2:
            for module in self.modules:
                prune.l1_unstructured(module, "weight", self.share)

    def on_train_end(self, args, state, control, **kwargs):
        for module in self.modules:
            prune.remove(module, "weight")


def train(
    work: Work, steps: int, padding: str = "longest", variant: str = DENSE, *, precision: str = "fp32"
) -> TrainedRun:
    """Fine-tune on the batches that ours takes, and save the model in a folder that goes again.

    padding: longest (of the batch), max_length, or flattened (`Flattened`). A variant is pruned per matrix after the
    second step. precision: fp32 or bf16, which is the trainer's autocast.
    """
    torch.set_num_threads(work.finetuning["threads"])
    model, log = load_model(work), StepLog()
    pruning = [PruneOnce(model, variant)] if variant != DENSE else []
    sentences = read_encoded(work.train_path(steps))
    with TemporaryDirectory(dir=work.folder) as folder:
        trainer = Trainer(
            model,
            make_arguments(work, folder, bf16=precision == "bf16"),
            train_dataset=make_rows(sentences, take_order(len(sentences))),
            data_collator=Flattened(model) if padding == "flattened" else make_collator(work, padding),
            callbacks=[log, *pruning],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        trainer.save_model()
    return TrainedRun(
        seconds=np.diff(log.times),
        losses=np.array(log.losses),
        precision=precision,
        peak_bytes=peak_memory_bytes(torch.device("cpu")),
    )


def make_arguments(work: Work, folder: str, **others) -> TrainingArguments:
    """Return the arguments of a trainer, with others than these; what the study has a value for is as there."""
    values = work.finetuning
    return TrainingArguments(
        folder,
        per_device_train_batch_size=work.batch_size,
        num_train_epochs=values["epochs"],
        learning_rate=values["learning_rate"],
        lr_scheduler_type=values["learning_rate_schedule"],
        warmup_steps=values["warmup_steps"],
        weight_decay=values["weight_decay"],
        max_grad_norm=values["gradient_clipping"],
        adam_beta1=values["adam_beta1"],
        adam_beta2=values["adam_beta2"],
        adam_epsilon=values["adam_epsilon"],
        use_cpu=choose_device(values["device"]).type == "cpu",
        train_sampling_strategy="sequential",
        seed=SEED,
        logging_steps=1,  # as ours does, which waits for the device in every step
        save_strategy="no",
        dataloader_pin_memory=torch.cuda.is_available(),
        report_to="none",
        disable_tqdm=True,
        **others,
    )


def load_model(work: Work) -> PreTrainedModel:
    """Return the encoder with a new head and the study's dropout, as anyone loads it; the head is that of ours."""
    config = AutoConfig.from_pretrained(work.encoder, num_labels=len(LABELS), trust_remote_code=False)
    for key in DROPOUT_KEYS + HEAD_DROPOUT_KEYS:
        if hasattr(config, key):
            setattr(config, key, work.finetuning["dropout"])
    torch.manual_seed(SEED)
    return AutoModelForTokenClassification.from_pretrained(work.encoder, config=config, trust_remote_code=False)


def make_collator(work: Work, padding: str = "longest") -> DataCollatorForTokenClassification:
    """Return the collator that pads a batch to its longest sentence, or to the maximum length."""
    tokenizer = AutoTokenizer.from_pretrained(work.encoder, trust_remote_code=False)
    return DataCollatorForTokenClassification(tokenizer, padding=padding, max_length=work.finetuning["max_length"])


class Flattened(DataCollatorWithFlattening):
    """Lays the sentences of a batch end to end in one row, with a mask by which each sees itself alone.

    Encoders of transformers take this mask as it is. Without it they attend across sentences, except with
    FlashAttention, which needs a GPU.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(position_ids_start=first_position(model), return_seq_idx=True)

    def __call__(self, features, return_tensors=None, separator_id=None):
        batch = super().__call__(features, return_tensors, separator_id)
        sentence = batch.pop("seq_idx")[0]
        batch["attention_mask"] = (sentence[:, None] == sentence)[None, None]
        return batch


def make_rows(sentences: EncodedSentences, order: Sequence[int]) -> list[dict[str, list[int]]]:
    """Return the rows of a trainer's data set: piece ids, mask, and labels, which stand at each word's first piece."""
    rows = []
    for sentence in order:
        pieces = sentences.pieces[slice(*sentences.piece_offsets[sentence : sentence + 2])]
        words = slice(*sentences.word_offsets[sentence : sentence + 2])
        firsts, tags = sentences.first_pieces[words], sentences.tags[words]
        labels = np.full(len(pieces), IGNORED)
        labels[firsts[firsts != LOST]] = tags[firsts != LOST]
        rows.append({"input_ids": pieces.tolist(), "attention_mask": [1] * len(pieces), "labels": labels.tolist()})
    return rows


def matrix_modules(model: PreTrainedModel, scope: str) -> list[nn.Module]:
    """Return the modules whose weights a scope prunes."""
    return [model.get_submodule(name.removesuffix(".weight")) for name in prunable_matrices(model, scope)]
