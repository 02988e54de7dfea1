// How many shards of one queue a run keeps in flight. Nodes that share a queue share its window; a child workflow, which
// fans out by itself, takes the whole of it.
import { condition } from '@temporalio/workflow';

/**
 * Workers take one ONNX shard at a time. Four in flight keep a next one waiting at the queue, so that no worker idles for a
 * round trip, and let up to four workers share a run, while a cancelled run has little to call back.
 */
export const DEFAULT_CONCURRENCY = 4;

export interface Window {
  limit: number;
  /** Shards in flight, not counting those of a child. */
  shards: number;
  /** A child holds the window. */
  held: boolean;
}

export function openWindow(limit: number): Window {
  return { limit, shards: 0, held: false };
}

/** Resolves true with one more shard in flight, or false as soon as `given up` says that nobody wants it any more. */
export async function enterShard(window: Window, givenUp: () => boolean): Promise<boolean> {
  const room = () => !window.held && window.shards < window.limit;
  // Again after every wake-up: of two waiters that saw the same room one takes it.
  while (!givenUp()) {
    if (room()) {
      window.shards++;
      return true;
    }
    await condition(() => givenUp() || room());
  }
  return false;
}

/** The same for a child, which needs the window to itself. */
export async function enterChild(window: Window, givenUp: () => boolean): Promise<boolean> {
  const free = () => !window.held && window.shards === 0;
  while (!givenUp()) {
    if (free()) {
      window.held = true;
      return true;
    }
    await condition(() => givenUp() || free());
  }
  return false;
}
