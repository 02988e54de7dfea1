// Preloaded into the product's own processes (NODE_OPTIONS=--import): an audit of the units that were begun (their lease was
// created) and put (their manifest was renamed into place), and a disk that is full, or that writes other bits than it was
// given, as long as the file `full` or `corrupt` lies beside the audit.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const folder = process.env.CHAOS_FOLDER;
const { open, rename } = fs.promises;

const note = (event, key) => fs.appendFileSync(join(folder, 'audit'), `${Date.now()} ${process.pid} ${event} ${key}\n`);
const isOn = (fault) => fs.existsSync(join(folder, fault));
const unitOf = (path, ending) => new RegExp(`/manifests/../([0-9a-f]+)\\${ending}$`).exec(`${path}`)?.[1];

fs.promises.open = async (path, flags, ...more) => {
  const handle = await open(path, flags, ...more);
  if (flags !== 'wx') return handle;
  const unit = unitOf(path, '.lease');
  if (unit !== undefined) note('begin', unit);
  if (isOn('full')) handle.writeFile = fillDisk(handle);
  else if (isOn('corrupt') && `${path}`.includes('/objects/')) handle.writeFile = flipBit(handle);
  return handle;
};

fs.promises.rename = async (from, to) => {
  await rename(from, to);
  const unit = unitOf(to, '.json');
  if (unit !== undefined) note('put', unit);
};

/** A part of the bytes, then the error that Linux gives. */
const fillDisk = (handle) => async (bytes) => {
  await handle.write(Buffer.from(bytes).subarray(0, bytes.length / 2));
  note('full', '-');
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28, syscall: 'write' });
};

const flipBit = (handle) => async (bytes) => {
  const other = Buffer.from(bytes);
  other[other.length >> 1] ^= 1;
  await handle.write(other);
};

syncBuiltinESMExports();
