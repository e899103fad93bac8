/** What becomes of the signatures of a schema 1 image: reported either way, required by option, never half of them. */
import { describe, expect, it } from 'vitest'
import { asWindlassError } from '../../lib/errors.js'
import type { PullEvent } from '../../lib/events/index.js'
import { putImage } from '../../lib/testing/images/index.js'
import type { PulledImage } from '../../lib/stages/index.js'
import {
  generateKey,
  signatureOf,
  signPayload,
  withSignatures,
} from '../../testbench/documents/schema1-images.js'
import {
  digest,
  eventsOf,
  image,
  key,
  payload,
  putSchema1,
  repository,
  signedManifest,
  pullOptions,
} from '../../testbench/registries/schema1-registry.js'
import { Workbench } from '../support/workbench.js'

describe('the signatures of a schema 1 image', () => {
  const bench = new Workbench()
  const half = withSignatures(payload, [
    signatureOf(payload, key),
    { ...signatureOf(payload, key), signature: 'AAAA' },
  ])
  const unknown = withSignatures(payload, [{ ...signatureOf(payload, key), header: { alg: 'ES384' } }])
  const tampered = Buffer.from(signedManifest.toString().replace('"latest"', '"oldest"'))

  async function pull(
    bytes: Buffer,
    requireSchema1Signatures: boolean,
  ): Promise<{
    readonly events: PullEvent[]
    readonly result: PulledImage | Error
  }> {
    const registry = await bench.registry()
    putSchema1(registry, bytes)
    const puller = await bench.puller({ requireSchema1Signatures })
    const started = puller.pull(`${registry.host}/${repository}`, pullOptions)
    const events = eventsOf(started)
    const result = await started.done.catch(asWindlassError)
    return { events: await events, result }
  }

  it.each([
    ['signed with ES256', signedManifest, 'verified', 'SCHEMA1_SIGNED'],
    ['signed with RS256', signPayload(payload, generateKey('RS256')), 'verified', 'SCHEMA1_SIGNED'],
    ['not signed', payload, 'none', 'SCHEMA1_UNSIGNED'],
    ['signed in an unknown way', unknown, 'unverified', 'SCHEMA1_UNVERIFIED'],
  ])('reported: %s (S2-76)', async (_, bytes, signatures, code) => {
    const { events, result } = await pull(bytes, false)
    expect(result).toMatchObject({ signatures, digest })
    expect(events.filter((event) => event.type === 'warning')).toMatchObject([{ code, digest }])
  })

  it.each([
    ['signed', signedManifest, undefined],
    ['not signed', payload, 'it is not signed'],
    ['signed in an unknown way', unknown, 'ES384'],
  ])('required: %s (S2-76)', async (_, bytes, problem) => {
    const { result } = await pull(bytes, true)
    expect(result).toMatchObject(
      problem === undefined
        ? { signatures: 'verified' }
        : { code: 'SIGNATURE_INVALID', message: expect.stringContaining(problem) as string },
    )
  })

  it.each([
    ['a payload that was changed', tampered],
    ['one signature of two', half],
  ])('threats 5: refused whether required or not: %s', async (_, bytes) => {
    for (const required of [false, true]) {
      const { events, result } = await pull(bytes, required)
      expect(result).toMatchObject({ code: 'SIGNATURE_INVALID', exitCode: 5 })
      expect(events.some((event) => event.type === 'plan')).toBe(false)
    }
  })

  it('say nothing of an image of schema 2 (S2-76)', async () => {
    const registry = await bench.registry()
    await putImage(registry, repository, 'latest', image)
    const puller = await bench.puller({ requireSchema1Signatures: true })
    expect(await puller.pull(`${registry.host}/${repository}`, pullOptions).done).not.toHaveProperty(
      'signatures',
    )
  })
})
