import { expect, it } from 'vitest'
import { digestOf, hostPlatform } from '../../../lib/image/index.js'
import type { ImageSource } from '../../../lib/image/index.js'
import { imageRequest } from '../../../lib/stages/index.js'

const source = { host: 'registry.example', repository: 'team/app' } as ImageSource
const digest = digestOf(Buffer.from('a manifest'))

it('creates the request for a tag', () => {
  const name = 'registry.example/team/app:1.2'
  const platform = hostPlatform()
  expect(imageRequest(source, '1.2')).toEqual({
    ...{ name, typed: name, target: '1.2', digest: undefined, source, platform },
  })
})

it('expects the digest that it requests', () => {
  expect(imageRequest(source, digest)).toMatchObject({
    name: `registry.example/team/app@${digest}`,
    target: digest,
    digest,
  })
})

it('accepts another name and another platform', () => {
  const platform = { os: 'linux', architecture: 's390x' }
  const request = imageRequest(source, '1', { name: 'app', platform })
  expect(request).toMatchObject({ name: 'app', typed: 'app', target: '1', platform })
})

it('names a source without repositories by its host', () => {
  expect(imageRequest({ host: '/images' } as ImageSource, 'alpine').name).toBe('/images:alpine')
})

it('keeps the source and the target that it was made for, whatever the options say', () => {
  const options = { platform: hostPlatform(), source: { host: 'other' }, target: '2' } as object
  expect(imageRequest(source, '1', options)).toMatchObject({ source, target: '1' })
})
