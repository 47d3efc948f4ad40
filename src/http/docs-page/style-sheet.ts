/** The page's style, also what its Content-Security-Policy holds the hash of. Colours keep a contrast of 4.5 to 1 (WCAG 2.2 AA). */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f5f7f9; --line: #d5dae0; --text: #1d2329; --quiet: #56606b; --link: #0b57b0;
  --get: #0b57b0; --post: #11683a; --change: #7d4e00; --delete: #b3261e;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161b; --panel: #1b2128; --line: #343d47; --text: #e4e8ec; --quiet: #a3adb8; --link: #85b8ff;
    --get: #85b8ff; --post: #7ad39a; --change: #e8b866; --delete: #ff9d94;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.6 var(--sans); }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; z-index: 1; padding: .5rem 1rem; background: var(--page); border: 1px solid var(--link); }
header, .columns { max-width: 80rem; margin: 0 auto; padding: 0 2rem; }
header { padding-top: 2.5rem; padding-bottom: 1.5rem; }
header p { max-width: 46rem; margin: .5rem 0 0; color: var(--quiet); }
.columns { display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: 3rem; border-top: 1px solid var(--line); }
main { padding-bottom: 6rem; min-width: 0; }
main p { max-width: 46rem; }

h1, h2, h3, h4, h5 { line-height: 1.3; font-weight: 650; text-wrap: balance; }
h1 { font-size: 1.75rem; margin: 0; letter-spacing: -.01em; }
h1 small { display: block; font-size: 1rem; font-weight: 400; letter-spacing: 0; color: var(--quiet); margin-top: .25rem; }
h2 { font-size: 1.375rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1.0625rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere; }
h4 { font-size: .9375rem; margin: 1.75rem 0 .5rem; }
h4 small { font: .8125rem var(--mono); color: var(--quiet); margin-left: .5rem; }
h5 { font-size: .875rem; margin: 1.5rem 0 .5rem; }
h2 a, h3 a { color: inherit; text-decoration: none; }
h2 a:hover, h3 a:hover { text-decoration: underline; }
.operation { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: .5rem; }
.operation h3 { margin-top: 1.25rem; }
.operation h3 code { font-size: 1.0625rem; }
.summary { font-size: 1.0625rem; margin: .5rem 0; }
.quiet { margin: 0 0 1rem; color: var(--quiet); }
h2 + .operation { border: 0; margin-top: 0; padding-top: 0; }
h2 + .operation h3 { margin-top: 1rem; }

code { font-family: var(--mono); font-size: .875em; overflow-wrap: anywhere; }
p code, td code { background: var(--panel); border-radius: 3px; padding: .1em .3em; }
pre { margin: .5rem 0; padding: .875rem 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: 6px;
  white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.55; }
pre code { font-size: .8125rem; }
.method { font: 650 .75rem var(--mono); letter-spacing: .02em; color: var(--change); }
.method.get { color: var(--get); } .method.post { color: var(--post); } .method.delete { color: var(--delete); }
h3 .method { font-size: .9375rem; margin-right: .25rem; }

[hidden] { display: none !important; }
.try { margin: .75rem 0 1.25rem; }
.try summary { width: max-content; padding: .25rem 0; color: var(--link); font-weight: 650; cursor: pointer; }
.try form { padding: 0 0 .5rem 1rem; border-left: 2px solid var(--line); }
.try label, .token label { display: block; margin: .75rem 0 .25rem; font-size: .875rem; font-weight: 600; }
.try label small { color: var(--quiet); font-weight: 400; }
.try input, .try textarea, .token input { display: block; width: 100%; max-width: 46rem; padding: .4rem .6rem; color: var(--text);
  background: var(--page); border: 1px solid var(--quiet); border-radius: 4px; font: .875rem/1.5 var(--mono); }
.try textarea { resize: vertical; }
.try pre { max-height: 30rem; overflow-y: auto; font: .8125rem/1.55 var(--mono); }
button { margin-right: .5rem; padding: .4rem 1.1rem; color: var(--page); background: var(--link); border: 1px solid var(--link);
  border-radius: 4px; font: 600 .9375rem var(--sans); cursor: pointer; }
button[type="button"] { color: var(--link); background: var(--page); }

nav { font-size: .875rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav > ul > li > a { font-weight: 650; color: var(--text); }
nav > ul > li { margin-bottom: .75rem; }
nav a { display: block; padding: .2rem 0; text-decoration: none; color: var(--quiet); }
nav a:hover { color: var(--link); text-decoration: underline; }
nav li li a { display: grid; grid-template-columns: 3.5rem 1fr; align-items: baseline; }
nav .method { font-size: .6875rem; }
nav .path:only-child { grid-column: 1 / -1; }
nav .path { overflow-wrap: anywhere; font: .8125rem var(--mono); }

table { width: 100%; border-collapse: collapse; margin: .5rem 0 1rem; font-size: .875rem; line-height: 1.5; }
th, td { text-align: left; vertical-align: top; padding: .5rem 1rem .5rem 0; border-bottom: 1px solid var(--line); font-weight: 400; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--quiet); font-size: .8125rem; white-space: nowrap; }
tbody th code { font-weight: 600; }
th:first-child { width: 24%; min-width: 9rem; }
th:nth-child(2):not(:last-child) { width: 14%; }
th:nth-child(3):not(:last-child) { width: 11%; }
th:nth-child(4):not(:last-child) { width: 22%; }
th code { overflow-wrap: break-word; }
td { min-width: 4.5rem; } td.prose { min-width: 12rem; }
.outer { font-weight: 400; color: var(--quiet); }

@media (min-width: 60.0625rem) {
  nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding: 2.75rem 0; }
}
@media (max-width: 60rem) {
  header, .columns { padding-left: 1.25rem; padding-right: 1.25rem; }
  .columns { display: block; }
  nav { padding: 1.25rem 0; border-bottom: 1px solid var(--line); }
  nav a { padding: .4rem 0; }
}
@media (max-width: 42rem) {
  header { padding-top: 1.75rem; }
  table, tbody, tr, tbody th, td.prose { display: block; }
  td { display: inline; }
  td:not(:empty, .prose) + td:not(:empty, .prose)::before { content: "\\a0\\b7\\20"; color: var(--quiet); }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { border-bottom: 1px solid var(--line); padding: .625rem 0; }
  tbody th, td { border: 0; padding: 0; width: auto !important; }
  td:empty { display: none; }
  pre { padding: .75rem; } pre code { font-size: .75rem; }
}
@media print {
  nav, .skip, .try, .token { display: none; }
  .columns { display: block; }
}
`
