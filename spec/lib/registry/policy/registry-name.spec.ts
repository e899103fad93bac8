import { describe, expect, it } from 'vitest'
import {
  canonicalRegistry,
  displayHost,
  displayName,
  shortName,
} from '../../../../lib/registry/policy/registry-name.js'

const digest = `sha256:${'a'.repeat(64)}`

describe('names of registries', () => {
  it.each([
    ['docker.io', 'docker.io', 'Docker Hub'],
    ['registry-1.docker.io', 'docker.io', 'Docker Hub'],
    ['https://index.docker.io/v1/', 'docker.io', 'Docker Hub'],
    ['Quay.io', 'quay.io', 'Quay.io'],
    ['127.0.0.1:5000', '127.0.0.1:5000', '127.0.0.1:5000'],
    ['auth.docker.io', 'auth.docker.io', 'auth.docker.io'],
  ])('%s has the canonical name %s, and is displayed as %s', (name, canonical, title) => {
    expect([canonicalRegistry(name), displayHost(name)]).toEqual([canonical, title])
  })
})

describe('names of images in messages', () => {
  it.each([
    ['docker.io', 'library/alpine', '3.20', '"alpine:3.20"', 'alpine'],
    ['docker.io', 'team/app', undefined, '"team/app"', 'team/app'],
    ['index.docker.io', 'library/alpine', digest, `"alpine@${digest}"`, 'alpine'],
    ['quay.io', 'library/alpine', 'a', '"library/alpine:a"', 'quay.io/library/alpine'],
    ['docker.io', 'library/deep/er', undefined, '"library/deep/er"', 'library/deep/er'],
  ])('are displayed as users type them: %s/%s, %s', (registry, repository, target, title, typed) => {
    expect(displayName({ registry, repository }, target)).toBe(title)
    expect(shortName({ registry, repository })).toBe(typed)
  })
})
