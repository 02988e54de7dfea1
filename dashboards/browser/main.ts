// The page's script: everything here adds to a page that is whole without it.
import { startAxes } from './axes.ts';
import { startExports } from './exports.ts';
import { startGenerations } from './generations.ts';
import { startHighlight } from './highlight.ts';
import { startLegends } from './legends.ts';
import { startTheme } from './theme.ts';
import { startTips } from './tips.ts';

document.documentElement.classList.add('js');
startTheme();
startAxes();
startHighlight();
startLegends();
startTips();
startExports();
startGenerations();
