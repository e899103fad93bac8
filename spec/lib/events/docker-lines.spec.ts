import { describe, expect, it } from 'vitest'
import { DockerLines, encodeDockerLine, isCount, statusLine } from '../../../lib/events/docker-lines.js'
import { PullEventLog, type PullEvent, type PullEventBody } from '../../../lib/events/index.js'

const digestOf = (digit: string): string => `sha256:${digit.repeat(64)}`
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(digestOf) as [string, string, string, string]
const [idA, idB] = ['a'.repeat(12), 'b'.repeat(12)]
const reference = 'docker.io/library/alpine:3.20'

const start: PullEventBody = { type: 'start', reference, platform: 'linux/amd64' }
const manifest: PullEventBody = {
  ...{ type: 'manifest', digest: digestOf('e'), mediaType: 'application/vnd.oci.image.index.v1+json' },
  ...{ size: 100, host: 'registry.example', decidedBy: 'content-type' },
}
const image = (status: 'newer' | 'up-to-date'): PullEventBody => ({
  ...{ type: 'image', name: reference, digest: digestOf('e'), mediaType: manifest.mediaType },
  ...{ platform: 'linux/amd64', imageId: digestOf('f'), size: 300, layers: [], status },
})
const planOf = (
  ...layers: readonly (readonly [string, 'exists' | 'resume' | 'download'])[]
): PullEventBody => ({
  type: 'plan',
  layers: layers.map(([digest, action]) => ({
    digest,
    action,
    size: 100,
    offset: action === 'resume' ? 40 : 0,
  })),
  bytes: { total: 100 * layers.length, toDownload: 0 },
})
type Status = Extract<PullEventBody, { type: 'layer' }>['status']
const layer = (digest: string, status: Status, current = 0, more = {}): PullEventBody => ({
  ...{ type: 'layer', digest, status, current, total: 100 },
  ...more,
})
const done: PullEventBody = { type: 'end', outcome: 'done' }

/** The events as a pull emits them. */
function eventsOf(bodies: readonly PullEventBody[]): PullEvent[] {
  const events: PullEvent[] = []
  let time = 0
  const log = new PullEventLog(() => new Date((time += 1_000)), 'p')
  log.events.subscribe((event) => events.push(event))
  for (const body of bodies) log.emit(body)
  return events
}

const linesOf = (bodies: readonly PullEventBody[], options = {}): unknown[] => {
  const lines = new DockerLines(options)
  return eventsOf(bodies).flatMap((event) => lines.linesOf(event))
}
const words = (lines: readonly unknown[]): string[] =>
  (lines as { id?: string; status?: string }[]).map(({ id, status }) =>
    [id, status].filter(Boolean).join(': '),
  )
const said = (status: string, id: string) => ({ status, progressDetail: {}, id })

