/**
 * Tests a stage: step by step with probes, against the laws, and in a pull from a registry that fails.
 *
 *     npx tsx --test examples/stage-under-test.ts
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { open } from 'windlass'
import { Flow, compose, stage } from 'windlass/flow'
import { type EnsuredLayer, pullStage } from 'windlass/stages'
import { buildImage, faults, putImage, sinkProbe, stageLaws, startRegistry } from 'windlass/testing'
import { anImage } from './an-image.js'

const lengths = () => stage((text: string) => text.length, { name: 'lengths', slots: 2 })

void describe('lengths', () => {
  void it('answers on demand only', async () => {
    const sink = sinkProbe(Flow.of('a', 'bb', 'ccc').pipe(lengths()))
    await sink.expectNothing()
    sink.request(3)
    await sink.expect(1, 2, 3)
    await sink.expectEnd()
  })

  const laws = stageLaws(lengths, {
    ...{ input: (seed) => 'x'.repeat(seed % 9), slots: 2 },
    outputs: (inputs) => inputs.map(({ length }) => length),
  })
  for (const law of laws) void it(law.name, () => law.check())

  void it('sees every layer, though the registry breaks off a download', async () => {
    const { store, close } = await anImage()
    const registry = await startRegistry()
    const image = buildImage({ layers: [{ entries: [{ path: 'motd', content: 'hello\n' }] }] })
    await putImage(registry, 'team/app', '1', image)
    registry.addFault(faults.status(503, { reference: image.layers[0]!.digest }))
    const windlass = await open({ store, retryDelay: 1 })
    const seen: string[] = []
    const see = pullStage((layer: EnsuredLayer) => {
      seen.push(layer.task.descriptor.digest)
      return layer
    })
    await windlass.pull(`${registry.host}/team/app:1`, {
      stages: (bound) => ({ onLayer: compose(bound.onLayer, see) }),
    }).done
    assert.deepEqual(seen, [image.layers[0]!.digest])
    await windlass.close()
    await registry.close()
    await close()
  })
})
