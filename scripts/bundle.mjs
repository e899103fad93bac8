/**
 * Bundles the programs in dist/: the command line and the thread that unpacks. Loading hundreds of modules took most of
 * the CPU time of a small pull (docs/benchmarks/steps.md). Run after tsc.
 */
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** ES modules of packages for which Node would resolve CommonJS, from which a bundler cannot remove unused code. */
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
 * Parts of got that a puller does not use, loaded on first use: they took a tenth of the start time of a command. Each
 * entry lists the exports that got uses.
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

/** Two list formatters for messages, created on first use: creating them loads locale data, which takes 14 ms. */
const formattersOnDemand = {
  name: 'formatters-on-demand',
  setup(plugin) {
    plugin.onLoad({ filter: /@sindresorhus\/is\/distribution\/index\.js$/ }, ({ path }) => {
      const made = /= (new Intl\.ListFormat\([^)]*\));/g
      const text = readFileSync(path, 'utf8')
      if (text.match(made)?.length !== 2)
        throw new Error(`${path} has changed: its two formatters were not found`)
      return { contents: text.replace(made, '= { format: (words) => $1.format(words) };') }
    })
  },
}

const options = {
  absWorkingDir: at(''),
  bundle: true,
  platform: 'node',
  target: 'node20',
  // koffi locates its binary relative to its own package. OpenTelemetry is optional.
  external: ['koffi', '@opentelemetry/api'],
  plugins: [esModules, loadedOnDemand, formattersOnDemand],
  legalComments: 'linked',
  logLevel: 'warning',
}

/** Format for `runBundle`, and for Node if a bundle is started directly. */
const script = {
  ...options,
  format: 'cjs',
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
}

const staging = at('dist/bundle.new')
rmSync(staging, { recursive: true, force: true })
const bundles = { 'windlass.cjs': 'cli/main.ts', 'thread.cjs': 'lib/archive/worker/unpack-worker.ts' }
for (const [name, entry] of Object.entries(bundles))
  await build({ ...script, entryPoints: [entry], outfile: `${staging}/${name}` })
// `runBundle` needs the program as a function, and would have to copy all of it to add the frame.
const program = `${staging}/windlass.cjs`
writeFileSync(
  program,
  `(function (exports, require, module, __filename, __dirname) {${readFileSync(program, 'utf8')}\n})`,
)

const digest = createHash('sha256')
for (const name of Object.keys(bundles)) digest.update(readFileSync(`${staging}/${name}`))
const define = { BUILD: JSON.stringify(digest.digest('hex')) }
// File names of the `bin` entry of the package and of the thread in `start-worker.ts`.
const launchers = { 'main.js': 'cli/launcher/main.ts', 'unpack-worker.js': 'cli/launcher/thread.ts' }
for (const [name, entry] of Object.entries(launchers))
  await build({ ...options, format: 'cjs', define, entryPoints: [entry], outfile: `${staging}/${name}` })
writeFileSync(`${staging}/package.json`, '{ "type": "commonjs" }\n')

// For users of the library: the code of the thread as a string, so that their bundles need no separate file.
const thread = readFileSync(`${staging}/thread.cjs`, 'utf8')
writeFileSync(
  at('dist/lib/archive/worker/thread-source.js'),
  `/** The code of the unpack threads, written by scripts/bundle.mjs. */\nexport const threadSource = ${JSON.stringify(thread)}\n`,
)
rmSync(at('dist/cli'), { recursive: true, force: true })
renameSync(staging, at('dist/cli'))
