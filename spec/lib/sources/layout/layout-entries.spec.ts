import { describe, expect, it } from 'vitest'
import {
  type Descriptor,
  digestOf,
  mediaTypes,
  parseImageIndex,
  referrersTag,
} from '../../../../lib/image/index.js'
import { findEntry, listImages, nameOfEntry } from '../../../../lib/sources/layout/layout-entries.js'

const entry = (text: string, more: object = {}) => ({
  ...{ mediaType: mediaTypes.ociManifest, digest: digestOf(Buffer.from(text)), size: 1, ...more },
})
const named = (name: unknown) => ({ annotations: { 'org.opencontainers.image.ref.name': name } })
const [app, other] = [entry('app'), entry('other')]
const find = (target: string, ...manifests: object[]) =>
  findEntry(target, parseImageIndex(Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }))), '/layout')
    .digest

describe('the entry that a name selects', () => {
  it('is the only image, whatever belongs to it', () => {
    const sbom = entry('sbom', { artifactType: 'application/spdx+json' })
    const tagged = entry('referrers', named(referrersTag(app.digest)))
    expect(find('', sbom, app, tagged)).toBe(app.digest)
    // With a name it is an image that somebody stored, and the type of a config is that of an image.
    for (const more of [
      { ...sbom, ...named('sbom') },
      { ...other, artifactType: mediaTypes.ociConfig },
    ])
      expect(() => find('', app, more)).toThrow('/layout has 2 images: select one by its position')
  })

  it('is not decided by several images of one name', () => {
    const [a, b] = [app, other].map((each) => ({ ...each, ...named('a') }))
    expect(find('a', a!, a!, app)).toBe(app.digest)
    expect(() => find('a', a!, b!, other)).toThrow(
      '/layout has 2 images named "a": select one by its position',
    )
  })

  it('is one that can be used, if there is one of this name', () => {
    const foreign = { ...app, digest: `blake3:${'a'.repeat(64)}`, ...named('a') }
    expect(find('a', foreign, { ...app, ...named('a') })).toBe(app.digest)
    expect(() => find('a', foreign)).toThrow('The image "a" in /layout cannot be used: ')
  })

  it('has no name that is not a text', () => {
    expect(nameOfEntry({ ...app, ...named('a') } as Descriptor)).toBe('a')
    for (const none of [app, { ...app, ...named(7) }]) expect(nameOfEntry(none as Descriptor)).toBeUndefined()
  })
})

describe('the list of images in an error', () => {
  it('has at most 20', () => {
    const names = Array.from({ length: 20 }, (_, at) => String(at))
    expect(listImages('the layout', names)).toMatch(/@19 "19"\.$/)
    expect(listImages('the layout', [...names, undefined])).toMatch(/@19 "19", and 1 more\.$/)
  })
})
