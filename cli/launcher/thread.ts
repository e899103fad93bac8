/** What starts as the thread that unpacks: its bundle. */
import { runBundle } from './run-bundle.js'

/** Put in by scripts/bundle.mjs. */
declare const BUILD: string

/** What it says of itself: `lib/archive/worker/unpack-worker.ts`. */
interface Thread {
  readonly firstJob: Promise<void>
}

const { exports, keep } = runBundle<Thread>('thread.cjs', BUILD, 'thread')
void exports.firstJob.then(keep)
