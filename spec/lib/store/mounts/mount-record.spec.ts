import fc from 'fast-check'
import { expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import {
  formatMountRecord,
  mountMethods,
  type MountRecord,
  parseMountRecord,
} from '../../../../lib/store/mounts/mount-record.js'

const digest = fc.string().map((text) => digestOf(Buffer.from(text)))
const record: fc.Arbitrary<MountRecord> = fc.record(
  {
    id: fc.constant('0123456789abcdef'),
    target: fc.string(),
    image: fc.string(),
    manifest: digest,
    method: fc.constantFrom(...mountMethods),
    writable: fc.boolean(),
    madeTarget: fc.boolean(),
    namespace: fc.string(),
    inode: fc.string(),
    holds: fc.array(digest),
  },
  { requiredKeys: ['id', 'target', 'image', 'manifest', 'method', 'writable', 'madeTarget', 'holds'] },
)

it('a record is read back as it was written', () => {
  fc.assert(
    fc.property(record, (each) => {
      expect(parseMountRecord(formatMountRecord(each), each.id)).toEqual(each)
    }),
  )
})

it('other text is no record', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(parseMountRecord(text, '0')).toBeUndefined()
    }),
  )
})

it('what has another type than it should is left out of a record', () => {
  const text = formatMountRecord({
    ...{
      id: '0',
      target: '/mnt',
      image: 'a',
      manifest: digestOf(Buffer.from('a')),
      method: mountMethods[0],
    },
    ...{ writable: true, madeTarget: true, namespace: 'n', inode: '7', holds: [] },
  })
  const record = { ...(JSON.parse(text) as object), namespace: 7, inode: 7, writable: 1, madeTarget: 'yes' }
  const read = parseMountRecord(JSON.stringify(record), '0')
  expect(read).toMatchObject({ writable: false, madeTarget: false })
  for (const key of ['namespace', 'inode']) expect(read).not.toHaveProperty(key)
})
