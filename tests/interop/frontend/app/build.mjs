// Bundles the app into one script and one style sheet: `node build.mjs [DIRECTORY]`.
import { build } from 'esbuild';
import { copyFile } from 'node:fs/promises';

const directory = process.argv[2] ?? 'build';

await build({
  entryPoints: { app: 'src/index.jsx' },
  outdir: directory,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  jsx: 'automatic',
  logLevel: 'warning',
  loader: { '.svg': 'dataurl', '.png': 'dataurl', '.woff': 'dataurl', '.woff2': 'dataurl' },
  define: {
    'process.env.NODE_ENV': '"production"',
    // The page brings the configuration, see index.html.
    'process.env.APP_CONFIG': 'undefined',
    'process.env.HAS_REACT_DOM_CLIENT': 'true',
    global: 'globalThis',
  },
});
await copyFile('index.html', `${directory}/index.html`);