describe('the lines of a pull', () => {
  it('say once from where is pulled: an image of an index has two manifests', () => {
    const lines = linesOf([start, manifest, { ...manifest, digest: digestOf('d') }])
    expect(lines).toEqual([{ status: 'Pulling from library/alpine', id: '3.20' }])
  })

  it('are those of dockerd for an image with new layers', () => {
    const lines = linesOf([
      ...[start, manifest, planOf([a, 'download'], [b, 'exists'])],
      ...[layer(a, 'downloading', 50), layer(a, 'verifying', 100), layer(a, 'downloaded', 100)],
      ...[layer(a, 'extracting', 100), layer(a, 'complete', 100), image('newer'), done],
    ])
    expect(lines).toEqual([
      { status: 'Pulling from library/alpine', id: '3.20' },
      said('Pulling fs layer', idA),
      said('Already exists', idB),
      {
        status: 'Downloading',
        progressDetail: { current: 50, total: 100 },
        progress: '[=========================>                         ]      50B/100B',
        id: idA,
      },
      said('Verifying Checksum', idA),
      said('Download complete', idA),
      {
        status: 'Extracting',
        progressDetail: { current: 100, total: 100 },
        progress: '[==================================================>]     100B/100B',
        id: idA,
      },
      said('Pull complete', idA),
      { status: `Digest: ${digestOf('e')}` },
      { status: 'Status: Downloaded newer image for alpine:3.20' },
    ])
  })

  it('say nothing of the layers of an image that is up to date', () => {
    const bodies = [start, manifest, planOf([a, 'exists'], [b, 'exists']), layer(a, 'exists', 100)]
    expect(words(linesOf([...bodies, image('up-to-date'), done]))).toEqual([
      '3.20: Pulling from library/alpine',
      `Digest: ${digestOf('e')}`,
      'Status: Image is up to date for alpine:3.20',
    ])
    expect(words(linesOf([...bodies, image('newer'), done]))).toContain(`${idA}: Already exists`)
  })

  it('do not say that a layer was pulled which exists', () => {
    const bodies = [start, manifest, planOf([a, 'download'], [b, 'exists']), layer(b, 'complete', 100)]
    expect(words(linesOf(bodies)).filter((each) => each.startsWith(idB))).toEqual([`${idB}: Already exists`])
  })

  it('report the layers beyond the number of downloads as waiting', () => {
    const plan = planOf([a, 'download'], [b, 'resume'], [c, 'download'], [d, 'download'])
    expect(words(linesOf([start, manifest, plan]))).toEqual([
      '3.20: Pulling from library/alpine',
      ...[a, b, c, d].map((digest) => `${digest.slice(7, 19)}: Pulling fs layer`),
      `${'d'.repeat(12)}: Waiting`,
    ])
    expect(
      words(linesOf([start, manifest, plan], { downloads: 1 })).filter((each) => each.includes('Waiting')),
    ).toHaveLength(3)
  })

  it('report a digest that occurs twice once', () => {
    expect(words(linesOf([start, manifest, planOf([a, 'download'], [a, 'download'])]))).toEqual([
      '3.20: Pulling from library/alpine',
      `${idA}: Pulling fs layer`,
    ])
  })

  it('complete the download of a layer before its unpacking, also if no event says so', () => {
    const bodies = [
      start,
      manifest,
      planOf([a, 'download']),
      layer(a, 'downloading', 100),
      layer(a, 'complete', 100),
    ]
    expect(words(linesOf(bodies)).slice(2)).toEqual([
      `${idA}: Downloading`,
      `${idA}: Download complete`,
      `${idA}: Pull complete`,
    ])
  })

  it('count down the seconds until the next attempt, and stop when it begins', () => {
    const lines = new DockerLines()
    const retrying = layer(a, 'retrying', 10, { retryIn: 5_000, reason: 'reset', attempt: 2 })
    const events = eventsOf([start, manifest, planOf([a, 'download']), layer(a, 'downloading', 10), retrying])
    const last = events.flatMap((event) => lines.linesOf(event)).at(-1)
    expect(last).toEqual(said('Retrying in 5 seconds', idA))
    const at = Date.parse(events.at(-1)!.time)
    expect(words(lines.linesAt(at))).toEqual([])
    expect(words(lines.linesAt(at + 1_000))).toEqual([`${idA}: Retrying in 4 seconds`])
    expect(words(lines.linesAt(at + 4_000))).toEqual([`${idA}: Retrying in 1 second`])
    for (const event of eventsOf([layer(a, 'downloading', 20)])) lines.linesOf(event)
    expect(lines.linesAt(at + 5_000)).toEqual([])
  })

  it('have a failure as error and as errorDetail', () => {
    const error = { code: 'NETWORK', message: 'The connection broke', retryable: true }
    const message = 'The connection broke'
    const failed: PullEventBody = { type: 'end', outcome: 'failed', error }
    expect(linesOf([start, manifest, failed]).at(-1)).toEqual({ errorDetail: { message }, error: message })
    expect(linesOf([start, manifest, failed], { isOneOfMany: true })).toHaveLength(1)
  })

  it('name the digest of a pull by digest, and leave the last line of one of several pulls to the others', () => {
    const byDigest = `docker.io/library/alpine@${digestOf('e')}`
    const bodies = [{ ...start, reference: byDigest }, manifest, planOf(), image('newer'), done]
    expect(words(linesOf(bodies))).toEqual([
      `${byDigest}: Pulling from library/alpine`,
      `Digest: ${digestOf('e')}`,
      `Status: Downloaded newer image for alpine@${digestOf('e')}`,
    ])
    expect(words(linesOf(bodies, { isOneOfMany: true }))).toHaveLength(2)
    expect(statusLine('quay.io/team/app', false).status).toBe(
      'Status: Image is up to date for quay.io/team/app',
    )
  })

  it('say that they have begun with the first manifest', () => {
    const lines = new DockerLines()
    const begun = eventsOf([start, manifest]).map((event) => {
      lines.linesOf(event)
      return lines.hasBegun
    })
    expect(begun).toEqual([false, true])
  })

  it('are JSON that ends with a carriage return and a line feed', () => {
    expect(encodeDockerLine(said('Waiting', idA))).toBe(
      `{"status":"Waiting","progressDetail":{},"id":"${idA}"}\r\n`,
    )
    expect(isCount(said('Waiting', idA))).toBe(false)
    expect(isCount({ status: 'Extracting', progressDetail: { current: 0, total: 1 } })).toBe(true)
  })
})
