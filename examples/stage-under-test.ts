/**
 * Tests a stage: step by step with a probe, against the laws of stages, and in a pull from a registry that fails once.
 *
 *     npx tsx --test examples/stage-under-test.ts
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { open } from 'windlass'
import { Flow, compose, stage } from 'windlass/flow'
import { type EnsuredLayer, pullStage } from 'windlass/stages'
import { buildImage, faults, putImage, sinkProbe, stageLaws, startRegistry } from 'windlass/testing'
import { exampleImage } from './an-image.js'

const textLengths = () => stage((text: string) => text.length, { name: 'lengths', slots: 2 })

void describe('lengths', () => {
  void it('emits only on demand', async () => {
    const sink = sinkProbe(Flow.of('a', 'bb', 'ccc').pipe(textLengths()))
    await sink.expectNothing()
    sink.request(3)
    await sink.expect(1, 2, 3)
    await sink.expectEnd()
  })

  const laws = stageLaws(textLengths, {
    ...{ input: (seed) => 'x'.repeat(seed % 9), slots: 2 },
    outputs: (inputs) => inputs.map(({ length }) => length),
  })
  for (const law of laws) void it(law.name, () => law.check())

  void it('receives every layer, although the registry refuses a download once', async () => {
    const { store, close } = await exampleImage()
    const registry = await startRegistry()
    const image = buildImage({ layers: [{ entries: [{ path: 'motd', content: 'hello\n' }] }] })
    await putImage(registry, 'team/app', '1', image)
    registry.addFault(faults.status(503, { reference: image.layers[0]!.digest }))
    const windlass = await open({ store, retryDelay: 1 })
    const seen: string[] = []
    const recordLayer = pullStage((layer: EnsuredLayer) => {
      seen.push(layer.task.descriptor.digest)
      return layer
    })
    await windlass.pull(`${registry.host}/team/app:1`, {
      stages: (bound) => ({ onLayer: compose(bound.onLayer, recordLayer) }),
    }).done
    assert.deepEqual(seen, [image.layers[0]!.digest])
    await windlass.close()
    await registry.close()
    await close()
  })
})
