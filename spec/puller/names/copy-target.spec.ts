import { describe, expect, it } from 'vitest'
import type { ImageRegistries } from '../../../lib/registry/index.js'
import { copyTarget } from '../../../puller/names/copy-target.js'

describe('the target of a copy', () => {
  const sink = { host: 'here' }
  const registries = { target: () => sink } as unknown as ImageRegistries
  const code = (expected: string) => expect.objectContaining({ code: expected }) as Error

  it('is a repository with a tag, a digest, or both', () => {
    const digest = `sha256:${'1'.repeat(64)}`
    expect(copyTarget('quay.io/team/app', registries)).toMatchObject({
      ...{ name: 'quay.io/team/app:latest', sink, tag: 'latest', digest: undefined },
    })
    expect(copyTarget(`quay.io/team/app@${digest}`, registries)).toMatchObject({ tag: undefined, digest })
    expect(copyTarget(`quay.io/team/app:1@${digest}`, registries)).toMatchObject({ tag: '1', digest })
  })

  it('is an image on this machine, with its name as the tag', () => {
    expect(copyTarget('oci:/layout:app', registries)).toMatchObject({ name: 'oci:/layout:app', tag: 'app' })
    for (const kind of ['oci-archive', 'docker-archive', 'dir'])
      expect(copyTarget(`${kind}:/place`, registries).sink, kind).not.toBe(sink)
  })

  it('is not what cannot be pulled, and no position or root directory', () => {
    expect(() => copyTarget('scratch', registries)).toThrow(code('REFERENCE_INVALID'))
    for (const position of ['oci:/layout:@0', 'docker-archive:/file:@0'])
      expect(() => copyTarget(position, registries)).toThrow(/a target has a name, not a position/)
    expect(() => copyTarget('rootfs:/tree', registries)).toThrow(/a root directory is unpacked, not copied/)
    expect(() => copyTarget(5 as never, registries)).toThrow(code('USAGE'))
  })
})
