/** What a pull asks a registry for when the store has the image. Registries count GET requests of manifests, not HEAD. */
import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { buildIndex, putImage } from '../../lib/testing/images/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import { Workbench, blobPath, imageOf } from '../support/workbench.js'

const wanted = { platform: 'linux/amd64' }

/** The requests of manifests from `from` on: `HEAD 1`. */
const manifestRequests = ({ requests }: TestRegistry, from = 0): string[] =>
  requests
    .slice(from)
    .filter(({ kind }) => kind !== 'ping')
    .map(({ method, kind, reference }) => `${method} ${kind} ${reference}`)

describe('a pull of an image that the store has', () => {
  const bench = new Workbench()

  it('sends one HEAD request, also for an image of an index', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base', 'top'])
    const index = buildIndex([
      image,
      imageOf(['other'], { platform: { os: 'linux', architecture: 'arm64' } }),
    ])
    await putImage(registry, 'team/app', '1', index)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const first = await puller.pull(name, wanted).done
    expect(manifestRequests(registry).slice(0, 2)).toEqual([
      'GET manifest 1',
      `GET manifest ${image.manifest.digest}`,
    ])
    const before = registry.requests.length
    const pull = puller.pull(name, wanted)
    const events: string[] = []
    pull.events.subscribe(({ type }) => events.push(type))
    const again = await pull.done
    expect(manifestRequests(registry, before)).toEqual(['HEAD manifest 1'])
    expect(again).toMatchObject({ status: 'up-to-date', digest: first.digest })
    // The events are those of a pull that fetches the manifests.
    expect(events.filter((type) => type === 'manifest')).toHaveLength(2)
  })

  it('fetches the manifest if the tag has moved', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['old']))
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    await puller.pull(name, wanted).done
    const moved = imageOf(['new'])
    await putImage(registry, 'team/app', '1', moved)
    const before = registry.requests.length
    const pulled = await puller.pull(name, wanted).done
    expect(pulled).toMatchObject({ status: 'newer', digest: moved.manifest.digest })
    expect(manifestRequests(registry, before).slice(0, 2)).toEqual(['HEAD manifest 1', 'GET manifest 1'])
  })

  it('fetches a manifest that is damaged in the store', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base'])
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    await puller.pull(name, wanted).done
    await writeFile(blobPath(puller.store, image.manifest.digest), 'x'.repeat(image.manifest.bytes.length))
    const before = registry.requests.length
    await puller.pull(name, wanted).done
    expect(manifestRequests(registry, before)).toContain('GET manifest 1')
  })

  it('fetches everything with refresh', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    await puller.pull(name, wanted).done
    const before = registry.requests.length
    await puller.pull(name, { ...wanted, refresh: true }).done
    expect(manifestRequests(registry, before)).toContain('GET manifest 1')
    expect(manifestRequests(registry, before)).not.toContain('HEAD manifest 1')
  })

  it('fetches the manifest if the registry does not say its digest', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    await puller.pull(name, wanted).done
    registry.hook(({ method }) =>
      method === 'HEAD' ? { status: 405, headers: {}, body: Buffer.alloc(0) } : undefined,
    )
    const before = registry.requests.length
    expect(await puller.pull(name, wanted).done).toMatchObject({ status: 'up-to-date' })
    expect(manifestRequests(registry, before)).toEqual(['HEAD manifest 1', 'GET manifest 1'])
  })
})
