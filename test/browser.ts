// The system's Chromium, driven by playwright-core. Tests that need it skip where it is absent.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = process.env.TSTAR_CHROMIUM ?? '/usr/bin/chromium';
export const hasChromium = existsSync(EXECUTABLE);
export const NO_CHROMIUM = `no browser at ${EXECUTABLE}; TSTAR_CHROMIUM may name one`;

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
}
