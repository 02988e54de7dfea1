// A function of @stdlib, loaded at its first call: each is hundreds of small modules, and most commands never need one.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The function that a CommonJS package is. Node keeps what it has loaded. */
export function libraryFunction<Loaded>(name: `@stdlib/${string}`): Loaded {
  return require(name) as Loaded;
}
