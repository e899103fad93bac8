import { describe, expect, it } from 'vitest'
import { type Inspection, inspectedFields } from '../../pipelines/index.js'

describe('the fields of skopeo', () => {
  const layer = (size: number | undefined) => ({ digest: 'sha256:1', mediaType: 'layer', size })
  const inspection = (more: object, sizes: readonly (number | undefined)[] = [3, 4]) =>
    inspectedFields({
      ...{ name: 'quay.io/app:1', digest: 'sha256:0', mediaType: 'index' },
      image: {
        ...{ digest: 'sha256:2', platform: 'linux/amd64', layers: sizes.map(layer) },
        config: { digest: undefined, value: { os: 'linux', architecture: 'amd64' } },
      },
      ...more,
    } as unknown as Inspection)

  it('are none if only the manifest was asked for', () => {
    expect(inspection({ image: undefined })).toBeUndefined()
  })

  it('are null or empty for what is not known, and absent for an image of a layout', () => {
    expect(inspection({})).toEqual({
      ...{ Digest: 'sha256:0', RepoTags: [], Created: null, DockerVersion: '', Labels: null, Env: null },
      ...{ Architecture: 'amd64', Os: 'linux', Layers: ['sha256:1', 'sha256:1'], MediaType: 'index' },
      LayersData: [3, 4].map((Size) => ({ MIMEType: 'layer', Digest: 'sha256:1', Size })),
      ...{ Platform: 'linux/amd64', ManifestDigest: 'sha256:2', ImageId: null, Size: 7 },
    })
  })

  it('have no total if one size is not known', () => {
    expect(inspection({}, [3, undefined, 4])).toMatchObject({
      Size: null,
      LayersData: [{ Size: 3 }, { Size: null }, {}],
    })
    expect(inspection({}, [])).toMatchObject({ Size: 0 })
  })

  it('name the repository, the tag, all tags, and the host that served the manifest', () => {
    const more = {
      repository: 'quay.io/app',
      tag: '1',
      tags: ['1', '2'],
      servedBy: { host: 'mirror', isMirror: true },
    }
    expect(inspection(more)).toMatchObject({
      ...{ Name: 'quay.io/app', Tag: '1', RepoTags: ['1', '2'], ServedBy: 'mirror', ServedByMirror: true },
    })
  })
})
