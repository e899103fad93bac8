/**
 * Bundles what starts as a program of its own, over what tsc made of it: the command line, and the thread that unpacks.
 * Most of the CPU time of a small pull was the loading of hundreds of modules (docs/benchmarks/steps.md). Run after tsc.
 */
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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

/**
 * Parts of got that a puller never asks for, loaded on first use: together they took a tenth of what a command took to
 * start. Each module says what got takes from it.
 */
const onDemand = {
  'http2-wrapper': `
    module.exports = new Proxy({}, { get: (_, name) => require('http2-wrapper')[name] })`,
  'cacheable-lookup': `
    module.exports = class { constructor(...given) { return new (require('cacheable-lookup').default)(...given) } }`,
}

const loadedOnDemand = {
  name: 'loaded-on-demand',
  setup(plugin) {
    const names = new RegExp(`^(${Object.keys(onDemand).join('|')})$`)
    plugin.onResolve({ filter: names }, ({ path, kind, namespace }) =>
      kind === 'import-statement' && namespace === 'file' ? { path, namespace: 'on-demand' } : undefined,
    )
    plugin.onLoad({ filter: /./, namespace: 'on-demand' }, ({ path }) => ({
      contents: onDemand[path],
      resolveDir: at('node_modules/got'),
    }))
  },
}

/** Two lists for messages, made where a message is: making them loads the words of a language, which takes 14 ms. */
const formattersOnDemand = {
  name: 'formatters-on-demand',
  setup(plugin) {
    plugin.onLoad({ filter: /@sindresorhus\/is\/distribution\/index\.js$/ }, ({ path }) => {
      const made = /= (new Intl\.ListFormat\([^)]*\));/g
      const text = readFileSync(path, 'utf8')
      if (text.match(made)?.length !== 2)
        throw new Error(`${path} makes its formatters in another way by now`)
      return { contents: text.replace(made, '= { format: (words) => $1.format(words) };') }
    })
  },
}

const options = {
  absWorkingDir: at(''),
  bundle: true,
  platform: 'node',
  target: 'node20',
  // Finds its binary beside its own package.
  external: ['koffi'],
  plugins: [esModules, loadedOnDemand, formattersOnDemand],
  legalComments: 'linked',
  logLevel: 'warning',
}

/** For `runBundle`, and for Node where a bundle is started as it is. */
const script = {
  ...options,
  format: 'cjs',
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
}

const module = {
  ...options,
  format: 'esm',
  // Packages in CommonJS call for `require`.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
}

const staging = at('dist/bundle.new')
rmSync(staging, { recursive: true, force: true })
const bundles = { 'windlass.cjs': 'cli/main.ts', 'thread.cjs': 'lib/archive/worker/unpack-worker.ts' }
for (const [name, entry] of Object.entries(bundles))
  await build({ ...script, entryPoints: [entry], outfile: `${staging}/${name}` })

const digest = createHash('sha256')
for (const name of Object.keys(bundles)) digest.update(readFileSync(`${staging}/${name}`))
const define = { BUILD: JSON.stringify(digest.digest('hex')) }
// Where the package says that the command is, and where `unpack-thread.ts` looks for its thread.
const launchers = { 'main.js': 'cli/launcher/main.ts', 'unpack-worker.js': 'cli/launcher/thread.ts' }
for (const [name, entry] of Object.entries(launchers))
  await build({ ...options, format: 'cjs', define, entryPoints: [entry], outfile: `${staging}/${name}` })
writeFileSync(`${staging}/package.json`, '{ "type": "commonjs" }\n')

// For who uses the library: one file, so that the thread starts with one read.
await build({
  ...module,
  entryPoints: ['lib/archive/worker/unpack-worker.ts'],
  outdir: at('dist/lib/archive/worker'),
})
rmSync(at('dist/cli'), { recursive: true, force: true })
renameSync(staging, at('dist/cli'))
