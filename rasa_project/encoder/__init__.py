"""Sentence embeddings on ONNX Runtime, from weights that a package ships."""
