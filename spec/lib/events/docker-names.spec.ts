import { describe, expect, it } from 'vitest'
import { dockerMessage, familiarName } from '../../../lib/events/docker-names.js'

describe('a name as Docker shows it', () => {
  it.each([
    ['docker.io/library/alpine:3.20', 'alpine:3.20'],
    ['docker.io/team/app:1', 'team/app:1'],
    ['docker.io/library/a/b:1', 'library/a/b:1'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['quay.io/team/app@sha256:00', 'quay.io/team/app@sha256:00'],
  ])('is short for Docker Hub only: %s', (name, familiar) => {
    expect(familiarName(name)).toBe(familiar)
  })
})

describe('the message of a failed pull', () => {
  const messageOf = (code: string, name = 'docker.io/library/alpine:9'): string =>
    dockerMessage({ code, message: 'It failed', hint: 'Try again.' }, name, 'linux/s390x')

  it('is the one of dockerd where dockerd has one', () => {
    expect(messageOf('MANIFEST_UNKNOWN')).toBe(
      'manifest for alpine:9 not found: manifest unknown: manifest unknown',
    )
    expect(messageOf('DENIED', 'docker.io/team/app:1')).toBe(
      "pull access denied for team/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    )
    expect(messageOf('UNAUTHORIZED', 'localhost:5000/app@sha256:00')).toBe(
      "pull access denied for localhost:5000/app, repository does not exist or may require 'docker login': unauthorized: authentication required",
    )
    expect(messageOf('PLATFORM_UNMATCHED')).toBe(
      'no matching manifest for linux/s390x in the manifest list entries',
    )
    expect(messageOf('CANCELLED')).toBe('context canceled')
  })

  it('is otherwise the one of Windlass with its hint', () => {
    expect(messageOf('NETWORK')).toBe('It failed. Try again.')
    expect(dockerMessage({ code: 'NETWORK', message: 'It failed' }, 'a', '')).toBe('It failed')
  })
})
