import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { plainLines } from '../../../cli/render/plain.js'
import { progressView } from '../../../cli/render/progress.js'
import {
  decodeEvent,
  emptySnapshot,
  PullEventLog,
  reduce,
  type LayerStatus,
  type PullEvent,
  type PullEventBody,
} from '../../../lib/events/index.js'
import { digest, now } from './snapshots.js'

const layer = (status: LayerStatus, current: number, more: object = {}): PullEventBody => ({
  type: 'layer',
  digest: digest('b'),
  status,
  current,
  total: 4_000_000,
  ...more,
})

const story: PullEventBody[] = [
  { type: 'start', reference: 'docker.io/library/a:1', platform: 'linux/amd64' },
  {
    type: 'manifest',
    digest: 'sha256:1',
    mediaType: 'application/x',
    size: 1,
    host: 'registry.example',
    decidedBy: 'shape',
  },
  { type: 'platform', chosen: 'linux/amd64', digest: 'sha256:2', rejected: ['linux/arm64', 'windows/amd64'] },
  {
    type: 'plan',
    layers: [
      { digest: digest('a'), size: 1000, action: 'exists', offset: 1000 },
      { digest: digest('b'), size: 4_000_000, action: 'resume', offset: 1_000_000 },
    ],
    bytes: { total: 4_001_000, toDownload: 3_000_000 },
  },
  layer('waiting', 1_000_000),
  layer('downloading', 1_000_000, { host: 'mirror.example' }),
  layer('downloading', 2_000_000, { host: 'mirror.example' }),
  layer('retrying', 2_000_000, { retryIn: 5000, reason: 'reset\n\u001b[2J', attempt: 2 }),
  layer('retrying', 2_000_000, { retryIn: 1000, reason: 'reset again', attempt: 3 }),
  layer('downloading', 3_000_000),
  layer('verifying', 4_000_000),
  layer('extracting', 0),
  layer('extracting', 4_000_000),
  layer('complete', 4_000_000),
  { type: 'warning', code: 'owners', message: 'owners were not set' },
  {
    type: 'image',
    name: 'n',
    digest: 'd',
    mediaType: 'm',
    platform: 'p',
    imageId: 'i',
    size: 1,
    layers: [],
    status: 'newer',
  },
  { type: 'end', outcome: 'done' },
]

function told(): PullEvent[] {
  let at = now
  const channel = new PullEventLog(() => new Date((at += 200)))
  const events: PullEvent[] = []
  channel.events.subscribe((event) => events.push(event))
  for (const body of story) channel.emit(body)
  return events
}

describe('plainLines', () => {
  it('prints each change of status once, on its own line, without control characters (S2-51)', () => {
    let snapshot = emptySnapshot
    const lines: string[] = []
    for (const event of told()) {
      lines.push(...plainLines(snapshot, event))
      snapshot = reduce(snapshot, event)
    }
    expect(lines).toEqual([
      'Pulling docker.io/library/a:1 for linux/amd64',
      'Manifest sha256:1 (application/x) from registry.example',
      'Platform linux/amd64 of 3 entries: sha256:2',
      '2 layers, 4.00 MB, 3.00 MB to download',
      'aaaaaaaaaaaa: Already exists',
      'bbbbbbbbbbbb: Downloading 4.00 MB from mirror.example, resuming after 1.00 MB',
      'bbbbbbbbbbbb: Retrying in 5 seconds (reset\\u{a}\\u{1b}[2J)',
      'bbbbbbbbbbbb: Retrying in 1 second (reset again)',
      'bbbbbbbbbbbb: Downloading 4.00 MB from mirror.example, resuming after 3.00 MB',
      'bbbbbbbbbbbb: Verifying',
      'bbbbbbbbbbbb: Extracting',
      'bbbbbbbbbbbb: Pull complete',
      'Warning: owners were not set',
      'Downloaded newer image for n',
    ])
  })
})

describe('progressView', () => {
  const show = async (kind: 'auto' | 'json' | 'none', tty = false, env = {}): Promise<string> => {
    const stderr = Object.assign(new PassThrough(), { isTTY: tty })
    const channel = new PullEventLog()
    for (const body of story) channel.emit(body)
    const view = progressView(kind, { stderr, env })
    await view.add(channel.events).settle()
    view.close()
    // Since Node 26, one read returns only one chunk.
    const chunks: Buffer[] = []
    for (let chunk; (chunk = stderr.read() as Buffer | null) !== null;) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }

  it('prints that the pull is paused and resumed', () => {
    const event = (type: 'paused' | 'resumed'): PullEvent => ({
      ...{ version: 1, pull: 'a', seq: 1, time: new Date(now).toISOString() },
      type,
    })
    expect(plainLines(emptySnapshot, event('paused'))).toEqual(['Paused'])
    expect(plainLines(emptySnapshot, event('resumed'))).toEqual(['Resumed'])
  })

  it('json: prints every event as one line that can be decoded', async () => {
    const lines = (await show('json')).trimEnd().split('\n')
    expect(lines.map((line) => decodeEvent(line).type)).toContain('plan')
  })

  it('none: writes nothing', async () => expect(await show('none')).toBe(''))

  it('auto: draws only on a terminal that is not dumb', async () => {
    expect(await show('auto', true)).toContain('\u001b[')
    expect(await show('auto', false)).not.toContain('\u001b')
    expect(await show('auto', true, { TERM: 'dumb' })).not.toContain('\u001b')
  })
})
