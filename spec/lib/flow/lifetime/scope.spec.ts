import { describe, expect, it } from 'vitest'
import { type FlowEvent, Scope, StillRunningError } from '../../../../lib/flow/index.js'
import { sleep, tick } from '../../../support/flow-lines.js'

const recorded = (scope: Scope): FlowEvent[] => {
  const events: FlowEvent[] = []
  scope.events.subscribe((event) => events.push(event))
  return events
}

describe('Scope', () => {
  it('waits for held work, also for work that is added while it waits', async () => {
    const scope = new Scope()
    const log: string[] = []
    const later = async (name: string): Promise<void> => {
      await sleep(3)
      log.push(name)
      if (name === 'first') scope.hold(later('second'))
    }
    scope.hold(later('first'))
    await scope.close()
    expect(log).toEqual(['first', 'second'])
  })

  it('runs cleanups in reverse order, one after another, after all held work', async () => {
    const scope = new Scope()
    const log: string[] = []
    const say = (name: string, ms: number) => async () => {
      await sleep(ms)
      log.push(name)
    }
    scope.defer(say('a', 1))
    scope.defer(() => log.push('b'))
    scope.defer(say('c', 5))
    scope.hold(say('held', 8)())
    await scope.close()
    expect(log).toEqual(['held', 'c', 'b', 'a'])
  })

  it('also runs cleanups that a cleanup registers', async () => {
    const scope = new Scope()
    const log: string[] = []
    scope.defer(() => {
      scope.hold(sleep(3).then(() => log.push('held')))
      scope.defer(() => log.push('cleanup of a cleanup'))
    })
    await scope.close()
    expect(log.sort()).toEqual(['cleanup of a cleanup', 'held'])
  })

  it('reports a cleanup that fails, at once or later, and runs the others', async () => {
    const scope = new Scope()
    const events = recorded(scope)
    const log: string[] = []
    scope.defer(() => log.push('ran'))
    scope.defer(() => {
      throw new Error('at once')
    }, 'staging')
    scope.defer(() => Promise.reject(new Error('later')))
    await scope.close()
    expect(log).toEqual(['ran'])
    expect(events).toEqual([
      { type: 'cleanup-failed', from: 'cleanup', error: new Error('later') },
      { type: 'cleanup-failed', from: 'staging', error: new Error('at once') },
    ])
  })

  it('emits an error of held work as a dead letter, unless it is an abort', async () => {
    const scope = new Scope()
    const events = recorded(scope)
    scope.hold(Promise.reject(new Error('late')), 'download')
    scope.hold(Promise.reject(new DOMException('stopped', 'AbortError')))
    scope.hold(Promise.reject(new Error('wrapped', { cause: new DOMException('stopped', 'AbortError') })))
    await scope.close()
    expect(events).toEqual([{ type: 'dead-letter', from: 'download', error: new Error('late') }])
  })

  it('names unfinished work at the timeout, and continues closing', async () => {
    const scope = new Scope()
    let finish = (): void => undefined
    scope.hold(new Promise<void>((resolve) => (finish = resolve)), 'download of sha256:abc')
    scope.hold(sleep(1), 'something quick')
    const error: unknown = await scope.close({ within: 15 }).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(StillRunningError)
    expect(error).toMatchObject({
      labels: ['download of sha256:abc'],
      message: 'Still running after 15 ms: download of sha256:abc',
    })
    finish()
    await scope.close()
    expect(scope.idle).toBe(true)
  })

  it('names a cleanup that hangs', async () => {
    const scope = new Scope()
    scope.defer(() => new Promise(() => undefined), 'removal of staging')
    await expect(scope.close({ within: 5 })).rejects.toThrow('removal of staging')
  })

  it('keeps no timer after it has closed in time', async () => {
    const scope = new Scope()
    await scope.close({ within: 60_000 })
    expect(process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length).toBeLessThanOrEqual(
      1,
    ) // the runner's own
  })

  it('can be closed again, and by several callers at once', async () => {
    const scope = new Scope()
    let cleared = 0
    scope.defer(() => cleared++)
    await Promise.all([scope.close(), scope.close()])
    scope.hold(tick())
    expect(scope.idle).toBe(false)
    await scope.close()
    expect([scope.idle, cleared]).toEqual([true, 1])
  })

  it('runs a cleanup at once if it is already closed', async () => {
    const scope = new Scope()
    await scope.close()
    let cleared = false
    scope.defer(() => (cleared = true))
    await tick()
    expect(cleared).toBe(true)
  })

  it('completes its own channel when it is closed, but not a shared one', async () => {
    const parent = new Scope()
    const child = new Scope(parent.channel)
    let ended = 0
    parent.events.subscribe({ complete: () => ended++ })
    const events = recorded(parent)
    child.emit({ type: 'from the child' })
    await child.close()
    expect([ended, events]).toEqual([0, [{ type: 'from the child' }]])
    await parent.close()
    expect(ended).toBe(1)
  })

  it('names the work that was entered until it is left, and does not wait for it', async () => {
    const scope = new Scope()
    const [one, same] = [{ name: 'download' }, { name: 'download' }]
    scope.enter(one)
    scope.enter(same)
    expect(scope.running).toEqual(['download'])
    expect(scope.idle).toBe(true)
    scope.leave(one)
    expect(scope.running).toEqual(['download'])
    scope.leave(same)
    expect(scope.running).toEqual([])
    scope.enter(one)
    await scope.close()
  })
})
