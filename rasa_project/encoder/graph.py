"""Writes all-MiniLM-L6-v2 as one ONNX graph, from the safetensors weights of a package.

Architecture: BERT (Devlin et al. 2019, https://arxiv.org/abs/1810.04805) with 6 layers; mean pooling over the attention mask and
L2 normalisation as in Sentence-BERT (Reimers and Gurevych 2019, https://arxiv.org/abs/1908.10084).
"""

import math
import os
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple, Union

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17  # the first with LayerNormalization


class _GraphWriter:
    """Collects nodes and constants; every method returns the name of the tensor that it makes."""

    def __init__(self, weights: Dict[str, np.ndarray]) -> None:
        self._weights = weights
        self.nodes: List[onnx.NodeProto] = []
        self.constants: Dict[str, Any] = {}

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name: str, value: "np.ndarray | np.generic") -> str:
        self.constants[name] = value
        return name

    def weight(self, name: str, transpose: bool = False) -> str:
        value = self._weights[name].astype(np.float32)
        return self.constant(name, np.ascontiguousarray(value.T) if transpose else value)

    def linear(self, x: str, layer: str) -> str:
        return self.op("Add", self.op("MatMul", x, self.weight(f"{layer}.weight", transpose=True)), self.weight(f"{layer}.bias"))

    def layer_norm(self, x: str, layer: str, epsilon: float) -> str:
        return self.op("LayerNormalization", x, self.weight(f"{layer}.weight"), self.weight(f"{layer}.bias"), axis=-1, epsilon=epsilon)

    def gelu(self, x: str) -> str:
        half, one = self.constant("half", np.float32(0.5)), self.constant("one", np.float32(1))
        erf = self.op("Erf", self.op("Mul", x, self.constant("inverse_sqrt2", np.float32(1 / math.sqrt(2)))))
        return self.op("Mul", self.op("Mul", x, half), self.op("Add", erf, one))


