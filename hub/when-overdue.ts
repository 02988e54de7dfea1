// A limit of time for what may come late. A process that was stopped for a while (Ctrl-Z, a paused container) hears its timers
// before what has come meanwhile: counted in parts, its pause is one part.
const PARTS = 10;

/** Calls `act` once `limitMs` are over, and gives what calls that off. */
export function whenOverdue(limitMs: number, act: () => void): () => void {
  let parts = 0;
  const timer = setInterval(() => {
    if (++parts < PARTS) return;
    clearInterval(timer);
    act();
  }, limitMs / PARTS);
  return () => clearInterval(timer);
}
