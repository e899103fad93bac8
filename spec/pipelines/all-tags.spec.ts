/** Tests pulls of all tags of a repository. */
import { describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import { type TestRegistry, faults, problem } from '../../lib/testing/registry/index.js'
import type { PullAllOptions } from '../../puller/index.js'
import { Workbench, asked, imageOf } from '../support/workbench.js'

const wanted: PullAllOptions = { platform: 'linux/amd64' }

/** Adds the repository `team/app` with these tags. Each image has the layer `base` and a layer of its own. */
async function filled(registry: TestRegistry, tags: readonly string[]) {
  const images = new Map(tags.map((tag) => [tag, imageOf(['base', tag])]))
  for (const [tag, image] of images) await putImage(registry, 'team/app', tag, image)
  return images
}

describe('all tags', () => {
  const bench = new Workbench()

  it('lists the tags first, then pulls each; a plain pull requests only latest (S2-01, C1)', async () => {
    const registry = await bench.registry()
    const images = await filled(registry, ['a', 'latest', 'z'])
    const puller = await bench.puller()
    const repository = `${registry.host}/team/app`

    const result = await puller.pullAllTags(repository, wanted).done
    expect(asked(registry)[0]).toMatch(/^tags/)
    expect(result).toMatchObject({
      name: repository,
      status: 'newer',
      failed: 0,
      tags: [...images].map(([tag, { manifest }]) => ({
        ...{ tag, name: `${repository}:${tag}`, digest: manifest.digest, status: 'newer' },
      })),
    })
    expect((await puller.images()).map(({ name }) => name).sort()).toEqual(
      [...images.keys()].map((tag) => `${repository}:${tag}`),
    )

    const other = await bench.puller()
    const before = registry.requests.length
    await other.pull(repository, wanted).done
    expect(asked(registry, before).filter((each) => !each.startsWith('blob'))).toEqual(['manifest latest'])
  })

  it('fetches layers that tags share once, and pulls at most two tags at a time (S2-01)', async () => {
    const registry = await bench.registry({ latency: 5 })
    const tags = ['1', '2', '3', '4', '5']
    const images = await filled(registry, tags)
    const puller = await bench.puller()
    let underWay = 0
    let most = 0
    const set = puller.pullAllTags(`${registry.host}/team/app`, wanted)
    set.each.subscribe(({ pull }) => {
      most = Math.max(most, ++underWay)
      void pull.closed().then(() => underWay--)
    })
    await set.done
    await set.closed()
    expect(most).toBe(2)
    const [base] = images.get('1')!.layers
    expect(asked(registry).filter((each) => each === `blob ${base!.digest}`)).toHaveLength(1)
  })

  it('reads all pages, each when its tags are needed (S2-07)', async () => {
    const registry = await bench.registry({ pageSize: 2 })
    const tags = ['1', '2', '3', '4', '5', '6', '7']
    await filled(registry, tags)
    const puller = await bench.puller()
    const result = await puller.pullAllTags(`${registry.host}/team/app`, wanted).done
    expect(result.tags.map(({ tag }) => tag)).toEqual(tags)
    const order = asked(registry).filter((each) => !each.startsWith('blob'))
    expect(order.filter((each) => each.startsWith('tags'))).toHaveLength(4)
    // The last page is not requested before the first tags are pulled.
    expect(order.lastIndexOf('tags ')).toBeGreaterThan(order.indexOf('manifest 1'))
  })

  it('a tag that fails does not stop the others, and each is reported (C8)', async () => {
    const registry = await bench.registry()
    await filled(registry, ['a', 'b', 'c'])
    registry.addFault(faults.status(403, { kind: 'manifest', reference: 'b', times: Infinity }))
    const puller = await bench.puller()
    const name = `${registry.host}/team/app`
    const result = await puller.pullAllTags(name, wanted).done
    expect(result).toMatchObject({
      failed: 1,
      tags: [
        { tag: 'a', status: 'newer' },
        { tag: 'b', name: `${name}:b`, error: { code: 'DENIED' } },
        { tag: 'c', status: 'newer' },
      ],
    })
    expect(await puller.images()).toHaveLength(2)
  })

  it('with failFast, the first failure cancels all pulls and is the error (S2-05, C8)', async () => {
    const registry = await bench.registry()
    const tags = Array.from({ length: 30 }, (_, at) => `t${String(at).padStart(2, '0')}`)
    await filled(registry, tags)
    registry.addFault(faults.status(403, { kind: 'manifest', reference: 't02', times: Infinity }))
    const puller = await bench.puller()
    const set = puller.pullAllTags(`${registry.host}/team/app`, { ...wanted, failFast: true })
    await expect(set.done).rejects.toMatchObject({ code: 'DENIED', exitCode: 3 })
    await set.closed()
    const manifests = asked(registry).filter((each) => each.startsWith('manifest'))
    expect(manifests.length).toBeLessThanOrEqual(5)
    expect(await puller.images()).not.toHaveLength(0)
  })

  it('is up to date only if no tag was new (S2-06)', async () => {
    const registry = await bench.registry()
    await filled(registry, ['a', 'b'])
    const puller = await bench.puller()
    const name = `${registry.host}/team/app`
    expect((await puller.pullAllTags(name, wanted).done).status).toBe('newer')
    expect((await puller.pullAllTags(name, wanted).done).status).toBe('up-to-date')
    await putImage(registry, 'team/app', 'b', imageOf(['base', 'another']))
    const third = await puller.pullAllTags(name, wanted).done
    expect(third.tags.map((each) => 'status' in each && each.status)).toEqual(['up-to-date', 'newer'])
    expect(third.status).toBe('newer')
  })

  it('refuses a name with a tag or a digest before any network traffic (S2-02)', async () => {
    const registry = await bench.registry()
    const puller = await bench.puller()
    const digest = `sha256:${'a'.repeat(64)}`
    for (const suffix of [':1', `@${digest}`])
      expect(() => puller.pullAllTags(`${registry.host}/team/app${suffix}`)).toThrow(
        expect.objectContaining({ code: 'USAGE' }),
      )
    expect(registry.requests).toEqual([])
  })

  it('each pull has its own events, and the start event names the tag (S2-18)', async () => {
    const registry = await bench.registry()
    const images = await filled(registry, ['a', 'b'])
    const puller = await bench.puller()
    const told = new Map<string, string[]>()
    const set = puller.pullAllTags(`${registry.host}/team/app`, wanted)
    set.each.subscribe(({ name, pull }) =>
      pull.events.subscribe((event) => {
        const line =
          event.type === 'start' ? event.reference : event.type === 'image' ? event.digest : event.type
        told.set(name, [...(told.get(name) ?? []), line])
      }),
    )
    await set.done
    for (const [tag, { manifest }] of images) {
      const name = `${registry.host}/team/app:${tag}`
      expect(told.get(name)?.[0]).toBe(name)
      expect(told.get(name)?.slice(-2)).toEqual([manifest.digest, 'end'])
    }
  })

  it('pulls nothing if the tags cannot be listed, and reports the message of the registry (S2-03)', async () => {
    const registry = await bench.registry()
    await filled(registry, ['a'])
    registry.hook(({ kind }) =>
      kind === 'tags' ? problem(404, 'NAME_UNKNOWN', 'no such thing here') : undefined,
    )
    const puller = await bench.puller()
    const set = puller.pullAllTags(`${registry.host}/team/app`, wanted)
    await expect(set.done).rejects.toMatchObject({
      code: 'NAME_UNKNOWN',
      message: expect.stringContaining('no such thing here'),
    })
    expect(asked(registry)).toHaveLength(1)
  })

  it('a subscriber that throws has no effect on the pulls', async () => {
    const registry = await bench.registry()
    await filled(registry, ['a', 'b'])
    const puller = await bench.puller()
    const set = puller.pullAllTags(`${registry.host}/team/app`, wanted)
    const seen: string[] = []
    set.each.subscribe(() => {
      throw new Error('of a listener')
    })
    set.each.subscribe(({ name }) => seen.push(name))
    expect((await set.done).failed).toBe(0)
    expect(seen).toHaveLength(2)
  })

  it('cancels all pulls when it is cancelled, and leaves no files', async () => {
    const registry = await bench.registry()
    await filled(registry, ['a', 'b', 'c'])
    registry.addFault(faults.stall(10, { times: Infinity }))
    const puller = await bench.puller()
    const set = puller.pullAllTags(`${registry.host}/team/app`, wanted)
    const outcomes: string[] = []
    set.each.subscribe(({ pull }) =>
      pull.events.subscribe((event) => event.type === 'end' && outcomes.push(event.outcome)),
    )
    await expect.poll(() => registry.appliedFaults.length).toBeGreaterThan(0)
    set.cancel()
    await expect(set.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await set.closed()
    expect(outcomes).toEqual(['cancelled', 'cancelled'])
    expect(await puller.images()).toEqual([])
  })
})

describe('latestOrFirst', () => {
  const bench = new Workbench()
  const repository = ({ host }: TestRegistry): string => `${host}/team/app`

  it('returns latest if any page lists it, else the first listed tag (S4-04, C1)', async () => {
    const registry = await bench.registry({ pageSize: 2 })
    await filled(registry, ['a', 'b', 'c'])
    const puller = await bench.puller()
    expect(await puller.latestOrFirst(repository(registry))).toBe('a')
    await filled(registry, ['latest'])
    expect(await puller.latestOrFirst(repository(registry))).toBe('latest')
  })

  it('fails if there are no tags (S4-04)', async () => {
    const registry = await bench.registry()
    registry.hook(({ kind }) =>
      kind === 'tags'
        ? { status: 200, headers: {}, body: Buffer.from('{"name":"team/app","tags":null}') }
        : undefined,
    )
    const puller = await bench.puller()
    const message = `No tags available for remote repository ${repository(registry)}`
    await expect(puller.latestOrFirst(repository(registry))).rejects.toMatchObject({ message, exitCode: 4 })
    await expect(puller.pullAllTags(repository(registry)).done).rejects.toMatchObject({ message })
  })
})
