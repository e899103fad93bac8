import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
