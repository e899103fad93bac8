/** Runs a bundle that stands beside this one, with the code that V8 kept of it where there is some. */
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'
import { cacheDirectory, CodeCache } from './code-cache.js'

export interface Bundle<Exports> {
  readonly exports: Exports
  /** Keeps what V8 has made of it by now, where that is due. Takes some milliseconds, in the first runs. */
  readonly keep: () => void
}

type CommonJS = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: object },
  file: string,
  directory: string,
) => void

/**
 * @param name of the bundle's file
 * @param build what tells this build from all others
 * @param use how it is used: each use compiles other parts of it
 */
export function runBundle<Exports extends object>(name: string, build: string, use: string): Bundle<Exports> {
  const file = join(__dirname, name)
  const directory = cacheDirectory(process.env)
  // Its text is plain ASCII (esbuild's default), which latin1 reads fastest.
  const source = readFileSync(file, 'latin1')
  const { size, mtimeMs } = statSync(file)
  const cache =
    directory === undefined
      ? undefined
      : new CodeCache(directory, `${use}-${process.version}-${process.arch}`, `${build} ${size} ${mtimeMs}`)
  const cachedData = cache?.read()
  const script = new Script(
    `(function (exports, require, module, __filename, __dirname) {${source}\n})`,
    cachedData ? { filename: file, cachedData } : { filename: file },
  )
  // Made by another version of V8, or with other flags.
  if (script.cachedDataRejected === true) cache?.reject()
  const module = { exports: {} }
  // What the function above is.
  const run = script.runInThisContext() as CommonJS
  run(module.exports, createRequire(file), module, file, dirname(file))
  return {
    // What the bundle says that it exports.
    exports: module.exports as Exports,
    keep: () => {
      if (cache?.isOpen === true) cache.keep(script.createCachedData())
    },
  }
}
