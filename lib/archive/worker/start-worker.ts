/** Starts an unpack thread, from `threadSource` or from a file. */
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { codeFile } from '../../system/native/code-file.js'
import { threadSource } from './thread-source.js'

/** Starts a worker that runs `unpack-worker.ts`. */
export function startWorker(options: WorkerOptions): Worker {
  if (threadSource === undefined) return new Worker(threadFile(), options)
  // Overrides NODE_OPTIONS=--input-type=module, with which the script would not run.
  const execArgv = ['--input-type=commonjs', ...(options.execArgv ?? [])]
  return new Worker(asModule(threadSource), { ...options, execArgv, eval: true })
}

/**
 * Returns the file of the thread, which is next to the compiled code. A worker cannot load TypeScript, so a program
 * that runs from the sources uses the bundle in `dist`.
 */
const threadFile = (): URL =>
  new URL(
    basename(codeFile).endsWith('.ts') ? '../../../dist/cli/thread.cjs' : './unpack-worker.js',
    pathToFileURL(codeFile),
  )

/** Returns a script that runs `source` as if it were the module `codeFile`, so that it can load the package koffi. */
function asModule(source: string): string {
  const file = JSON.stringify(codeFile)
  return `(function (exports, require, module, __filename) {${source}
})(exports, require('node:module').createRequire(${file}), module, ${file})`
}
