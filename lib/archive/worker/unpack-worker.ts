/** The entry point of a worker thread. Executes jobs one after the other and responds when everything is closed. */
import { parentPort, workerData } from 'node:worker_threads'
import { shareLargeWindows } from '../../bytes/compression/large-window.js'
import { asWindlassError, WindlassError } from '../../errors.js'
import { EntrySender } from '../entries/entry-sender.js'
import { systemCallsAvailable, openGunzip, openUnzstd } from '../../system/index.js'
import { LatestGrowth } from './latest-growth.js'
import { runJob } from './run-job.js'
import type { Job, Request, Response } from './task.js'

interface RunningJob {
  readonly id: number
  readonly growth: LatestGrowth
  readonly abort: AbortController
  readonly entries: EntrySender | undefined
}

if (workerData instanceof SharedArrayBuffer) shareLargeWindows(workerData)
// Loads the native libraries in advance, so that the first job does not wait for them.
systemCallsAvailable()
openGunzip()
openUnzstd()?.close()

let running: RunningJob | undefined
let firstJobEnded: () => void

/** Resolves after the first job, when everything that a job needs has been loaded. */
export const firstJob = new Promise<void>((resolve) => (firstJobEnded = resolve))

const post = (response: Response, transfer: ArrayBuffer[] = []): void =>
  parentPort?.postMessage(response, transfer)

parentPort?.on('message', (request: Request) => {
  if (request.type === 'start') {
    running = createRunning(request.id, request.job)
    void run(running, request.job)
  } else if (running?.id === request.id) {
    if (request.type === 'grown') running.growth.report(request)
    else if (request.type === 'acknowledge') running.entries?.acknowledge(request.weight)
    else if (request.type === 'skip') running.entries?.skip(request.entry)
    else running.abort.abort(new WindlassError('CANCELLED', 'The unpacking was cancelled'))
  }
})

post({ type: 'loaded' })

function createRunning(id: number, job: Job): RunningJob {
  const abort = new AbortController()
  const entries = job.entries
    ? new EntrySender((batch, transfer) => post({ type: 'entries', id, batch }, transfer), abort.signal)
    : undefined
  return { id, growth: new LatestGrowth(), abort, entries }
}

async function run({ id, growth, abort, entries }: RunningJob, job: Job): Promise<void> {
  try {
    const result = await runJob(job, growth, {
      signal: abort.signal,
      entries,
      onProgress: (bytes) => post({ type: 'progress', id, bytes }),
      warn: (code, message) => post({ type: 'warning', id, code, message }),
    })
    post({ type: 'done', id, result })
    firstJobEnded()
  } catch (error) {
    post({ type: 'failed', id, error: asWindlassError(error).toJSON() })
  }
}
