/** Tests the output and exit codes of `windlass referrers`. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf, referrersTag } from '../../../../lib/image/index.js'
import { buildIndex, putImage, tinyImage } from '../../../../lib/testing/images/index.js'
import { type TestRegistry, startRegistry } from '../../../../lib/testing/registry/index.js'
import { artifact, listUnderTag, putArtifact } from '../../../support/artifacts.js'
import { windlass } from '../../../support/cli/test-terminal.js'

const image = tinyImage()
const index = buildIndex([image]).manifest
const statement = Buffer.from('{"_type": "a statement"}')
const envelope = JSON.stringify({
  payloadType: 'application/vnd.in-toto+json',
  payload: statement.toString('base64'),
  signatures: [],
})
const sbom = artifact(index.digest, '{"spdxVersion": "SPDX-2.3"}')
const attestation = artifact(index.digest, envelope, { artifactType: 'application/vnd.in-toto+json' })
const ofChild = artifact(image.manifest.digest, 'of the image')

let registry: TestRegistry
let work: string
let name: string
beforeAll(async () => {
  registry = await startRegistry()
  work = mkdtempSync(join(tmpdir(), 'windlass-referrers-'))
  name = `${registry.host}/team/app:1`
  await putImage(registry, 'team/app', 'image', image)
  registry.putManifest('team/app', '1', index.bytes, index.mediaType)
  for (const each of [sbom, attestation, ofChild]) putArtifact(registry, 'team/app', each)
  listUnderTag(registry, 'team/app', referrersTag(index.digest), [sbom, attestation])
  listUnderTag(registry, 'team/app', referrersTag(image.manifest.digest), [ofChild])
})
afterAll(async () => {
  await registry.close()
  rmSync(work, { recursive: true })
})

describe('windlass referrers', () => {
  it('prints a table of what belongs to the index', async () => {
    const { code, out } = await windlass(['referrers', name])
    expect(code).toBe(0)
    expect(out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['DIGEST', 'KIND', 'TYPE'],
      [sbom.descriptor.digest.slice(0, 19), 'sbom', 'application/spdx+json'],
      [attestation.descriptor.digest.slice(0, 19), 'attestation', 'application/vnd.in-toto+json'],
      [''],
    ])
  })

  it.each([
    [['--all-platforms'], 3],
    [['--platform', 'linux/amd64'], 1],
    [['--artifact-type', 'application/spdx+json'], 1],
  ])('lists with %j what belongs to the images', async (flags, count) => {
    const { out } = await windlass(['referrers', '--json', ...flags, name])
    const { referrers, digest } = JSON.parse(out) as { referrers: unknown[]; digest: string }
    expect(referrers).toHaveLength(count)
    expect(digest).toBe(index.digest)
  })

  it.each(['sbom', 'application/spdx+json', sbom.descriptor.digest, sbom.descriptor.digest.slice(7, 19)])(
    'prints the content of --fetch %s',
    async (wanted) => {
      expect(await windlass(['referrers', '--fetch', wanted, name])).toMatchObject({
        ...{ code: 0, out: '{"spdxVersion": "SPDX-2.3"}' },
      })
    },
  )

  it('decodes the payload of an attestation', async () => {
    const { out } = await windlass(['referrers', '--fetch', 'attestation', '--payload', name])
    expect(out).toBe(statement.toString())
  })

  it('writes files into a directory', async () => {
    const directory = join(work, 'out')
    const flags = ['--fetch', 'sha256:', '--output', directory]
    expect(await windlass(['referrers', ...flags, name])).toMatchObject({ code: 4 })
    const { code, out } = await windlass(['referrers', '--fetch', 'sbom', '--output', directory, name])
    expect(code).toBe(0)
    const [file, ...others] = readdirSync(directory)
    expect(others).toEqual([])
    expect(out).toBe(`${join(directory, file!)}\n`)
    expect(readFileSync(join(directory, file!), 'utf8')).toContain('SPDX-2.3')
  })

  it('writes each content of an artifact with several layers into a file of its own', async () => {
    const repository = 'team/several'
    const [first, second] = ['the first', 'the second'].map((content) => artifact(index.digest, content))
    const manifest = JSON.parse(first!.bytes.toString()) as { layers: unknown[] }
    const { layers } = JSON.parse(second!.bytes.toString()) as { layers: unknown[] }
    const bytes = Buffer.from(JSON.stringify({ ...manifest, layers: [...manifest.layers, ...layers] }))
    const descriptor = { ...first!.descriptor, digest: digestOf(bytes), size: bytes.length }
    const several = { ...first!, bytes, descriptor }
    registry.putManifest(repository, '1', index.bytes, index.mediaType)
    registry.putBlob(second!.content)
    putArtifact(registry, repository, several)
    listUnderTag(registry, repository, referrersTag(index.digest), [several])

    const directory = join(work, 'several')
    const flags = ['--fetch', 'sbom', '--output', directory]
    const { code, out } = await windlass(['referrers', ...flags, `${registry.host}/${repository}:1`])
    expect(code).toBe(0)
    const files = readdirSync(directory).sort()
    expect(out).toBe(files.map((file) => `${join(directory, file)}\n`).join(''))
    expect(files.map((file) => readFileSync(join(directory, file), 'utf8'))).toEqual([
      'the first',
      'the second',
    ])
  })

  it('ends with 4 and says what there is if nothing matches', async () => {
    const { code, err } = await windlass(['referrers', '--fetch', 'signature', name])
    expect(code).toBe(4)
    expect(err).toContain('has no artifact that matches signature')
    expect(err).toContain('sbom (application/spdx+json), attestation (application/vnd.in-toto+json)')
  })

  it.each([
    [['--payload'], 'requires --fetch'],
    [['--all-platforms', '--platform', 'linux/amd64'], 'cannot be used with'],
  ])('ends with 2 for %j', async (flags, message) => {
    const { code, err } = await windlass(['referrers', ...flags, name])
    expect(code).toBe(2)
    expect(err).toContain(message)
  })

  it('says that there is nothing', async () => {
    const { code, out, err } = await windlass([
      'referrers',
      `${registry.host}/team/app@${sbom.descriptor.digest}`,
    ])
    expect({ code, out }).toEqual({ code: 0, out: '' })
    expect(err).toContain('Nothing refers to')
  })
})
