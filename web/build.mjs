/**
 * Builds the scripts of /verify and /app into the package that serves them:
 *
 *     npm ci && node build.mjs            writes layers/render/jianbiao_render/static/
 *     npm ci && node build.mjs --check    builds elsewhere and compares; exit code 1 when something differs
 *
 * Same sources and same pinned tools give the same bytes. Names carry a digest of the content, so that browsers may
 * keep the files for ever; the service worker alone has a fixed name, and the digest of all the others inside.
 */

import { createHash } from 'node:crypto';
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const HERE = dirname(fileURLToPath(import.meta.url));
const STATIC = join(HERE, '../layers/render/jianbiao_render/static');
const WORKER = 'verify-sw.js';
const NOTICES = ['zxing-wasm'];
const COMMON = {
  absWorkingDir: HERE,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'none',
  // jb1.mjs asks for it only under Node.
  external: ['node:crypto'],
  logLevel: 'warning',
};

async function buildInto(folder) {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: { verify: 'verify/main.mjs', app: 'app/main.mjs' },
    outdir: folder,
    splitting: true,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.wasm': 'file' },
    publicPath: '/assets',
    metafile: true,
  });
  const outputs = Object.entries(metafile.outputs).map(([path, output]) => ({ name: basename(path), ...output }));
  const entries = Object.fromEntries(
    ['verify', 'app'].map((page) => [page, outputs.find(({ entryPoint }) => entryPoint === `${page}/main.mjs`).name]),
  );
  const later = outputs.find(({ entryPoint }) => entryPoint === 'verify/zxing.mjs');
  const wasm = outputs.find(({ name }) => name.endsWith('.wasm'));
  const digest = createHash('sha256');
  for (const { name } of [...outputs].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    digest.update(name).update(readFileSync(join(folder, name)));
  }
  await build({
    ...COMMON,
    entryPoints: ['verify/sw.mjs'],
    outfile: join(folder, WORKER),
    format: 'iife',
    define: { VERSION: JSON.stringify(digest.digest('hex').slice(0, 16)) },
  });
  const files = [...outputs.map(({ name }) => name), WORKER].sort();
  const manifest = { entries, spare: [later.name, wasm.name], files };
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  const notices = NOTICES.map((name) => {
    const place = join(HERE, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(place, 'package.json')));
    return `${name} ${version}\n\n${readFileSync(join(place, 'LICENSE'), 'utf8').trim()}\n`;
  });
  notices.push(`zxing-cpp, in the WebAssembly of zxing-wasm\n\n${readFileSync(join(HERE, 'licenses/Apache-2.0.txt'), 'utf8')}`);
  writeFileSync(join(folder, 'NOTICE.txt'), notices.join('\n'));
}

function differences(one, other) {
  const names = new Set([...readdirSync(one), ...readdirSync(other)]);
  return [...names].sort().filter((name) => {
    try {
      return !readFileSync(join(one, name)).equals(readFileSync(join(other, name)));
    } catch {
      return true;
    }
  });
}

if (process.argv.includes('--check')) {
  const folder = mkdtempSync(join(tmpdir(), 'jianbiao-web-'));
  try {
    await buildInto(folder);
    const found = differences(folder, STATIC);
    for (const name of found) console.error(`differs from what is committed: ${name}`);
    if (found.length > 0) console.error('Run `make web` and commit what it writes.');
    process.exitCode = found.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
} else {
  rmSync(STATIC, { recursive: true, force: true });
  mkdirSync(STATIC, { recursive: true });
  await buildInto(STATIC);
}
