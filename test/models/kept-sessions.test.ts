// Which sessions are opened, used again and closed, by the graphs' digests.
import { beforeEach, describe, expect, it } from 'vitest';
import { keepSessions } from '../../models/kept-sessions.ts';

const bytes = new Uint8Array();
let events: string[];
beforeEach(() => {
  events = [];
});
const keep = (capacity: number) =>
  keepSessions(async ({ digest }) => {
    if (digest === 'broken') throw new Error('cannot be loaded');
    events.push(`open ${digest}`);
    return { run: async () => ({}), close: async () => void events.push(`close ${digest}`) };
  }, capacity);
const use = async (kept: ReturnType<typeof keep>, digest: string): Promise<void> => (await kept.open({ bytes, digest })).close();

describe('kept sessions', () => {
  it('are used again by the same graph', async () => {
    const kept = keep(2);
    for (const digest of ['prefill', 'loop', 'prefill', 'loop']) await use(kept, digest);
    expect(events).toEqual(['open prefill', 'open loop']);
  });

  it('make room for another, the longest unused first', async () => {
    const kept = keep(2);
    for (const digest of ['a', 'b', 'a', 'c', 'a']) await use(kept, digest);
    expect(events).toEqual(['open a', 'open b', 'close b', 'open c']);
  });

  it('are closed before the next is opened where there is room for one', async () => {
    const kept = keep(1);
    await use(kept, 'a');
    await use(kept, 'b');
    expect(events).toEqual(['open a', 'close a', 'open b']);
  });

  it('never serve two users at once, and one given back twice is given back once', async () => {
    const kept = keep(2);
    const [first, second] = [await kept.open({ bytes, digest: 'a' }), await kept.open({ bytes, digest: 'a' })];
    await first.close();
    await first.close();
    await second.close();
    expect(events).toEqual(['open a', 'open a', 'close a']);
  });

  it('leave nothing behind when they are closed, or cannot be opened', async () => {
    const kept = keep(1);
    await expect(kept.open({ bytes, digest: 'broken' })).rejects.toThrow('cannot be loaded');
    await use(kept, 'a');
    await kept.closeIdle();
    expect(events).toEqual(['open a', 'close a']);
  });
});
