// The page's style sheet: one grid of cards that holds from 360 px to 4K, light and dark by system or switch (no script
// needed), and paper. Colours come from the views' palette, so figures and page change together.
import { palette } from './views/palette.ts';

const colours = Object.entries(palette)
  .map(([name, [light, dark]]) => `--${name}:light-dark(${light},${dark});`)
  .join('');

export const style = `
:root{color-scheme:light dark;${colours}font-size:clamp(100%,.5rem + .625vw,162.5%)}
:root:has(#theme-light:checked){color-scheme:light}
:root:has(#theme-dark:checked){color-scheme:dark}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;overflow-wrap:break-word}
a{color:var(--blue)}
code,.mono{font:.875em/1.4 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
main,.top,footer{max-width:100rem;margin:0 auto;padding:0 clamp(.75rem,2vw,2rem)}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem;z-index:9}
.top{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:center;padding-top:1rem}
.top .name{font-weight:700;letter-spacing:-.01em}
.top .meta{color:var(--muted);font-size:.875rem}
.theme{margin-left:auto;border:0;padding:0;display:flex;border-radius:.5rem;background:var(--line);font-size:.8125rem}
.theme label{display:block;cursor:pointer}
.theme input{position:absolute;opacity:0;width:1px;height:1px}
.theme span{display:block;padding:.2rem .65rem;border-radius:.5rem}
.theme input:checked+span{background:var(--paper);box-shadow:0 0 0 1px var(--line)}
.theme input:focus-visible+span,:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
.visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
sub{line-height:0;font-size:.72em}
h1{font-size:clamp(1.25rem,1.05rem + .9vw,1.8rem);line-height:1.25;letter-spacing:-.02em;margin:1.25rem 0 .75rem;max-width:68ch;text-wrap:pretty;font-weight:650}
h2{font-size:1.3rem;letter-spacing:-.01em;margin:2.25rem 0 .75rem}
h3{font-size:1.0625rem;margin:0 0 .25rem}
.cell{border-top:2px solid var(--line);margin-top:2rem}#cells-table{margin-top:1rem}#cells-table h2{margin:0 0 .5rem}.words.grid td,.words.grid th{min-width:0;white-space:nowrap;vertical-align:middle}.claim p{margin:.25rem 0;max-width:80ch}
.claim{border-left:.3rem solid var(--muted);padding-left:1rem}
.claim.holds,.claim.helps{border-color:var(--good)}.claim.fails,.claim.hurts{border-color:var(--bad)}.claim.undecided{border-color:var(--unsure)}
.lead{color:var(--muted);max-width:95ch;margin:.25rem 0;text-wrap:pretty}
.banner{border:1px solid var(--bad);background:var(--paper);border-left-width:.5rem;border-radius:.5rem;padding:.75rem 1rem;margin:1rem 0}
.banner.warning{border-color:var(--unsure)}.banner p{margin:.2rem 0}
.banner ul{margin:.25rem 0;padding-left:1.2rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,33rem),1fr));gap:1rem;align-items:start}
.card{background:var(--paper);border:1px solid var(--line);border-radius:.75rem;padding:clamp(.7rem,1.4vw,1.25rem);margin:0;min-width:0;container-type:inline-size}
.card.whole{grid-column:1/-1}
figure.card{display:flex;flex-direction:column}
.card .caption{color:var(--muted);font-size:.875rem;margin:.1rem 0 .6rem}
.drawing svg{display:block;width:100%;height:auto;overflow:visible;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
.drawing.wide{max-width:48rem;margin:0 auto;width:100%}.whole .drawing.wide{max-width:75rem}
.drawing.narrow{display:none}.drawing[hidden]{display:none!important}
@container (max-width:29rem){.drawing.wide{display:none}.drawing.narrow{display:block}}
@container (max-width:38rem){.whole .drawing.wide{display:none}.whole .drawing.narrow{display:block}}
.drawing .dim{opacity:.12!important}.drawing .off{display:none}
.legend [data-key]{cursor:pointer}.legend .muted{opacity:.4}
.tools{display:flex;flex-wrap:wrap;gap:.35rem;margin-top:.5rem}
html:not(.js) .tools,html:not(.js) .picker,html:not(.js) .filter{display:none}
button,select,input[type=search]{font:inherit;font-size:.8125rem;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:.4rem;padding:.25rem .6rem;min-height:2rem}
button{cursor:pointer}button:hover{border-color:var(--muted)}button[aria-pressed=true]{background:var(--band);border-color:var(--blue)}
details{margin-top:.5rem}summary{cursor:pointer;color:var(--muted);font-size:.875rem;padding:.2rem 0}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;width:100%}
caption{text-align:left;color:var(--muted);padding-bottom:.4rem}
th,td{padding:.3rem .7rem .3rem 0;border-bottom:1px solid var(--line);text-align:right;vertical-align:top;white-space:nowrap}
th{font-weight:600;color:var(--muted);vertical-align:bottom}
th:first-child,td:first-child{text-align:left}
.words td,.words th{text-align:left}.words td{white-space:normal;min-width:5rem}.words .when{white-space:nowrap}
.lead+.card{margin-top:.75rem}
.runs td,.runs th[scope=row]{vertical-align:middle}.runs th[scope=row]{white-space:normal;overflow-wrap:anywhere;min-width:11rem}.spark svg{display:block;width:150px;height:40px}
.sub{display:block;color:var(--muted);font-size:.8125em}
.mark{font-weight:600}.mark.holds,.mark.helps,.mark.match,.mark.correct{color:var(--good)}.mark.fails,.mark.hurts,.mark.differs,.mark.wrong{color:var(--bad)}.mark.undecided{color:var(--unsure)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0;font-size:.875rem}
dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere;min-width:0}
@container (max-width:29rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}}
.picker{position:sticky;top:0;z-index:3;display:flex;flex-wrap:wrap;gap:.4rem .8rem;align-items:center;background:var(--ground);border-bottom:1px solid var(--line);padding:.5rem 0;margin-top:1rem;font-size:.875rem}
.picker label{display:flex;gap:.4rem;align-items:center}
.filter{display:flex;flex-wrap:wrap;gap:.5rem;margin:.5rem 0;align-items:center;font-size:.875rem}
.question{border-top:1px solid var(--line);padding:.35rem 0;margin:0}
.question>summary{color:inherit;font-size:.9375rem}
.asked,.answer{white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0;font-size:.875rem;max-width:90ch}
.asked{border-left:3px solid var(--line);padding-left:.75rem}
.response{margin:.1rem 0 .1rem 1rem}.response summary{font-variant-numeric:tabular-nums}
.tip{position:absolute;z-index:8;pointer-events:none;background:var(--ink);color:var(--paper);font-size:.8125rem;line-height:1.4;padding:.4rem .6rem;border-radius:.4rem;white-space:pre-line;max-width:min(22rem,92vw);font-variant-numeric:tabular-nums}
.tip[hidden]{display:none}
dialog{background:var(--paper);color:var(--ink);border:1px solid var(--line);border-radius:.75rem;max-width:min(44rem,94vw);padding:1.25rem}
dialog::backdrop{background:rgb(0 0 0/.4)}
dialog pre{white-space:pre-line;font:inherit;margin:0 0 1rem}
dialog details p{margin:.4rem 0;font-size:.8125rem}.command{display:flex;flex-wrap:wrap;gap:.25rem .5rem;align-items:center}
.buttons{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:1rem;justify-content:flex-end}
footer{color:var(--muted);font-size:.8125rem;padding-top:2rem;padding-bottom:3rem}
@media (prefers-reduced-motion:no-preference){.drawing [data-noise],.drawing [data-prompt]{transition:opacity .12s}}
@media print{:root{color-scheme:light;font-size:10pt}body{background:#fff}.theme,.tools,.picker,.filter,.skip,.tip,details:not([open]){display:none!important}table{font-size:8pt}th,td{padding-right:.4rem}section.card:has(.scroll),.card:has(details[open]){grid-column:1/-1}.card{break-inside:avoid;border-color:#bbb}.cards{grid-template-columns:1fr 1fr}.words td{min-width:0;overflow-wrap:anywhere}.generations{display:none}}
`;
