/**
 * Bundles what starts as a program of its own, over what tsc made of it: the command line, and the thread that unpacks.
 * Most of the CPU time of a small pull was the loading of hundreds of modules (docs/benchmarks/steps.md). Run after tsc.
 */
import { renameSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** Packages that Node is given as CommonJS, of which nothing could be left out. */
const modules = {
  rxjs: 'rxjs/dist/esm/index.js',
  'rxjs/testing': 'rxjs/dist/esm/testing/index.js',
  'io-ts': 'io-ts/es6/index.js',
}

const esModules = {
  name: 'es-modules',
  setup(plugin) {
    plugin.onResolve({ filter: /^(rxjs(\/testing)?|io-ts)$/ }, ({ path }) => ({
      path: at(`node_modules/${modules[path]}`),
      sideEffects: false,
    }))
  },
}

const options = {
  absWorkingDir: at(''),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Finds its binary beside its own package.
  external: ['koffi'],
  plugins: [esModules],
  // Packages in CommonJS call for `require`.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  legalComments: 'linked',
  sourcemap: 'linked',
  logLevel: 'warning',
}

const staging = at('dist/bundle.new')
rmSync(staging, { recursive: true, force: true })
// With splitting: a command loads what it needs, and no more.
await build({ ...options, splitting: true, entryPoints: ['cli/main.ts'], outdir: staging })
// One file, so that the thread starts with one read; it stands where `unpack-thread.ts` looks for it, in both its places.
for (const outdir of [staging, at('dist/lib/archive/worker')])
  await build({ ...options, entryPoints: ['lib/archive/worker/unpack-worker.ts'], outdir })
rmSync(at('dist/cli'), { recursive: true, force: true })
renameSync(staging, at('dist/cli'))
