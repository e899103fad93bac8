/** The limits of a server, printed and changed. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ServerLimits } from '../../../lib/api/shapes.js'
import { apiByHand } from '../../support/cli/api-by-hand.js'
import { windlass } from '../../support/cli/test-terminal.js'

const limits: ServerLimits = { maxDownloads: 3, maxUnpacks: 2, bytesPerSecond: null, isAuto: true }
const changed: ServerLimits = { maxDownloads: 6, maxUnpacks: 2, bytesPerSecond: 2 ** 21, isAuto: false }
const answers = { 'GET /limits': limits, 'PATCH /limits': changed }

describe('windlass limit', () => {
  it('prints the limits without an option, whatever the variables of a pull say', async () => {
    const { flags, requests } = await apiByHand(answers)
    vi.stubEnv('WINDLASS_MAX_RATE', '1')
    vi.stubEnv('WINDLASS_MAX_DOWNLOADS', '1')
    onTestFinished(() => void vi.unstubAllEnvs())
    const { code, out } = await windlass(['limit', ...flags])
    expect({ code, out }).toEqual({
      code: 0,
      out: 'max-downloads  3 (auto)\nmax-unpacks    2\nmax-rate       none\n',
    })
    expect(requests).toEqual(['GET /limits'])
  })

  it.each([
    [['--max-rate', '2M'], { bytesPerSecond: 2 * 2 ** 20 }],
    [['--max-rate', '500K'], { bytesPerSecond: 500 * 2 ** 10 }],
    [['--max-rate', '1'], { bytesPerSecond: 1 }],
    [['--max-rate', 'none'], { bytesPerSecond: null }],
    [['--max-downloads', '6'], { maxDownloads: 6 }],
    [['--max-unpacks', '2', '--max-downloads', '1'], { maxDownloads: 1, maxUnpacks: 2 }],
  ])('changes with %j only what is named, and prints all limits', async (options, change) => {
    const { flags, requests } = await apiByHand(answers)
    const { out } = await windlass(['limit', ...options, ...flags])
    expect(out).toBe('max-downloads  6\nmax-unpacks    2\nmax-rate       2.10 MB/s\n')
    expect(requests).toEqual([`PATCH /limits ${JSON.stringify(change)}`])
  })

  it('prints JSON', async () => {
    const { flags } = await apiByHand(answers)
    const { out } = await windlass(['limit', '--json', ...flags])
    expect(JSON.parse(out)).toEqual(limits)
  })

  it.each([
    ['--max-rate', '0'],
    ['--max-rate', '1.5M'],
    ['--max-rate', '2T'],
    ['--max-rate', '99999999999G'],
    ['--max-rate', ''],
    ['--max-downloads', '0'],
    ['--max-downloads', '-1'],
    ['--max-unpacks', '1e3'],
    ['--max-unpacks', 'none'],
  ])('refuses %s %j, and changes nothing', async (flag, value) => {
    const { flags, requests } = await apiByHand(answers)
    expect(await windlass(['limit', `${flag}=${value}`, ...flags])).toMatchObject({ code: 2, out: '' })
    expect(requests).toEqual([])
  })
})
