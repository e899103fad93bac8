/** The list of the pulls of a server. */
import { describe, expect, it, vi } from 'vitest'
import type { PullRecord } from '../../../lib/api/shapes.js'
import { apiByHand, failure, listedPull, watchedPull } from '../../support/cli/api-by-hand.js'
import { TestTerminal, windlass } from '../../support/cli/test-terminal.js'
import { run } from '../../../cli/program.js'

const unknown = { fraction: 0, secondsLeft: null, fetched: null, total: null, unpacked: null }
const sample = (network: number) => ({ at: 1, network, disk: 0, holder: null })

const pulls: readonly PullRecord[] = [
  listedPull('aa11'),
  listedPull('bb22', { state: 'paused' }),
  listedPull('cc33', { state: 'interrupted', progress: unknown }),
  listedPull('dd44', { state: 'done', endedAt: 2, order: { image: 'x\u001b[2Jy' } }),
]
const answers = {
  'GET /pulls': pulls,
  'GET /pulls/aa11': watchedPull('aa11', { samples: [sample(1), sample(500_000)] }),
}
const cells = (out: string): string[][] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/))

const head = ['ID', 'IMAGE', 'STATE', 'DONE', 'BYTES', 'RATE', 'LEFT']
const bytes = '1.00 MB / 4.00 MB'

describe('windlass ps', () => {
  it('lists the pulls that have not ended, with the latest rate, and says that others can be resumed', async () => {
    const { flags } = await apiByHand(answers)
    const { code, out, err } = await windlass(['ps', ...flags])
    expect(code).toBe(0)
    expect(cells(out)).toEqual([
      head,
      ['aa11', 'example.com/aa11:1', 'running', '42 %', bytes, '500 kB/s', '1m30s'],
      ['bb22', 'example.com/bb22:1', 'paused', '42 %', bytes, '-', '-'],
    ])
    expect(err).toBe('1 pull of an earlier server can be resumed: see “windlass ps -a”.\n')
  })

  it('lists all pulls with --all, without control characters', async () => {
    const { flags } = await apiByHand(answers)
    const { out, err } = await windlass(['ps', '-a', ...flags])
    expect(cells(out).slice(3)).toEqual([
      ['cc33', 'example.com/cc33:1', 'interrupted', '-', '-', '-', '-'],
      ['dd44', 'x\\u{1b}[2Jy', 'done', '42 %', bytes, '-', '-'],
    ])
    expect(err).toBe('')
  })

  it('prints JSON, in which a rate that was not measured is null', async () => {
    const { flags } = await apiByHand({ ...answers, 'GET /pulls/aa11': watchedPull('aa11') })
    const { out } = await windlass(['ps', '-a', '--json', ...flags])
    expect(JSON.parse(out)).toEqual(pulls.map((each) => ({ ...each, bytesPerSecond: null })))
  })

  it('has no rate of a pull that has ended meanwhile, and fails if the server does', async () => {
    const gone = failure(404, 'PULL_UNKNOWN', 'gone')
    const { flags } = await apiByHand({ ...answers, 'GET /pulls/aa11': gone })
    expect(cells((await windlass(['ps', ...flags])).out)[1]?.slice(-2)).toEqual(['-', '1m30s'])
    const broken = await apiByHand({ ...answers, 'GET /pulls/aa11': failure(500, 'INTERNAL', 'broken') })
    expect(await windlass(['ps', ...broken.flags])).toMatchObject({ code: 1, out: '' })
  })

  it('ends at once on an interrupt, although the server does not answer', async () => {
    for (const silent of ['GET /pulls', 'GET /pulls/aa11']) {
      const { flags, requests } = await apiByHand({ ...answers, [silent]: () => undefined })
      const terminal = new TestTerminal()
      const code = run(['ps', ...flags], terminal)
      await vi.waitFor(() => expect(requests).toContain(silent), { timeout: 20_000, interval: 5 })
      terminal.signals.emit('SIGINT')
      expect(await code).toBe(130)
    }
  })
})
