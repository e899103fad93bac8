// Bundles the command line, and the thread it unpacks in, each into one file: most of the CPU time of a small pull was
// the loading of hundreds of modules (docs/benchmarks/steps.md). Run after `tsc`; out of the sources, into dist/bundle.
import { rmSync } from 'node:fs'
import { build } from 'esbuild'

const outdir = new URL('../dist/bundle/', import.meta.url)
rmSync(outdir, { recursive: true, force: true })

const options = {
  bundle: true,
  splitting: true, // a command loads what it needs, and no more
  platform: 'node',
  format: 'esm',
  target: 'node20',
  outdir: outdir.pathname,
  chunkNames: '[name]-[hash]',
  // Finds its binary beside its own package.
  external: ['koffi'],
  // Packages in CommonJS call for `require`.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  legalComments: 'linked',
  sourcemap: 'linked',
  logLevel: 'warning',
}

await build({ ...options, entryPoints: ['cli/main.ts'] })
// One file: the thread starts with one read. It stands beside the chunks, where `unpack-thread.ts` looks for it.
await build({ ...options, splitting: false, entryPoints: ['lib/archive/worker/unpack-worker.ts'] })
