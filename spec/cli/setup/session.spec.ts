import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { withWindlass } from '../../../cli/setup/session.js'
import { Messages } from '../../../cli/terminal/messages.js'
import type { Windlass } from '../../../puller/index.js'
import { TestTerminal } from '../../support/cli/test-terminal.js'

let store = ''
beforeAll(async () => {
  store = await mkdtemp(path.join(tmpdir(), 'windlass-session-'))
})
afterAll(() => rm(store, { recursive: true, force: true }))

const terminal = () => {
  const each = new TestTerminal()
  return Object.assign(each, { messages: new Messages(each.stderr) })
}

describe('the work of a command', () => {
  it.each([false, true])('closes the puller, also if it fails (%s)', async (fails) => {
    let opened: Windlass | undefined
    const work = withWindlass({ store }, terminal(), [], (windlass) => {
      opened = windlass
      return fails ? Promise.reject(new Error('no')) : Promise.resolve('done')
    })
    await (fails ? expect(work).rejects.toThrow('no') : expect(work).resolves.toBe('done'))
    expect(() => opened?.pull('a')).toThrow('closed')
  })
})

describe('the puller of a command', () => {
  const login = { username: 'me' }
  const withPassword = () => Object.assign(terminal(), { env: { WINDLASS_PASSWORD: 'sesame' } })

  it('has the login for the registry of the names, also of those that are read', async () => {
    const nothing = () => Promise.resolve()
    const two = ['quay.io/a', 'docker.io/b']
    await withWindlass({ store, ...login }, withPassword(), ['quay.io/a'], nothing)
    await expect(withWindlass({ store, ...login }, withPassword(), two, nothing)).rejects.toThrow('several')
    const read = () => Promise.resolve(two)
    await expect(withWindlass({ store, ...login }, withPassword(), read, nothing)).rejects.toThrow('several')
  })

  it('has what the command adds to the options', async () => {
    const add = vi.fn((options: object) => Promise.resolve({ ...options, store: path.join(store, 'other') }))
    const storeOf = (windlass: Windlass) => Promise.resolve(windlass.store)
    const opened = await withWindlass({ store }, terminal(), ['a'], storeOf, undefined, add)
    expect(opened).toBe(path.join(store, 'other'))
    expect(add.mock.calls[0]?.[0]).toMatchObject({ store })
  })

  it('says what an interrupt does, and passes it on', async () => {
    const at = terminal()
    const work = withWindlass(
      ...([{ store }, at, []] as const),
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error)
          })
          at.signals.emit('SIGINT')
        }),
      'ending it',
    )
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(at.err).toBe('windlass: ending it; interrupt again to exit at once\n')
  })
})
