// What the environment says about Temporal, and where a project's folder lies.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findHome } from '../../temporal/home.ts';
import { embeddedTarget, readSettings } from '../../temporal/settings.ts';

const none = { TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' };

test('without an address the embedded server is used, on fixed ports that can be moved', () => {
  expect(readSettings(none)).toMatchObject({ cluster: null, ports: { server: 7233, ui: 8233 } });
  const moved = readSettings({ ...none, TSTAR_TEMPORAL_PORT: '17233', TSTAR_UI_PORT: '18233' });
  expect(embeddedTarget(moved.ports)).toMatchObject({ address: '127.0.0.1:17233', uiAddress: 'http://127.0.0.1:18233' });
});

test('the standard client configuration names a cluster', () => {
  const env = {
    ...none,
    TEMPORAL_ADDRESS: 'temporal.example:7233',
    TEMPORAL_NAMESPACE: 'lab',
    TEMPORAL_API_KEY: 'k',
    TSTAR_UI_ADDRESS: 'https://ui.example',
  };
  expect(readSettings(env).cluster).toEqual({
    address: 'temporal.example:7233',
    namespace: 'lab',
    security: { tls: true, apiKey: 'k' },
    uiAddress: 'https://ui.example',
  });
});

test('a bad value is one line that names the setting', () => {
  expect(() => readSettings({ ...none, TSTAR_UI_PORT: '99999' })).toThrow(/^environment: TSTAR_UI_PORT=99999: .*; correct or unset it$/);
});

test('.tstar lies beside the nearest package.json, else in the working folder; TSTAR_HOME overrides', () => {
  const root = mkdtempSync(join(tmpdir(), 'tstar-home-'));
  mkdirSync(join(root, 'a/b'), { recursive: true });
  expect(findHome({ env: {}, cwd: join(root, 'a/b') })).toBe(join(root, 'a/b/.tstar'));
  writeFileSync(join(root, 'package.json'), '{}');
  expect(findHome({ env: {}, cwd: join(root, 'a/b') })).toBe(join(root, '.tstar'));
  expect(findHome({ env: { TSTAR_HOME: 'x' }, cwd: root })).toBe(join(root, 'x'));
  rmSync(root, { recursive: true });
});
