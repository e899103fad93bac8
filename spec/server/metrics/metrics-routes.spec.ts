/** The metrics of a real server: who may read them, what they count, and what the documentation says. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WindlassClient } from '../../../lib/api/index.js'
import { buildImage, faults, putImage, startRegistry, type TestRegistry } from '../../../lib/testing/index.js'
import { type RunningServer, serve } from '../../../server/index.js'
import { type ParsedMetric, parseExposition } from '../../support/parse-exposition.js'
import { root } from '../../support/source-tree.js'

const image = buildImage({
  layers: [
    { entries: [{ path: 'etc/motd', content: 'hello' }] },
    { entries: [{ path: 'etc/issue', content: 'issue' }] },
  ],
})
const layerBytes = image.layers.reduce((sum, { size }) => sum + size, 0)

describe('the metrics of a server', () => {
  let top: string
  let server: RunningServer
  let registry: TestRegistry
  beforeEach(async () => {
    top = mkdtempSync(join(tmpdir(), 'windlass-metrics-'))
    registry = await startRegistry()
    await putImage(registry, 'team/app', '1', image)
    server = await serve({
      listen: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }],
      open: { store: join(top, 'store'), retryDelay: 1 },
      version: '1.2.3',
    })
  })
  afterEach(async () => {
    await server.close()
    await registry.close()
    rmSync(top, { recursive: true, force: true })
  })

  const read = (authorization: string): Promise<Response> =>
    fetch(`${server.addresses[0]}/metrics`, { headers: { authorization } })

  async function metrics(): Promise<readonly ParsedMetric[]> {
    const response = await read(`Bearer ${server.token}`)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    return parseExposition(await response.text())
  }

  async function pullToEnd(name: string): Promise<void> {
    const client = new WindlassClient({ url: server.addresses[0]!, token: server.token })
    const { id } = await client.pull(`${registry.host}/${name}`, { platform: 'linux/amd64' })
    await client.events(id).forEach(() => undefined)
  }

  /** The value of a sample; undefined if there is none. */
  const valueOf = (all: readonly ParsedMetric[], name: string, labels: Record<string, string> = {}) =>
    all
      .flatMap(({ samples }) => samples)
      .find(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )?.value

  it('are for those who may use the API', async () => {
    expect((await read('')).status).toBe(401)
    expect((await read('Bearer wrong')).status).toBe(401)
    // A scraper may send the token as a password as well.
    expect((await read(`Basic ${Buffer.from(`any:${server.token}`).toString('base64')}`)).status).toBe(200)
  })

  it('count pulls, bytes, retries, requests and failures', async () => {
    registry.addFault(faults.status(503, { reference: image.layers[0]!.digest }))
    for (let nth = 0; nth < 3; nth++) await pullToEnd('team/app:1')
    await pullToEnd('team/none:1')
    const all = await metrics()
    const value = valueOf.bind(undefined, all)
    expect(value('windlass_build_info', { version: '1.2.3' })).toBe(1)
    expect(value('windlass_pulls', { state: 'running' })).toBe(0)
    expect(value('windlass_pulls_started_total')).toBe(4)
    expect(value('windlass_pulls_ended_total', { outcome: 'done' })).toBe(3)
    expect(value('windlass_pulls_ended_total', { outcome: 'failed' })).toBe(1)
    expect(value('windlass_failures_total', { code: 'NAME_UNKNOWN' })).toBe(1)
    expect(value('windlass_pull_duration_seconds_count')).toBe(4)
    expect(value('windlass_retries_total')).toBe(1)
    // The config is a blob, too.
    expect(value('windlass_downloaded_bytes_total')).toBeGreaterThanOrEqual(layerBytes)
    expect(value('windlass_unpacked_bytes_total')).toBe(layerBytes)
    expect(value('windlass_reused_bytes_total')).toBe(2 * layerBytes)
    expect(value('windlass_slots', { stage: 'unpack' })).toBeGreaterThan(0)
    expect(value('windlass_slots_in_use', { stage: 'download' })).toBe(0)
    expect(value('windlass_queued_layers', { stage: 'unpack' })).toBe(0)
    const requests = { role: 'registry', method: 'GET' }
    expect(value('windlass_registry_requests_total', { ...requests, status: '503' })).toBe(1)
    expect(value('windlass_registry_requests_total', { ...requests, status: '404' })).toBe(1)
    expect(value('windlass_store_free_bytes')).toBeGreaterThan(0)
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
  })

  it('tell running and paused pulls, slots in use, and watchers', { timeout: 20_000 }, async () => {
    registry.addFault(faults.stall(1, { reference: image.layers[0]!.digest, times: Infinity }))
    const client = new WindlassClient({ url: server.addresses[0]!, token: server.token })
    const watcher = client.watch().subscribe({ error: () => undefined })
    const { id } = await client.pull(`${registry.host}/team/app:1`, { platform: 'linux/amd64' })
    const until = async (name: string, labels: Record<string, string>): Promise<void> => {
      while (valueOf(await metrics(), name, labels) !== 1)
        await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await until('windlass_slots_in_use', { stage: 'download' })
    await until('windlass_pulls', { state: 'running' })
    await until('windlass_watchers', {})
    await client.pause(id)
    await until('windlass_pulls', { state: 'paused' })
    await client.cancel(id)
    await until('windlass_pulls_ended_total', { outcome: 'cancelled' })
    watcher.unsubscribe()
  })

  it('are those of the table in docs/serve.md', async () => {
    const page = readFileSync(join(root, 'docs/serve.md'), 'utf8')
    const documented = [...page.matchAll(/^\| `(\w+)(?:\{([\w,]+)\})?` \| (counter|gauge|histogram) \|/gm)]
    await pullToEnd('team/none:1')
    const all = await metrics()
    expect(documented.map(([, name, , type]) => `${name} ${type}`).sort()).toEqual(
      all.map(({ name, type }) => `${name} ${type}`).sort(),
    )
    for (const [, name, labels = ''] of documented) {
      const [sample] = all.find((metric) => metric.name === name)!.samples
      const used = Object.keys(sample?.labels ?? {}).filter((label) => label !== 'le')
      expect(used, name).toEqual(labels === '' ? [] : labels.split(','))
    }
  })
})
