/** Bundles the page of `windlass serve` into dist/ui: the document, one script, one style sheet, typefaces with their licence. */
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** ES modules of packages that would otherwise be taken as CommonJS, which cannot be shaken. */
const modules = { rxjs: 'rxjs/dist/esm/index.js', 'io-ts': 'io-ts/es6/index.js' }

const esModules = {
  name: 'es-modules',
  setup(plugin) {
    plugin.onResolve({ filter: /^(rxjs|io-ts)$/ }, ({ path }) => ({
      path: at(`node_modules/${modules[path]}`),
      sideEffects: false,
    }))
  },
}

const out = at('dist/ui')
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
const options = {
  absWorkingDir: at(''),
  bundle: true,
  minify: true,
  target: ['chrome111', 'firefox115', 'safari16.4'],
  legalComments: 'linked',
  logLevel: 'warning',
}
await build({
  ...options,
  entryPoints: ['ui/main.ts'],
  outfile: `${out}/app.js`,
  format: 'esm',
  platform: 'browser',
  plugins: [esModules],
  tsconfig: at('ui/tsconfig.json'),
})
await build({
  ...options,
  entryPoints: ['ui/styles/app.css'],
  outfile: `${out}/app.css`,
  external: ['/ui/*'],
})
for (const file of ['index.html', 'mark.svg']) copyFileSync(at(`ui/${file}`), `${out}/${file}`)

/** Files of the typefaces by the names under which the page asks for them. */
const fonts = {
  'plex-sans-400.woff2': 'ibm-plex-sans/files/ibm-plex-sans-latin-400-normal.woff2',
  'plex-sans-600.woff2': 'ibm-plex-sans/files/ibm-plex-sans-latin-600-normal.woff2',
  'plex-mono-400.woff2': 'ibm-plex-mono/files/ibm-plex-mono-latin-400-normal.woff2',
}
for (const [name, file] of Object.entries(fonts))
  cpSync(at(`node_modules/@fontsource/${file}`), `${out}/${name}`)
const licence = readFileSync(at('node_modules/@fontsource/ibm-plex-sans/LICENSE'), 'utf8')
writeFileSync(`${out}/plex-license.txt`, `IBM Plex Sans and IBM Plex Mono\n\n${licence}`)
