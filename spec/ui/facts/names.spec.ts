/** Names of images in two parts. */
import { expect, it } from 'vitest'
import { registryOf, shortName, splitName } from '../../../ui/facts/names.js'

it('makes the last part with its tag bold, and leaves the library of Docker Hub out', () => {
  expect(splitName('ghcr.io/acme/train:2026.11')).toEqual({ pale: 'ghcr.io/acme/', bold: 'train:2026.11' })
  expect(splitName('docker.io/library/postgres:17')).toEqual({ pale: '', bold: 'postgres:17' })
  expect(splitName('127.0.0.1:5000/app')).toEqual({ pale: '127.0.0.1:5000/', bold: 'app' })
  expect(splitName(`ghcr.io/a/b@sha256:${'0123456789abcdef'.repeat(4)}`).bold).toBe('b@sha256:0123456789ab')
})

it('finds the short name and the registry', () => {
  expect([shortName('docker.io/library/postgres:17'), shortName('ghcr.io/a/b@sha256:00')]).toEqual([
    'postgres',
    'b',
  ])
  expect(
    ['alpine:3.20', 'ghcr.io/a/b', 'localhost/x', '127.0.0.1:5000/x', 'grafana/grafana'].map(registryOf),
  ).toEqual([...['docker.io', 'ghcr.io', 'localhost', '127.0.0.1:5000', 'docker.io']])
})
