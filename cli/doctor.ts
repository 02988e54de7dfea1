// `tstar doctor`: what this machine has of what tstar needs, a line each, with what to do where something is missing.
import { examine, type Finding } from './examine.ts';
import { printJson } from './workplace.ts';

/** Exit code 1 where something is missing that nothing can go without. */
export async function doctor(options: { readonly json?: boolean }): Promise<number> {
  const findings = await examine();
  if (options.json) printJson(findings);
  else for (const finding of findings) process.stdout.write(`${line(finding)}\n`);
  return findings.some((finding) => finding.state === 'bad') ? 1 : 0;
}

function line({ what, state, found, advice }: Finding): string {
  const mark = { good: '✓', mind: '!', bad: '✗' }[state];
  return `${mark} ${what.padEnd(14)} ${found}${advice === undefined ? '' : `\n                 ${advice}`}`;
}
