/** Tests the output of `windlass inspect`, with and without tags. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { putImage, tinyImage } from '../../../lib/testing/images/index.js'
import { type TestRegistry, problem, startRegistry } from '../../../lib/testing/registry/index.js'
import { windlass } from '../../support/cli/test-terminal.js'

const image = tinyImage({ config: { config: { Labels: { a: 'b' } }, docker_version: '20.10' } })

let registry: TestRegistry
let lists = true
beforeAll(async () => {
  registry = await startRegistry()
  await putImage(registry, 'team/app', '1', image)
  await putImage(registry, 'team/app', '2', image)
  registry.hook(({ kind }) => (kind === 'tags' && !lists ? problem(403, 'DENIED', 'no lists') : undefined))
})
afterAll(() => registry.close())

const inspect = (...args: readonly string[]) =>
  windlass(['inspect', '--platform', 'linux/amd64', ...args, `${registry.host}/team/app:1`])

describe('windlass inspect', () => {
  it('prints the fields of skopeo first, under the same names (S4-22)', async () => {
    const { code, out, err } = await inspect('--json')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const fields = JSON.parse(out) as Record<string, unknown>
    expect(Object.keys(fields).slice(0, 10)).toEqual([
      ...[
        'Name',
        'Tag',
        'Digest',
        'RepoTags',
        'Created',
        'DockerVersion',
        'Labels',
        'Architecture',
        'Os',
        'Layers',
      ],
    ])
    expect(fields).toMatchObject({
      Tag: '1',
      RepoTags: ['1', '2'],
      DockerVersion: '20.10',
      Labels: { a: 'b' },
    })
    expect(out.trimEnd()).not.toContain('\n')
    expect((await inspect()).out.split('\n').length).toBeGreaterThan(10)
  })

  it('says which host served the manifest, and whether that is a mirror', async () => {
    expect(JSON.parse((await inspect('--json')).out)).toMatchObject({
      ...{ ServedBy: registry.host, ServedByMirror: false },
    })
    const mirror = await startRegistry()
    onTestFinished(() => mirror.close())
    await putImage(mirror, 'team/app', '1', image)
    const directory = mkdtempSync(join(tmpdir(), 'windlass-inspect-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const conf = join(directory, 'registries.conf')
    writeFileSync(
      conf,
      `[[registry]]\nlocation = "${registry.host}"\n[[registry.mirror]]\nlocation = "${mirror.host}"\n`,
    )
    const { out } = await inspect('--registries-conf', conf)
    expect(out).toContain(`  "ServedBy": "${mirror.host}",\n  "ServedByMirror": true,\n`)
  })

  it('warns if the tags cannot be listed, and lists none with --no-tags, --raw and --config (S4-01)', async () => {
    lists = false
    const { code, out, err } = await inspect()
    expect(code).toBe(0)
    expect(err).toMatch(/^windlass: warning: The tags could not be listed: .*no lists\n$/)
    expect(JSON.parse(out)).toMatchObject({ Tag: '1', RepoTags: [] })
    const before = registry.requests.length
    for (const flag of ['--no-tags', '--raw', '--config'])
      expect(await inspect(flag)).toMatchObject({ code: 0, err: '' })
    expect(registry.requests.slice(before).filter(({ kind }) => kind === 'tags')).toEqual([])
    lists = true
  })

  it('warns if the image is for another platform (S2-78)', async () => {
    const { code, err } = await windlass([
      'inspect',
      '--platform',
      'linux/s390x',
      `${registry.host}/team/app:1`,
    ])
    expect(code).toBe(0)
    expect(err).toContain('is for linux/amd64, but linux/s390x was requested')
  })
})
