/** The home directory of the user, who may have none. */
import os from 'node:os'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { homeDirectory } from '../../../lib/system/home-directory.js'

vi.mock('node:os', { spy: true })

describe('homeDirectory', () => {
  afterEach(() => void vi.unstubAllEnvs())

  it('is $HOME', () => {
    vi.stubEnv('HOME', '/home/someone')
    expect(homeDirectory()).toBe('/home/someone')
  })

  it('does not exist if $HOME is relative', () => {
    vi.stubEnv('HOME', 'someone')
    expect(homeDirectory()).toBeUndefined()
  })

  it('does not exist for a user whom the user database does not have', () => {
    vi.mocked(os.homedir).mockImplementationOnce(() => {
      throw new Error('A system error occurred: uv_os_homedir returned ENOENT')
    })
    expect(homeDirectory()).toBeUndefined()
  })
})
