/** `onEntry`: what a pull tells of the entries of its layers, and what an error there does to it. */
import { existsSync, readdirSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Flow, run } from '../../lib/flow/index.js'
import type { LayerEntrySink } from '../../lib/stages/index.js'
import { WindlassError } from '../../lib/errors.js'
import { buildImage, putImage } from '../../lib/testing/images/index.js'
import { faults } from '../../lib/testing/registry/index.js'
import { pull, pullStages } from '../../pipelines/index.js'
import { createContext } from '../../puller/index.js'
import { Workbench } from '../support/workbench.js'

const layers = ['base', 'tools', 'app'].map((part, n) => ({
  entries: [
    { path: `${part}/` },
    ...Array.from({ length: 20 }, (_, i) => ({
      path: `${part}/${i}`,
      content: `${part} ${i} `.repeat(1 + 40 * n * i),
    })),
    ...(n === 2 ? [{ path: 'base/.wh.3', mode: 0 }] : []),
  ],
}))
const image = buildImage({ layers })
const expected = layers.map(({ entries }) =>
  entries.map((each) => `${each.path.replace(/\/$/, '')} ${'content' in each ? each.content : ''}`),
)
const byName = (lists: readonly (readonly string[])[]) => lists.map((list) => [...list].sort())

/** A sink that keeps names and contents by the position of the layer; an attempt replaces the one before it. */
function recorder() {
  const attempts: number[][] = []
  const seen: string[][] = []
  const onEntry: LayerEntrySink = async ({ name, content }, { layer: { positions, attempt } }) => {
    const [at = 0] = positions
    const known = (attempts[at] ??= [])
    if (known.at(-1) !== attempt) {
      known.push(attempt)
      seen[at] = []
    }
    let text = ''
    for await (const chunk of content) text += String(chunk)
    seen[at]!.push(`${name} ${text}`)
  }
  return { onEntry, seen, attempts }
}

