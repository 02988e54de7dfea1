// What axe-core finds wrong with an open page, each rule with the first elements that break it. The page must be open past its
// policy (`bypassCSP`), which lets no script in, not even axe.
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** Rules of serious or critical impact that the page breaks. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  // Picked in the page: what passes is thousands of elements, and longer on its way than axe at work.
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'] });
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    return serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`.slice(0, 400));
  });
}
