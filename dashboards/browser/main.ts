// The page's script: everything here adds to a page that is whole without it.
import { startAxes } from './axes.ts';
import { startExports } from './exports.ts';
import { startGenerations } from './generations.ts';
import { startHighlight } from './highlight.ts';
import { startLegends } from './legends.ts';
import { startTheme } from './theme.ts';
import { startTips } from './tips.ts';

// Said in the head, before anything is painted: what only a script can serve has its room from the start, and nothing moves.
document.documentElement.classList.add('js');
document.addEventListener('DOMContentLoaded', () => {
  startTheme();
  startAxes();
  startHighlight();
  startLegends();
  startTips();
  startExports();
  startGenerations();
});
