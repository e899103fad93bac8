import { type Observable, NEVER, of, throwError } from 'rxjs'
import { expect, it } from 'vitest'
import { Scope, scoped } from '../../../../lib/flow/index.js'
import { sleep } from '../../../support/flow-lines.js'

it.each(['complete', 'error', 'leave'] as const)(
  'clears its scope on %s, and the parent waits for it',
  async (end) => {
    const parent = new Scope()
    const log: string[] = []
    const body = (scope: Scope): Observable<number> => {
      scope.defer(async () => {
        await sleep(5)
        log.push('cleared')
      })
      return { complete: of(1), error: throwError(() => new Error('no')), leave: NEVER }[end]
    }
    const reading = scoped(parent, body).subscribe({
      error: () => log.push('error'),
      complete: () => log.push('complete'),
    })
    reading.unsubscribe()
    await parent.close()
    expect(log).toEqual(end === 'leave' ? ['cleared'] : [end, 'cleared'])
  },
)

it('shares the events of its parent', () => {
  const parent = new Scope()
  const events: string[] = []
  parent.events.subscribe(({ type }) => events.push(type))
  scoped(parent, (scope) => {
    scope.emit({ type: 'inside' })
    return of(1)
  }).subscribe()
  expect(events).toEqual(['inside'])
})

it('is work that its parent waits for, under its label', async () => {
  const parent = new Scope()
  const body = (scope: Scope): Observable<never> => {
    scope.hold(new Promise(() => undefined), 'download')
    return NEVER
  }
  scoped(parent, body, 'pull of alpine').subscribe()
  await expect(parent.close({ within: 5 })).rejects.toThrow('pull of alpine > download')
})

it('creates a scope for each subscriber, and fails if `body` throws', () => {
  const scopes = new Set<Scope>()
  const read = scoped(new Scope(), (scope) => {
    scopes.add(scope)
    throw new Error('no')
  })
  const errors: unknown[] = []
  read.subscribe({ error: (error) => errors.push(error) })
  read.subscribe({ error: (error) => errors.push(error) })
  expect(scopes.size).toBe(2)
  expect(errors).toEqual([new Error('no'), new Error('no')])
})
