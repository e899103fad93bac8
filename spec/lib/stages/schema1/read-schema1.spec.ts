import { describe, expect, it } from 'vitest'
import { digestOf, parseManifest } from '../../../../lib/image/index.js'
import { readSchema1 } from '../../../../lib/stages/index.js'
import { schema1Payload } from '../../../../testbench/documents/schema1-images.js'
import { runStage } from '../../../support/run-stage.js'

const blob = digestOf(Buffer.from('a layer'))
const payload = schema1Payload([{ blob }])
const document = parseManifest({ bytes: payload, host: 'h', reference: 'app' })
const resolved = (more: object = {}) =>
  ({
    request: { name: 'app' },
    document: { ...document, ...more },
    parentIndexes: [{ kind: 'index' }],
  }) as never
/** A signature with an algorithm that is not supported. */
const signature = { protected: 'e30', header: { alg: 'none' } }

describe('a schema 1 manifest', () => {
  it('that is not signed is accepted with a warning', async () => {
    const { outputs, events } = await runStage(readSchema1(), resolved())
    expect(outputs).toMatchObject([
      {
        request: { name: 'app' },
        parentIndexes: [{ kind: 'index' }],
        document: { kind: 'schema1', image: { layers: [{ digest: blob }] }, signed: { state: 'none' } },
      },
    ])
    expect(events).toEqual([
      {
        ...{ type: 'warning', code: 'SCHEMA1_UNSIGNED', digest: document.descriptor.digest },
        message:
          'The registry has app as a schema 1 manifest, which current tools no longer write; it is not signed',
      },
    ])
  })

  it('whose signatures cannot be checked is accepted with a warning that says why', async () => {
    const { events } = await runStage(readSchema1(), resolved({ signatures: [signature] }))
    expect(events).toMatchObject([
      {
        code: 'SCHEMA1_UNVERIFIED',
        message: expect.stringMatching(
          /its signatures are not verified: signature 1 of 1 .*"none"/,
        ) as string,
      },
    ])
  })

  it.each([
    ['no signature', []],
    ['one that cannot be checked', [signature]],
  ])('with %s is refused if signatures are required', async (_, signatures) => {
    await expect(
      runStage(readSchema1({ requireSignatures: true }), resolved({ signatures })),
    ).rejects.toMatchObject({ code: 'SIGNATURE_INVALID', subject: { reference: 'app' } })
  })
})
