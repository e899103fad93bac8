import { expect, it } from 'vitest'
import { archivedName } from '../../../../lib/archive/images/archived-name.js'

it.each([
  ['app', ['docker.io/library/app:latest']],
  ['app:1', ['docker.io/library/app:1']],
  ['ghcr.io/o/app:1', ['ghcr.io/o/app:1']],
  [`app@sha256:${'0'.repeat(64)}`, []],
  [`app:1@sha256:${'0'.repeat(64)}`, []],
  ['Not A Name', []],
  ['', []],
])('the name of an image in an archive: %s', (text, names) => {
  expect(archivedName(text)).toEqual(names)
})
