"""The encoder, fine-tuning with pruning, and prediction.

A run turns an encoder and encoded sentences into a stored model, whose sparsity is counted from its file.
"""
