import { expect, it } from 'vitest';
import { tensorsType } from '../../artifacts/codecs.ts';

it('decodes tensors from a Node Buffer as from a plain array of bytes', async () => {
  const type = tensorsType('pair', 'two tensors');
  const value = { a: Float32Array.of(1, 2, 3), b: Float64Array.of(0.1) };
  // A store hands out what readFile gives: a Buffer, whose slice() is a view.
  expect(type.decode(Buffer.from(await type.encode(value)))).toEqual(value);
});
