// Names of files become paths and addresses only when they cannot lead elsewhere; settings are read in one place.
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { checkFile, fileAddress } from '../../hub/file-name.ts';
import type { HubFile } from '../../hub/hub.ts';
import { readHubSettings } from '../../hub/settings.ts';

const file: HubFile = { kind: 'model', repository: 'owner/name', revision: 'main', path: 'config.json' };

describe('a name', () => {
  it.each(['a.json', 'main/test-00000-of-00001.parquet', '.gitattributes', 'a b/ü.json', 'x..y'])('%j is a path', (path) => {
    expect(() => checkFile({ ...file, path })).not.toThrow();
  });

  it.each(['', '/etc/passwd', '../x', 'a/../x', 'a/./x', 'a//x', 'a\\x', 'C:x', 'a\0', 'a/', 'a\nb'])('%j is no path', (path) => {
    expect(() => checkFile({ ...file, path })).toThrow('not a path inside a repository');
  });

  it.each(['gpt2', 'openai/gsm8k', 'deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B', 'a/b_c.d'])('%j is a repository', (repository) => {
    expect(() => checkFile({ ...file, repository })).not.toThrow();
  });

  it.each(['', '..', '../x', 'a/..', 'a/b/c', '/a', 'a/', 'a\\b', '.a/b', 'a--b/c', 'a/b%2e', 'a b/c'])(
    '%j is no repository',
    (repository) => {
      expect(() => checkFile({ ...file, repository })).toThrow('not the name of a repository; expected OWNER/NAME');
    },
  );

  it.each(['', '..', 'a/../b', '/main', 'a//b', 'a\\b', '.', '-x', 'a?b'])('%j is no revision', (revision) => {
    expect(() => checkFile({ ...file, revision })).toThrow('is not a revision; expected a branch, a tag or a commit');
  });

  it('is escaped in addresses', () => {
    expect(fileAddress('https://hub', { ...file, kind: 'dataset', revision: 'refs/convert/parquet', path: 'a b/#1.json' })).toBe(
      'https://hub/datasets/owner/name/resolve/refs%2Fconvert%2Fparquet/a%20b/%231.json',
    );
  });
});

describe('settings', () => {
  it('have defaults, also for empty variables', () => {
    const defaults = {
      mirrors: [],
      endpoint: 'https://huggingface.co',
      token: undefined,
      cacheFolder: join(homedir(), '.cache/tstar'),
    };
    expect(readHubSettings({})).toEqual(defaults);
    expect(readHubSettings({ TSTAR_MIRRORS: '', HF_ENDPOINT: '', HF_TOKEN: ' ', TSTAR_CACHE: '', XDG_CACHE_HOME: '' })).toEqual(defaults);
  });

  it('take folders and addresses as mirrors', () => {
    expect(readHubSettings({ TSTAR_MIRRORS: ' ./hub , http://mirror:80/hub/,,/data' }).mirrors).toEqual([
      resolve('hub'),
      'http://mirror:80/hub',
      '/data',
    ]);
  });

  it('put the cache where TSTAR_CACHE or XDG_CACHE_HOME says', () => {
    expect(readHubSettings({ XDG_CACHE_HOME: '/x' }).cacheFolder).toBe('/x/tstar');
    expect(readHubSettings({ XDG_CACHE_HOME: '/x', TSTAR_CACHE: '/y' }).cacheFolder).toBe('/y');
    expect(readHubSettings({}).cacheFolder).toMatch(/\.cache\/tstar$/);
  });

  it('take an empty HOME as unset: nothing is downloaded into the working folder', () => {
    vi.stubEnv('HOME', '');
    try {
      expect(isAbsolute(readHubSettings({}).cacheFolder)).toBe(true);
      expect(readHubSettings({}).cacheFolder).toBe(join(userInfo().homedir, '.cache/tstar'));
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('name all variables that are wrong, and never the token', () => {
    const read = () => readHubSettings({ TSTAR_MIRRORS: 'ftp://x', HF_ENDPOINT: 'hub', HF_TOKEN: 'two words' });
    expect(read).toThrow(
      'environment: TSTAR_MIRRORS names "ftp://x", which is neither a folder nor an http(s) address; HF_ENDPOINT is no http(s) address; expected one like https://huggingface.co; HF_TOKEN has blanks or characters that no token has; correct or unset it',
    );
  });
});
