import { describe, expect, it } from 'vitest'
import { dockerImages } from '../../../server/docker/docker-images.js'
import { list } from '../../../server/docker/image-list.js'
import { chainsOf, inspectShape } from '../../../server/docker/image-shapes.js'
import { describedImage, digestFor, layerOf } from './described.js'

const [base, top] = [layerOf('base'), layerOf('top', { size: 7, unpackedSize: undefined })]
const image = describedImage('1', 'quay.io/app:1', { layers: [base, top] })
const other = describedImage('2', 'quay.io/other:1', { layers: [base] })

const listed = (order: object = {}, described = [image, other]) =>
  list(described, { ...{ version: 51, manifests: false, sharedSize: false, keep: () => true }, ...order })[0]!
const inspected = (version = 51, more: object = {}, siblings?: (typeof image)[]) => {
  const described = describedImage('1', 'quay.io/app:1', { layers: [base, top], ...more })
  return inspectShape(dockerImages([described])[0]!, described, version, siblings)
}

describe('an image in a list', () => {
  it('has the unpacked size of its layers, or the compressed one of those that are not unpacked', () => {
    expect(listed()).toMatchObject({ Size: 1_007, SharedSize: -1, Labels: null, Containers: -1 })
  })

  it('has the size that it shares if the request asks for it: of layers that another image has', () => {
    expect(listed({ sharedSize: true })).toMatchObject({ SharedSize: 1_000 })
    expect(listed({ sharedSize: true }, [image])).toMatchObject({ SharedSize: 0 })
    // Also of an image that the list does not show.
    const keep = ({ id }: { readonly id: string }): boolean => id === image.imageId
    expect(listed({ sharedSize: true, keep })).toMatchObject({ SharedSize: 1_000 })
  })

  it.each([
    [43, ['VirtualSize']],
    [44, []],
    [46, []],
    [47, ['Manifests']],
    [48, ['Descriptor', 'Manifests']],
  ])('has in version 1.%i what that version knows', (version, names) => {
    const item = listed({ version, manifests: true })
    expect(['VirtualSize', 'Descriptor', 'Manifests'].filter((name) => name in item)).toEqual(names)
    expect(listed({ version })).not.toHaveProperty('Manifests')
  })

  it('has the manifests of its own entry, each with its sizes', () => {
    const sibling = describedImage('1', 'quay.io/app:1', { platform: 'linux/s390x' })
    const [first, second] = listed({ manifests: true }, [image, sibling, other])['Manifests'] as object[]
    // The manifest has 10 bytes, the config 5.
    expect(first).toMatchObject({
      Size: { Content: 10 + 5 + 100 + 7, Total: 122 + 1_000 },
      ImageData: { Size: { Unpacked: 1_000 } },
    })
    expect(second).toMatchObject({ ImageData: { Platform: { architecture: 's390x' } } })
    expect(listed({ manifests: true }, [image, sibling, other])['Manifests']).toHaveLength(2)
  })
})

describe('an image that is inspected', () => {
  it.each([
    [43, ['VirtualSize', 'Container', 'ContainerConfig']],
    [44, ['Container', 'ContainerConfig']],
    [45, []],
    [47, []],
    [48, ['Descriptor', 'Manifests']],
  ])('has in version 1.%i what that version knows', (version, names) => {
    const shape = inspected(version, {}, [image])
    const known = ['VirtualSize', 'Container', 'ContainerConfig', 'Descriptor', 'Manifests']
    expect(known.filter((name) => name in shape)).toEqual(names)
    expect(inspected(version)).not.toHaveProperty('Manifests')
  })

  it('has the fields of a container before version 1.50, below those of the image', () => {
    const config = { config: { User: 'me', Cmd: ['run'] } }
    expect(inspected(49, { config })['Config']).toMatchObject({ User: 'me', Cmd: ['run'], Tty: false })
    expect(inspected(50, { config })['Config']).toEqual({ User: 'me', Cmd: ['run'] })
    expect(inspected(50)['Config']).toEqual({})
    expect(inspected(49)['Config']).toMatchObject({ Cmd: null, Image: '' })
  })

  it('has what the config states, and nothing in its place', () => {
    const full = {
      ...{ variant: 'v8', 'os.version': '10.0', author: 'me', comment: 'why', docker_version: '20' },
      created: '2024-01-02T03:04:05.678901234Z',
    }
    expect(inspected(51, { config: full })).toMatchObject({
      ...{ Variant: 'v8', OsVersion: '10.0', Author: 'me', Comment: 'why', DockerVersion: '20' },
      Created: '2024-01-02T03:04:05.678901234Z',
    })
    const bare = inspected(51, { config: { created: undefined } })
    for (const name of ['Created', 'Variant', 'OsVersion']) expect(bare).not.toHaveProperty(name)
    expect(bare).toMatchObject({ Author: '', Comment: '', DockerVersion: '' })
  })

  it('has its layers as diffIDs, whose chains are named by the ones below', () => {
    expect(inspected()['RootFS']).toEqual({ Type: 'layers', Layers: [base.diffID, top.diffID] })
    expect(chainsOf(image)).toEqual([base.diffID, digestFor(`${base.diffID} ${top.diffID}`)])
  })
})
