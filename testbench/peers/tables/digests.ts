/** Results of the peers' tests for digests. */
import { type Table, agreeingTexts, refusedTexts, differingTexts, refused } from '../row.js'

const hex = '0123456789abcdef'.repeat(4)

export const digests: Table = {
  title: 'Digests',
  about: 'The input is a digest alone; its meaning is the digest itself.',
  rows: [
    ...agreeingTexts('ggcr', [
      [`sha256:${'deadbeef'.repeat(8)}`, `sha256:${'deadbeef'.repeat(8)}`],
      [`sha256:${hex}`, `sha256:${hex}`],
    ]),
    ...refusedTexts('ggcr', [
      'sha256:deadbeef',
      `sha256:o${hex.slice(1)}`,
      'sha256:abc:def',
      `sha256:${hex}:`,
      `sha256:0:${hex.slice(1)}`,
      `sha256::${hex}`,
      `md5:${hex}`,
      hex,
      `md5:sha256:${hex}`,
    ]),
    ...refusedTexts('image-spec', [`:${hex}`, 'sha256', `SHA256:${hex}`, `sha256:${hex.toUpperCase()}`]),
    ...refusedTexts('image-spec', [`sha256+foo+-b:${hex}`]),
    ...differingTexts(
      'image-spec',
      [
        `sha256+b64:${hex}`,
        `sha256+foo-bar:${hex}`,
        `sha256.foo-bar:${hex}`,
        'multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8',
        'sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564',
        'sha256+b64u.unknownlength:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564=',
      ].map(
        (input) =>
          [
            input,
            input,
            refused,
            'The schema allows what nobody can verify; only sha256, sha384 and sha512 are registered and verified.',
          ] as const,
      ),
    ),
    ...refusedTexts('container-libs', ['md5:2872f31c5c1f62a694fbd20c1e85257c', `sha256:${hex}abc`, '']),
    ...refusedTexts('container-libs', [`sha256:${hex}`.slice(0, 20)]),
    ...refusedTexts('regclient', ['sha256:12345', `sha256:gggg${hex.slice(4)}`, `sha256:ZZ${hex}ZZ`]),
  ],
}
