/** Entry point of a worker thread that unpacks layers: runs the bundled code of that thread. */
import { runBundle } from './run-bundle.js'

/** Identifies the build. Replaced by scripts/bundle.mjs. */
declare const BUILD: string

/** Exports of `lib/archive/worker/unpack-worker.ts`. */
interface ThreadExports {
  readonly firstJob: Promise<void>
}

// The code cache is written after the first job, when the code of a job has been compiled.
const { exports, storeCache } = runBundle<ThreadExports>('thread.cjs', BUILD, 'thread')
void exports.firstJob.then(storeCache)
