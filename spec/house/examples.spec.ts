/** Runs every example as a user would: as a program of its own, against the built package. */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What each program must print. */
const says: Record<string, readonly RegExp[]> = {
  'count-files.ts': [/^[0-9a-f]{12}: 21 files$/m, /\/examples\/one:1: 3 layers$/m],
  'one-file.ts': [
    /^\/app\/7\.txt, 6 bytes, not verified\napp 7\nrequests: 1 for layers$/m,
    /^9 \/tools\/10\.txt$/m,
  ],
  'own-line.ts': [/\/examples\/one:1: 3 layers, newer$/m],
  'progress.ts': [/complete \d+\/\d+/, /^ended: done$/m],
  'shared-layers.ts': [/share 3 layers$/m, /^layer requests: 3$/m],
}

describe('the examples', () => {
  it('are all run here', () => {
    const programs = readdirSync(new URL('../../examples', import.meta.url)).filter(
      (file) => file !== 'an-image.ts',
    )
    expect(programs.sort()).toEqual(Object.keys(says))
  })

  it.each(Object.entries(says))('%s', async (program, expected) => {
    const { stdout } = await promisify(execFile)('npx', ['tsx', `examples/${program}`], { cwd: root })
    for (const line of expected) expect(stdout).toMatch(line)
  })
})
