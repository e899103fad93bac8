/** docs/events.md: complete, and what the codecs say. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PullEvent } from '../../../lib/events/event.js'
import { envelopeDocument, eventDocuments, eventsPage } from '../../../testbench/events/page.js'

interface Codec {
  readonly types?: readonly Codec[]
  readonly props?: Readonly<Record<string, Codec>>
  readonly value?: unknown
}

/** Names of the fields of a codec, as it checks them. */
const fieldsOf = ({ types, props }: Codec): readonly string[] =>
  types ? types.flatMap(fieldsOf) : Object.keys(props ?? {})

const typeOf = ({ types, props }: Codec): unknown =>
  types ? types.map(typeOf).find(Boolean) : props?.['type']?.value

describe('docs/events.md', () => {
  it('is made from the codecs (npm run table -- events)', () => {
    expect(readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8')).toBe(eventsPage())
  })

  it('has every field of every event', () => {
    const [envelope, body] = (PullEvent as Codec).types!
    expect(envelopeDocument().fields.map(({ path }) => path)).toEqual(fieldsOf(envelope!))
    const documents = eventDocuments()
    expect(documents).toHaveLength(body!.types!.length)
    for (const codec of body!.types!) {
      const document = documents.find(({ fields }) => fields[0]?.type === `\`${String(typeOf(codec))}\``)
      const own = document?.fields.filter(({ path }) => !/[.[]/.test(path)).map(({ path }) => path)
      expect(own).toEqual(fieldsOf(codec))
    }
  })

  it('says what every event and every field is', () => {
    const documents = [envelopeDocument(), ...eventDocuments()]
    expect(eventDocuments().filter(({ text }) => text === '')).toEqual([])
    const bare = documents.flatMap(({ fields }) =>
      fields.filter(({ path, text }) => path !== 'type' && text === ''),
    )
    expect(bare).toEqual([])
  })
})
