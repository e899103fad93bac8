/** Entry point of a thread that unpacks: runs the bundle of the thread. */
import { runBundle } from './run-bundle.js'

/** Identifies the build. Replaced by scripts/bundle.mjs. */
declare const BUILD: string

/** Exports of `lib/archive/worker/unpack-worker.ts`. */
interface Thread {
  readonly firstJob: Promise<void>
}

const { exports, keep } = runBundle<Thread>('thread.cjs', BUILD, 'thread')
void exports.firstJob.then(keep)
