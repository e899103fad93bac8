/**
 * The package as a user gets it: packed from a clone, installed in an empty folder, compiled against, run, required,
 * bundled, and its program started.
 */
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { webcrypto } from 'node:crypto'
import { createContext, runInContext } from 'node:vm'
import { build, stop } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemCallsAvailable } from '../../../lib/system/index.js'
import { textOf } from '../../support/source-tree.js'
import type * as Page from './program/page.js'
import type { Report } from './program/every-entry.js'
import { Project } from './project.js'

const project = new Project()

let compiling: Promise<string> | undefined

/** Compiles the programs with module nodenext, once, to the folder `built`. */
const compiled = (): Promise<string> =>
  (compiling ??= project.compile(['every-entry.ts', 'required.cts'], {
    types: ['node'],
    module: 'nodenext',
    outDir: 'built',
  }))

const runEveryEntry = async (): Promise<string> => {
  await compiled()
  return project.run(process.execPath, ['built/every-entry.js'])
}

beforeAll(() => project.install())
afterAll(async () => {
  project.remove()
  await stop()
})

/** Expects what `every-entry.ts` prints. */
function expectReport(printed: string, { koffi = systemCallsAvailable() } = {}): Report {
  const report = JSON.parse(printed) as Report
  expect(report).toMatchObject({ texts: ['hello', 'hello'], phase: 'done', planned: ['HOST/a/b:1 1'] })
  // The thread sets extended attributes through koffi. ENOSYS: the C library cannot be called.
  expect(report.warnings.some((warning) => warning.includes('ENOSYS'))).toBe(!koffi)
  return report
}

describe('the installed package', () => {
  it('holds what the build makes, and nothing of its state', () => {
    const inside = (file: string): boolean => existsSync(project.path('node_modules', 'windlass', file))
    expect(
      ['dist/lib/index.js', 'dist/lib/index.d.ts', 'dist/cli/main.js', 'README.md'].filter(inside),
    ).toHaveLength(4)
    expect(['dist/.tsbuildinfo', 'dist/.sources.json', 'lib', 'spec'].filter(inside)).toEqual([])
  })

  it('runs its demo by npx', async () => {
    const stdout = await project.run('npx', ['--offline', 'windlass', 'demo', '-q'])
    expect(stdout).toContain('every size, digest and diffID verified.')
  })
})

describe('a program that uses every entry point', () => {
  it('compiles strictly with moduleResolution bundler', async () => {
    await project.compile(['every-entry.ts'], {
      types: ['node'],
      module: 'esnext',
      moduleResolution: 'bundler',
      noEmit: true,
    })
  })

  it('compiles strictly with module nodenext, as ESM and as CommonJS, and runs', async () => {
    expectReport(await runEveryEntry())
  })

  it('unpacks where NODE_OPTIONS makes a text a module', async () => {
    await compiled()
    const command = `NODE_OPTIONS=--input-type=module "$0" -e 'import "./built/every-entry.js"'`
    expectReport(await project.run('sh', ['-c', command, process.execPath]))
  })

  it.runIf(process.features.require_module)('is required by CommonJS', async () => {
    await compiled()
    const printed = await project.run(process.execPath, ['built/required.cjs'])
    expect(JSON.parse(printed)).toEqual({
      digest: true,
      unpacked: true,
      shared: [true, true],
      there: ['function', 'function'],
    })
  })
})

describe('a bundle made as the README says', () => {
  const commands = [...textOf('README.md').matchAll(/^npx (esbuild (?:.*\\\n)*.*)$/gm)].map(
    ([command]) => command,
  )
  const bundles = commands.map((command) => ({
    file: /--outfile=(\S+)/.exec(command)?.[1] ?? '',
    command: command.replace('app.ts', 'every-entry.ts').replace('npx', 'npx --offline'),
  }))

  it('is ESM or CommonJS', () => {
    expect(bundles.map(({ file }) => path.extname(file)).sort()).toEqual(['.cjs', '.mjs'])
  })

  it.each(bundles)('unpacks in its thread: $file', async ({ file, command }) => {
    await project.run('sh', ['-c', command])
    expectReport(await project.run(process.execPath, [file]))
  })

  it.each(bundles)('needs no other file, but koffi for what Node lacks: $file', async ({ file }) => {
    const folder = project.emptyFolder()
    copyFileSync(project.path(file), path.join(folder, file))
    expectReport(await project.run(process.execPath, [file], folder), { koffi: false })
  })
})

describe('windlass/events in a browser', () => {
  let page: typeof Page
  let inputs: readonly string[]

  beforeAll(async () => {
    const { metafile } = await build({
      absWorkingDir: project.folder,
      entryPoints: ['page.ts'],
      outfile: 'page.js',
      bundle: true,
      format: 'iife',
      globalName: 'page',
      platform: 'browser',
      metafile: true,
      logLevel: 'silent',
    })
    inputs = Object.keys(metafile.inputs)
    // The globals of JavaScript, and the one of the web that is used.
    const browser = createContext({ crypto: webcrypto })
    runInContext(readFileSync(project.path('page.js'), 'utf8'), browser)
    page = runInContext('page', browser) as typeof Page
  })

  it('compiles strictly without the types of Node', async () => {
    await project.compile(['page.ts'], {
      module: 'esnext',
      moduleResolution: 'bundler',
      types: [],
      lib: ['es2022', 'dom'],
      noEmit: true,
    })
  })

  it('takes the events, the flow and the codecs into the bundle, and nothing that pulls', () => {
    const rooms = inputs.flatMap((input) => /windlass\/dist\/(\w+\/\w+)/.exec(input)?.[1] ?? [])
    expect([...new Set(rooms)].sort()).toEqual(['lib/codec', 'lib/errors', 'lib/events', 'lib/flow'])
  })

  it('shows a pull from its lines, where there is nothing of Node', async () => {
    const { lines, phase } = expectReport(await runEveryEntry())
    const state = page.stateAfter(lines)
    expect(state.phase).toBe(phase)
    expect(state.layers.map(({ status }) => status)).toEqual(['complete'])
    expect(page.refusalOf('{"version":1}')).toBe('PROTOCOL')
    expect(page.stateAfter(page.ownLines()).phase).toBe('done')
  })
})
