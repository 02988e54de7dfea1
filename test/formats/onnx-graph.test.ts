// Graphs that no runtime should see: each is one line that names the file and the place.
import { describe, expect, it } from 'vitest';
import { checkedGraph, valuesRead } from '../../formats/onnx-graph.ts';
import { decodeModel, encodeModel, type GraphProto, type ModelProto, type NodeProto, type TensorProto } from '../../formats/onnx-proto.ts';
import { UserError } from '../../formats/user-error.ts';

const node = (opType: string, input: string[], output: string[], more: Partial<NodeProto> = {}): NodeProto => ({
  name: `${opType} of ${output}`,
  opType,
  input,
  output,
  ...more,
});
const x = { name: 'x' };
const check = (graph: GraphProto, model: Partial<ModelProto> = {}) =>
  checkedGraph(decodeModel(encodeModel({ opsetImport: [{ version: 18 }], graph, ...model }), 'a.onnx'), 'a.onnx');
const orderOf = (graph: GraphProto) => check(graph).node!.map(({ output }) => output![0]);
const withTensor = (tensor: TensorProto) => ({ initializer: [{ name: 'w', ...tensor }] });

describe('a foreign graph', () => {
  it('keeps the order of its nodes where they can run in it, and is sorted where not', () => {
    const [a, b, c] = [node('Neg', ['x'], ['a']), node('Neg', ['x'], ['b']), node('Add', ['a', 'b'], ['c'])];
    expect(orderOf({ input: [x], node: [b, a, c] })).toEqual(['b', 'a', 'c']);
    expect(orderOf({ input: [x], node: [c, b, a] })).toEqual(['b', 'a', 'c']);
  });

  it('waits for what the graphs inside its nodes read', () => {
    const branch = { node: [node('Neg', ['a'], ['inner'])], output: [{ name: 'inner' }] };
    const choice = node('If', ['x'], ['chosen'], { attribute: [{ name: 'then_branch', type: 5, g: branch }] });
    expect(valuesRead(choice)).toEqual(['x', 'a']);
    expect(orderOf({ input: [x], node: [choice, node('Neg', ['x'], ['a'])] })).toEqual(['a', 'chosen']);
  });

  it.each<[string, GraphProto, string]>([
    [
      'a cycle',
      { input: [x], node: [node('Neg', ['c'], ['out']), node('Add', ['x', 'b'], ['c']), node('Neg', ['c'], ['b'])] },
      'the graph has a cycle: node Add of c waits for its own output c',
    ],
    ['a node that reads itself', { node: [node('Neg', ['a'], ['a'])] }, 'the graph has a cycle: node Neg of a waits'],
    [
      'a value made twice',
      { input: [x], node: [node('Neg', ['x'], ['a']), node('Abs', ['x'], ['a'])] },
      'node Abs of a makes a, which is made already',
    ],
    ['an input made again', { input: [x], node: [node('Neg', ['x'], ['x'])] }, 'node Neg of x makes x, which is made already'],
    ['a value that nothing makes', { input: [x], node: [node('Neg', ['y'], ['a'])] }, 'node Neg of a reads y, which nothing makes'],
    ['an output that nothing makes', { input: [x], output: [{ name: 'z' }] }, 'graph.output z is a value that nothing makes'],
    [
      'a domain of its own',
      { input: [x], node: [node('Neg', ['x'], ['a'], { domain: 'evil' })] },
      'graph.node[0] (Neg of a): domain evil of Neg is unknown; known are ai.onnx and com.microsoft',
    ],
    ['a node that reads files', { node: [node('EPContext', [], ['a'], { domain: 'com.microsoft' })] }, 'EPContext reads other files'],
    ['a node without an operator', { node: [{ name: 'n', output: ['a'] }] }, 'graph.node[0] (n): op_type is empty'],
    ['sparse weights', { sparseInitializer: [{}] }, 'graph.sparse_initializer is not supported'],
    [
      'more data than its dims say',
      withTensor({ dataType: 1, dims: [2], rawData: new Uint8Array(12) }),
      'tensor w has raw_data of 12 bytes, its dims need 8',
    ],
    ['no data', withTensor({ dataType: 1, dims: [2] }), 'tensor w has no data, its dims need 8 bytes'],
    [
      'absurd dims',
      withTensor({ dataType: 1, dims: [2 ** 40, 2 ** 40], rawData: new Uint8Array(8) }),
      'elements in dims [1099511627776, 1099511627776], which no file holds',
    ],
    ['a type that does not exist', withTensor({ dataType: 99, dims: [1] }), 'tensor w has data_type 99, which ONNX does not know'],
    [
      'control characters in a name',
      { input: [x], node: [node('Neg', ['\u001b[2J\n'], ['a'])] },
      'node Neg of a reads ?[2J?, which nothing makes',
    ],
  ])('with %s is refused', (_, graph, message) => {
    expect(() => check(graph)).toThrow(UserError);
    expect(() => check(graph)).toThrow(message);
    expect(() => check(graph)).toThrow(/^a\.onnx: [^\n]*$/);
  });

  it('of another domain, or with functions of its own, is refused', () => {
    expect(() => check({}, { opsetImport: [{ domain: 'evil', version: 1 }] })).toThrow('opset_import asks for the domain evil');
    expect(() => check({}, { functions: [{ name: 'f' }] })).toThrow('has 1 local functions');
  });

  it('that nests too deep is refused, inside too', () => {
    const nested = (depth: number): GraphProto => ({
      node:
        depth === 0
          ? [node('Neg', ['nowhere'], ['a'])]
          : [node('If', [], [`a${depth}`], { attribute: [{ name: 'g', type: 5, g: nested(depth - 1) }] })],
    });
    expect(() => check(nested(3))).toThrow('reads nowhere, which nothing makes');
    expect(() => check(nested(12))).toThrow('graphs are nested deeper than 8');
  });
});
