/** What mirrors cost that die in the middle of a blob or send wrong bytes: time, bytes, and requests elsewhere. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type BuiltImage, putImage } from '../../lib/testing/images/index.js'
import { type TestRegistry, faults } from '../../lib/testing/registry/index.js'
import type { OpenOptions } from '../../puller/index.js'
import { Visits, hostsAsked } from '../support/setups/visits.js'
import {
  blobRequests,
  eventsOf,
  largeImage,
  layerEvents,
  until,
  wanted,
  warnings,
} from '../support/watching.js'
import { Workbench, imageOf } from '../support/workbench.js'

const repository = 'team/app'

describe('a mirror', () => {
  const bench = new Workbench()

  /** Starts a mirror and a registry with the image, and a puller that finds both in a `hosts.toml`. */
  async function setUp(image: BuiltImage, options: OpenOptions = {}) {
    const visits = new Visits()
    const [registry, mirror] = [await bench.registry(), await bench.registry()]
    visits.watch('registry', registry)
    visits.watch('mirror', mirror)
    for (const each of [registry, mirror]) await putImage(each, repository, '1', image)
    const hostsDir = bench.path()
    mkdirSync(join(hostsDir, 'registry.example'), { recursive: true })
    writeFileSync(
      join(hostsDir, 'registry.example', 'hosts.toml'),
      `server = "${registry.url}"\n[host."${mirror.url}"]\n`,
    )
    const puller = await bench.puller({ hostsDir, ...options })
    const pull = (target = ':1') => {
      const run = puller.pull(`registry.example/${repository}${target}`, wanted)
      return { run, events: eventsOf(run) }
    }
    return { visits, registry, mirror, pull }
  }

  /** Bytes of a blob that a registry was asked for, without faults. */
  const bytesAsked = (registry: TestRegistry, digest: string, size: number): number =>
    blobRequests(registry, digest)
      .map(({ headers }) => size - Number(/^bytes=(\d+)-$/.exec(headers['range'] ?? 'bytes=0-')?.[1]))
      .reduce((sum, bytes) => sum + bytes, 0)

  it.each(['truncate', 'reset', 'stall'] as const)(
    'that dies in the middle of a blob (%s) costs less than two seconds, and no byte is sent twice (S2-08)',
    async (how) => {
      const image = largeImage(3_000_000)
      const { visits, registry, mirror, pull } = await setUp(image)
      const [layer] = image.layers
      const { digest = '', size = 0 } = layer ?? {}
      const sentByMirror = 2_000_000
      mirror.addFault(faults[how](sentByMirror, { reference: digest, times: Infinity }))
      const { run, events } = pull()
      await run.done
      const [first, second] = visits.take().filter(({ request }) => request.reference === digest)
      expect([first?.host, second?.host]).toEqual(['mirror', 'registry'])
      expect((second?.at ?? Infinity) - (first?.at ?? 0)).toBeLessThan(2_000)
      expect(blobRequests(mirror, digest)).toHaveLength(1)
      // What the connection has received and nobody has read yet is lost: one buffer.
      const sent = sentByMirror + bytesAsked(registry, digest, size)
      expect(sent).toBeGreaterThanOrEqual(size)
      expect(sent).toBeLessThanOrEqual(size + 64 * 1024)
      expect(warnings(events)).toMatchObject([{ code: 'mirror-failed', digest }])
      expect(warnings(events)[0]?.message).toContain(mirror.host)
    },
  )

  it.each([100_000, 2_000_000])(
    'that sends wrong bytes of a layer of %i bytes costs this layer from elsewhere, and is named (S2-08)',
    async (length) => {
      const image = largeImage(300_000, length, 400_000)
      const { registry, mirror, pull } = await setUp(image, { maxDownloads: 1 })
      const { digest = '' } = image.layers[1] ?? {}
      mirror.addFault(faults.wrongByte(50_000, { reference: digest, times: Infinity }))
      const { run, events } = pull()
      await run.done
      const bytes = (of: TestRegistry) =>
        image.layers
          .map((each) => bytesAsked(of, each.digest, each.size))
          .reduce((sum, each) => sum + each, 0)
      const all = image.layers.reduce((sum, { size }) => sum + size, 0)
      expect(bytes(mirror) + bytes(registry)).toBe(all + (image.layers[1]?.size ?? 0))
      expect(blobRequests(registry, digest)).toHaveLength(1)
      expect(warnings(events)).toMatchObject([{ code: 'mirror-failed', digest }])
      expect(warnings(events)[0]?.message).toBe(`${mirror.host} sent wrong bytes of the layer ${digest}`)
      // No event names the mirror as the host of what the registry sends.
      const later = layerEvents(events, digest)
      const restart = later.findIndex(({ status }) => status === 'restart')
      expect(new Set(later.slice(restart + 1).map(({ host }) => host))).toEqual(
        new Set([undefined, registry.host]),
      )
    },
  )

  it('is not followed by the registry when the user cancels (S2-08)', async () => {
    const image = largeImage(500_000)
    const { visits, mirror, pull } = await setUp(image)
    const { digest = '' } = image.layers[0] ?? {}
    mirror.addFault(faults.stall(100_000, { reference: digest, times: Infinity }))
    const { run, events } = pull()
    await until(() => layerEvents(events, digest).some(({ current }) => current > 0))
    run.cancel()
    await expect(run.done).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(hostsAsked(visits.take())[`blob ${digest}`]).toEqual(['mirror'])
  })

  it.each(['tag', 'digest'])(
    'whose answer to a name by %s fails is followed by the registry, which is followed by nothing (S2-04)',
    async (kind) => {
      const image = imageOf(['a'])
      const { visits, mirror, pull } = await setUp(image)
      const target = kind === 'tag' ? ':1' : `@${image.manifest.digest}`
      const name = `manifest ${target.slice(1)}`
      mirror.addFault(faults.status(503, { kind: 'manifest', times: Infinity }))
      const first = pull(target)
      await first.run.done
      expect(hostsAsked(visits.take())[name]).toEqual(['mirror', 'registry'])
      expect(warnings(first.events)).toMatchObject([{ code: 'mirror-failed' }])
      const other = await setUp(image)
      for (const each of [other.mirror, other.registry])
        each.addFault(faults.status(404, { kind: 'manifest', times: Infinity }))
      await expect(other.pull(target).run.done).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
      expect(hostsAsked(other.visits.take())[name]).toEqual(['mirror', 'registry'])
    },
  )
})