describe('onEntry', () => {
  const bench = new Workbench()
  async function scene(options?: Parameters<Workbench['registry']>[0]) {
    const registry = await bench.registry(options)
    await putImage(registry, 'team/app', '1', image)
    return { registry, name: `${registry.host}/team/app:1` }
  }

  it('sees every entry of every layer, in order, while the layers are unpacked', async () => {
    const { name } = await scene()
    const puller = await bench.puller()
    const { onEntry, seen, attempts } = recorder()
    await puller.pull(name, { onEntry }).done
    expect(seen).toEqual(expected)
    expect(attempts).toEqual([[1], [1], [1]])
  })

  it('sees the layers that the store has, from their blobs', async () => {
    const { name, registry } = await scene()
    const puller = await bench.puller()
    await puller.pull(name).done
    const before = registry.requests.length
    const { onEntry, seen, attempts } = recorder()
    const { status } = await puller.pull(name, { onEntry }).done
    expect(status).toBe('up-to-date')
    expect(seen).toEqual(expected)
    expect(attempts).toEqual([[1], [1], [1]])
    expect(registry.requests.slice(before).filter(({ kind }) => kind === 'blob')).toEqual([])
  })

  it('sees the layers that the store has, from their trees where the blobs are gone', async () => {
    const { name } = await scene()
    const puller = await bench.puller()
    await puller.pull(name, { discardBlobs: true }).done
    const { onEntry, seen } = recorder()
    await puller.pull(name, { discardBlobs: true, onEntry }).done
    expect(byName(seen)).toEqual(byName(expected))
  })

  it('sees the layers of a pull that does not unpack', async () => {
    const { name } = await scene()
    const puller = await bench.puller()
    const { onEntry, seen } = recorder()
    await puller.pull(name, { unpack: false, onEntry }).done
    expect(seen).toEqual(expected)
  })

  it('sees a layer that stands at several places once, with all of them', async () => {
    const registry = await bench.registry()
    const twice = buildImage({ layers: [layers[0]!, layers[1]!, layers[0]!] })
    await putImage(registry, 'team/app', '1', twice)
    const puller = await bench.puller()
    const positions = new Set<string>()
    let count = 0
    const onEntry: LayerEntrySink = (_, { layer }) => {
      positions.add(layer.positions.join())
      count++
    }
    await puller.pull(`${registry.host}/team/app:1`, { onEntry }).done
    expect([...positions].sort()).toEqual(['0,2', '1'])
    expect(count).toBe(42)
  })

  it('sees a layer again, with the number of the attempt, where its download begins anew', async () => {
    const registry = await bench.registry()
    const entries = Array.from({ length: 40 }, (_, n) => ({
      path: `${n}`,
      content: Buffer.alloc(100_000, `${n}`),
    }))
    const large = buildImage({ layers: [{ entries, compression: 'none' }] })
    await putImage(registry, 'team/app', '1', large)
    const { digest: reference } = large.layers[0]!
    registry.addFault(faults.truncate(3_000_000, { reference, nth: 1 }))
    registry.addFault(faults.status(416, { reference, nth: 2 }))
    registry.addFault(faults.slow(2_000, { reference, nth: 2 }))
    const puller = await bench.puller({ retries: 3 })
    const { onEntry, seen, attempts } = recorder()
    await puller.pull(`${registry.host}/team/app:1`, {
      onEntry: async (entry, context) => {
        await onEntry(entry, context)
        // Longer than the test may take: the signal ends it.
        if (entry.name === '10' && context.layer.attempt === 1)
          await pause(60_000, undefined, { signal: context.signal })
      },
    }).done
    expect(attempts).toEqual([[1, 2]])
    expect(seen).toEqual([entries.map(({ path, content }) => `${path} ${content.toString()}`)])
  })

  it('shares no download with another pull, so that both see everything', async () => {
    const { name } = await scene({ latency: 5 })
    const puller = await bench.puller()
    const [one, other] = [recorder(), recorder()]
    await Promise.all([
      puller.pull(name, { onEntry: one.onEntry }).done,
      puller.pull(name, { onEntry: other.onEntry }).done,
      puller.pull(name).done,
    ])
    expect(one.seen).toEqual(expected)
    expect(other.seen).toEqual(expected)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no shells here')
      },
    ],
    [
      'rejects',
      async () => {
        await pause(1)
        throw new Error('no shells here')
      },
    ],
  ] as [string, () => unknown][])(
    'fails the pull where it %s, before the layer is committed',
    async (_, fail) => {
      const { name } = await scene()
      const puller = await bench.puller()
      const onEntry: LayerEntrySink = ({ name: path }) => (path === 'tools/7' ? fail() : undefined)
      const pulling = puller.pull(name, { onEntry })
      const error: unknown = await pulling.done.catch((reason: unknown) => reason)
      await pulling.closed()
      expect(error).toMatchObject({ code: 'STAGE_FAILED', cause: { message: 'no shells here' } })
      expect((error as Error).message).toContain(
        `onEntry failed at "tools/7" of layer ${image.layers[1]!.digest}: no shells here`,
      )
      const blobs = readdirSync(join(puller.store, 'blobs', 'sha256'))
      expect(blobs).not.toContain(image.layers[1]!.digest.slice(7))
      expect(await puller.images()).toEqual([])
      // The pull can be done again.
      const again = recorder()
      await puller.pull(name, { onEntry: again.onEntry }).done
      expect(again.seen).toEqual(expected)
    },
  )

  it('may throw an error of Windlass, which is that of the pull', async () => {
    const { name } = await scene()
    const puller = await bench.puller()
    const refusal = new WindlassError('UNSUPPORTED', 'not here')
    const onEntry = () => {
      throw refusal
    }
    await expect(puller.pull(name, { onEntry }).done).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('hears of the end of a pull by its signal, and the pull waits for it', async () => {
    const { name } = await scene()
    const puller = await bench.puller()
    let ended = false
    let began = (): void => undefined
    const first = new Promise<void>((resolve) => (began = resolve))
    const pulling = puller.pull(name, {
      onEntry: async (_, { signal }) => {
        began()
        await pause(60_000, undefined, { signal }).catch(() => undefined)
        await pause(20)
        ended = true
      },
    })
    await first
    pulling.cancel()
    await expect(pulling.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await pulling.closed()
    expect(ended).toBe(true)
  })

  it('works in a line of one’s own', async () => {
    const { name } = await scene()
    const context = await createContext({ store: bench.path() })
    const { onEntry, seen } = recorder()
    const line = pull(pullStages(context, await context.goal(), { onEntry }))
    await run(Flow.of(context.request(name)).pipe(line), () => undefined).done
    await context.close()
    expect(seen).toEqual(expected)
  })

  it('fails for a corrupt blob in the store', async () => {
    const { name } = await scene()
    const puller = await bench.puller()
    const pulled = await puller.pull(name).done
    const blob = join(puller.store, 'blobs', 'sha256', pulled.layers[0]!.digest.slice(7))
    expect(existsSync(blob)).toBe(true)
    const bytes = await readFile(blob)
    bytes[bytes.length - 1]! ^= 1
    await rm(blob)
    await writeFile(blob, bytes)
    await expect(puller.pull(name, { onEntry: recorder().onEntry }).done).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
  })
})
