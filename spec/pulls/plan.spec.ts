/** A plan tells what a pull does, and the pull does just that. */
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { PullPlan } from '../../pipelines/index.js'
import { buildImage, buildIndex, putImage } from '../../lib/testing/images/index.js'
import { Workbench, asked, imageOf } from '../support/workbench.js'

const wanted = { platform: 'linux/amd64' }
const warningsOf = async (pull: {
  events: { subscribe(next: (event: { type: string }) => void): unknown }
  done: Promise<unknown>
}) => {
  const warnings: { type: string; code?: string; message?: string }[] = []
  pull.events.subscribe((event) => event.type === 'warning' && warnings.push(event))
  await pull.done
  return warnings
}

describe('a plan', () => {
  const bench = new Workbench()

  it('requests manifests and the config only, and makes no store', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base', 'top'])
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const plan = await puller.plan(`${registry.host}/team/app:1`, wanted)
    expect(asked(registry)).toEqual(['manifest 1', `blob ${image.config.digest}`])
    expect(existsSync(puller.store)).toBe(false)
    const total = image.layers.reduce((sum, { size }) => sum + size, 0)
    expect(plan).toMatchObject({
      name: `${registry.host}/team/app:1`,
      digest: image.manifest.digest,
      manifestDigest: image.manifest.digest,
      ...{ platform: 'linux/amd64', from: registry.host, status: 'newer', warnings: [] },
      config: { digest: image.config.digest, action: 'download' },
      layers: image.layers.map(({ digest, size }) => ({ digest, size, action: 'download', offset: 0 })),
      bytes: { total, toDownload: total, reused: 0 },
      requests: 4,
      disk: total + image.config.size,
    })
  })

  it('is what the pull does, in as many requests and bytes, also after a round trip through JSON', async () => {
    const registry = await bench.registry()
    const shared = imageOf(['base', 'old'])
    const image = imageOf(['base', 'top'])
    await putImage(registry, 'team/app', 'old', shared)
    await putImage(registry, 'team/app', '1', buildIndex([image]))
    const puller = await bench.puller()
    await puller.pull(`${registry.host}/team/app:old`, wanted).done
    const name = `${registry.host}/team/app:1`
    const plan = JSON.parse(JSON.stringify(await puller.plan(name, wanted))) as PullPlan
    expect(plan.layers.map(({ action }) => action)).toEqual(['exists', 'download'])
    expect(plan.bytes).toEqual({
      total: image.layers[0]!.size + image.layers[1]!.size,
      toDownload: image.layers[1]!.size,
      reused: image.layers[0]!.size,
    })
    const before = registry.requests.length
    const pull = puller.pull(name, { plan })
    expect(await warningsOf(pull)).toEqual([])
    expect((await pull.done).digest).toBe(plan.digest)
    expect(asked(registry, before)).toHaveLength(plan.requests)
    expect((await puller.plan(name, wanted)).status).toBe('up-to-date')
  })

  it('pins the image: the pull fetches it even if the tag has moved', async () => {
    const registry = await bench.registry()
    const planned = imageOf(['base', 'top'])
    await putImage(registry, 'team/app', '1', planned)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const plan = await puller.plan(name, wanted)
    await putImage(registry, 'team/app', '1', imageOf(['base', 'newer']))
    const pulled = await puller.pull(name, { plan }).done
    expect(pulled).toMatchObject({ name, digest: planned.manifest.digest })
  })

  it('that the store has outrun is followed with a warning that says what differs and why', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base', 'top'])
    await putImage(registry, 'team/app', '1', image)
    await putImage(registry, 'team/app', '2', image)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const early = await puller.plan(name, wanted)
    await puller.pull(`${registry.host}/team/app:2`, wanted).done
    const late = await puller.plan(name, wanted)
    expect(late.layers.map(({ action }) => action)).toEqual(['exists', 'exists'])
    const [base, top] = image.layers.map(({ digest }) => digest)
    expect(await warningsOf(puller.pull(name, { plan: early }))).toMatchObject(
      [base, top].map((digest) => ({
        type: 'warning',
        code: 'plan-changed',
        message: `Layer ${digest} is not downloaded: the store has it now`,
      })),
    )
    for (const tag of ['1', '2']) await puller.remove(`${registry.host}/team/app:${tag}`)
    await puller.collect()
    expect((await warningsOf(puller.pull(name, { plan: late })))[0]).toMatchObject({
      code: 'plan-changed',
      message: expect.stringMatching(
        new RegExp(`^Layer ${base} is downloaded whole \\(\\d+ B\\): the store no longer has it$`),
      ) as string,
    })
  })

  it('obeys the limits of the puller, as the pull does', async () => {
    const registry = await bench.registry()
    let nested = buildIndex([imageOf(['base', 'top'])])
    for (let depth = 1; depth < 6; depth++) nested = buildIndex([nested])
    await putImage(registry, 'team/app', '1', nested)
    const name = `${registry.host}/team/app:1`
    await expect((await bench.puller()).plan(name, wanted)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    const puller = await bench.puller({ limits: { indexDepth: 10 } })
    const plan = await puller.plan(name, wanted)
    expect((await puller.pull(name, { plan }).done).digest).toBe(plan.digest)
  })

  it('for another image, or no plan at all, is refused before any request', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', buildImage({ layers: [] }))
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const plan = await puller.plan(name, wanted)
    const before = registry.requests.length
    expect(() => puller.pull(`${registry.host}/team/app:2`, { plan })).toThrow(
      `The plan is for ${name} (linux/amd64), not for ${registry.host}/team/app:2 (linux/amd64)`,
    )
    expect(() => puller.pull(name, { plan, platform: 'linux/arm64' })).toThrow('not for')
    for (const wrong of [{}, { ...plan, digest: 'sha256:1' }, { ...plan, layers: [{}] }, 'plan'])
      expect(() => puller.pull(name, { plan: wrong as PullPlan })).toThrow(
        'The option plan of pull must be a plan that “plan” returned',
      )
    expect(registry.requests).toHaveLength(before)
  })
})
