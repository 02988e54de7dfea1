// Preloaded into a command: at its end, one line on stderr names the packages that it has loaded, by themselves or in a part of
// the bundled command, where a comment stands over every module.
import { readFileSync, writeSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';

const hook = `
let port;
export const initialize = (data) => void (port = data.port);
export async function load(url, context, next) {
  port.postMessage(url);
  return next(url, context);
}`;
const { port1, port2 } = new MessageChannel();
register(`data:text/javascript,${encodeURIComponent(hook)}`, { data: { port: port2 }, transferList: [port2] });

process.on('exit', () => {
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  for (let next = receiveMessageOnPort(port1); next !== undefined; next = receiveMessageOnPort(port1)) loaded.push(next.message);
  const bundled = loaded
    .filter((path) => path.includes('/dist/command/'))
    .flatMap((url) => readFileSync(new URL(url), 'utf8').match(/^\/\/ .*\/?node_modules\/.*$/gm) ?? []);
  const packages = [...loaded, ...bundled].flatMap((path) => /.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  writeSync(2, `loaded: ${[...new Set(packages)].sort().join(' ')}\n`);
});
