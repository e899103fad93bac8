/** References of every form the grammar allows. */
import fc from 'fast-check'

export const hex64 = '1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a'

const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.constantFrom(...Array.from('0123456789abcdef')),
    minLength: length,
    maxLength: length,
  })

const registry = fc.oneof(
  fc.constantFrom('docker.io', 'index.docker.io', 'registry-1.docker.io', 'localhost', 'UPPER', 'a.b'),
  fc
    .tuple(
      fc.oneof(fc.domain(), fc.ipV4(), fc.constantFrom('[::1]', '[2001:DB8::1]'), fc.constant('host')),
      fc.integer({ min: 1, max: 65535 }),
    )
    .map(([host, port]) => `${host}:${port}`),
)

const component = fc.oneof(
  fc.stringMatching(/^[a-z0-9]{1,4}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,4}){0,2}$/),
  fc.constantFrom('library', 'localhost', 'scratch', 'docker.io', 'a.b', hex64),
)

/** A name that is not read as an image id. */
const name = fc
  .tuple(fc.option(registry), fc.array(component, { minLength: 1, maxLength: 4 }))
  .map(([host, path]) => {
    const needsHost = path.length > 1 && path[0]?.includes('.') === true
    return [...(host === null ? (needsHost ? ['docker.io'] : []) : [host]), ...path].join('/')
  })
  .filter((text) => text !== hex64)

const optional = (prefix: string, part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.option(part).map((text) => (text === null ? '' : prefix + text))

export const digestText = fc.oneof(
  hex(64).map((text) => `sha256:${text}`),
  hex(96).map((text) => `sha384:${text}`),
  hex(128).map((text) => `sha512:${text}`),
)

export const referenceText = fc
  .tuple(name, optional(':', fc.stringMatching(/^\w[\w.-]{0,20}$/)), optional('@', digestText))
  .map((parts) => parts.join(''))