def _ints(values: Sequence[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def _embeddings(g: _GraphWriter, epsilon: float) -> str:
    length = g.op("Gather", g.op("Shape", "input_ids"), g.constant("index_1", np.int64(1)))
    positions = g.op("Range", g.constant("zero", np.int64(0)), length, g.constant("step", np.int64(1)))
    words = g.op("Gather", g.weight("embeddings.word_embeddings.weight"), "input_ids")
    places = g.op("Gather", g.weight("embeddings.position_embeddings.weight"), positions)
    sentence_a = g.constant("sentence_a", g._weights["embeddings.token_type_embeddings.weight"][0].astype(np.float32))
    return g.layer_norm(g.op("Add", g.op("Add", words, places), sentence_a), "embeddings.LayerNorm", epsilon)


def _attention(g: _GraphWriter, x: str, mask_bias: str, layer: str, heads: int, hidden: int) -> str:
    split = g.constant("split_heads", _ints([0, 0, heads, hidden // heads]))

    def projected(name: str, permutation: Sequence[int]) -> str:
        return g.op("Transpose", g.op("Reshape", g.linear(x, f"{layer}.self.{name}"), split), perm=list(permutation))

    query, key, value = projected("query", (0, 2, 1, 3)), projected("key", (0, 2, 3, 1)), projected("value", (0, 2, 1, 3))
    scores = g.op("Mul", g.op("MatMul", query, key), g.constant("scale", np.float32(1 / math.sqrt(hidden // heads))))
    mixed = g.op("MatMul", g.op("Softmax", g.op("Add", scores, mask_bias), axis=-1), value)
    merged = g.op("Reshape", g.op("Transpose", mixed, perm=[0, 2, 1, 3]), g.constant("merge_heads", _ints([0, 0, hidden])))
    return g.linear(merged, f"{layer}.output.dense")


def _pooled(g: _GraphWriter, x: str, mask: str) -> str:
    weights = g.op("Unsqueeze", mask, g.constant("last_axis", _ints([-1])))
    total = g.op("ReduceSum", g.op("Mul", x, weights), g.constant("axis_1", _ints([1])), keepdims=0)
    count = g.op("ReduceSum", mask, "axis_1", keepdims=1)
    return g.op("LpNormalization", g.op("Div", total, count), axis=-1, p=2)


def _encoded(g: _GraphWriter, config: Dict[str, int]) -> Tuple[str, str]:
    """The token states after the last layer, (batch, tokens, hidden), and the mask as floats, (batch, tokens)."""
    heads, hidden, epsilon = config["num_attention_heads"], config["hidden_size"], config["layer_norm_eps"]
    mask = g.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    hidden_positions = g.op("Mul", g.op("Sub", mask, g.constant("one", np.float32(1))), g.constant("large", np.float32(1e9)))
    mask_bias = g.op("Unsqueeze", hidden_positions, g.constant("head_and_query_axes", _ints([1, 2])))
    x = _embeddings(g, epsilon)
    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        attended = _attention(g, x, mask_bias, f"{layer}.attention", heads, hidden)
        x = g.layer_norm(g.op("Add", x, attended), f"{layer}.attention.output.LayerNorm", epsilon)
        expanded = g.gelu(g.linear(x, f"{layer}.intermediate.dense"))
        x = g.layer_norm(g.op("Add", x, g.linear(expanded, f"{layer}.output.dense")), f"{layer}.output.LayerNorm", epsilon)
    return x, mask


def _save(g: _GraphWriter, name: str, outputs: Dict[str, Sequence[Union[str, int]]], path: Path) -> None:
    graph = helper.make_graph(
        g.nodes,
        name,
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, list(shape)) for output, shape in outputs.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in g.constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    # Written aside and renamed, so that a second process never reads half a file.
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".onnx")
    os.close(handle)
    onnx.save(model, unfinished)
    os.replace(unfinished, path)


def write_embedding_graph(weights: Dict[str, np.ndarray], config: Dict[str, int], path: Path) -> None:
    """Writes the sentence encoder to ``path``.

    Inputs ``input_ids`` and ``attention_mask``: int64, (batch, tokens). Output ``embedding``: float32, (batch, hidden), of length 1.

    Args:
        weights: the tensors of ``model.safetensors`` by name.
        config: ``config.json`` of the model.
    """
    g = _GraphWriter(weights)
    x, mask = _encoded(g, config)
    g.nodes.append(helper.make_node("Identity", [_pooled(g, x, mask)], ["embedding"]))
    _save(g, "sentence_encoder", {"embedding": ["batch", config["hidden_size"]]}, path)


def write_classifier_graph(weights: Dict[str, np.ndarray], config: Dict[str, int], path: Path) -> None:
    """Writes the encoder with a multi-label head: each label pools the tokens by an attention of its own.

    Inputs as above. Outputs ``logits``: float32, (batch, labels), and ``attention``: float32, (batch, tokens, labels), each label's weights
    summing to 1 over the tokens.

    Args:
        weights: the encoder's tensors, and ``head.attention`` (hidden, labels), ``head.output`` (labels, hidden), ``head.bias`` (labels,).
        config: ``config.json`` of the model.
    """
    g = _GraphWriter(weights)
    x, mask = _encoded(g, config)
    labels = len(weights["head.bias"])
    absent = g.op("Unsqueeze", g.op("Mul", g.op("Sub", mask, "one"), "large"), g.constant("last_axis", _ints([-1])))
    attention = g.op("Softmax", g.op("Add", g.op("MatMul", x, g.weight("head.attention")), absent), axis=1)
    pooled = g.op("MatMul", g.op("Transpose", attention, perm=[0, 2, 1]), x)
    weighted = g.op("ReduceSum", g.op("Mul", pooled, g.weight("head.output")), "last_axis", keepdims=0)
    g.nodes.append(helper.make_node("Add", [weighted, g.weight("head.bias")], ["logits"]))
    g.nodes.append(helper.make_node("Identity", [attention], ["attention"]))
    _save(g, "classifier", {"logits": ["batch", labels], "attention": ["batch", "tokens", labels]}, path)
