/** The style of the landing page: the system's own font and colours, light or dark. */
export const landingStyle = `:root {
  color-scheme: light dark;
  --ink: #1c2128; --soft: #656d76; --line: #d8dee4; --ground: #ffffff; --raised: #f6f8fa; --link: #0a5cc4;
  --c0: #1f6feb; --c1: #cf5c00; --c2: #1a7f37; --c3: #a0309f; --c4: #b08800; --c5: #0f7b85; --c6: #c93c57; --c7: #6e7781;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6edf3; --soft: #9198a1; --line: #30363d; --ground: #0d1117; --raised: #161b22; --link: #6cb0ff;
    --c0: #58a6ff; --c1: #f0883e; --c2: #56d364; --c3: #db7ddb; --c4: #e3b341; --c5: #56d4dd; --c6: #ff7b93; --c7: #9198a1;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem 4rem; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.1rem; }
a { color: var(--link); }
nav a { margin-right: 1rem; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
header p, details p, footer { color: var(--soft); }
details { border-top: 1px solid var(--line); padding: .5rem 0; }
summary { cursor: pointer; }
summary span { color: var(--soft); font-size: .85rem; margin-left: .75rem; }
details p { margin: .25rem 0 .25rem 1rem; }
figure { margin: .5rem 0 .5rem 1rem; }
figure:empty { display: none; }
svg { display: block; width: 100%; height: 9rem; background: var(--raised); border-radius: .4rem; }
polyline { fill: none; stroke-width: 1.75; vector-effect: non-scaling-stroke; }
figcaption { color: var(--soft); font-size: .8rem; }
figcaption ul { list-style: none; margin: .35rem 0 0; padding: 0; }
.c0 { stroke: var(--c0); color: var(--c0); } .c1 { stroke: var(--c1); color: var(--c1); }
.c2 { stroke: var(--c2); color: var(--c2); } .c3 { stroke: var(--c3); color: var(--c3); }
.c4 { stroke: var(--c4); color: var(--c4); } .c5 { stroke: var(--c5); color: var(--c5); }
.c6 { stroke: var(--c6); color: var(--c6); } .c7 { stroke: var(--c7); color: var(--c7); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { border-top: 1px solid var(--line); padding: .35rem .75rem .35rem 0; text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 500; border-top: 0; }
footer { margin-top: 3rem; font-size: .85rem; }
`;
