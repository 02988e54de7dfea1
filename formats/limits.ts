// What a foreign file may at most ask for: named numbers, each far above any real model or table, checked before memory
// is taken. In front of them stand the physical bounds (no length inside a file exceeds the file).

/** Safetensors header; the reference implementation has the same limit. Real ones stay below 1 MiB. */
export const MAX_SAFETENSORS_HEADER_BYTES = 100_000_000;

/** Tensors of one file. The largest published mixtures of experts have some 100,000 over all their shards. */
export const MAX_TENSORS = 1_000_000;

/** Dimensions of one tensor: safetensors files hold at most 5 or so in practice. */
export const MAX_TENSOR_DIMENSIONS = 16;

/** GGUF: metadata and tensor infos together. A vocabulary of 262,144 tokens with its merges takes 12 MB. */
export const MAX_GGUF_HEADER_BYTES = 512_000_000;

/** GGUF: metadata fields. Real files have 20 to 60. */
export const MAX_GGUF_FIELDS = 100_000;

/** GGUF: elements of one metadata array. Vocabularies end near 300,000, their merges near 600,000. */
export const MAX_GGUF_ARRAY_LENGTH = 10_000_000;

/** GGUF: one string. Chat templates stay below 100 kB. */
export const MAX_GGUF_STRING_BYTES = 16_000_000;

/** GGUF: arrays of arrays; no published file nests deeper than 2. */
export const MAX_GGUF_ARRAY_DEPTH = 4;

/** GGUF: ggml's own number of dimensions. */
export const MAX_GGUF_DIMENSIONS = 4;

/** GGUF: alignment of the tensor data; 32 by default, a page or two at most. */
export const MAX_GGUF_ALIGNMENT = 65_536;

/** ONNX: nodes of one graph. An export of an 80-layer model with plain attention has some 25,000. */
export const MAX_ONNX_NODES = 500_000;

/** ONNX: graphs inside graphs (If, Loop, Scan); exporters write 2 or 3. */
export const MAX_ONNX_GRAPH_DEPTH = 8;

/** ONNX: protobuf's own limit of a message; larger models keep their weights in a file beside. */
export const MAX_ONNX_BYTES = 2 ** 31 - 1;
