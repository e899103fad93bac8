import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { checkOverlay } from '../../../doctor/checks/overlay.js'
import { findingsOf } from '../../support/examination.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const directory = temporaryDirectory()

it('mounts an overlay, leaves nothing, and says why it fails', async () => {
  const store = path.join(directory, 'store')
  const [found] = await findingsOf(checkOverlay, store)
  expect(found).toMatchObject({ check: 'overlay' })
  expect(readdirSync(directory)).toEqual([])
  expect(await findingsOf(checkOverlay, store, { env: { PATH: '/nonexistent' } })).toMatchObject([
    { state: 'note', message: 'The program unshare is missing, so that overlay mounts could not be tried.' },
  ])
  const programs = temporaryDirectory()
  const unshare = path.join(programs, 'unshare')
  writeFileSync(unshare, '#!/bin/sh\necho "mount: wrong fs type" >&2\nexit 32\n')
  chmodSync(unshare, 0o755)
  expect(await findingsOf(checkOverlay, store, { env: { PATH: `${programs}:/usr/bin:/bin` } })).toMatchObject(
    [
      {
        state: 'note',
        message: 'Layers of the store cannot be mounted with overlayfs: mount: wrong fs type.',
      },
    ],
  )
})
