// Bundles the app into one script and one style sheet: `node build.mjs [DIRECTORY]`. Beside them go the page, and the
// licences of all packages that are in the bundle.
import { build } from 'esbuild';
import { copyFile, readFile, readdir, writeFile } from 'node:fs/promises';

const directory = process.argv[2] ?? 'build';

const { metafile } = await build({
  metafile: true,
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

const FILE_OF_A_PACKAGE = /^(?<root>(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//;
const LICENSE_FILE = /^(licen[cs]e|notice|copying)/i;

async function licenseOf(root) {
  const names = (await readdir(root)).filter(name => LICENSE_FILE.test(name)).sort();
  const texts = await Promise.all(names.map(name => readFile(`${root}/${name}`, 'utf8')));
  return texts.map(text => text.replaceAll('\r\n', '\n').trim()).join('\n\n');
}

const roots = new Set(Object.keys(metafile.inputs).map(file => FILE_OF_A_PACKAGE.exec(file)?.groups.root));
roots.delete(undefined);
const packagesByText = new Map();
for (const root of [...roots].sort()) {
  const { name, version, license } = JSON.parse(await readFile(`${root}/package.json`, 'utf8'));
  const text = await licenseOf(root);
  packagesByText.set(text, [...(packagesByText.get(text) ?? []), `${name} ${version} (${license ?? 'see its package'})`]);
}
const sections = [...packagesByText].map(([text, packages]) => `${[...new Set(packages)].join('\n')}\n\n${text}\n`);
await writeFile(`${directory}/licenses.txt`, sections.join(`\n${'-'.repeat(80)}\n\n`));
