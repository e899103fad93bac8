/** What a stage leaves behind whose reader goes before the end. */
import { once } from 'node:events'
import { Flow, Scope, type Stage } from '../../lib/flow/index.js'
import { sleep, ticks } from './flow-lines.js'

/** Reads `stage` for one element, leaves it once it is at work, and closes its scope. */
export async function leftEarly<In>(input: In, stage: Stage<In, unknown>): Promise<void> {
  const scope = new Scope()
  const reading = Flow.of(input).pipe(stage).toObservable(scope).subscribe()
  await ticks(3)
  reading.unsubscribe()
  await scope.close()
}

/** An operation that takes `ms` more to end after it was aborted. */
export async function slowToEnd(signal: AbortSignal, ms: number): Promise<never> {
  await once(signal, 'abort')
  await sleep(ms)
  throw new Error('aborted', { cause: signal.reason })
}
