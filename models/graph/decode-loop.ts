// A block of decode steps as one graph: an ONNX Loop whose state is the last token and the block's own keys and values. What
// came before is constant input: the prompts' keys and values, which all sequences of a prompt share, and those of the
// sequences' earlier blocks. Attention runs over the three parts with one softmax. Out come token ids and the block's keys
// and values. Every row's result is a function of that row: products give each row the same bits at any number of rows, and
// the prompt part, the only one that is padded, stands last, so that what is masked is added after everything else.
import { attentionBiases, type Heads, queryKeyNorm, splitHeads } from './decode-heads.ts';
import { type BuiltGraph, buildModel, type GraphBuilder, graph, type Value } from './graph-builder.ts';
