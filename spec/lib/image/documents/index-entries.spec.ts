import { describe, expect, it } from 'vitest'
import { digestOf, mediaTypes, parseImageIndex } from '../../../../lib/image/index.js'

const digest = digestOf(Buffer.from('a manifest'))
const entry = { mediaType: mediaTypes.ociManifest, digest, size: 7 }

/** Parses an index with these entries, and returns it with the notices. */
function parsed(...manifests: readonly unknown[]) {
  const notices: string[] = []
  const notice = (text: string): void => void notices.push(text)
  const index = parseImageIndex(Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })), { notice })
  return { ...index, notices }
}

describe('an entry of an index', () => {
  it.each<[string, object, RegExp]>([
    ['whose size is none', { ...entry, size: -1 }, /^manifests\[1\]\.size: .*got -1$/],
    ['whose platform is none', { ...entry, platform: { os: 7 } }, /^manifests\[1\]\.platform: /],
    [
      'with a key that a parser written in Go would take',
      { ...entry, Size: 8 },
      /^manifests\[1\]: the key "Size" differs only in case/,
    ],
  ])('%s cannot be used, and keeps its digest', (_, broken, problem) => {
    const { manifests, unusable, notices } = parsed(entry, broken)
    expect(manifests).toEqual([entry])
    expect(unusable).toMatchObject([
      { position: 1, digest, hasUnsupportedDigest: false, problem: expect.stringMatching(problem) as string },
    ])
    expect(notices).toEqual([`${unusable[0]!.problem}; the entry is left out`])
  })

  it('that cannot be used keeps its platform and its annotations, as far as they can be read', () => {
    const platform = { os: 'linux', architecture: 'arm64' }
    const annotations = { a: 7 }
    expect(parsed({ ...entry, digest: 'blake3:abc', platform, annotations }).unusable).toEqual([
      {
        ...{ position: 0, hasUnsupportedDigest: true, platform, annotations },
        problem: expect.any(String) as string,
      },
    ])
    expect(parsed(null, 'text').unusable).toMatchObject([
      { position: 0, platform: undefined, annotations: {} },
      { position: 1, platform: undefined, annotations: {} },
    ])
  })
})
