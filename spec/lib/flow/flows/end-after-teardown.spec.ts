import { Observable, Subject } from 'rxjs'
import { expect, it } from 'vitest'
import { endAfterTeardown } from '../../../../lib/flow/flows/end-after-teardown.js'
import { tick } from '../../../support/flow-lines.js'

it.each(['complete', 'error'] as const)(
  'tells %s after teardown, whether that comes at once or later',
  async (end) => {
    for (const later of [false, true]) {
      const log: string[] = []
      const source = new Observable<string>((out) => {
        const finish = (): void => {
          out.next('value')
          if (end === 'complete') out.complete()
          else out.error(new Error('no'))
        }
        if (later) void tick().then(finish)
        else finish()
        return () => log.push('teardown')
      })
      endAfterTeardown(source).subscribe({
        next: (value) => log.push(value),
        error: () => log.push('error'),
        complete: () => log.push('complete'),
      })
      await tick()
      await tick()
      expect(log).toEqual(['value', 'teardown', end])
    }
  },
)

it('emits no end after unsubscription', () => {
  const source = new Subject<string>()
  const log: string[] = []
  const reading = endAfterTeardown(source).subscribe({
    next: (value) => log.push(value),
    complete: () => log.push('complete'),
  })
  reading.unsubscribe()
  expect([log, source.observed]).toEqual([[], false])
})
