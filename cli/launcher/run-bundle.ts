/** Runs a bundle from the directory of this module, with its V8 code cache if there is one. */
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'
import { cacheDirectory, CodeCache } from './code-cache.js'

/** A bundle that was run. */
export interface Bundle<Exports> {
  readonly exports: Exports
  /**
   * Stores the code that V8 has compiled so far, for the next run. Does nothing after the first few runs, unless this one
   * did much more.
   */
  readonly storeCache: () => void
}

type CommonJS = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: object },
  file: string,
  directory: string,
) => void

/**
 * The function that a module of CommonJS is. The bundle of the command line contains it already: joining the texts
 * would copy megabytes.
 */
const wrapper = { start: '(function (exports, require, module, __filename, __dirname) {', end: '\n})' }

/**
 * Runs a bundle.
 *
 * @param name file name of the bundle
 * @param build identifies the build
 * @param use purpose of the run, such as the name of a command; each has its own cache, because it uses other code
 */
export function runBundle<Exports extends object>(name: string, build: string, use: string): Bundle<Exports> {
  const file = join(__dirname, name)
  const directory = cacheDirectory(process.env)
  // The text is ASCII, which is the default of esbuild, and latin1 is the fastest way to decode that.
  const source = readFileSync(file, 'latin1')
  const { size, mtimeMs } = statSync(file)
  const cache =
    directory === undefined
      ? undefined
      : new CodeCache(directory, `${use}-${process.version}-${process.arch}`, `${build} ${size} ${mtimeMs}`)
  const cachedData = cache?.read()
  const script = new Script(
    source.startsWith(wrapper.start) ? source : `${wrapper.start}${source}${wrapper.end}`,
    cachedData ? { filename: file, cachedData } : { filename: file },
  )
  // V8 rejects a cache of another V8 version or of other flags.
  if (script.cachedDataRejected === true) cache?.reject()
  const module = { exports: {} }
  const run = script.runInThisContext() as CommonJS
  run(module.exports, createRequire(file), module, file, dirname(file))
  return {
    exports: module.exports as Exports,
    storeCache: () => {
      const { user, system } = process.cpuUsage()
      const work = (user + system) / 1000
      if (cache?.shouldStore(work) === true) cache.store(script.createCachedData(), work)
    },
  }
}
