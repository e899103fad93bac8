/** Commands that change the pulls of a server. */
import { describe, expect, it, vi } from 'vitest'
import type { PullRecord } from '../../../lib/api/shapes.js'
import { apiByHand, failure, listedPull } from '../../support/cli/api-by-hand.js'
import { TestTerminal, windlass } from '../../support/cli/test-terminal.js'
import { run } from '../../../cli/program.js'

const one = listedPull('aa11')
const two = listedPull('bb22')
const answers = {
  'GET /pulls': [one, two],
  'PATCH /pulls/aa11': { ...one, state: 'paused' },
  'PATCH /pulls/bb22': { ...two, order: { image: 'x\u001b[2Jy' } },
  'POST /pulls/aa11/cancel': one,
}

describe('commands that change pulls', () => {
  it.each([
    ['pause', 'PATCH /pulls/aa11 {"paused":true}'],
    ['resume', 'PATCH /pulls/aa11 {"paused":false}'],
    ['cancel', 'POST /pulls/aa11/cancel {}'],
  ])('%s: changes the pull whose id starts so, and prints it', async (command, request) => {
    const { flags, requests } = await apiByHand(answers)
    const { code, out } = await windlass([command, 'aa', ...flags])
    expect({ code, out }).toEqual({ code: 0, out: 'aa11 example.com/aa11:1\n' })
    expect(requests).toEqual(['GET /pulls', request])
    const { out: json } = await windlass([command, 'aa11', '--json', ...flags])
    expect(JSON.parse(json)).toMatchObject({ id: 'aa11' })
  })

  it.each(['interrupted', 'failed', 'cancelled'] as const)(
    'starts a pull again that is %s',
    async (state) => {
      const again: PullRecord = listedPull('ee55')
      const { flags, requests } = await apiByHand({
        ...{ 'GET /pulls': [listedPull('aa11', { state })], 'POST /pulls/aa11/again': again },
      })
      expect((await windlass(['resume', 'aa11', ...flags])).out).toBe('ee55 example.com/ee55:1\n')
      expect(requests.at(-1)).toBe('POST /pulls/aa11/again {}')
    },
  )

  it('lets the server refuse to resume a pull that is done', async () => {
    const { flags } = await apiByHand({
      'GET /pulls': [listedPull('aa11', { state: 'done' })],
      'PATCH /pulls/aa11': failure(409, 'PULL_ENDED', 'it has ended'),
    })
    const { code, err } = await windlass(['resume', 'aa11', ...flags])
    expect(code).not.toBe(0)
    expect(err).toContain('it has ended')
  })

  it('goes on after one that cannot be changed, and ends with the code of the first failure', async () => {
    const { flags } = await apiByHand({
      ...{ ...answers, 'PATCH /pulls/aa11': failure(409, 'PULL_ENDED', 'it has ended') },
    })
    const { code, out, err } = await windlass(['pause', 'zz', 'aa11', 'bb22', ...flags])
    expect(err).toContain('The server has no pull "zz"')
    expect(err).toContain('it has ended')
    expect(out).toBe('bb22 x\\u{1b}[2Jy\n')
    expect(code).toBe((await windlass(['pause', 'zz', ...flags])).code)
    expect(code).not.toBe((await windlass(['pause', 'aa11', ...flags])).code)
  })

  it('goes on after an id that several pulls have', async () => {
    const { flags } = await apiByHand({ ...answers, 'GET /pulls': [one, two, listedPull('ab33')] })
    const { code, out, err } = await windlass(['pause', 'a', 'bb22', ...flags])
    expect([code, out]).toEqual([2, 'bb22 x\\u{1b}[2Jy\n'])
    expect(err).toContain('Several pulls have an id that starts with "a"')
  })

  it('stops at an error of the server itself, which the others would have too', async () => {
    const { flags, requests } = await apiByHand({ 'GET /pulls': failure(401, 'UNAUTHORIZED', 'no token') })
    const { code, err } = await windlass(['pause', 'aa11', 'bb22', ...flags])
    expect(code).toBe(3)
    expect(err.match(/no token/g)).toHaveLength(1)
    expect(requests).toEqual(['GET /pulls'])
  })

  it('stops on an interrupt', async () => {
    const { flags, requests } = await apiByHand({ ...answers, 'PATCH /pulls/aa11': () => undefined })
    const terminal = new TestTerminal()
    const code = run(['pause', 'aa11', 'bb22', ...flags], terminal)
    await vi.waitFor(() => expect(requests.length).toBe(2), { timeout: 20_000, interval: 5 })
    terminal.signals.emit('SIGINT')
    expect(await code).toBe(130)
    expect(requests).toHaveLength(2)
    expect(terminal.out).toBe('')
  })
})
