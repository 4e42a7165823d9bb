"""The encoder, fine-tuning with pruning, and prediction.

A run goes from an encoder and encoded sentences to a stored model whose sparsity is counted from its file.
"""
