import { describe, expect, it } from 'vitest';
import { type OpeningRequest, refuseBeyondMemory } from '../../models/opening-memory.ts';

describe('refuseBeyondMemory', () => {
  // 1.8 billion weights, published in bfloat16.
  const model: OpeningRequest = { where: '/models/big', sizeBytes: 3.6e9, weightBytes: 2, precision: 'float32' };

  it.each([
    ['float32', 14.4e9],
    ['float16', 14.4e9],
    ['int8', 36e9],
    ['int4', 36e9],
  ] as const)('opens %s where the machine holds what that takes, and not below', (precision, needed) => {
    expect(() => refuseBeyondMemory({ ...model, precision }, needed)).not.toThrow();
    expect(() => refuseBeyondMemory({ ...model, precision }, needed - 1)).toThrow(`at precision ${precision}`);
  });

  it('maps float32 weights and packs them: 4 bytes each', () => {
    const published = { ...model, sizeBytes: 7.2e9, weightBytes: 4 } as const;
    expect(() => refuseBeyondMemory(published, 7.2e9)).not.toThrow();
  });

  it('says what to do instead', () => {
    expect(() => refuseBeyondMemory({ ...model, precision: 'int8' }, 25.3e9)).toThrow(
      '/models/big: opening its weights at precision int8 takes about 36.0 GB, this machine has 25.3 GB; take float32, or a smaller model, or a worker with more memory',
    );
  });
});
